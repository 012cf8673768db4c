"""BM25 over lists equals BM25 by its formula, whatever is skipped on the way."""

import numpy as np
import pytest

from silian.engines.matching.candidates import Ragged
from silian.engines.matching.postings import Postings, scores_of_rows, top_rows

N_WORDS = 60


def _world(seed: int, n_rows: int) -> tuple[Ragged, Ragged, Postings]:
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, N_WORDS + 1)
    weights /= weights.sum()

    def texts(longest: int) -> Ragged:
        lengths = random.integers(0, longest, n_rows)
        return Ragged.of(
            [random.choice(N_WORDS, size, p=weights).astype(np.int32) for size in lengths]
        )

    title, body = texts(5), texts(40)
    return title, body, Postings.build(title, body, N_WORDS)


def _by_formula(
    title: Ragged, body: Ragged, term_ids: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    lengths = np.diff(title.offsets) + np.diff(body.offsets)
    scores = np.zeros(len(title))
    for row in range(len(title)):
        words = np.concatenate([title.row(row), body.row(row)])
        norm = 1.2 * (0.25 + 0.75 * lengths[row] / lengths.mean())
        for term, weight in zip(term_ids, weights, strict=True):
            count = (words == term).sum()
            scores[row] += weight * count * 2.2 / (count + norm)
    return scores


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("share", [None, 0.5, 0.02])
def test_best_rows_are_those_of_the_formula(seed: int, share: float | None) -> None:
    title, body, postings = _world(seed, 400)
    random = np.random.default_rng(seed + 100)
    term_ids = random.choice(N_WORDS, 9, replace=False).astype(np.int32)
    weights = random.uniform(0.1, 3.0, 9)
    mask = None if share is None else random.random(400) < share
    scores = _by_formula(title, body, term_ids, weights)
    allowed = scores if mask is None else np.where(mask, scores, 0.0)
    rows, found = top_rows(postings, 400, term_ids, weights, 12, mask)
    best = np.sort(allowed)[::-1][: len(rows)]
    assert len(rows) == min(12, int((allowed > 0).sum()))
    assert found == pytest.approx(best, rel=1e-4)
    assert found == pytest.approx(scores[rows], rel=1e-4)
    assert scores_of_rows(postings, term_ids, weights, rows) == pytest.approx(found, rel=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_skipping_changes_nothing_in_a_large_world(seed: int) -> None:
    _title, _body, postings = _world(seed, 20_000)
    term_ids = np.array([50, 40, 3, 2, 1, 0, 999], dtype=np.int32)
    weights = np.array([6.0, 5.0, 0.9, 0.7, 0.5, 0.3, 4.0])
    every_row = np.arange(20_000)
    scores = scores_of_rows(postings, term_ids, weights, every_row)
    mask = np.random.default_rng(seed).random(20_000) < 0.6
    for kept in (None, mask):
        allowed = scores if kept is None else np.where(kept, scores, 0)
        order = np.lexsort((every_row, -allowed))[:100]
        rows, found = top_rows(postings, 20_000, term_ids, weights, 100, kept)
        assert found == pytest.approx(allowed[order], rel=1e-5)
        assert len(set(rows.tolist()) & set(order.tolist())) >= 99


def test_no_words_no_rows() -> None:
    _, _, postings = _world(0, 50)
    nothing = np.empty(0, np.int32)
    rows, scores = top_rows(postings, 50, nothing, np.empty(0), 5)
    assert (rows.tolist(), scores.tolist()) == ([], [])
    empty = Postings.build(Ragged.of([]), Ragged.of([]), 0)
    rows, _ = top_rows(empty, 0, np.array([1], np.int32), np.ones(1), 5)
    assert rows.tolist() == []
