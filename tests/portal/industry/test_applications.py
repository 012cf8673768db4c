"""Applications begin with the answer frozen in them, once a policy and year."""

from datetime import date, timedelta

import pytest
from firm_years import facts_of_firm

from silian.portal.accounts.domain.access import AccessDenied, Viewer
from silian.portal.industry.domain import applications
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.models import PolicyApplication
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def strong(firms: list[Organisation]) -> Organisation:
    """The enterprise of the tests, with facts that meet the policy."""
    year = firms[0].years.get(year=2025)
    year.facts = facts_of_firm(11, 2025)
    year.save()
    return firms[0]


@pytest.fixture
def application(
    strong: Organisation, firms: list[Organisation], viewers: dict[str, Viewer]
) -> PolicyApplication:
    return applications.prepare_application(
        firms[0], "technology_sme", year=2025, as_of=DAY, viewer=viewers["enterprise"]
    )


def test_it_freezes_the_answer_and_is_made_once(
    application: PolicyApplication, firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    assert application.answer["policy_id"] == "technology_sme"
    assert {one["standing"] for one in application.answer["conditions"]} <= {
        "met",
        "unmet",
        "unknown",
    }
    again = applications.prepare_application(
        firms[0], "technology_sme", year=2025, as_of=DAY, viewer=viewers["operator"]
    )
    assert again == application


def test_it_is_submitted_once_its_attachments_are_at_hand(
    application: PolicyApplication, viewers: dict[str, Viewer]
) -> None:
    required = [
        one["attachment_id"] for one in application.answer["attachments"] if one["required"]
    ]
    own = viewers["enterprise"]
    if required:
        with pytest.raises(applications.ApplicationRefused, match="not yet at hand"):
            applications.submit(application, viewer=own)
    applications.mark_ready(application, required, viewer=own)
    applications.submit(application, viewer=own, on=DAY)
    assert application.state == "submitted"
    assert application.submitted_at is not None
    with pytest.raises(applications.ApplicationRefused, match="can't become"):
        applications.mark_ready(application, required, viewer=own)
    applications.withdraw_application(application, viewer=own)
    assert application.state == "withdrawn"


def test_attachments_that_nobody_asked_for_are_refused(
    application: PolicyApplication, viewers: dict[str, Viewer]
) -> None:
    with pytest.raises(applications.ApplicationRefused, match="asks for"):
        applications.mark_ready(application, ["nothing"], viewer=viewers["enterprise"])


@pytest.mark.parametrize("role", ["adviser", "research", "viewer"])
def test_others_do_not_apply_for_an_enterprise(
    role: str, application: PolicyApplication, viewers: dict[str, Viewer]
) -> None:
    with pytest.raises(AccessDenied):
        applications.submit(application, viewer=viewers[role])


def test_everybody_sees_what_is_theirs(
    application: PolicyApplication, viewers: dict[str, Viewer], users: object
) -> None:
    assert list(applications.applications(viewers["enterprise"])) == [application]
    assert list(applications.applications(viewers["adviser"])) == [application]
    with pytest.raises(AccessDenied):
        applications.applications(viewers["research"])


def test_what_the_facts_no_longer_bear_out_is_not_handed_in(
    strong: Organisation, viewers: dict[str, Viewer]
) -> None:
    firm, own = strong, viewers["enterprise"]
    entitled = entitlement_of(firm, as_of=DAY).entitled
    award = next(one for one in entitled if one.policy.policy_id == "technology_sme")
    application = applications.prepare_application(
        firm, award.policy.policy_id, year=2025, as_of=DAY, viewer=own
    )
    required = [
        one["attachment_id"] for one in application.answer["attachments"] if one["required"]
    ]
    applications.mark_ready(application, required, viewer=own)
    year = firm.years.get(year=2025)
    kept = year.facts["employee_count"]
    year.facts["employee_count"] = 100_000
    year.save()
    with pytest.raises(applications.ApplicationRefused) as refused:
        applications.submit(application, viewer=own, on=DAY)
    assert refused.value.code == "not_entitled"
    year.facts["employee_count"] = kept
    year.save()
    later = DAY + timedelta(days=3)
    applications.submit(application, viewer=own, on=later)
    assert application.answer["as_of"] == later.isoformat()


def test_no_money_is_expected_where_a_condition_is_not_met(
    firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    firm = firms[0]
    year = firm.years.get(year=2025)
    year.facts |= {"region_code": "990101", "serious_violation_count": 3}
    year.save()
    missed = entitlement_of(firm, as_of=DAY).answer("chengyu_research_subsidy")
    assert missed is not None
    assert missed.entitlement == "not_entitled"
    made = applications.prepare_application(
        firm, missed.policy.policy_id, year=2025, as_of=DAY, viewer=viewers["operator"]
    )
    assert (made.answer["entitlement"], made.amount_cny) == ("not_entitled", None)
    with pytest.raises(applications.ApplicationRefused, match="years up to"):
        applications.prepare_application(
            firm, "technology_sme", year=2040, as_of=DAY, viewer=viewers["operator"]
        )
