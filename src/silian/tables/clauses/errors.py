"""What a clause is refused for, in both languages, with the place in its text."""

import difflib
from collections.abc import Iterable
from typing import Any

from silian.errors import EngineError

_SHOWN = 120


class ClauseError(EngineError, ValueError):
    """A clause that is not of the language.

    Parameters
    ----------
    code
        Stable, e.g. ``clause_unknown_name``.
    message, message_zh
        What arrived and how to mend it.
    text
        The whole clause.
    position
        Offset of the place in ``text``, from 0.
    suggestion
        A name or spelling that was probably meant, or ``""``.

    Attributes
    ----------
    details
        ``text``, ``position``, ``line`` and ``column`` (both from 1) and ``suggestion``.
    """

    code = "clause_refused"

    def __init__(
        self,
        code: str,
        message: str,
        message_zh: str,
        *,
        text: str,
        position: int,
        suggestion: str = "",
    ) -> None:
        position = min(max(position, 0), len(text))
        before = text[:position]
        line = before.count("\n") + 1
        column = position - (before.rfind("\n") + 1) + 1
        super().__init__(
            message,
            text=text,
            position=position,
            line=line,
            column=column,
            suggestion=suggestion,
        )
        self.code = code
        self.message_zh = message_zh

    def __reduce__(self) -> tuple[Any, ...]:
        kept = {name: self.details[name] for name in ("text", "position", "suggestion")}
        return (_restore, (self.code, str(self), self.message_zh, kept))


def _restore(code: str, message: str, message_zh: str, kept: dict[str, Any]) -> ClauseError:
    return ClauseError(code, message, message_zh, **kept)


class FactOfWrongType(EngineError, TypeError):
    """A value in a row of facts that is not of its column's type."""

    code = "fact_of_wrong_type"


class BadFactSchema(EngineError, ValueError):
    """Columns that can't be told apart, or that a clause could not name."""

    code = "bad_fact_schema"


def nearest_name(name: str, known: Iterable[str]) -> str:
    """Most similar known name, or ``""`` where none is near.

    Examples
    --------
    >>> nearest_name("revenu_cny", ["revenue_cny", "employee_count"])
    'revenue_cny'
    """
    folded = name.lower()
    names = sorted(known)
    if folded in names:
        return folded
    close = difflib.get_close_matches(folded, names, n=1, cutoff=0.6)
    if close:
        return close[0]
    holding = [one for one in names if len(folded) >= 4 and (folded in one or one in folded)]
    return min(holding, key=len, default="")


def shown(text: str) -> str:
    """Text of a clause, short enough for a message."""
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"
