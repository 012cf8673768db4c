"""A policy is written by one person and published by another; only then it counts."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from silian.library.policy_files import policy_paths
from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer, viewer_of_user
from silian.portal.accounts.domain.users import create_user, set_password
from silian.portal.audit.models import AuditEntry
from silian.portal.industry.domain import policy_drafts as drafts
from silian.portal.industry.domain.policies import (
    PolicyNotFound,
    compiled,
    find_policy,
    library_version,
    policies_in_force,
    policy_page,
)
from silian.portal.industry.domain.policy_texts import PolicyTextRefused, names_in
from silian.portal.industry.domain.published_drafts import unusable_drafts
from silian.portal.industry.domain.scenarios import ScenarioRefused, try_draft
from silian.portal.industry.models import PolicyDraft
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
BASE = "chengyu_patent_award"


@pytest.fixture
def second(users: object) -> Viewer:
    return viewer_of_user(
        create_user(
            viewer=SYSTEM, username="second", password="a-long-Passphrase-8", role="operator"
        )
    )


@pytest.fixture
def text() -> str:
    """A policy of the library as a draft of a new one."""
    path = next(path for path in policy_paths() if path.stem.startswith(BASE))
    return path.read_text("utf-8").replace(BASE, "city_research_top_up")


def test_a_draft_counts_once_a_second_person_published_it(
    text: str, viewers: dict[str, Viewer], second: Viewer
) -> None:
    before, version = policies_in_force(DAY), library_version()
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    assert drafts.problems_of_draft(draft) == ()
    drafts.propose(draft, viewer=viewers["operator"])
    assert policies_in_force(DAY) == before
    drafts.publish(draft, viewer=second)
    assert (draft.state, draft.publisher_id) == ("published", second.user_id)
    assert find_policy("city_research_top_up", DAY).label_zh == draft.title
    assert policy_page("city_research_top_up", DAY).published_here
    assert "city_research_top_up" in compiled(DAY)
    assert library_version() != version
    drafts.withdraw(draft, viewer=second)
    assert draft.state == "published"
    assert "city_research_top_up" in compiled(DAY)
    drafts.withdraw(draft, viewer=viewers["operator"])
    assert draft.state == "withdrawn"
    assert policies_in_force(DAY) == before
    assert library_version() == version
    acts = list(
        AuditEntry.objects.filter(action__startswith="policy.").values_list("action", flat=True)
    )
    assert sorted(acts) == [
        "policy.ask_withdrawal",
        "policy.draft",
        "policy.propose",
        "policy.publish",
        "policy.withdraw",
    ]


def test_neither_author_nor_last_editor_publishes(
    text: str, viewers: dict[str, Viewer], second: Viewer
) -> None:
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    drafts.save_draft(draft, text + "\n", viewer=second)
    drafts.propose(draft, viewer=viewers["operator"])
    for person in (viewers["operator"], second):
        with pytest.raises(drafts.DraftRefused, match="somebody else"):
            drafts.publish(draft, viewer=person)
    assert draft.state == "proposed"


def test_an_edit_takes_a_proposal_back(text: str, viewers: dict[str, Viewer]) -> None:
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    drafts.propose(draft, viewer=viewers["operator"])
    assert drafts.save_draft(draft, text, viewer=viewers["operator"]) == ()
    assert draft.state == "draft"


def test_a_wrong_text_is_kept_with_its_problems_and_not_proposed(
    viewers: dict[str, Viewer],
) -> None:
    draft = drafts.create_draft("policy: a_draft\nlabel_zh: 草案\n", viewer=viewers["operator"])
    problems = drafts.problems_of_draft(draft)
    assert problems
    assert all(one.line >= 1 and one.remedy_zh and one.remedy_en for one in problems)
    with pytest.raises(PolicyTextRefused) as refused:
        drafts.propose(draft, viewer=viewers["operator"])
    assert refused.value.problems == problems
    assert draft.title == "草案"


def test_a_published_policy_is_never_edited(
    text: str, viewers: dict[str, Viewer], second: Viewer
) -> None:
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    drafts.propose(draft, viewer=viewers["operator"])
    drafts.publish(draft, viewer=second)
    with pytest.raises(drafts.DraftRefused, match="Begin a new draft"):
        drafts.save_draft(draft, text, viewer=viewers["operator"])


@pytest.mark.parametrize("role", ["adviser", "enterprise", "research", "viewer"])
def test_only_operators_draft(role: str, text: str, viewers: dict[str, Viewer]) -> None:
    with pytest.raises(AccessDenied):
        drafts.create_draft(text, viewer=viewers[role])


def test_a_program_signs_nothing(text: str) -> None:
    with pytest.raises(drafts.DraftRefused, match="belongs to a person"):
        drafts.create_draft(text, viewer=SYSTEM)


def test_a_draft_is_tried_on_the_city_before_it_is_in_force(
    text: str, viewers: dict[str, Viewer], firms: list[Organisation]
) -> None:
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    result = try_draft(draft, as_of=DAY, viewer=viewers["operator"])
    effect = next(one for one in result["policies"] if one["policy_id"] == "city_research_top_up")
    assert (effect["base_entitled"], result["enterprise_count"]) == (0, len(firms))
    with pytest.raises(ScenarioRefused, match="choose a day within"):
        try_draft(draft, as_of=date(1999, 1, 1), viewer=viewers["operator"])


def test_a_policy_out_of_force_is_told_from_one_that_is_none() -> None:
    with pytest.raises(PolicyNotFound, match="not in force on 1999"):
        find_policy(BASE, date(1999, 1, 1))
    with pytest.raises(PolicyNotFound, match="no such policy"):
        find_policy("nothing", DAY)
    assert not policy_page(BASE, date(1999, 1, 1)).in_force


def test_names_are_read_off_broken_texts() -> None:
    assert names_in("policy_id: 'x'\n  - [\nlabel_zh: \"名\" # c\n") == ("x", "名")


def test_whoever_wrote_any_of_it_publishes_none_of_it(
    text: str, viewers: dict[str, Viewer], second: Viewer
) -> None:
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    drafts.save_draft(draft, text + "\n", viewer=second)
    drafts.save_draft(draft, text, viewer=viewers["operator"])
    drafts.propose(draft, viewer=viewers["operator"])
    with pytest.raises(drafts.DraftRefused, match="somebody else"):
        drafts.publish(draft, viewer=second)


def test_a_text_that_was_changed_since_it_was_read_is_not_published(
    text: str, viewers: dict[str, Viewer], second: Viewer
) -> None:
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    drafts.propose(draft, viewer=viewers["operator"])
    read = drafts.text_mark(draft)
    drafts.save_draft(draft, text + "\n", viewer=viewers["operator"])
    drafts.propose(draft, viewer=viewers["operator"])
    with pytest.raises(drafts.DraftRefused) as refused:
        drafts.publish(draft, viewer=second, read=read)
    assert refused.value.code == "draft_changed"
    assert drafts.publish(draft, viewer=second).state == "published"


@pytest.fixture
def published(text: str, viewers: dict[str, Viewer], second: Viewer) -> PolicyDraft:
    draft = drafts.create_draft(text, viewer=viewers["operator"])
    drafts.propose(draft, viewer=viewers["operator"])
    return drafts.publish(draft, viewer=second)


def test_one_person_alone_takes_no_policy_out_of_force(
    published: PolicyDraft, viewers: dict[str, Viewer], second: Viewer
) -> None:
    drafts.withdraw(published, viewer=viewers["operator"])
    with pytest.raises(drafts.DraftRefused, match="somebody else must confirm") as refused:
        drafts.withdraw(published, viewer=viewers["operator"])
    assert refused.value.code == "second_person_needed"
    with pytest.raises(drafts.DraftRefused, match="belongs to a person"):
        drafts.withdraw(published, viewer=SYSTEM)
    assert "city_research_top_up" in compiled(DAY)
    drafts.keep(published, viewer=second)
    assert (published.state, published.withdrawal_asked_by_id) == ("published", None)
    with pytest.raises(drafts.DraftRefused, match="nobody has asked"):
        drafts.keep(published, viewer=second)
    drafts.withdraw(published, viewer=second)  # a new wish, to be confirmed again
    assert published.state == "published"


def test_the_first_person_makes_no_second_one(text: str, viewers: dict[str, Viewer]) -> None:
    first = viewers["operator"]
    draft = drafts.create_draft(text, viewer=first)
    drafts.propose(draft, viewer=first)
    puppet = create_user(
        viewer=first, username="puppet", password="a-long-Passphrase-9", role="operator"
    )
    with pytest.raises(drafts.DraftRefused) as refused:
        drafts.publish(draft, viewer=viewer_of_user(puppet))
    assert refused.value.code == "account_not_independent"
    # An account of long standing is its owner's, until the first person resets its password.
    AuditEntry.objects.filter(subject="puppet").update(
        created_at=timezone.now() - timedelta(days=30)
    )
    set_password(puppet, "another-Passphrase-9", viewer=first)
    with pytest.raises(drafts.DraftRefused, match="given a password"):
        drafts.publish(draft, viewer=viewer_of_user(puppet))
    AuditEntry.objects.filter(action="user.set_password").delete()
    assert drafts.publish(draft, viewer=viewer_of_user(puppet)).state == "published"


def test_an_approval_is_of_one_text_and_no_other(published: PolicyDraft) -> None:
    assert published.approved_mark == drafts.text_mark(published)
    before = library_version()
    published.content = published.content.replace("valid_from: ", "valid_from:  ")
    published.save()
    assert "city_research_top_up" not in compiled(DAY)
    assert library_version() != before
    (left_out,) = unusable_drafts(DAY)
    assert (left_out.draft_id, "核准失效" in left_out.message_zh) == (
        str(published.public_id),
        True,
    )


def test_a_version_that_would_change_past_answers_is_refused_unless_it_corrects_them(
    viewers: dict[str, Viewer], second: Viewer
) -> None:
    path = next(path for path in policy_paths() if path.stem.startswith(BASE))
    draft = drafts.create_draft(path.read_text("utf-8") + "\n", viewer=viewers["operator"])
    drafts.propose(draft, viewer=viewers["operator"])
    with pytest.raises(drafts.DraftRefused, match="answers of past days would change") as refused:
        drafts.publish(draft, viewer=second)
    assert refused.value.code == "rewrites_the_past"
    drafts.publish(draft, viewer=second, corrects_past=True)
    assert AuditEntry.objects.get(action="policy.publish").details["corrects_past"] is True


def test_a_withdrawn_policy_goes_on_counting_for_the_days_it_was_in_force(
    published: PolicyDraft, viewers: dict[str, Viewer], second: Viewer
) -> None:
    today = timezone.localdate()
    PolicyDraft.objects.update(published_at=timezone.now() - timedelta(days=10))
    drafts.withdraw(published, viewer=second)
    drafts.withdraw(published, viewer=viewers["operator"])
    held = {
        days: "city_research_top_up" in compiled(today - timedelta(days=days))
        for days in (0, 1, 10, 11)
    }
    assert held == {0: False, 1: True, 10: True, 11: False}
