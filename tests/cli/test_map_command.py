"""``silian map``: withheld counts and what is no flow, as on the page."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache

from silian.portal.registry.models import Affiliation, Organisation, Person, Region, Register

pytestmark = pytest.mark.django_db


@pytest.fixture
def city(home: Path, db: None) -> None:
    """Two districts; two people of the one serve an organisation of the other too."""
    cache.clear()
    register = Register.objects.create(code="places", name="地区")
    rows = (("990100", "此城", "city", ""), ("990101", "东区", "district", "990100"),
            ("990102", "西区", "district", "990100"))  # fmt: skip
    places = {
        code: Region.objects.create(
            register=register, source_key=code, adcode=code, name=name, level=level,
            parent_adcode=up,
        )
        for code, name, level, up in rows
    }  # fmt: skip
    firms = [
        Organisation.objects.create(
            register=register, source_key=code, name=f"{code}公司", region=places[code]
        )
        for code in ("990101", "990102")
    ]
    for number in range(2):
        person = Person.objects.create(
            register=register, source_key=str(number), name=f"人{number}", organisation=firms[0]
        )
        Affiliation.objects.create(
            register=register,
            source_key=str(number),
            person=person,
            organisation=firms[1],
            affiliation_kind="dual_employment",
        )


def test_few_people_are_withheld_in_words_and_the_sentence_says_why(
    silian: Callable[..., Any], city: None
) -> None:
    told = silian("map", "--area", "990100")
    assert "隐去" in told.out
    assert "不是零，也不是没有数据" in "".join(told.err.split())


def test_what_stays_in_an_area_is_no_flow(silian: Callable[..., Any], city: None) -> None:
    rows = [line for line in silian("map", "--flows", "shared").out.splitlines() if "区" in line]
    by_area = {line.split("│")[1].strip(): line for line in rows if "│" in line}
    assert "·" in by_area["东区"]
    assert "·" in by_area["西区"]
