"""Our engine measured in a process of its own: ``build`` an index, or ``ask`` it.

Run by ``benchmarks.matching_speed``; prints its figures as JSON on the last line.
"""

import json
import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.matching_corpus import Asked, documents, questions, vectors_of
from benchmarks.measuring import Stopwatch, folder_mb, memory_mb, timed_calls
from silian.engines.matching import Matcher
from silian.engines.matching.clauses import clauses_of
from silian.engines.matching.errors import ModelUnreadable
from silian.engines.matching.meaning import centre
from silian.language import Segmenter
from silian.library.loading import default_ranker

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
        figures |= _single(matcher, asked[:_QUESTIONS])
        figures["memory"] = memory_mb()
        figures["meaning_recall"] = _recall(matcher, seed)
        with Stopwatch() as batch:
            matcher.search_many([one.query(filtered=False, limit=10) for one in asked[:_BATCH]])
        figures["batch_1000_s"] = batch.wall_s
        figures["batch_1000_cpu_s"] = batch.cpu_s
        figures |= _one_more(matcher, n_documents, seed)
    figures["trained"] = _trained(folder, asked[:_QUESTIONS])
    return figures


def _single(matcher: Matcher, asked: Sequence[Asked]) -> dict[str, Any]:
    """One question at a time, plain and filtered, few hits and many."""
    figures: dict[str, Any] = {}
    for filtered in (False, True):
        for limit in (10, 50):
            queries = [one.query(filtered=filtered, limit=limit) for one in asked]
            name = f"{'filtered' if filtered else 'plain'}_{limit}"
            figures[name] = timed_calls(
                [lambda query=query: matcher.search(query) for query in queries]
            )
            counts = [len(matcher.search(query).hits) for query in queries]
            figures[name]["fewest_hits"] = min(counts)
    return figures


def _trained(folder: Path, asked: Sequence[Asked]) -> dict[str, Any] | str:
    """The same questions ranked by the trained model that ships, where there is one."""
    try:
        ranker = default_ranker()
    except (FileNotFoundError, ModelUnreadable):
        return "absent: no trained model ships"
    with Matcher.open(folder / "index", segmenter=Segmenter(), ranker=ranker) as matcher:
        matcher.search(asked[0].query(filtered=False, limit=10))
        return _single(matcher, asked) | {"version": ranker.version}


def _recall(matcher: Matcher, seed: int) -> dict[str, float]:
    """Share of the exact nearest 100 that retrieval by meaning brings, plain and filtered.

    Exact means every stored vector that passes the filter is compared; for that the benchmark
    looks inside the index.
    """
    view = matcher._keeper.current()
    asked = questions(_BATCH, seed)[:_EXACT_QUESTIONS]
    recalls = {}
    for filtered, name in ((False, "plain"), (True, "filtered")):
        shares = []
        for one in asked:
            query = one.query(filtered=filtered, limit=_DEPTH)
            _, batch = matcher.candidates(query)
            found = set(np.array(batch.document_ids)[batch.from_meaning].tolist())
            exact = _exact_nearest(view, query)
            shares.append(len(exact & found) / max(len(exact), 1))
        recalls[name] = round(float(np.mean(shares)), 4)
    return recalls


def _exact_nearest(view: Any, query: Any) -> set[str]:
    nearest = []
    asked = centre(np.asarray(query.vector, dtype=np.float32), view.mean)
    for part in view.parts:
        mask = part.mask(clauses_of(query))
        for block in part.blocks():
            cosines = block.cosines_of_all(asked)
            if mask is not None:
                cosines = np.where(mask[block.rows], cosines, -2.0)
            for place in np.argsort(-cosines)[:_DEPTH]:
                if cosines[place] > -2.0:
                    document_id = part.segment.document_id[int(block.rows[place])]
                    nearest.append((float(cosines[place]), document_id))
    return {document_id for _, document_id in sorted(nearest, reverse=True)[:_DEPTH]}


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
