"""What a policy is refused for, with the place inside it."""

from typing import Any

from silian.errors import EngineError
from silian.tables.clauses import ClauseError


class PolicyError(EngineError, ValueError):
    """A policy that can't be compiled.

    Parameters
    ----------
    code
        Stable; for a refused expression the code of the clause error.
    place
        Such as ``conditions[2].expression``.

    Attributes
    ----------
    details
        ``policy_id``, ``place``, and for an expression also ``text``, ``position``, ``line``,
        ``column`` and ``suggestion`` of the clause error.
    """

    code = "policy_refused"

    def __init__(
        self, code: str, message: str, message_zh: str, *, policy_id: str, place: str, **more: Any
    ) -> None:
        super().__init__(
            f"policy {policy_id}, {place}: {message}", policy_id=policy_id, place=place, **more
        )
        self.code = code
        self.message_zh = message_zh
        self.reason = message

    @classmethod
    def of_clause(cls, error: ClauseError, *, policy_id: str, place: str) -> "PolicyError":
        """The error of one expression, with its place in the policy."""
        return cls(
            error.code,
            str(error),
            error.message_zh,
            policy_id=policy_id,
            place=place,
            **error.details,
        )


class FactsRefused(EngineError, ValueError):
    """A relation of facts that the compiled policies can't be asked of."""

    code = "facts_refused"
