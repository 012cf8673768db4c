"""One published draft that can't be used takes nothing else down, and operators are told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from silian.engines.rules.values import Budget, Parameter, ParameterValue
from silian.library.policy_files import policies, policy_paths
from silian.portal.accounts.domain.access import Viewer
from silian.portal.accounts.models import User
from silian.portal.industry.domain import draft_guards, policy_drafts
from silian.portal.industry.domain.policies import (
    compiled,
    find_policy,
    policies_in_force,
    policy_page,
)
from silian.portal.industry.domain.policy_texts import PolicyTextRefused, text_mark
from silian.portal.industry.domain.published_drafts import unusable_drafts
from silian.portal.industry.models import PolicyDraft
from silian.sources import Source

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
LIBRARY = "chengyu_patent_award"
MINE = "my_patent_award"

Publish = Callable[..., PolicyDraft]


@pytest.fixture
def text() -> str:
    """A policy of the library, in force from 2020 without end."""
    path = next(path for path in policy_paths() if path.stem == LIBRARY)
    return path.read_text("utf-8")


@pytest.fixture
def publish(users: dict[str, User]) -> Publish:
    """Puts a text in force past every guard, as an older program or library may have."""

    def put(text: str, policy_id: str = MINE) -> PolicyDraft:
        person = users["operator"]
        return PolicyDraft.objects.create(
            policy_id=policy_id,
            title=policy_id,
            content=text,
            state=PolicyDraft.State.PUBLISHED,
            author=person,
            last_editor=person,
            publisher=person,
            published_at="2026-01-01T00:00:00Z",
            approved_mark=text_mark(text),
        )

    return put


@pytest.mark.parametrize(
    ("before", "after", "policy_id"),
    [
        ("amount_cny: budget_cny", "amount_cny: 0 - budget_cny", MINE),
        ("amount_cny: budget_cny", "amount_cny: budget_cny / 0", MINE),
        ("serious_violation_count = 0", "fact_of_another_library = 0", MINE),
        ("  credit:", "  amount_cny:", MINE),
        (f"policy_id: {MINE}", "policy_id: subject_id", "subject_id"),
        (f"policy_id: {MINE}", "policy_id: [broken", MINE),
    ],
)
def test_a_draft_that_can_t_be_used_is_left_out_and_told(
    before: str, after: str, policy_id: str, text: str, publish: Publish
) -> None:
    mine = text.replace(LIBRARY, MINE)
    assert before in mine
    whole = policies_in_force(DAY)
    draft = publish(mine.replace(before, after))
    assert policies_in_force(DAY) == whole
    assert len(compiled(DAY).policies) == len(whole)
    [told] = unusable_drafts(DAY)
    assert (told.draft_id, told.policy_id) == (str(draft.public_id), policy_id)
    assert told.message_zh
    assert told.message_en


def test_a_figure_that_turns_wrong_on_a_later_day_leaves_the_draft_out_from_then_on(
    text: str, publish: Publish
) -> None:
    dated = "values: [{valid_from: 2020-01-01, value: 5.0}, {valid_from: 2026-06-01, value: -5.0}]"
    assert "value: 5000000" in text
    falling = text.replace("value: 5000000", dated)
    publish(falling.replace(LIBRARY, MINE))
    assert find_policy(MINE, DAY).policy_id == MINE
    assert unusable_drafts(DAY) == ()
    later = date(2026, 6, 1)
    assert MINE not in compiled(later)
    assert LIBRARY in compiled(later)
    assert [one.policy_id for one in unusable_drafts(later)] == [MINE]


def test_publishing_refuses_a_text_that_another_library_wrote(
    text: str, publish: Publish, viewers: dict[str, Viewer]
) -> None:
    draft = publish(text.replace("serious_violation_count", "unheard_of_count"))
    PolicyDraft.objects.update(state=PolicyDraft.State.PROPOSED)
    second = replace(viewers["operator"], user_id=viewers["adviser"].user_id)
    with pytest.raises(PolicyTextRefused):
        policy_drafts.publish(draft, viewer=second)


def test_what_fails_on_a_later_day_only_is_refused_with_the_day() -> None:
    policy = next(one for one in policies() if one.policy_id == LIBRARY)
    source = Source(title="t")
    budget = Parameter(
        parameter_id="pot_cny",
        label_zh="盘子",
        label_en="pot",
        unit="cny",
        values=(
            ParameterValue(valid_from=date(2020, 1, 1), value=1.0, source=source),
            ParameterValue(valid_from=date(2027, 1, 1), value=-5.0, source=source),
        ),
    )
    falling = replace(
        policy,
        policy_id=MINE,
        parameters=(*policy.parameters, budget),
        budget=Budget(amount_cny="pot_cny", rationing="pro_rata", source=source),
    )
    with pytest.raises(draft_guards.DraftRefused, match="from 2027-01-01 on") as refused:
        draft_guards.expect_compiled(falling)
    assert refused.value.code == "draft_does_not_compile"
    assert "2027-01-01" in refused.value.message_zh


@pytest.mark.parametrize(
    ("begins", "counts"),
    [("2019-12-31", False), ("2020-01-01", True), ("2026-03-02", True), ("2026-03-03", False)],
)
def test_of_draft_and_library_the_later_first_day_counts_and_the_draft_from_the_same_day(
    begins: str, counts: bool, text: str, publish: Publish
) -> None:
    publish(
        _named(text, "甲案").replace("valid_from: 2020-01-01", f"valid_from: {begins}"), LIBRARY
    )
    assert (find_policy(LIBRARY, DAY).label_zh == "甲案") is counts
    assert policy_page(LIBRARY, DAY).published_here is counts
    assert compiled(DAY)[LIBRARY].policy == find_policy(LIBRARY, DAY)
    assert len(policy_page(LIBRARY, DAY).versions) == 2


def test_of_two_drafts_from_the_same_day_the_one_published_last_counts(
    text: str, publish: Publish
) -> None:
    first, second = publish(_named(text, "甲案"), LIBRARY), publish(_named(text, "乙案"), LIBRARY)
    assert find_policy(LIBRARY, DAY).label_zh == "乙案"
    first.published_at = "2026-02-01T00:00:00Z"
    first.save()
    assert find_policy(LIBRARY, DAY).label_zh == "甲案"
    second.state = first.state = PolicyDraft.State.WITHDRAWN
    first.save()
    second.save()
    assert find_policy(LIBRARY, DAY).label_zh == "澄屿市发明专利奖励"


def test_where_a_draft_ends_the_library_counts_again(text: str, publish: Publish) -> None:
    dated = "valid_from: 2026-01-01\nvalid_until: 2026-03-01"
    publish(_named(text, "短期").replace("valid_from: 2020-01-01", dated), LIBRARY)
    assert find_policy(LIBRARY, date(2026, 3, 1)).label_zh == "短期"
    assert find_policy(LIBRARY, DAY).label_zh == "澄屿市发明专利奖励"


def _named(text: str, label: str) -> str:
    return text.replace("label_zh: 澄屿市发明专利奖励", f"label_zh: {label}")
