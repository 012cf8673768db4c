"""txtai's hybrid search on the same words, vectors and filters.

Runs under another interpreter (``SILIAN_BENCH_TXTAI_PYTHON``), because txtai brings torch. It
imports nothing of ours: ``benchmarks.matching_speed`` writes the documents, questions and vectors
to a folder first. Prints its figures as JSON on the last line.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
from txtai import Embeddings

_WARM_UP = 10


def main(folder: Path) -> None:
    """Index, then search plain and filtered."""
    items = [json.loads(line) for line in (folder / "documents.jsonl").open(encoding="utf-8")]
    asked = [json.loads(line) for line in (folder / "questions.jsonl").open(encoding="utf-8")]
    vectors, asked_vectors = np.load(folder / "vectors.npy"), np.load(folder / "asked.npy")
    by_text = {item["text"]: number for number, item in enumerate(items)}
    asked_by_text = {one["words"]: number for number, one in enumerate(asked)}

    def transform(texts: list[str]) -> np.ndarray:
        return np.stack(
            [
                asked_vectors[asked_by_text[text]]
                if text in asked_by_text
                else vectors[by_text[text]]
                for text in texts
            ]
        ).astype(np.float32)

    embeddings = Embeddings(
        {
            "method": "external",
            "transform": transform,
            "content": True,
            "hybrid": True,
            # One entry a column to filter on.
            "expressions": [{"name": "kind", "index": True}, {"name": "region", "index": True}],
        }
    )
    started = time.perf_counter()
    embeddings.index((item["id"], item, None) for item in items)
    figures: dict[str, object] = {"index_s": round(time.perf_counter() - started, 1)}
    for filtered in (False, True):
        for limit in (10, 50):
            name = f"{'filtered' if filtered else 'plain'}_{limit}"
            figures[name] = _measure(embeddings, asked, filtered, limit)
    print(json.dumps(figures))


def _measure(embeddings: Embeddings, asked: list[dict], filtered: bool, limit: int) -> dict:
    cpu, wall, counts = [], [], []
    for number, one in enumerate(asked):
        started, started_cpu = time.perf_counter(), time.process_time()
        if filtered:
            found = embeddings.search(
                "select id, score from txtai where similar(:words) and kind = :kind "
                "and region = :region",
                limit,
                parameters={key: one[key] for key in ("words", "kind", "region")},
            )
        else:
            found = embeddings.search(
                "select id, score from txtai where similar(:words)",
                limit,
                parameters={"words": one["words"]},
            )
        if number >= _WARM_UP:
            cpu.append(time.process_time() - started_cpu)
            wall.append(time.perf_counter() - started)
            counts.append(len(found))
    return {
        "cpu_p50_ms": round(1e3 * float(np.median(cpu)), 2),
        "cpu_p95_ms": round(1e3 * float(np.quantile(cpu, 0.95)), 2),
        "wall_p50_ms": round(1e3 * float(np.median(wall)), 2),
        "fewest_hits": min(counts),
        "median_hits": int(np.median(counts)),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
