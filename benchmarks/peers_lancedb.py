"""The bare LanceDB hybrid query on the same documents, words, vectors and filters.

Settings as our measurements found them best: segmented words, whitespace tokens, float16
mean-centred vectors under IVF_RQ with 60 probes and refinement, bitmaps on the filtered columns,
filters before the search. Nothing is ranked beyond its own fusion, nothing explained.
"""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

# A warning a query would be measured with it.
os.environ.setdefault("LANCEDB_LOG", "error")

import lancedb
import numpy as np
import pyarrow as pa
from lancedb.index import FTS, Bitmap, IvfRq
from lancedb.rerankers import RRFReranker

from benchmarks.matching_corpus import N_DIMENSIONS, Asked, documents, questions, vectors_of
from benchmarks.measuring import Stopwatch, folder_mb, memory_mb, timed_calls
from silian.language import Segmenter

_PORTION = 50_000
_QUESTIONS = 200


def build(folder: Path, n_documents: int, seed: int) -> dict[str, Any]:
    """Fill a table and make the indexes."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    segmenter = Segmenter()
    table = lancedb.connect(folder).create_table("documents", schema=_schema())
    mean = None
    with Stopwatch() as load:
        for items in _portions(n_documents, seed):
            vectors = vectors_of(items, seed)
            mean = vectors.mean(axis=0) if mean is None else mean
            table.add(_rows(items, vectors - mean, segmenter))
    with Stopwatch() as index:
        table.create_index(
            "words",
            config=FTS(
                base_tokenizer="whitespace",
                stem=False,
                remove_stop_words=False,
                ascii_folding=False,
            ),
        )
        table.create_index("vector", config=IvfRq(distance_type="cosine"))
        table.create_index("kind", config=Bitmap())
        table.create_index("region_code", config=Bitmap())
    np.save(folder / "mean.npy", mean)
    return {
        "load_s": load.wall_s,
        "index_s": index.wall_s,
        "disk_mb": folder_mb(folder),
        "build_peak_mb": memory_mb()["peak_mb"],
    }


def ask(folder: Path, n_documents: int, seed: int) -> dict[str, Any]:
    """Search plain and filtered."""
    table = lancedb.connect(folder).open_table("documents")
    mean = np.load(folder / "mean.npy")
    segmenter, figures = Segmenter(), {}
    asked = questions(1_000, seed)[:_QUESTIONS]
    words = [" ".join(dict.fromkeys(segmenter.words(one.text))) for one in asked]
    for filtered in (False, True):
        for limit in (10, 50):

            def call(number: int, filtered: bool = filtered, limit: int = limit) -> pa.Table:
                return _search(table, asked[number], words[number], mean, filtered, limit)

            name = f"{'filtered' if filtered else 'plain'}_{limit}"
            figures[name] = timed_calls(
                [lambda number=number: call(number) for number in range(_QUESTIONS)]
            )
            figures[name]["fewest_hits"] = min(len(call(n)) for n in range(0, _QUESTIONS, 4))
    return figures | {"memory": memory_mb()}


def _search(table: Any, one: Asked, words: str, mean: Any, filtered: bool, limit: int) -> pa.Table:
    query = table.search(query_type="hybrid", fts_columns="words", vector_column_name="vector")
    query = query.vector(one.vector - mean).text(words).nprobes(60).refine_factor(10)
    if filtered:
        # Both values come from this benchmark; a product would have to escape them.
        where = f"kind = '{one.kind}' AND region_code = '{one.region_code}'"
        query = query.where(where, prefilter=True)
    return query.rerank(RRFReranker()).select(["document_id"]).limit(limit).to_arrow()


def _schema() -> pa.Schema:
    texts = ["document_id", "kind", "region_code", "title", "body", "words"]
    vector = pa.list_(pa.float16(), N_DIMENSIONS)
    return pa.schema([(name, pa.string()) for name in texts] + [("vector", vector)])


def _rows(items: list[Any], vectors: Any, segmenter: Segmenter) -> pa.Table:
    flat = pa.array(vectors.astype(np.float16).reshape(-1))
    return pa.table(
        [
            [one.document_id for one in items],
            [one.kind for one in items],
            [one.region_code for one in items],
            [one.title for one in items],
            [one.body for one in items],
            [
                " ".join(segmenter.words(" ".join((one.title, *one.keywords, one.body))))
                for one in items
            ],
            pa.FixedSizeListArray.from_arrays(flat, N_DIMENSIONS),
        ],
        schema=_schema(),
    )


def _portions(n_documents: int, seed: int) -> Any:
    items: list[Any] = []
    for item in documents(n_documents, seed):
        items.append(item)
        if len(items) == _PORTION:
            yield items
            items = []
    if items:
        yield items


def main(arguments: list[str]) -> int:
    """Run one step."""
    step, folder, n_documents, seed = arguments
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    figures = {"build": build, "ask": ask}[step](Path(folder), int(n_documents), int(seed))
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
