"""Speed of the matching engine beside the bare LanceDB query and txtai, on the same documents.

``python -m benchmarks.matching_speed [--sizes 10000 100000 1000000] [--seed 7] [--folder DIR]
[--ours]``

Every engine and step runs in a process of its own with one BLAS thread. LanceDB is asked at every
size, txtai at 100,000 documents where ``SILIAN_BENCH_TXTAI_PYTHON`` names an interpreter that
has it. Writes ``results/matching_speed.json`` and ``results/matching_speed.md``.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matching_corpus import documents, questions, vectors_of
from benchmarks.matching_tables import as_markdown
from benchmarks.measuring import machine
from silian.language import Segmenter

_HERE = Path(__file__).resolve().parent
_TXTAI_SIZE = 100_000
_TXTAI_QUESTIONS = 110
_MOST_RECORDS = 100_000


def main(arguments: list[str]) -> int:
    """Measure all sizes and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--folder", type=Path, default=_HERE.parent / "var" / "bench")
    parser.add_argument("--keep", action="store_true", help="measure indexes that are there")
    parser.add_argument(
        "--ours", action="store_true", help="only our engine; the peers' last figures stay"
    )
    options = parser.parse_args(arguments)
    results: dict[str, Any] = {"machine": machine(), "seed": options.seed, "sizes": {}}
    if options.ours:
        results = json.loads((_HERE / "results" / "matching_speed.json").read_text("utf-8"))
    for size in options.sizes:
        figures = results["sizes"].setdefault(str(size), {})
        figures |= _measure(size, options)
        figures["ours_measured"] = machine()
        _write(results)
    print(as_markdown(results))
    return 0


def _measure(size: int, options: argparse.Namespace) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    engines = {
        "silian": "benchmarks.matching_scenario",
        "lancedb": "benchmarks.peers_lancedb",
    }
    if options.ours:
        del engines["lancedb"]
    for engine, module in engines.items():
        folder = options.folder / f"{engine}-{size}"
        noted = folder.with_suffix(".json")
        if not (options.keep and noted.exists()):
            built = _run([sys.executable, "-m", module, "build", folder, size, options.seed])
            noted.parent.mkdir(parents=True, exist_ok=True)
            noted.write_text(json.dumps(built), "utf-8")
        asked = _run([sys.executable, "-m", module, "ask", folder, size, options.seed])
        figures[engine] = json.loads(noted.read_text("utf-8")) | asked
        print(f"{size:>9,} {engine}: {json.dumps(figures[engine])}", flush=True)
    if size <= _MOST_RECORDS:
        records = [sys.executable, "-m", "benchmarks.intake", "--index", "--rows", size]
        figures["records"] = _run(records)
        print(f"{size:>9,} records: {json.dumps(figures['records'])}", flush=True)
    if options.ours:
        return figures
    figures["txtai"] = _txtai(size, options)
    print(f"{size:>9,} txtai: {json.dumps(figures['txtai'])}", flush=True)
    return figures


def _txtai(size: int, options: argparse.Namespace) -> dict[str, Any] | str:
    interpreter = os.environ.get("SILIAN_BENCH_TXTAI_PYTHON")
    if not interpreter:
        return "absent: SILIAN_BENCH_TXTAI_PYTHON is not set"
    if size != _TXTAI_SIZE:
        return f"asked at {_TXTAI_SIZE:,} documents only"
    folder = options.folder / f"txtai-{size}"
    _export(folder, size, options.seed)
    return _run([interpreter, _HERE / "peers_txtai.py", folder])


def _export(folder: Path, size: int, seed: int) -> None:
    """Write the same documents, questions and vectors for an interpreter without our package."""
    folder.mkdir(parents=True, exist_ok=True)
    segmenter, items = Segmenter(), list(documents(size, seed))
    portions = [items[start : start + 50_000] for start in range(0, size, 50_000)]
    np.save(folder / "vectors.npy", np.concatenate([vectors_of(one, seed) for one in portions]))
    with (folder / "documents.jsonl").open("w", encoding="utf-8") as lines:
        for item in items:
            text = " ".join((item.title, *item.keywords, item.body))
            row = {
                "id": item.document_id,
                "text": " ".join(segmenter.words(text)),
                "kind": item.kind,
                "region": item.region_code,
            }
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")
    asked = questions(1_000, seed)[:_TXTAI_QUESTIONS]
    np.save(folder / "asked.npy", np.stack([one.vector for one in asked]))
    with (folder / "questions.jsonl").open("w", encoding="utf-8") as lines:
        for one in asked:
            words = " ".join(dict.fromkeys(segmenter.words(one.text)))
            row = {"words": words, "kind": one.kind, "region": one.region_code}
            lines.write(json.dumps(row, ensure_ascii=False) + "\n")


def _run(command: list[Any]) -> dict[str, Any]:
    environment = os.environ | {"OMP_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false"}
    done = subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        cwd=_HERE.parent,
    )
    if done.returncode:
        raise RuntimeError(f"{command} failed:\n{done.stderr[-4000:]}")
    figures: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures


def _write(results: dict[str, Any]) -> None:
    folder = _HERE / "results"
    folder.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, ensure_ascii=False)
    (folder / "matching_speed.json").write_text(text + "\n", "utf-8")
    (folder / "matching_speed.md").write_text(as_markdown(results), "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
