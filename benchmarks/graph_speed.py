"""How fast the graph is built, mapped and asked, beside igraph, networkx and recursive SQL.

    python -m benchmarks.graph_speed                      # 1,000,000 and 10,000,000 edges
    python -m benchmarks.graph_speed --edges 100000       # print one size, write nothing

Seeded; every engine reads the same two Parquet files in a process of its own, and all answers are
held against each other. networkx is asked up to a million edges: ten million do not fit into the
memory of an ordinary machine. An engine that takes too long is stopped, and keeps what it had.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.graph_cases import write_tables
from benchmarks.measuring import machine

SIZES = (1_000_000, 10_000_000)
ENGINES = ("silian", "igraph", "networkx", "sql")
LARGEST = {"networkx": 1_000_000}
_HERE = Path(__file__).parent / "results"
_QUESTIONS = {
    "build": "from Parquet, s",
    "load": "load again, s",
    "neighbourhood": "2 hops, ms",
    "hops": "path by hops, ms",
    "path": "path by strength, ms",
    "pagerank": "PageRank, s",
    "components": "components, s",
    "peak_mb": "peak MB",
}
_PER_ANSWER = ("neighbourhood", "hops", "path")
_LIMIT_S = 240


def measure(n_edges: int, limit_s: float) -> dict[str, Any]:
    """Figures and answers of every engine at one size."""
    engines: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="graph-bench-") as name:
        folder = Path(name)
        write_tables(folder, n_edges)
        for engine in ENGINES:
            if n_edges <= LARGEST.get(engine, n_edges):
                engines[engine] = _asked(engine, folder, limit_s)
    return {"edges": n_edges, "engines": engines, "differing": differing(engines)}


def _asked(engine: str, folder: Path, limit_s: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.graph_engines", engine, str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=limit_s)
        text, finished = done.stdout, True
    except subprocess.TimeoutExpired as stopped:
        text, finished = stopped.stdout or b"", False
    except subprocess.CalledProcessError as failed:
        print(f"{engine}: {failed.stderr.decode('utf-8', 'replace')[-2000:]}")
        text, finished = failed.stdout, False
    lines = [json.loads(line) for line in text.decode("utf-8").splitlines()]
    return {
        "finished": finished,
        "figures": {line["question"]: line["wall_s"] for line in lines if "question" in line},
        "answers": {line["answer"]: line["value"] for line in lines if "answer" in line},
    }


def differing(engines: dict[str, Any]) -> list[str]:
    """Questions on which an engine gave another answer than silian."""
    ours = engines["silian"]["answers"]
    found = []
    for engine, told in engines.items():
        for question, answer in told["answers"].items():
            own = ours.get(question)
            same = own[: len(answer)] == answer if isinstance(answer, list) else own == answer
            if question == "pagerank" and isinstance(answer, list):
                same = set(own) == set(answer)  # nearly equal ranks may change places
            if question == "path":
                same = all(_near(one, other) for one, other in zip(own, answer, strict=True))
            if not same:
                found.append(f"{engine}: {question}")
    return found


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < 1e-6


def as_markdown(values: dict[str, Any]) -> str:
    """Write the page."""
    about = values["machine"]
    lines = [
        "# Speed of the graph",
        "",
        f"`python -m benchmarks graph`, commit {about['commit']}, {about['cpu']}, "
        f"{about['cores']} cores, Python {about['python']}, load average {about['load_average']}. "
        "Wall time. Ten edges a node, eight types, weights, days, evidence; a few hubs. 2 hops: "
        "all ids, 20 nodes (SQL: 5). Paths: 10 pairs (SQL: 3), mean. PageRank: directed, change "
        "below 1e-6 (igraph: exact solver). Each engine in its own process from the same Parquet; "
        "an empty cell: not asked, or stopped before it came to it.",
    ]
    for size in values["sizes"]:
        lines += [
            "",
            f"## {size['edges']:,} edges",
            "",
            f"| | {' | '.join(_QUESTIONS.values())} |",
            f"| --- |{' ---: |' * len(_QUESTIONS)}",
        ]
        for engine, told in size["engines"].items():
            cells = [_cell(name, told["figures"].get(name)) for name in _QUESTIONS]
            lines.append(f"| {engine} | {' | '.join(cells)} |")
        lines += ["", f"Answers that differ: {', '.join(size['differing']) or 'none'}."]
    return "\n".join(lines) + "\n"


def _cell(name: str, value: float | None) -> str:
    if value is None:
        return ""
    if name == "peak_mb":
        return f"{value:,.0f}"
    return f"{1e3 * value:,.2f}" if name in _PER_ANSWER else f"{value:,.3f}"


def main(arguments: list[str]) -> int:
    """Measure both sizes, or one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edges", type=int)
    parser.add_argument("--limit", type=float, default=_LIMIT_S, help="seconds an engine")
    chosen = parser.parse_args(arguments)
    about = machine()
    if chosen.edges:
        sizes = [measure(chosen.edges, chosen.limit)]
        print(as_markdown({"machine": about, "sizes": sizes}))
        return 0
    sizes = [measure(size, chosen.limit) for size in SIZES]
    values = {"machine": about, "sizes": sizes}
    (_HERE / "graph_speed.json").write_text(json.dumps(values, indent=1) + "\n", "utf-8")
    page = as_markdown(values)
    (_HERE / "graph_speed.md").write_text(page, "utf-8")
    print(page)
    return 1 if any(size["differing"] for size in sizes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
