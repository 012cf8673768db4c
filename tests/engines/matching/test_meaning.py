"""Nearest vectors: lists, filters and many questions at once lose next to nothing."""

import numpy as np
import pytest

from silian.engines.matching.meaning import SMALLEST_WITH_LISTS, MeaningBlock, centre

N_ROWS = SMALLEST_WITH_LISTS + 4_000
N_DIMENSIONS = 24


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    random = np.random.default_rng(5)
    topics = random.standard_normal((200, N_DIMENSIONS))
    made = (
        2.0
        + topics[random.integers(0, 200, N_ROWS)]
        + random.standard_normal((N_ROWS, N_DIMENSIONS)) * 0.6
    )
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float16)


@pytest.fixture(scope="module")
def block(vectors: np.ndarray) -> MeaningBlock:
    rows = np.random.default_rng(6).permutation(N_ROWS).astype(np.int32)
    return MeaningBlock.build(vectors[rows], rows)


def _exact(vectors: np.ndarray, block: MeaningBlock, question: np.ndarray) -> np.ndarray:
    centred = vectors.astype(np.float64) - block.mean
    asked = question - block.mean
    return centred @ asked / np.linalg.norm(centred, axis=1) / np.linalg.norm(asked)


@pytest.mark.parametrize("share", [1.0, 0.3, 0.01])
def test_recall_under_filters(vectors: np.ndarray, block: MeaningBlock, share: float) -> None:
    random = np.random.default_rng(7)
    mask = None if share == 1.0 else random.random(N_ROWS) < share
    found = wanted = 0
    for number in range(30):
        question = vectors[number * 7].astype(np.float32)
        exact = _exact(vectors, block, question)
        allowed = exact if mask is None else np.where(mask, exact, -9.0)
        rows, cosines = block.top(centre(question, block.mean), 50, mask)
        best = set(np.argsort(-allowed)[:50].tolist())
        found, wanted = found + len(best & set(rows.tolist())), wanted + 50
        assert cosines == pytest.approx(exact[rows], abs=2e-3)
        assert (np.diff(cosines) <= 0).all()
        assert mask is None or mask[rows].all()
    assert found / wanted >= 0.97


def test_many_questions_get_what_each_gets_alone(vectors: np.ndarray, block: MeaningBlock) -> None:
    questions = [centre(vectors[n].astype(np.float32), block.mean) for n in range(0, 3_000, 20)]
    mask = np.arange(N_ROWS) % 3 == 0
    for kept in (None, mask, np.arange(N_ROWS) % 200 == 0):
        together = block.top_many(questions, 20, kept)
        for question, (rows, cosines) in zip(questions, together, strict=True):
            alone_rows, alone_cosines = block.top(question, 20, kept)
            assert rows.tolist() == alone_rows.tolist()
            assert cosines.tolist() == alone_cosines.tolist()


def test_rows_without_a_vector_have_no_position(block: MeaningBlock) -> None:
    positions = block.positions_of(np.array([0, N_ROWS + 5, 17]))
    assert positions[1] == -1
    assert block.rows[positions[[0, 2]]].tolist() == [0, 17]
