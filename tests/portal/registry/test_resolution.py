"""Organisations that rows name: found by code, key, name, and never merged on doubt."""

from typing import Any

from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import Organisation

FIRST, SECOND = "91350100M000100Y43", "91330200MA2AHXXX88"
HEADINGS = "source_key,name,unified_social_credit_code\n"
WORKS = "source_key,title,organisation_name,organisation_code\n"


def organisation_codes() -> set[tuple[str, bool]]:
    return set(Organisation.objects.values_list("unified_social_credit_code", "registered"))


def test_a_name_does_not_outweigh_an_unknown_code(load: Any) -> None:
    load(f"{HEADINGS}E1,东海公司,{FIRST}\n", "template:organisation")
    job = load(f"{WORKS}A1,成果,东海公司,{SECOND}\n", "template:achievement")
    assert job.rejected_count == 0
    assert organisation_codes() == {(FIRST, True), (SECOND, False)}
    assert Achievement.objects.get().organisation.unified_social_credit_code == SECOND


def test_one_name_with_two_codes_is_two_mentions(load: Any) -> None:
    rows = f"A1,一,东海公司,{FIRST}\nA2,二,东海公司,{SECOND}\nA3,三,东海公司,{SECOND}\n"
    for _ in range(2):
        load(WORKS + rows, "template:achievement")
        held = Achievement.objects.order_by("source_key")
        assert [work.organisation.unified_social_credit_code for work in held] == [
            FIRST, SECOND, SECOND,
        ]  # fmt: skip
        assert organisation_codes() == {(FIRST, False), (SECOND, False)}


def test_a_row_registers_the_mention_with_its_code_only(load: Any) -> None:
    load(f"{WORKS}A1,一,东海公司,{FIRST}\nA2,二,东海公司,{SECOND}\n", "template:achievement")
    load(f"{HEADINGS}E2,东海公司,{SECOND}\n", "template:organisation")
    assert organisation_codes() == {(FIRST, False), (SECOND, True)}
    assert Achievement.objects.get(source_key="A2").organisation.source_key == "E2"


def test_a_mention_with_another_code_is_not_registered_by_its_name(load: Any) -> None:
    load(f"{WORKS}A1,一,东海公司,{FIRST}\n", "template:achievement")
    load(f"{HEADINGS}E2,东海公司,{SECOND}\n", "template:organisation")
    assert organisation_codes() == {(FIRST, False), (SECOND, True)}
    assert Achievement.objects.get().organisation.registered is False


def test_a_mention_without_a_code_is_registered_by_its_name(load: Any) -> None:
    load("source_key,title,organisation_name\nA1,一,东海公司\n", "template:achievement")
    load(f"{HEADINGS}E2,东海公司,{SECOND}\n", "template:organisation")
    assert organisation_codes() == {(SECOND, True)}
    assert Achievement.objects.get().organisation.source_key == "E2"
