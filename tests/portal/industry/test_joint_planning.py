"""Several policies by one set of changes: what each change serves, and that the changes do it."""

from datetime import date

import pytest

from silian.engines.rules import answer_policy
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.joint_planning import (
    MOST_POLICIES,
    NoPolicyChosen,
    joint_guidance,
    joint_values,
)
from silian.portal.industry.domain.ladder_standing import UnknownStep
from silian.portal.industry.domain.policies import PolicyNotFound, compiled
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
WANTED = ("chengyu_patent_award", "guarantee_sharing_first", "chengyu_specialised_award")


_NONE = {"pct_application_count": 0, "invention_patents_granted_count": 0}


@pytest.fixture
def firm(firms: list[Organisation]) -> Organisation:
    """A firm of the sample city that has everything but the last steps."""
    year = EnterpriseYear.objects.get(organisation=firms[4], year=2025)
    year.facts |= {"region_code": "990102", "national_project_count": 0, **_NONE}
    year.save()
    return firms[4]


def test_one_set_of_changes_entitles_to_all_of_them(firm: Organisation) -> None:
    found = joint_guidance(firm, WANTED, as_of=DAY)
    assert [one.policy_id for one in found.wanted] == list(WANTED)
    for policy_id in WANTED:
        answer = answer_policy(compiled(DAY)[policy_id], found.plan.changed_row)  # type: ignore[union-attr]
        assert answer.entitlement == "entitled"


def test_one_change_serves_two_policies_and_is_paid_once(firm: Organisation) -> None:
    plan = joint_values(joint_guidance(firm, WANTED, as_of=DAY))["plan"]
    served = {
        (one["fact"], one["code"]): {each["policy_id"] for each in one["needed_by"]}
        for one in plan["changes"]
    }
    assert served == {
        ("pct_application_count", ""): {"chengyu_patent_award"},
        ("titles", "specialised_sme"): {"guarantee_sharing_first", "chengyu_specialised_award"},
    }
    assert plan["cost_cny"] == sum(one["cost_cny"] for one in plan["changes"])


def test_the_combination_after_the_changes_pays_more(firm: Organisation) -> None:
    found = joint_guidance(firm, WANTED, as_of=DAY)
    assert found.total_after_cny is not None
    assert found.total_after_cny > found.total_cny


def test_what_is_met_already_is_kept_and_needs_no_change(firms: list[Organisation]) -> None:
    met = [one.policy.policy_id for one in entitlement_of(firms[11], as_of=DAY).entitled]
    found = joint_guidance(firms[11], met[:2], as_of=DAY)
    assert (found.wanted, found.plan, found.changes) == ((), None, ())
    assert [one.policy_id for one in found.held] == met[:2]


def test_a_step_brings_its_policy_and_what_is_near_and_asks_for_its_title(
    firms: list[Organisation],
) -> None:
    found = joint_guidance(firms[4], as_of=DAY, step_code="technology_sme")
    assert found.step is not None
    assert found.step.code == "technology_sme"
    assert "technology_sme" in {one.policy_id for one in (*found.wanted, *found.held)}


def test_what_is_out_of_reach_is_named_with_its_reason(firms: list[Organisation]) -> None:
    values = joint_values(
        joint_guidance(firms[4], ("technology_sme", "chengyu_patent_award"), as_of=DAY)
    )
    assert values["total_after_cny"] is None
    [obstacle] = values["plan"]["obstacles"]  # the firm is not of that city
    assert obstacle["policy_id"] == "chengyu_patent_award"
    assert obstacle["message_zh"]


def test_bad_choices_are_refused(firms: list[Organisation]) -> None:
    with pytest.raises(NoPolicyChosen):
        joint_guidance(firms[0], as_of=DAY)
    with pytest.raises(NoPolicyChosen):
        joint_guidance(firms[0], [f"p{n}" for n in range(MOST_POLICIES + 1)], as_of=DAY)
    with pytest.raises(PolicyNotFound):
        joint_guidance(firms[0], ["nothing"], as_of=DAY)
    with pytest.raises(UnknownStep):
        joint_guidance(firms[0], as_of=DAY, step_code="specialised_sme")
