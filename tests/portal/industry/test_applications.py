"""Applications begin with the answer frozen in them, once a policy and year."""

from datetime import date

import pytest

from silian.portal.accounts.domain.access import AccessDenied, Viewer
from silian.portal.industry.domain import applications
from silian.portal.industry.models import PolicyApplication
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def application(firms: list[Organisation], viewers: dict[str, Viewer]) -> PolicyApplication:
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
    applications.submit(application, viewer=own)
    assert application.state == "submitted"
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
