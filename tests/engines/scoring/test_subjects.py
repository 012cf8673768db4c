"""One subject's score: missing rules, alternatives, minima, grades, direct paths, withholding."""

import itertools
import math
from datetime import date

import pytest
from scoring_world import READ, TRUTH, UNREAD, MemorySession, bands, branch, compiled, leaf

from silian.engines.scoring import (
    DirectPath,
    Grade,
    PopulationMismatch,
    PopulationMissing,
    Weighting,
    score_subject,
    score_subjects,
)

INF = float("inf")
STAFF = leaf(
    "staff",
    "research_staff_count / staff_count",
    20.0,
    bands((-INF, 0.0), (0.1, 0.2), (0.3, 1.0)),
    minimum_points=4.0,
)
INTENSITY = branch(
    "intensity",
    leaf("by_revenue", "a / b", 50.0, bands((-INF, 0.0), (0.02, 0.2), (0.06, 1.0))),
    leaf("by_cost", "a / c", 50.0, bands((-INF, 0.0), (0.1, 0.2), (0.3, 1.0))),
    combine="best",
)
RESULTS = leaf("results", "d", 30.0, bands((-INF, 0.0), (1, 0.2), (4, 0.8)), missing="zero")
GRADES = (
    Grade(grade_id="good", label_zh="良", label_en="good", at_least=60),
    Grade(grade_id="poor", label_zh="差", label_en="poor", at_least=-INF),
    Grade(grade_id="excellent", label_zh="优", label_en="excellent", at_least=90),
)
SMALL_FIRM = compiled(STAFF, INTENSITY, RESULTS, pass_at_least=60.0, grades=GRADES)
FACTS = {
    "staff_count": 100,
    "research_staff_count": 30,
    "a": 6.0,
    "b": 100.0,
    "c": 90.0,
    "d": 4.0,
}


def points(score):
    return {one.indicator.indicator_id: one.points for one in score.leaves}


def test_a_whole_score_decomposes():
    score = score_subject(SMALL_FIRM, FACTS, subject_id="s1")
    assert points(score) == {"staff": 20.0, "by_revenue": 50.0, "by_cost": 0.0, "results": 24.0}
    assert dict(score.branches) == {"root": 94.0, "intensity": 50.0}
    assert [one.counted for one in score.leaves] == [True, True, False, True]
    assert (score.total, score.grade, score.passed) == (94.0, "excellent", True)
    assert (score.subject_id, score.withheld, score.missing) == ("s1", "", ())
    assert [one.path for one in score.leaves][1] == ("root", "intensity")


def test_the_better_alternative_counts():
    score = score_subject(SMALL_FIRM, {**FACTS, "a": 3.0, "c": 10.0})
    assert [one.counted for one in score.leaves] == [True, False, True, True]
    assert dict(score.branches)["intensity"] == 50.0


def test_an_unknown_alternative_leaves_the_branch_open_unless_the_known_one_is_full():
    full = score_subject(SMALL_FIRM, {**FACTS, "c": None})
    assert (full.total, full.missing) == (94.0, ())
    partial = score_subject(SMALL_FIRM, {**FACTS, "c": None, "a": 3.0})
    assert (partial.total, partial.provisional_total) == (None, 54.0)
    assert partial.missing == ("c",)
    assert dict(partial.branches)["intensity"] is None


def test_what_is_missing_is_named_and_never_taken_for_failing():
    score = score_subject(SMALL_FIRM, {"staff_count": 100, "a": 6.0})
    assert score.total is None
    assert score.passed is None
    assert score.missing == ("research_staff_count", "b", "c")
    assert score.failed_minima == ()
    assert {one.indicator.indicator_id: one.missing for one in score.leaves} == {
        "staff": ("research_staff_count",),
        "by_revenue": ("b",),
        "by_cost": ("c",),
        "results": ("d",),
    }


def test_the_verdict_may_stand_before_the_total_does():
    failing = score_subject(
        SMALL_FIRM, {**FACTS, "a": 0.0, "d": None, "research_staff_count": None}
    )
    assert (failing.total, failing.passed) == (None, False)  # 20 at most
    passing = score_subject(
        compiled(leaf("x", "a", 70.0), leaf("y", "b", 30.0), pass_at_least=60.0), {"a": 1.0}
    )
    assert (passing.total, passing.provisional_total, passing.passed) == (None, 70.0, True)


def test_missing_may_count_zero():
    score = score_subject(SMALL_FIRM, {**FACTS, "d": None})
    results = score.leaves[-1]
    assert (results.raw, results.normalised, results.points) == (None, 0.0, 0.0)
    assert (score.total, results.missing) == (70.0, ("d",))


def test_a_missed_minimum_fails_whatever_the_total():
    score = score_subject(SMALL_FIRM, {**FACTS, "research_staff_count": 5})
    assert score.total == 74.0
    assert (score.failed_minima, score.passed) == (("staff",), False)


