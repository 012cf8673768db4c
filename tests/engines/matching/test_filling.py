"""An index that is filled at once answers like one that grew."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from matching_world import DOCUMENTS, SEGMENTER, TinyEmbedder, new_matcher, reopened

from silian.engines.matching import Document, Matcher, Query
from silian.engines.matching.rows import rows_of, text_of
from silian.engines.matching.writing import Portion

MAGNETS = Query(title="需要一种耐高温的永磁材料用于新能源汽车电机", limit=20)


def portions(documents: Sequence[Document], n_known: int = 6) -> Iterator[Portion]:
    """Two documents a portion; of the first ``n_known`` the vector is known."""
    for start in range(0, len(documents), 2):
        part = documents[start : start + 2]
        rows = rows_of(part, SEGMENTER)
        known = part[: max(0, n_known - start)]
        if not known:
            yield rows, None
            continue
        vectors = TinyEmbedder().embed([text_of(one) for one in known], role="passage")
        yield rows, (rows["text_hash"].to_numpy()[: len(known)], vectors)


def grown(path: Path, documents: Sequence[Document]) -> Matcher:
    matcher = new_matcher(path)
    matcher.add(documents)
    matcher.embed_pending()
    matcher.optimise()
    return matcher


def answers(matcher: Matcher) -> object:
    return matcher.search(MAGNETS).hits, matcher.content_hashes()


@pytest.mark.parametrize("n_known", [0, 3, 6])
def test_a_filled_index_answers_like_one_that_grew(tmp_path: Path, n_known: int) -> None:
    with grown(tmp_path / "grown", DOCUMENTS) as one, new_matcher(tmp_path / "filled") as other:
        assert other.fill(portions(DOCUMENTS, n_known)).inserted == 6
        held = other.statistics()
        assert (held.document_count, held.pending_vectors, held.unoptimised_rows) == (
            6,
            6 - n_known,
            0,
        )
        other.embed_pending()
        assert answers(other) == answers(one)
        with reopened(tmp_path / "filled") as again:
            assert answers(again) == answers(one)


def test_what_comes_later_is_found_beside_what_was_filled(tmp_path: Path) -> None:
    later = replace(DOCUMENTS[0], document_id="ach-9", title="耐高温永磁材料", content_hash="h9")
    with (
        new_matcher(tmp_path / "filled") as matcher,
        grown(tmp_path / "all", [*DOCUMENTS, later]) as one,
    ):
        matcher.fill(portions(DOCUMENTS))
        matcher.add([later])
        matcher.delete(["ach-2"])
        matcher.embed_pending()
        one.delete(["ach-2"])
        ids = [hit.document.document_id for hit in matcher.search(MAGNETS).hits]
        assert ids == [hit.document.document_id for hit in one.search(MAGNETS).hits]
        assert matcher.content_hashes() == one.content_hashes()


@pytest.mark.parametrize("first", [DOCUMENTS[:3], ()])
def test_an_index_that_held_something_takes_a_filling_too(
    tmp_path: Path, first: Sequence[Document]
) -> None:
    twice = [*DOCUMENTS, replace(DOCUMENTS[0], content_hash="newer")]
    with new_matcher(tmp_path / "held") as matcher:
        matcher.add([replace(one, content_hash="older") for one in first])
        changes = matcher.fill(portions(twice))
        assert changes.inserted + changes.replaced == 7
        expected = {one.document_id: one.content_hash for one in twice}
        assert matcher.content_hashes() == expected
        assert matcher.statistics().unoptimised_rows == 0


def test_a_filling_that_breaks_off_leaves_whole_portions(tmp_path: Path) -> None:
    def breaking() -> Iterator[Portion]:
        yield from list(portions(DOCUMENTS))[:2]
        raise OSError("disk full")

    with new_matcher(tmp_path / "broken") as matcher:
        with pytest.raises(OSError, match="disk full"):
            matcher.fill(breaking())
        assert set(matcher.content_hashes()) == {one.document_id for one in DOCUMENTS[:4]}
        matcher.fill(portions(DOCUMENTS))
        assert len(matcher.content_hashes()) == 6
        assert np.isfinite([hit.score for hit in matcher.search(MAGNETS).hits]).all()
