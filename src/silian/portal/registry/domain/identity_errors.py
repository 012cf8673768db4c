"""What deciding about identities refuses, in both languages."""

from typing import Any

from silian.errors import EngineError
from silian.portal.registry.models import IdentityDecision


class DecisionRefused(EngineError, ValueError):
    """A decision that can't be taken; ``earlier`` is the one that stands against it, if any."""

    code = "identity_decision_refused"

    def __init__(
        self, en: str, zh: str, earlier: IdentityDecision | None = None, **details: Any
    ) -> None:
        super().__init__(en, earlier=earlier.pk if earlier else None, **details)
        self.message_zh = zh
        self.earlier = earlier


class DecisionUnclear(DecisionRefused):
    """An unknown kind of decision, too few records, or records of two kinds."""

    code = "identity_decision_unclear"


class DecisionContradicts(DecisionRefused):
    """An earlier decision, or the records' codes, say otherwise."""

    code = "identity_decision_contradicts"


class AlreadyDecided(DecisionRefused):
    """Somebody decided the same, or withdrew it, before."""

    code = "identity_already_decided"


def described(decision: IdentityDecision) -> tuple[str, str]:
    """A decision in a few words, Chinese and English."""
    who = decision.actor.get_username() if decision.actor else "—"
    when = f"{decision.created_at:%Y-%m-%d %H:%M}"
    word_zh = {"merge": "同一", "split": "拆分", "must_not_link": "不同"}[decision.decision_kind]
    word_en = {"merge": "the same", "split": "split off", "must_not_link": "not the same"}
    note = decision.note and f"：{decision.note}"
    return (
        f"{who} 于 {when} 决定“{word_zh}”{note}",
        f"{who} decided {word_en[decision.decision_kind]!r} on {when}"
        + (f": {decision.note}" if decision.note else ""),
    )
