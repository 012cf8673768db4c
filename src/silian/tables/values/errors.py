"""What a single value is refused for, in both languages."""

from datetime import date, time
from typing import Any

from silian.errors import EngineError

_SHOWN = 80


def shorten(value: object, limit: int = _SHOWN) -> str:
    """Text of a value as people write it, short enough for a message.

    Examples
    --------
    >>> from decimal import Decimal
    >>> shorten("x" * 100, 5), shorten(Decimal("-5.00"))
    ('xxxxx…', '-5.00')
    >>> shorten({"市": "宁波", "街道": None}), shorten([1.5, date(2024, 3, 5)])
    ('市：宁波', '1.5、2024-03-05')
    """
    text = _text_of(value)
    return text if len(text) <= limit else text[:limit] + "…"


def _text_of(value: object, depth: int = 0) -> str:
    match value:
        case str():
            return value
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case dict() if depth:
            return "{" + _text_of(value) + "}"
        case dict():
            pairs = [(str(name), _text_of(item, depth + 1)) for name, item in value.items()]
            return "；".join(f"{name}：{text}" for name, text in pairs if text)
        case list() | tuple() if depth:
            return "[" + _text_of(value) + "]"
        case list() | tuple():
            return "、".join(_text_of(item, depth + 1) for item in value)
        case date() | time():
            return value.isoformat()
        case bytes():
            return value.hex()
    return str(value)


class ValueRefused(EngineError, ValueError):
    """A value that can't be read as what its column holds.

    Parameters
    ----------
    message
        English: what arrived, what is allowed, how to mend it.
    message_zh
        The same in Chinese.
    arrived
        The raw value.

    Attributes
    ----------
    unit
        Of the column, where the value was to be read in one.
    """

    code = "value_refused"
    unit = ""

    def __init__(self, message: str, *, message_zh: str, arrived: object = None) -> None:
        super().__init__(message, arrived=arrived)
        self.message_zh = message_zh
        self.arrived = arrived

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore, (type(self), str(self), self.message_zh, self.arrived))


def _restore(cls: type[ValueRefused], message: str, zh: str, arrived: object) -> ValueRefused:
    return cls(message, message_zh=zh, arrived=arrived)


class NotAText(ValueRefused):
    code = "not_a_text"


class NotANumber(ValueRefused):
    code = "not_a_number"


class NotAnAmount(ValueRefused):
    code = "not_an_amount"


class NotADate(ValueRefused):
    code = "not_a_date"


class NotABoolean(ValueRefused):
    code = "not_a_boolean"


class NotAChoice(ValueRefused):
    code = "not_a_choice"


class InvalidCode(ValueRefused):
    """A code whose shape or check digit is wrong."""

    code = "invalid_code"


class UnknownUnit(ValueRefused):
    code = "unknown_unit"


class ForeignCurrency(ValueRefused):
    """An amount that is not in yuan."""

    code = "foreign_currency"
