"""Reading the rules of the clarity check."""

from typing import Any

import pytest

from silian.engines.matching.clarity import ClarityRulesInvalid
from silian.library.clarity import read_clarity_rules
from silian.library.loading import clarity_rules, read_library_yaml


def one_aspect(**given: Any) -> dict[str, Any]:
    told = {"label_zh": "", "label_en": "", "suggestion_zh": "", "suggestion_en": ""}
    told |= {"example_zh": "", "example_en": "", "aspect": "budget"}
    return {"clear_from": 70, "aspects": [{"points": 100, "weak_points": 5} | told | given]}


def test_parts_stand_in_their_places_and_may_use_those_above() -> None:
    values = one_aspect(full_patterns=[r"费{sum}{1,2}"])
    values["parts"] = {"digits": r"\d+", "sum": "{digits}元"}
    (rule,) = read_clarity_rules(values).aspects
    assert rule.full_patterns == (r"费(?:(?:\d+)元){1,2}",)


def test_an_unknown_part_is_refused_with_the_known_ones() -> None:
    values = one_aspect(full_patterns=["{summ}"])
    values["parts"] = {"sum": "元"}
    with pytest.raises(ClarityRulesInvalid, match="'summ'; known are sum"):
        read_clarity_rules(values)


def test_every_packaged_part_is_used_and_patterns_are_in_the_form_in_which_texts_arrive() -> None:
    values = read_library_yaml("clarity.yaml")
    patterns = [str(one) for one in values["parts"].values()]
    patterns += [str(one) for row in values["aspects"] for one in row.values()]
    assert [
        name for name in values["parts"] if not any(f"{{{name}}}" in one for one in patterns)
    ] == []
    for rule in clarity_rules().aspects:
        for pattern in rule.patterns:
            bare = pattern.replace("\\S", "").replace("(?P<", "")
            assert bare == bare.lower(), pattern


def test_no_repetition_is_without_bound() -> None:
    for rule in clarity_rules().aspects:
        for pattern in rule.patterns:
            bare = pattern.replace("\\+", "").replace("+#", "")
            assert "*" not in bare.replace("·*^", ""), pattern
            assert "+" not in bare, pattern
