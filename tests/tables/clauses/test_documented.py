"""The page on the language names every function and every reason for refusal."""

import re
from pathlib import Path

from silian.tables.clauses import FUNCTIONS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs/design/clauses.md").read_text(encoding="utf-8")


def test_every_function_is_on_the_page():
    assert sorted(name for name in FUNCTIONS if f"`{name}(" not in PAGE) == []


def test_every_code_is_on_the_page():
    modules = (ROOT / "src/silian/tables/clauses").glob("*.py")
    raised = set(re.findall(r'"(clause_[a-z_]+)"', "".join(one.read_text() for one in modules)))

    assert raised - {"clause_refused"} == set(re.findall(r"`(clause_[a-z_]+)`", PAGE))
