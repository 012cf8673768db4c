"""What a system must be before it scores anybody."""

import dataclasses
from datetime import date

import pytest
from scoring_world import DAY, READ, SCHEMA, UNREAD, bands, branch, compiled, leaf, system

from silian.engines.scoring import (
    DirectPath,
    Grade,
    JudgementsInconsistent,
    JudgementsRefused,
    Normalisation,
    SystemNotInForce,
    SystemRefused,
    Weighting,
    compile_system,
    system_in_force,
)

INF = float("inf")


def test_a_system_lays_out_its_leaves_branches_and_weights():
    one = compiled(
        leaf("x", "a", 10.0),
        branch("two", leaf("y", "b", 20.0), leaf("z", "c + a", 30.0), combine="best"),
        leaf("extra", "listed", 5.0, Normalisation(method="boolean"), bonus=True),
    )
    assert [part.path for part in one.leaves] == [
        ("root",),
        ("root", "two"),
        ("root", "two"),
        ("root",),
    ]
    assert [part.branch_id for part in one.branches] == ["root", "two"]
    assert one.fixed_points.tolist() == [[10.0, 20.0, 30.0, 5.0]]
    assert [(part.criterion_id, part.leaves, part.bonus) for part in one.criteria] == [
        ("x", (0,), False),
        ("two", (1, 2), False),
        ("extra", (3,), True),
    ]
    assert [column.name for column in one.facts] == ["a", "b", "c", "listed"]
    assert (one.unverified, one.needs_population) == ((), False)


def test_every_unverified_place_is_named():
    one = compiled(
        leaf("x", "a", source=UNREAD),
        branch("two", leaf("y", "b"), source=UNREAD),
        source=UNREAD,
        weighting=Weighting(method="given", source=UNREAD),
    )
    assert one.unverified == ("system", "weighting", "two", "x")


VERSIONS = (
    system(
        leaf("x", "a"), version="2024", valid_from=date(2024, 1, 1), valid_until=date(2025, 10, 28)
    ),
    system(leaf("x", "a"), version="2.0", valid_from=date(2025, 10, 29)),
    system(
        leaf("x", "a"), version="trial", valid_from=date(2025, 6, 1), valid_until=date(2025, 7, 1)
    ),
)


@pytest.mark.parametrize(
    ("day", "version"),
    [
        (date(2024, 1, 1), "2024"),
        (date(2025, 10, 28), "2024"),
        (date(2025, 10, 29), "2.0"),
        (date(2025, 6, 15), "trial"),
    ],
)
def test_the_version_of_the_day_is_chosen(day, version):
    assert system_in_force(VERSIONS, "trial", day).version == version


def test_a_day_without_a_version_is_refused():
    with pytest.raises(SystemNotInForce, match="2024 from 2024-01-01"):
        system_in_force(VERSIONS, "trial", date(2023, 1, 1))
    with pytest.raises(SystemNotInForce, match="there are: none"):
        system_in_force(VERSIONS, "other", DAY)
    with pytest.raises(SystemNotInForce):
        compile_system(VERSIONS[0], SCHEMA, as_of=DAY)


GOOD = leaf("x", "a")
REFUSED = {
    "unknown fact": ((leaf("x", "revenu"),), {}, "root.x.expression"),
    "a text is no number": ((leaf("x", "industry"),), {}, "root.x.expression"),
    "a condition where a number is due": ((leaf("x", "a > 1"),), {}, "root.x.expression"),
    "a number where a condition is due": (
        (leaf("x", "a", normalisation=Normalisation(method="boolean")),),
        {},
        "root.x.expression",
    ),
    "half a clause": ((branch("two", leaf("x", "a +")),), {}, "root.two.x.expression"),
    "a stage that is a number": ((GOOD,), {"stages": (("one", "a"),)}, "stages.one"),
    "two stages of one name": (
        (GOOD,),
        {"stages": (("one", "a > 1"), ("one", "a > 2"))},
        "stages",
    ),
    "a full score for no stage": ((leaf("x", "a", {"late": 1.0}),), {}, "x.full_score"),
    "a let that hides a fact": ((GOOD,), {"lets": (("a", "b"),)}, "lets.a"),
    "a let that comes later": ((GOOD,), {"lets": (("p", "q"), ("q", "b"))}, "lets.p"),
    "one id twice": ((GOOD, branch("two", GOOD)), {}, "x"),
    "an empty branch": ((GOOD, branch("two")), {}, "two"),
    "bands without bands": ((leaf("x", "a", normalisation=bands()),), {}, "x.normalisation"),
    "two grades from one mark": (
        (GOOD,),
        {
            "grades": (
                Grade(grade_id="p", label_zh="", label_en="", at_least=1),
                Grade(grade_id="q", label_zh="", label_en="", at_least=1),
            )
        },
        "grades",
    ),
    "a direct path that is a number": (
        (GOOD,),
        {
            "direct_paths": (
                DirectPath(path_id="p", label_zh="", label_en="", expression="a", source=READ),
            )
        },
        "direct_paths.p",
    ),
    "bonus among alternatives": (
        (branch("two", GOOD, leaf("y", "b", bonus=True), combine="best"),),
        {},
        "two",
    ),
    "derived weights over alternative branches": (
        (branch("two", branch("three", GOOD), leaf("y", "b"), combine="best"),),
        {"weighting": Weighting(method="critic")},
        "two",
    ),
    "more points than sums stay exact for": ((leaf("x", "a", 2e6),), {}, "root"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_makes_no_sense_is_refused_with_its_place(name):
    children, rest, place = REFUSED[name]
    with pytest.raises(SystemRefused) as caught:
        compiled(*children, **rest)
    assert caught.value.code == "system_refused"
    assert caught.value.details["place"] == place
    assert str(caught.value).startswith("trial 1, ")


def test_a_refused_clause_keeps_its_position_and_suggestion():
    schema_error = REFUSED["unknown fact"]
    with pytest.raises(SystemRefused) as caught:
        compiled(leaf("x", "b + research_staf_count"), **schema_error[1])
    details = caught.value.details
    assert (details["text"], details["position"]) == ("b + research_staf_count", 4)
    assert details["suggestion"] == "research_staff_count"
    assert details["message_zh"]


JUDGED = Weighting(method="ahp", judgements={"root": ((1, 2), (1 / 2, 1))})


def test_judgements_must_fit_the_tree_and_agree():
    with pytest.raises(JudgementsRefused, match="no judgements"):
        compiled(leaf("x", "a"), leaf("y", "b"), weighting=Weighting(method="ahp"))
    with pytest.raises(JudgementsRefused, match="2 rows for 3 children"):
        compiled(leaf("x", "a"), leaf("y", "b"), leaf("z", "c"), weighting=JUDGED)
    circular = ((1, 9, 1 / 9), (1 / 9, 1, 9), (9, 1 / 9, 1))
    with pytest.raises(JudgementsInconsistent) as caught:
        compiled(
            leaf("x", "a"),
            leaf("y", "b"),
            leaf("z", "c"),
            weighting=Weighting(method="ahp", judgements={"root": circular}),
        )
    assert caught.value.details["branch_id"] == "root"


def test_judgements_are_over_children_without_bonus_and_alternatives_share():
    one = compiled(
        leaf("x", "a", None),
        leaf("extra", "e", 5.0, bonus=True),
        branch("two", leaf("y", "b", None), leaf("z", "c", None), combine="best"),
        weighting=dataclasses.replace(JUDGED, total_score=90.0),
    )
    assert one.fixed_points[0].tolist() == pytest.approx([60.0, 5.0, 30.0, 30.0])
