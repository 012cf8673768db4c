"""What pages make of policies, gaps and scores: names for ids, bars that add up, ways that lead."""

import re
from math import isclose
from typing import Any

import pytest
from django.utils import timezone

from silian.library.facts import fact_schema
from silian.portal.industry.domain.entitlement import Entitlements, entitlement_of
from silian.portal.industry.domain.policies import all_versions
from silian.portal.industry.domain.scores import score_of, systems_in_force
from silian.portal.industry.interfaces.entitlement_faces import (
    combination,
    combination_chart,
    gap_groups,
    reached,
)
from silian.portal.industry.interfaces.policy_faces import (
    Names,
    amount_rows,
    condition_rows,
    waterfall,
)
from silian.portal.industry.interfaces.score_faces import decomposition, radar, verdict
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
_WORD = re.compile(r"\b[a-z]+(?:_[a-z0-9]+)+\b")
_FUNCTIONS = {"years_between", "starts_with"}


@pytest.fixture
def found(firms: list[Organisation]) -> Entitlements:
    return entitlement_of(firms[9], as_of=timezone.localdate())


def test_no_id_is_left_where_an_expression_is_read() -> None:
    schema = fact_schema()
    for policy in all_versions():
        names = Names(policy)
        ids = {one.parameter_id for one in policy.parameters} | {one.let_id for one in policy.lets}
        texts = [one.expression for one in (*policy.conditions, *policy.lets)]
        texts += [row[key] for row in amount_rows(policy) for key in ("when", "amount")]
        for text in texts:
            left = set(_WORD.findall(names.read(text))) - _FUNCTIONS
            assert not left & ids, (policy.policy_id, text)
            assert not [one for one in left if one in schema], (policy.policy_id, text)


def test_every_condition_is_named_with_its_figures(found: Entitlements) -> None:
    for answer in found.answers:
        rows = condition_rows(answer.policy, answer.conditions)
        assert [row["standing"] for row in rows] == [one.standing for one in answer.conditions]
        for row in rows:
            assert all(value.label for value in row["values"])
            assert bool(row["missing"]) == (row["standing"] == "unknown")


def test_the_bars_of_an_amount_add_up_to_it(found: Entitlements) -> None:
    drawn = [(one, chart) for one in found.answers if (chart := waterfall(one)) is not None]
    for answer, chart in drawn:
        *steps, total = chart["steps"]
        assert total == {"name": "合计", "value": answer.amount_cny, "total": True}
        assert isclose(sum(step["value"] for step in steps), total["value"], abs_tol=0.01)


def test_the_combination_names_every_award_it_keeps_or_drops(found: Entitlements) -> None:
    paid = combination(found)
    stacking = found.stacking
    assert set(paid) == {one.policy_id for one in (*stacking.kept, *stacking.dropped)}
    assert isclose(sum(one["paid_cny"] for one in paid.values()), stacking.total_cny, abs_tol=0.01)
    chart = combination_chart(found)
    if chart is not None:
        *steps, total = chart["steps"]
        assert isclose(sum(step["value"] for step in steps), total["value"], abs_tol=0.01)


def test_every_near_policy_shows_a_way(found: Entitlements) -> None:
    for missed in found.near:
        groups = gap_groups(missed.gaps)
        shown = {row["gap"].condition.condition_id for group in groups for row in group["rows"]}
        assert shown == {gap.condition.condition_id for gap in missed.gaps}
        for group in groups:
            assert all(0.0 <= row["share"] <= 1.0 for row in group["rows"])


@pytest.mark.parametrize(
    ("current", "required", "direction", "share"),
    [
        (0.0, 0.0, "raise", 0.0),
        (-5.0, 10.0, "raise", 0.0),
        (5.0, 10.0, "raise", 0.5),
        (0.0, 0.0, "lower", 0.0),
        (1.0, 0.55, "lower", 0.55),
    ],
)
def test_a_bar_shows_how_far_the_way_is_gone(
    current: float, required: float, direction: str, share: float
) -> None:
    assert reached(current, required, direction) == share


def test_the_parts_of_a_score_are_all_shown_and_the_radar_keeps_to_what_is_known(
    firms: list[Organisation],
) -> None:
    day = timezone.localdate()
    for system in systems_in_force(day):
        sheet = score_of(firms[9], system.system_id, as_of=day)
        groups = decomposition(sheet)
        assert sum(len(group["leaves"]) for group in groups) == len(sheet.score.leaves)
        told = verdict(sheet)
        if sheet.score.withheld:
            assert (told["total"], told["sure"]) == (None, None)
            assert all(group["points"] is None for group in groups)
        chart: dict[str, Any] | None = radar(sheet)
        if chart is not None:
            (series,) = chart["series"]
            assert all(0 <= value <= 100 for value in series["values"])
            assert len(chart["axes"]) == len(series["values"]) >= 3
