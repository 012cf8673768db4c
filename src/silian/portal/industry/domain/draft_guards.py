"""What keeps a draft from being published or withdrawn: second persons, past days, compiling."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.utils import timezone

from silian.engines.rules.values import Policy
from silian.engines.rules.versions import is_in_force
from silian.errors import EngineError
from silian.portal.audit.models import AuditEntry
from silian.portal.bilingual import choose
from silian.portal.industry.domain.policies import all_versions, policies_in_force

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


class DraftRefused(EngineError, ValueError):
    """A draft can't take this step; ``code`` says which guard refused."""

    def __init__(self, code: str, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.code = code
        self.message_zh = message_zh

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, str(self))


#: An account that the first person made or reset so shortly before is no second person's.
_COOLING = timedelta(days=7)
_ACCOUNT_ACTS = ("user.create", "user.change", "user.set_password")


def expect_own_account(viewer: "Viewer", first: set[int | None], *, since: datetime) -> None:
    """Refuse a second person whose account the first one made, changed or reset for the purpose."""
    name = get_user_model().objects.get(pk=viewer.person_id).get_username()
    touched = AuditEntry.objects.filter(
        action__in=_ACCOUNT_ACTS, subject=name, actor_id__in=first, created_at__gte=since - _COOLING
    )
    if touched.exclude(actor_id=viewer.person_id).exists():
        raise DraftRefused(
            "account_not_independent",
            "your account was made, changed or given a password by the first person, shortly "
            "before or after this began; another operator must take this step.",
            message_zh="您的账号在此前后由对方新建、变更或重设过密码，不能作为第二人；请另一位运营人员办理。",
        )


def expect_no_other_past(policy: Policy) -> None:
    """Refuse a version that would change what another one says of days that are past."""
    today = timezone.localdate()
    if policy.valid_from >= today:
        return
    days = {policy.valid_from, today - timedelta(days=1)} | {
        one.valid_from
        for one in all_versions()
        if one.policy_id == policy.policy_id and policy.valid_from <= one.valid_from < today
    }
    overruled = [
        day
        for day in sorted(days)
        if is_in_force(policy, day)
        and any(one.policy_id == policy.policy_id for one in policies_in_force(day))
    ]
    if overruled:
        raise DraftRefused(
            "rewrites_the_past",
            f"valid_from is {policy.valid_from}, and another version of {policy.policy_id} holds "
            f"from {overruled[0]} on: answers of past days would change. Let it begin on {today} "
            "or later, or publish it as a correction of the past.",
            message_zh=(
                f"生效日 {policy.valid_from} 早于今天，而自 {overruled[0]} 起已有同一政策的其他版本，"
                f"发布会改变以往日期的测算。请把生效日改为 {today} 或以后，或勾选“更正以往”发布。"
            ),
        )


def expect_compiled(policy: Policy) -> None:
    """Refuse what would stop being an answer on some later day: one policy's fault is everybody's.

    Compiled as the portal will, together with all that is in force on each day on which the
    policy begins or one of its figures changes.
    """
    from silian.engines.rules import PolicyError, compile_policies, days_of_change
    from silian.library.facts import fact_schema

    for day in days_of_change(policy):
        others = (one for one in policies_in_force(day) if one.policy_id != policy.policy_id)
        try:
            compile_policies((*others, policy), fact_schema(), as_of=day)
        except PolicyError as error:
            raise DraftRefused(
                "draft_does_not_compile",
                f"from {day} on it can't be answered: {error} Mend the text before it counts.",
                message_zh=f"自 {day} 起无法测算：{error.message_zh}。请修改后再发布。",
            ) from error
