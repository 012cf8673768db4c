"""Every policy of the library has worked cases, and the engine answers them as people did."""

import pytest

from silian.library.cases import cases_path, load_cases
from silian.library.policy_files import policies, policy_paths

CASES = [
    pytest.param(case, id=f"{case.path.stem.removesuffix('.cases')}-{number}")
    for path in policy_paths()
    if cases_path(path).exists()
    for number, case in enumerate(load_cases(cases_path(path)), 1)
]


@pytest.mark.parametrize("path", policy_paths(), ids=lambda path: path.stem)
def test_every_policy_has_a_case_entitled_one_not_and_one_unknown(path):
    answers = {case.entitlement for case in load_cases(cases_path(path))}
    assert answers == {"entitled", "not_entitled", "unknown"}


@pytest.mark.parametrize("case", CASES)
def test_the_engine_answers_the_worked_case(case):
    assert case.differences(policies()) == (), case.name_zh
