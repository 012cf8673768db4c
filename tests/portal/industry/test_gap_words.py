"""Gaps in words: strict limits say so, nothing is said twice, figures that differ look different."""

from datetime import date

import pytest

from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.gap_words import gap_in_words, ways_in_words
from silian.portal.industry.domain.policy_values import gap_values
from silian.portal.registry.models import Organisation

TERM = {
    "condition_id": "c",
    "side": "term",
    "name": "revenue_cny",
    "label_zh": "营业收入",
    "label_en": "Revenue",
    "unit": "cny",
    "direction": "raise",
    "current": 3_000_000.0,
    "required": 20_000_000.0,
    "shortfall": 17_000_000.0,
    "alternative": 0,
    "strict": False,
}
RATE = TERM | {"label_zh": "研发占比", "label_en": "R&D share", "unit": "rate"}


@pytest.mark.parametrize(
    ("gap", "zh", "en"),
    [
        (TERM, "营业收入 300 万元 → 2,000 万元", "Revenue CNY 3 million → CNY 20 million"),
        (
            TERM | {"current": 0.0, "required": 0.0, "shortfall": 0.0, "strict": True},
            "营业收入现为 0 元，需大于 0 元",
            "Revenue is CNY 0; must be above CNY 0",
        ),
        (
            RATE | {"current": 0.7, "required": 0.6, "direction": "lower", "strict": True},
            "研发占比现为 70%，需小于 60%",
            "R&D share is 70%; must be below 60%",
        ),
        (
            RATE | {"current": 0.04996, "required": 0.05},
            "研发占比 4.996% → 5%",
            "R&D share 4.996% → 5%",
        ),
        (
            TERM
            | {
                "side": "fact",
                "name": "legal_person",
                "unit": "",
                "current": 0.0,
                "required": 1.0,
                "label_zh": "独立法人",
                "label_en": "Legal person",
            },
            "独立法人：需为“是”",
            "Legal person: must be “yes”",
        ),
        (TERM | {"side": "code", "label_zh": "高新技术企业"}, "高新技术企业", "Revenue"),
    ],
)
def test_a_gap_reads_as_people_say_it(gap: dict[str, object], zh: str, en: str) -> None:
    assert gap_in_words(gap) == zh
    assert gap_in_words(gap, english=True) == en


def test_a_cell_says_nothing_twice_and_keeps_alternatives_to_their_condition() -> None:
    gaps = [
        TERM,
        TERM | {"condition_id": "d"},
        TERM | {"side": "numerator"},
        RATE | {"condition_id": "e", "current": 0.1, "required": 0.2, "alternative": 1},
        RATE | {"condition_id": "e", "current": 0.1, "required": 0.2, "alternative": 2},
        TERM | {"condition_id": "e", "alternative": 3},
    ]
    assert ways_in_words(gaps) == (
        "营业收入 300 万元 → 2,000 万元；研发占比 10% → 20% 或 营业收入 300 万元 → 2,000 万元"
    )


def test_counts_carry_no_unit_that_their_label_says() -> None:
    assert (in_words(3, "items"), in_words(3, "items", english=True)) == ("3", "3")
    assert in_words(3, "persons") == "3 人"


@pytest.mark.django_db
def test_no_gap_of_the_library_reads_as_if_nothing_were_missing(firms: list[Organisation]) -> None:
    said = [
        (part, gap)
        for firm in firms
        for missed in entitlement_of(firm, as_of=date(2026, 3, 2)).near
        for gap in map(gap_values, missed.gaps)
        for part in [gap_in_words(gap)]
    ]
    assert said
    for words, gap in said:
        before, arrow, after = words.partition(" → ")
        if arrow:
            assert not before.endswith(f" {after}"), gap
