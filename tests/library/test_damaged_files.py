"""However a file is damaged, the linter answers with problems, never with a crash."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from silian.library.indicator_files import lint_system
from silian.library.policy_files import lint_policy

HERE = Path(__file__).parent
PIECES = ["\t", "\n", "  ", ":", "- ", "{", "}", "[", "]", "'", '"', "#", "&a ", "*a", "!!int ", "|",
          ">-", "%", "\x00", "\x85", "\ufeff", "null", "yes", "1e999", "9" * 400, "(", "NOT ", "；",
          "---\n", "💥", "\\"]  # fmt: skip


def damaged(name):
    good = (HERE / name).read_text("utf-8")
    hit = st.tuples(st.integers(0, len(good)), st.integers(0, 40), st.sampled_from(["", *PIECES]))

    def apply(hits):
        text = good
        for start, length, piece in hits:
            text = text[:start] + piece + text[start + length :]
        return text

    return st.lists(hit, min_size=1, max_size=4).map(apply)


@pytest.mark.parametrize(
    ("lint", "name"), [(lint_policy, "good_policy.yaml"), (lint_system, "good_system.yaml")]
)
@settings(max_examples=150)
@given(data=st.data())
def test_a_damaged_file_is_answered_with_problems(lint, name, data):
    text = data.draw(damaged(name))
    for problem in lint(text, "draft.yaml"):
        assert 1 <= problem.line <= text.count("\n") + text.count("\x85") + 2
        assert problem.message_zh
        assert problem.remedy_zh


@given(text=st.text(max_size=300))
def test_any_text_is_answered(text):
    assert lint_policy(text, "draft.yaml")
