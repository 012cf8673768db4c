"""What the pages on the library show is what the library does."""

import re
from pathlib import Path

from silian.library.cases import cases_path, load_cases
from silian.library.overview import rows
from silian.library.policy_files import load_policy

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_example_of_the_how_to_is_a_policy_whose_cases_hold(tmp_path):
    page = (DOCS / "how-to" / "write-a-policy.md").read_text("utf-8")
    policy_text, cases_text = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    path = tmp_path / "example_award.yaml"
    path.write_text(policy_text, "utf-8")
    cases_path(path).write_text(cases_text, "utf-8")
    policy = load_policy(path)
    for case in load_cases(cases_path(path)):
        assert case.differences((policy,)) == (), case.name_zh


def test_the_counts_on_the_design_page_are_current():
    page = (DOCS / "design" / "policy-library.md").read_text("utf-8")
    shown = page.split("```\n")[1]
    assert shown == "".join(f"{count:5d}  {name}\n" for name, count in rows())
