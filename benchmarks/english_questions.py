"""How near the answers to an English question come to those to the same question in Chinese.

``python -m benchmarks.english_questions [--data FOLDER]``

Fifty questions (``english_questions.tsv``) are put in both languages to the achievements of the
sample city and, where ``FOLDER/needs_achievements/achievements.jsonl`` is, to 4,000 real titles.
Told are the overlap of the first ten titles and the reciprocal rank of the Chinese question's
first title: as without a dictionary, and with it.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from rich.console import Console

from benchmarks.measuring import Stopwatch
from silian.engines.matching import Document, Matcher, Query, SearchResult
from silian.language import (
    Embedder,
    EnglishDictionary,
    Segmenter,
    default_embedder,
    english_dictionary,
)
from silian.library.loading import default_ranker
from silian.sample import generate_city

QUESTIONS = Path(__file__).with_suffix(".tsv")
DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
MOST_TITLES = 4_000
DEPTH = 200


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    data = Path(os.environ.get("SILIAN_REAL_DATA", DEFAULT_DATA))
    parser.add_argument("--data", type=Path, default=data)
    options = parser.parse_args(arguments)
    console = Console()
    lines = QUESTIONS.read_text("utf-8").splitlines()
    pairs = [(one, two) for one, two in (line.split("\t") for line in lines if line[0] != "#")]
    for name, documents in _collections(options.data):
        with tempfile.TemporaryDirectory() as folder:
            _measure(name, documents, pairs, Path(folder) / "index", console)
    return 0


def _collections(data: Path) -> Iterator[tuple[str, list[Document]]]:
    yield (
        "sample city",
        [
            Document(
                document_id=row["source_key"],
                kind="achievement",
                title=row["title"],
                keywords=tuple(row.get("keywords") or ()),
            )
            for row in generate_city("small", 1).rows("achievement")
        ],
    )
    file = data / "needs_achievements" / "achievements.jsonl"
    if file.is_file():
        rows = [json.loads(line) for line in file.read_text("utf-8").splitlines() if line]
        titled = {row["title_tokens"]: row["aid"] for row in rows if row["title_tokens"]}
        yield (
            "real titles",
            [
                Document(document_id=aid, kind="achievement", title=title)
                for title, aid in list(titled.items())[:MOST_TITLES]
            ],
        )


def _measure(
    name: str,
    documents: list[Document],
    pairs: list[tuple[str, str]],
    folder: Path,
    console: Console,
) -> None:
    embedder = default_embedder()
    with Matcher.create(folder, segmenter=Segmenter(), embedder=embedder) as matcher:
        matcher.add(documents)
        matcher.embed_pending()
        matcher.optimise()
    for way, dictionary in (("as it stands", None), ("with the dictionary", english_dictionary())):
        overlaps, ranks, milliseconds = _compare(folder, embedder, dictionary, pairs)
        console.print(
            f"{name} ({len(documents)}), {way}: overlap {np.mean(overlaps):.3f}, "
            f"reciprocal rank {np.mean(ranks):.3f}, {milliseconds:.0f} ms a question"
        )


def _compare(
    folder: Path,
    embedder: Embedder,
    dictionary: EnglishDictionary | None,
    pairs: list[tuple[str, str]],
) -> tuple[list[float], list[float], float]:
    with Matcher.open(
        folder,
        segmenter=Segmenter(),
        embedder=embedder,
        ranker=default_ranker(),
        translator=dictionary,
    ) as matcher:
        matcher.search(Query(title="a first question reads the dictionary"))
        chinese = [matcher.search(Query(title=one)) for one, _ in pairs]
        with Stopwatch() as watch:
            english = [matcher.search(Query(title=two, limit=DEPTH)) for _, two in pairs]
    overlaps, ranks = [], []
    for wanted, found in zip(map(_titles, chinese), map(_titles, english), strict=True):
        overlaps.append(len(set(wanted[:10]) & set(found[:10])) / len(wanted[:10]))
        ranks.append(1 / (found.index(wanted[0]) + 1) if wanted[0] in found else 0.0)
    return overlaps, ranks, 1e3 * watch.wall_s / len(pairs)


def _titles(result: SearchResult) -> list[str]:
    return list(dict.fromkeys(hit.document.title for hit in result.hits))


if __name__ == "__main__":
    sys.exit(main())
