import pytest

from silian.sample.credit_codes import (
    AUTHORITY_BY_KIND,
    body_check_character,
    credit_check_character,
    credit_code,
)


def test_example_of_the_standard_has_its_check_character():
    assert credit_check_character("91350100M000100Y4") == "3"


def test_body_check_character_of_the_same_example():
    assert body_check_character("M000100Y") == "4"


@pytest.mark.parametrize("kind", sorted(AUTHORITY_BY_KIND))
def test_code_carries_authority_region_and_checks(kind):
    code = credit_code(kind, "990103", 41)
    assert len(code) == 18
    assert code[:8] == AUTHORITY_BY_KIND[kind] + "990103"
    assert code[16] == body_check_character(code[8:16])
    assert code[17] == credit_check_character(code[:17])


def test_codes_of_many_organisations_differ():
    codes = {credit_code("enterprise", "990101", number) for number in range(20_000)}
    assert len(codes) == 20_000
