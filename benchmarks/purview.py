"""How well everyday questions are told from needs, each kind judged without having been seen.

``python -m benchmarks.purview``
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.features import short_directions
from silian.engines.matching.purview import Purview, learn_purview
from silian.language import default_embedder, normalise
from silian.library.loading import default_ranker, read_library_yaml, trade_terms
from silian.sample import generate_city

ENGLISH = Path(__file__).parent / "english_questions.tsv"
Rows = NDArray[np.float32]


def main() -> int:
    """Measure and print; returns 0."""
    plain: dict[str, dict[str, list[str]]] = read_library_yaml("plain_questions.yaml")
    read = _reader()
    terms = read(list(trade_terms()))
    judged = read([str(row["title"]) for row in generate_city("small", 1).rows("need")][:400])
    everyday = {kind: read(texts) for kind, texts in plain["everyday"].items()}
    needs = {kind: read(texts) for kind, texts in plain["needs"].items()}

    def taught(some_needs: Mapping[str, Rows], some_everyday: Mapping[str, Rows]) -> Purview:
        within = [judged, np.vstack(list(some_needs.values())), terms]
        return learn_purview(within, np.vstack(list(some_everyday.values())))

    _tell(
        "everyday questions, their kind left out",
        [_left(taught(needs, _without(everyday, kind)), everyday[kind]) for kind in everyday],
    )
    _tell(
        "plain needs, their trade left out",
        [_left(taught(_without(needs, kind), everyday), needs[kind]) for kind in needs],
    )
    packaged = default_ranker().purview
    if packaged is not None:
        lines = [line for line in ENGLISH.read_text("utf-8").splitlines() if line[:1] not in "#"]
        asked = read([line.split("\t")[0] for line in lines if line])
        _tell("packaged: titles of the sample city's needs", [_left(packaged, judged)])
        _tell("packaged: terms of trades", [_left(packaged, terms)])
        _tell("packaged: fifty technical questions, unseen", [_left(packaged, asked)])
    return 0


def _reader() -> Callable[[list[str]], Rows]:
    embedder, mean = default_embedder(n_threads=1), default_ranker().frame.question_mean
    if mean is None:
        raise SystemExit("The packaged ranker has learned no middle of questions.")
    return lambda texts: short_directions(
        embedder.embed([normalise(text) for text in texts], role="query"), mean
    )


def _without(rows: Mapping[str, Rows], kind: str) -> dict[str, Rows]:
    return {name: each for name, each in rows.items() if name != kind}


def _left(purview: Purview, rows: Rows) -> list[bool]:
    return [purview.is_left_by(row) for row in rows]


def _tell(name: str, groups: list[list[bool]]) -> None:
    found = [one for group in groups for one in group]
    print(f"{name}: {sum(found)} of {len(found)} taken for something else")


if __name__ == "__main__":
    raise SystemExit(main())
