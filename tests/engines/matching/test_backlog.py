"""Meaning that an embedder can't give."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from silian.engines.matching import Document, Matcher, Query
from silian.language import EmbedderUnavailable, EmbeddingCache, Segmenter, VectorNotFinite


class BrokenEmbedder:
    """Gives one number for every text."""

    name = "broken-1"
    n_dimensions = 4

    def __init__(self, number: float) -> None:
        self.number = number

    def embed(self, texts: Sequence[str], *, role: str) -> NDArray[np.float32]:
        return np.full((len(texts), self.n_dimensions), self.number, dtype=np.float32)


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e30])
def test_numbers_that_are_not_finite_name_their_embedder_and_are_not_kept(
    tmp_path: Path, number: float
) -> None:
    embedder = BrokenEmbedder(number)
    work = Document(document_id="ach-1", kind="achievement", title="石墨烯散热膜")
    with (
        EmbeddingCache(tmp_path / "cache.sqlite") as cache,
        Matcher.create(
            tmp_path / "index", segmenter=Segmenter(), embedder=embedder, embedding_cache=cache
        ) as matcher,
    ):
        matcher.add([work])

        with pytest.raises(VectorNotFinite, match=r"broken-1 .* 1 of 1 texts.*石墨烯散热膜"):
            matcher.embed_pending()

        assert len(cache) == 0
        result = matcher.search(Query(title="散热膜"))
        assert [hit.document.document_id for hit in result.hits] == ["ach-1"]
        embedder.number = 0.5  # mended
        assert matcher.embed_pending() == 1


def test_a_question_whose_vector_is_not_finite_is_answered_by_words(tmp_path: Path) -> None:
    embedder = BrokenEmbedder(0.5)
    work = Document(document_id="ach-1", kind="achievement", title="石墨烯散热膜")
    with Matcher.create(tmp_path / "index", segmenter=Segmenter(), embedder=embedder) as matcher:
        matcher.add([work])
        matcher.embed_pending()
        embedder.number = np.nan

        result = matcher.search(Query(title="散热膜"))

    assert [hit.document.document_id for hit in result.hits] == ["ach-1"]
    assert result.meaning_failure == "vector_not_finite"


def test_a_worker_goes_on_with_words_meanwhile() -> None:
    assert issubclass(VectorNotFinite, EmbedderUnavailable)
    assert VectorNotFinite.code == "vector_not_finite"
