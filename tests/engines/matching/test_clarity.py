"""The clarity check against needs that say everything, nothing, and misleading numbers."""

from datetime import date

import pytest

from silian.engines.matching.clarity import (
    AspectRule,
    ClarityReport,
    ClarityRules,
    ClarityRulesInvalid,
    assess_clarity,
)
from silian.library.loading import clarity_rules

TITLE = "驱动电机用耐高温钕铁硼磁体"
TEXT = (
    "目前采用晶界扩散工艺，150℃时即出现不可逆退磁的问题。"
    "要求200℃下矫顽力不低于1600 kA/m。研发预算80万元，2027年6月底前完成样件。"
)


def states(report: ClarityReport) -> dict[str, str]:
    return {one.aspect: one.state for one in report.findings}


def test_a_need_that_says_everything_scores_100_and_needs_no_advice() -> None:
    report = assess_clarity(TITLE, TEXT, rules=clarity_rules())
    assert set(states(report).values()) == {"present"}
    assert (report.score, report.is_clear, report.missing) == (100.0, True, ())
    assert {one.suggestion_zh + one.example_en for one in report.findings} == {""}


def test_an_empty_need_scores_nothing_and_every_gap_has_advice_in_both_languages() -> None:
    report = assess_clarity("技术需求", "", rules=clarity_rules())
    assert (report.score, report.is_clear) == (0.0, False)
    for one in report.findings:
        assert one.state == "missing"
        assert all((one.suggestion_zh, one.suggestion_en, one.example_zh, one.example_en))


def test_the_score_is_the_sum_of_its_parts_and_parts_never_exceed_their_most() -> None:
    for text in ("", TEXT, "尽快解决噪声过大的问题，费用面议"):
        report = assess_clarity(TITLE, text, rules=clarity_rules())
        assert report.score == sum(one.points for one in report.findings)
        assert all(0 <= one.points <= one.most_points for one in report.findings)
    assert sum(one.most_points for one in report.findings) == 100


def test_spans_quote_the_source_literally() -> None:
    report = assess_clarity(TITLE, TEXT, rules=clarity_rules())
    sources = {"title": TITLE, "text": TEXT}
    spans = [span for one in report.findings for span in one.spans]
    assert len(spans) >= 5
    assert all(sources[span.source][span.start : span.end] == span.text for span in spans)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("寿命提高100%以上", "present"),
        ("起爆电压在（12~36）V范围内", "present"),
        ("接地电阻小于0.5Ω", "present"),
        ("提高产品精度", "weak"),
        ("公司2018年度实现销售收入2002万元，利润总额520万元", "weak"),
        ("公司注册资本5000万元，员工200人", "missing"),
        ("希望与高校合作", "missing"),
    ],
)
def test_turnover_and_staff_are_no_technical_target(text: str, state: str) -> None:
    assert states(assess_clarity(TITLE, text, rules=clarity_rules()))["technical_target"] == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("计划首期投入预算为200万元", "present"),
        ("年销售收入3000万元，注册资本500万元", "missing"),
        ("费用面议", "weak"),
    ],
)
def test_turnover_is_no_budget(text: str, state: str) -> None:
    assert states(assess_clarity(TITLE, text, rules=clarity_rules()))["budget"] == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("2026年12月底前完成", "present"),
        ("合作周期：18个月", "present"),
        ("希望尽快解决", "weak"),
        ("公司2016年被评为高新技术企业", "missing"),
    ],
)
def test_a_founding_year_is_no_deadline(text: str, state: str) -> None:
    assert states(assess_clarity(TITLE, text, rules=clarity_rules()))["deadline"] == state


def test_facts_given_apart_settle_their_aspects() -> None:
    report = assess_clarity(
        TITLE, "", rules=clarity_rules(), budget_cny=500_000.0, deadline=date(2027, 1, 1)
    )
    found = states(report)
    assert (found["budget"], found["deadline"]) == ("present", "present")


def test_a_title_of_empty_words_names_no_object() -> None:
    assert states(assess_clarity("技术研发合作需求", rules=clarity_rules()))["object"] == "missing"
    assert (
        states(assess_clarity("高韧性CBN单晶的研制", rules=clarity_rules()))["object"] == "present"
    )


def test_rules_that_do_not_sum_to_100_or_do_not_compile_are_refused() -> None:
    rule = AspectRule(
        aspect="object", label_zh="对象", label_en="Object", points=90, weak_points=0,
        full_patterns=("x",), suggestion_zh="", suggestion_en="", example_zh="", example_en="",
    )  # fmt: skip
    with pytest.raises(ClarityRulesInvalid):
        ClarityRules(aspects=(rule,), clear_from=70)
    broken = AspectRule(
        aspect="object", label_zh="对象", label_en="Object", points=100, weak_points=0,
        full_patterns=("(",), suggestion_zh="", suggestion_en="", example_zh="", example_en="",
    )  # fmt: skip
    with pytest.raises(ClarityRulesInvalid):
        ClarityRules(aspects=(broken,), clear_from=70)
