import numpy as np
import pytest

from silian.language import E5Embedder, Embedder, ModelUnavailable, StaticEmbedder

TEXTS = ["高矫顽力钕铁硼磁体", "水稻病虫害绿色防控技术", "", " ", "激光熔覆涂层"]


@pytest.fixture(scope="module")
def static() -> StaticEmbedder:
    embedder = E5Embedder()
    if embedder.backend != "compiled":
        pytest.skip(f"no compiled kernel here: {embedder.backend_reason}")
    return StaticEmbedder()


def test_it_is_an_embedder_of_unit_rows(static):
    assert isinstance(static, Embedder)
    vectors = static.embed(TEXTS, role="passage")
    assert vectors.shape == (5, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), [1, 1, 0, 0, 1], atol=1e-5)
    assert static.embed([], role="query").shape == (0, 384)


def test_related_texts_are_nearer_than_unrelated_ones(static):
    need, magnet, rice = static.embed(["耐高温永磁材料", *TEXTS[:2]], role="query")
    assert need @ magnet > need @ rice


def test_its_name_is_not_the_models(static):
    assert static.name != E5Embedder().name


def test_without_a_kernel_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    with pytest.raises(ModelUnavailable, match="Install a C compiler"):
        StaticEmbedder(kernel_folder=tmp_path / "kernels").embed(["泵"], role="query")
