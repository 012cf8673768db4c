"""Our engine measured in a process of its own: ``build`` an index, or ``ask`` it.

Run by ``benchmarks.matching_speed``; prints its figures as JSON on the last line.
"""

import json
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matching_corpus import documents, questions, vectors_of
from benchmarks.measuring import Stopwatch, folder_mb, memory_mb, timed_calls
from silian.engines.matching import Matcher
from silian.language import Segmenter

_VECTOR_PORTION = 50_000
_QUESTIONS = 200
_BATCH = 1_000
_EXACT_QUESTIONS = 40
_SINGLE_WRITES = 20
_DEPTH = 100


def build(folder: Path, n_documents: int, seed: int) -> dict[str, Any]:
    """Load, index words, bring vectors, optimise."""
    shutil.rmtree(folder, ignore_errors=True)
    items = list(documents(n_documents, seed))
    before = memory_mb()["own_mb"]
    with Matcher.create(folder / "index", segmenter=Segmenter()) as matcher:
        with Stopwatch() as load:
            matcher.add(items)
        if matcher.statistics().unoptimised_rows:
            matcher.optimise()
        for start in range(0, n_documents, _VECTOR_PORTION):
            part = items[start : start + _VECTOR_PORTION]
            vectors = vectors_of(part, seed)
            # Straight to the table: the fold that add_vectors would do comes once, below.
            matcher.add_vectors([one.document_id for one in part], vectors, fold=False)
        with Stopwatch() as optimise:
            matcher.optimise()
    return {
        "load_s": load.wall_s,
        "load_cpu_s": load.cpu_s,
        "optimise_s": optimise.wall_s,
        "optimise_cpu_s": optimise.cpu_s,
        "disk_mb": folder_mb(folder / "index"),
        "corpus_mb": before,
        "build_peak_mb": memory_mb()["peak_mb"],
    }


def ask(folder: Path, n_documents: int, seed: int) -> dict[str, Any]:
    """Search plain and filtered, in batch, and after single writes."""
    asked = questions(max(_BATCH, _QUESTIONS), seed)
    figures: dict[str, Any] = {}
    with Matcher.open(folder / "index", segmenter=Segmenter()) as matcher:
        with Stopwatch() as first:
            matcher.search(asked[0].query(filtered=False, limit=10))
        figures["first_search_s"] = first.wall_s
        for filtered in (False, True):
            for limit in (10, 50):
                queries = [one.query(filtered=filtered, limit=limit) for one in asked[:_QUESTIONS]]
                name = f"{'filtered' if filtered else 'plain'}_{limit}"
                figures[name] = timed_calls(
                    [lambda query=query: matcher.search(query) for query in queries]
                )
                counts = [len(matcher.search(query).hits) for query in queries]
                figures[name]["fewest_hits"] = min(counts)
        figures["memory"] = memory_mb()
        figures["meaning_recall"] = _recall(matcher, n_documents, seed)
        with Stopwatch() as batch:
            matcher.search_many([one.query(filtered=False, limit=10) for one in asked[:_BATCH]])
        figures["batch_1000_s"] = batch.wall_s
        figures["batch_1000_cpu_s"] = batch.cpu_s
        figures |= _one_more(matcher, n_documents, seed)
    return figures


def _recall(matcher: Matcher, n_documents: int, seed: int) -> dict[str, float]:
    """Share of the exact nearest 100 that retrieval by meaning brings, plain and filtered."""
    asked = questions(_BATCH, seed)[:_EXACT_QUESTIONS]
    found: dict[bool, list[set[str]]] = {False: [], True: []}
    for filtered, sets in found.items():
        for one in asked:
            _, batch = matcher.candidates(one.query(filtered=filtered, limit=_DEPTH))
            ids = np.array(batch.document_ids)[batch.from_meaning]
            sets.append(set(ids.tolist()))
    mean = matcher.candidates(asked[0].query(filtered=False, limit=1))[0].mean_vector
    directions = np.stack([one.vector - mean for one in asked])
    best: dict[bool, list[list[Any]]] = {key: [[] for _ in asked] for key in (False, True)}
    items: list[Any] = []
    for item in documents(n_documents, seed):
        items.append(item)
        if len(items) == _VECTOR_PORTION:
            _keep_best(best, items, vectors_of(items, seed), mean, directions, asked)
            items = []
    if items:
        _keep_best(best, items, vectors_of(items, seed), mean, directions, asked)
    recalls = {}
    for filtered, name in ((False, "plain"), (True, "filtered")):
        shares = []
        for pairs, ids in zip(best[filtered], found[filtered], strict=True):
            exact = {one for _, one in sorted(pairs, reverse=True)[:_DEPTH]}
            if exact:
                shares.append(len(exact & ids) / len(exact))
        recalls[name] = round(float(np.mean(shares)), 4)
    return recalls


def _keep_best(best: Any, items: list[Any], vectors: Any, mean: Any, directions: Any, asked: Any):
    # Rounded as the index stores them, so that ties at the edge are judged alike.
    centred = vectors.astype(np.float16).astype(np.float32) - mean
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    scores = directions @ centred.T
    kinds = np.array([item.kind for item in items])
    regions = np.array([item.region_code for item in items])
    for number, one in enumerate(asked):
        for filtered in (False, True):
            row = scores[number]
            places = np.arange(len(items))
            if filtered:
                places = np.flatnonzero((kinds == one.kind) & (regions == one.region_code))
            top = places[np.argsort(-row[places])[:_DEPTH]]
            pairs = best[filtered][number]
            pairs += [(float(row[place]), items[place].document_id) for place in top]
            best[filtered][number] = sorted(pairs, reverse=True)[:_DEPTH]


def _one_more(matcher: Matcher, n_documents: int, seed: int) -> dict[str, Any]:
    """Cost of one more document: the write, and the first search that sees it."""
    template = next(documents(1_000, seed))
    query = questions(1, seed)[0].query(filtered=False, limit=10)
    writes, searches = [], []
    for number in range(_SINGLE_WRITES):
        extra = replace(template, document_id=f"extra-{number}")
        with Stopwatch() as write:
            matcher.add([extra])
        with Stopwatch() as search:
            matcher.search(query)
        writes.append(write.wall_s)
        searches.append(search.wall_s)
    matcher.delete([f"extra-{number}" for number in range(_SINGLE_WRITES)])
    return {
        "one_more_write_ms": round(1e3 * float(np.median(writes))),
        "one_more_search_ms": round(1e3 * float(np.median(searches))),
    }


def main(arguments: list[str]) -> int:
    """Run one step."""
    step, folder, n_documents, seed = arguments
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    figures = {"build": build, "ask": ask}[step](Path(folder), int(n_documents), int(seed))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