def test_a_minimum_of_a_branch_and_of_an_alternative_that_lost():
    system = compiled(
        branch("one", leaf("x", "a", 30.0), leaf("y", "b", 10.0), minimum_points=20.0),
        branch(
            "two",
            leaf("p", "c", 10.0, minimum_points=5.0),
            leaf("q", "d", 10.0, minimum_points=5.0),
            combine="best",
        ),
        pass_at_least=0.0,
    )
    score = score_subject(system, {"a": 0.5, "b": 0.0, "c": 0.1, "d": 0.9})
    assert (score.failed_minima, score.passed) == (("one",), False)
    assert score_subject(system, {"a": 1.0, "b": 0.0, "c": 0.1, "d": 0.9}).passed is True


REWEIGHED = compiled(
    branch(
        "one",
        leaf("x", "a", 30.0, missing="reweigh"),
        leaf("y", "b", 10.0, missing="reweigh"),
        leaf("extra", "e", 5.0, bonus=True, missing="zero"),
    ),
    branch("two", leaf("z", "c", 60.0, missing="reweigh")),
)


def test_the_weight_of_a_missing_leaf_goes_to_its_siblings():
    score = score_subject(REWEIGHED, {"b": 1.0, "c": 0.5, "e": 1.0})
    assert [one.weight for one in score.leaves] == [0.0, 40.0, 5.0, 60.0]
    assert points(score) == {"x": None, "y": 40.0, "extra": 5.0, "z": 30.0}
    assert score.total == 75.0
    assert [one.counted for one in score.leaves] == [False, True, True, True]


def test_the_weight_of_a_missing_branch_goes_to_the_branches_beside_it():
    score = score_subject(REWEIGHED, {"a": 1.0, "b": 0.0})
    assert [one.weight for one in score.leaves] == [75.0, 25.0, 5.0, 0.0]
    assert score.total == 75.0


def test_nothing_at_all_is_not_a_score():
    system = compiled(leaf("x", "a", missing="reweigh"), leaf("y", "b", missing="reweigh"))
    score = score_subject(system, {})
    assert (score.total, score.provisional_total, score.passed) == (None, None, None)


def test_bonus_comes_on_top_and_deductions_come_off():
    system = compiled(
        leaf("x", "a", 100.0),
        leaf("prize", "listed", 10.0, TRUTH, bonus=True),
        leaf("offence", "b", -20.0, bonus=True),
    )
    score = score_subject(system, {"a": 1.0, "listed": True, "b": 0.5})
    assert (points(score)["prize"], points(score)["offence"], score.total) == (10.0, -10.0, 100.0)


STAGED = compiled(
    leaf("x", "a", {"start": 70.0, "growth": 40.0}),
    leaf("y", "b", {"": 30.0}),
    stages=(("start", "staff_count < 20"), ("growth", "staff_count < 300")),
)


def test_weights_are_those_of_the_first_stage_that_holds():
    facts = {"a": 1.0, "b": 1.0}
    start = score_subject(STAGED, {**facts, "staff_count": 5})
    assert (start.stage, start.total) == ("start", 100.0)
    growth = score_subject(STAGED, {**facts, "staff_count": 50})
    assert (growth.stage, growth.total) == ("growth", 70.0)


def test_no_stage_or_an_unknown_stage_gives_no_total():
    facts = {"a": 1.0, "b": 1.0}
    large = score_subject(STAGED, {**facts, "staff_count": 500})
    assert (large.stage, large.total, large.withheld) == ("", None, "no_stage")
    unknown = score_subject(STAGED, facts)
    assert (unknown.total, unknown.withheld, unknown.missing) == (None, "", ("staff_count",))


def official(**rest):
    source = rest.pop("source_of_x", READ)
    return compiled(
        leaf("x", "a", rest.pop("full_score", 60.0), source=source),
        leaf("y", "b", 40.0),
        official=True,
        pass_at_least=60.0,
        grades=GRADES,
        **rest,
    )


def test_an_official_system_with_an_unverified_figure_shows_no_total():
    facts = {"a": 1.0, "b": 1.0}
    assert score_subject(official(), facts).total == 100.0
    for system in (official(source_of_x=UNREAD), official(source=UNREAD)):
        score = score_subject(system, facts)
        assert (score.total, score.provisional_total) == (None, 100.0)
        assert score.withheld == "unverified_figures"
        assert (score.grade, score.rank, score.percentile, score.passed) == ("", None, None, None)
    assert official(source_of_x=UNREAD).unverified == ("x",)
    assert official(source=UNREAD).unverified == ("system",)


def test_an_unofficial_system_may_rest_on_unverified_figures():
    system = compiled(leaf("x", "a", 100.0, source=UNREAD))
    assert score_subject(system, {"a": 0.5}).total == 50.0


def test_a_weight_that_nobody_has_read_withholds_the_total_but_not_the_parts():
    score = score_subject(official(full_score=None), {"a": 1.0, "b": 0.5})
    assert (score.total, score.withheld, score.provisional_total) == (None, "weights_unknown", 20.0)
    assert points(score) == {"x": None, "y": 20.0}
    assert score.leaves[0].normalised == 1.0


