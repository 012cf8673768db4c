"""Reasons drawn: bars that sum up, constraints in words, a name for every feature."""

from dataclasses import replace

import pytest
from django.utils.translation import override

from silian.engines.matching.features import FEATURES as TRAINED_FEATURES
from silian.engines.matching.fusion import FusionRanker
from silian.engines.matching.values import ConstraintCheck, Contribution, Document, Hit
from silian.portal.exchange.interfaces.reasons import (
    FEATURES,
    bars_of,
    checks_of,
    feature_label,
    shares_of,
    told_words,
)
from silian.portal.registry.templatetags.matching import level_width, passage
from silian.portal.registry.templatetags.records import highlight


def hit_with(**contributions: float) -> Hit:
    return Hit(
        document=Document(document_id="ach-a", kind="achievement", title="甲"),
        rank=1,
        score=sum(contributions.values()),
        level=3.0,
        base_score=0.0,
        contributions=tuple(
            Contribution(feature=name, value=1.0, contribution=value)
            for name, value in contributions.items()
        ),
        matched_terms=(),
        checks=(),
        sources=("words",),
    )


def test_a_compound_tells_the_words_inside_it() -> None:
    assert told_words(("汽车电机", "高温", "电机", "汽车", "高温")) == ["汽车电机", "高温", "高温"]
    assert told_words(()) == []


@pytest.mark.parametrize("feature", [*TRAINED_FEATURES, "words_rank", "meaning_rank"])
def test_every_feature_of_a_ranker_has_a_name_in_both_languages(feature: str) -> None:
    chinese = feature_label(feature)
    with override("en"):
        english = feature_label(feature)
    assert feature in FEATURES
    assert chinese != english
    assert FusionRanker().version == "fusion-1"


def test_bars_start_at_the_edge_where_nothing_is_taken_away() -> None:
    bars = bars_of(hit_with(term_match=0.2, meaning=0.4))
    assert [(bar.x, bar.width, bar.group) for bar in bars] == [
        (0.0, 200.0, "meaning"),
        (0.0, 100.0, "words"),
    ]


def test_bars_grow_from_the_middle_both_ways() -> None:
    bars = bars_of(hit_with(term_match=0.4, budget_fit=-0.2, freshness=0.0))
    assert [(bar.x, bar.width, bar.signed) for bar in bars] == [
        (100.0, 100.0, "+0.400"),
        (50.0, 50.0, "-0.200"),
    ]


def test_shares_add_up_each_group() -> None:
    shares = shares_of(hit_with(term_match=0.2, title_term_match=0.1, meaning=0.6))
    assert [
        (share.group, round(share.contribution, 6), round(share.percent)) for share in shares
    ] == [
        ("words", 0.3, 50),
        ("meaning", 0.6, 100),
    ]


def test_constraints_are_told_in_words_failed_ones_first() -> None:
    checks = checks_of(
        [
            ConstraintCheck(
                constraint="audience", outcome="passed", allowed="public", arrived="public"
            ),
            ConstraintCheck(
                constraint="price_max", outcome="failed", allowed="<= 800000", arrived="1.2e+06"
            ),
            ConstraintCheck(
                constraint="readiness_min", outcome="unknown", allowed=">= 6", arrived=""
            ),
        ]
    )
    assert [(check.label, check.allowed, check.arrived) for check in checks] == [
        ("价格上限", "≤ 80 万元", "120 万元"),
        ("成熟度下限", "≥ 6", "未填写"),
        ("可见范围", "公开", "公开"),
    ]


def test_a_passage_shows_where_the_matched_words_stand() -> None:
    text = "甲" * 500 + "永磁" + "乙" * 500
    shown = passage(text, ["永磁"])
    assert shown.startswith("…")
    assert "永磁" in shown
    assert len(shown) == 242
    assert passage("短文", ["永磁"]) == "短文"


def test_words_are_marked_by_stem_and_text_is_escaped() -> None:
    assert highlight("Magnets <b>", ["magnet"]) == "<mark>Magnets</mark> &lt;b&gt;"
    assert highlight("高温的高", ["高温", "高"]) == "<mark>高温</mark>的高"


def test_a_level_fills_its_gauge_from_one_to_four() -> None:
    assert [level_width(level) for level in (0.5, 1.0, 2.5, 4.0, 4.2)] == [0, 0, 150, 300, 300]


def test_nothing_reads_as_less_than_nothing() -> None:
    hit = hit_with(freshness=-0.0004)
    contribution = Contribution(feature="freshness", value=-0.001, contribution=-0.0004)
    [bar] = bars_of(replace(hit, contributions=(contribution,)))
    assert (bar.value, bar.signed) == ("0", "+0.000")
