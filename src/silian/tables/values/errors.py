"""What a single value is refused for, in both languages."""

from typing import Any

from silian.errors import EngineError

_SHOWN = 80


def shorten(value: object, limit: int = _SHOWN) -> str:
    """Text of a value, short enough for a message.

    Examples
    --------
    >>> shorten("x" * 100, 5)
    'xxxxx…'
    """
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[:limit] + "…"


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