def test_an_indicator_without_a_fact_is_always_missing():
    score = score_subject(compiled(leaf("x", "a"), leaf("y", "")), {"a": 1.0})
    assert (score.total, score.provisional_total, score.missing) == (None, 10.0, ())


def direct(source=READ, **rest):
    path = DirectPath(
        path_id="prize",
        label_zh="奖",
        label_en="prize",
        expression="has(titles, 'prize')",
        source=source,
    )
    return compiled(leaf("x", "a", 100.0), pass_at_least=60.0, direct_paths=(path,), **rest)


def test_a_direct_path_passes_whatever_the_score():
    score = score_subject(direct(), {"a": 0.1, "titles": ";prize;"})
    assert (score.total, score.passed, score.direct_path) == (10.0, True, "prize")
    assert score_subject(direct(), {"a": 0.1, "titles": ";"}).passed is False


def test_an_unknown_direct_path_keeps_a_failing_score_open():
    score = score_subject(direct(), {"a": 0.1})
    assert (score.passed, score.direct_path) == (None, "")
    assert score_subject(direct(), {"a": 0.7}).passed is True


def test_an_unverified_direct_path_of_an_official_system_passes_nobody():
    facts = {"a": 0.1, "titles": ";prize;"}
    assert score_subject(direct(UNREAD, official=True), facts).passed is None
    assert score_subject(direct(UNREAD), facts).passed is True


def test_lets_are_shared_and_the_day_is_known():
    system = compiled(
        leaf("age", "age_years / 10"),
        lets=(("age_years", "years_between(founded_on, as_of)"),),
    )
    score = score_subject(system, {"founded_on": date(2021, 3, 1)})
    assert (score.leaves[0].raw, score.total) == (0.5, 5.0)


def test_parts_sum_to_the_total_exactly_in_any_order():
    thirds = compiled(*(leaf(f"x{n}", f"{name} / 3", 14.1) for n, name in enumerate("abcde")))
    score = score_subject(thirds, dict(zip("abcde", (0.1, 0.7, 1.3, 2.9, 0.2), strict=True)))
    parts = [one.points for one in score.leaves]
    for order in itertools.permutations(parts):
        assert sum(order) == math.fsum(order) == score.total


def test_judged_weights_multiply_down_the_tree():
    system = compiled(
        branch("one", leaf("x", "a", None), leaf("y", "b", None)),
        leaf("z", "c", None),
        weighting=Weighting(
            method="ahp", judgements={"root": ((1, 4), (1 / 4, 1)), "one": ((1, 3), (1 / 3, 1))}
        ),
    )
    assert [one.weight for one in score_subject(system, {}).leaves] == pytest.approx([60, 20, 20])


def test_a_system_that_reads_a_population_wants_one_of_its_own():
    system = compiled(
        leaf("x", "a", None), leaf("y", "b", None), weighting=Weighting(method="entropy")
    )
    with pytest.raises(PopulationMissing):
        score_subject(system, {"a": 1.0})
    other = compiled(leaf("x", "a"), version="2")
    population = score_subjects(other, MemorySession([{"a": 0.1}]), "facts").population()
    with pytest.raises(PopulationMismatch):
        score_subject(system, {"a": 1.0}, population=population)


def test_an_unknown_deduction_may_still_cost_the_mark():
    system = compiled(
        leaf("x", "a", 100.0), leaf("offence", "b", -20.0, bonus=True), pass_at_least=60.0
    )
    assert score_subject(system, {"a": 0.7}).passed is None
    assert score_subject(system, {"a": 0.8}).passed is True
    assert score_subject(system, {"a": 0.5}).passed is False


def test_a_minimum_of_what_is_not_there_is_neither_met_nor_missed():
    system = compiled(
        leaf("x", "a", 50.0, missing="reweigh", minimum_points=10.0),
        leaf("y", "b", 50.0),
        pass_at_least=60.0,
    )
    score = score_subject(system, {"b": 1.0})
    assert (score.total, score.failed_minima, score.passed) == (100.0, (), None)


def partly_known(least_known_share):
    return compiled(
        leaf("x", "a", 60.0, missing="reweigh"),
        leaf("y", "b", 30.0, missing="reweigh"),
        leaf("z", "c", 10.0, missing="zero"),
        least_known_share=least_known_share,
        grades=(Grade(grade_id="high", label_zh="高", label_en="High", at_least=0.0),),
    )


def test_a_subject_that_tells_too_little_has_no_total_grade_or_rank():
    score = score_subject(partly_known(0.7), {"a": 1.0, "c": 1.0})
    assert (score.total, score.grade, score.rank, score.passed) == (100.0, "high", None, None)

    score = score_subject(partly_known(0.71), {"a": 1.0, "c": 1.0})
    assert (score.total, score.withheld, score.grade) == (None, "too_little_known", "")
    assert (score.provisional_total, score.missing) == (100.0, ("b",))


def test_a_missing_value_that_counts_zero_is_not_known_either():
    assert score_subject(partly_known(0.91), {"a": 1.0, "b": 1.0}).withheld == "too_little_known"
    assert score_subject(partly_known(0.9), {"a": 1.0, "b": 1.0}).withheld == ""
