"""Money: amounts are rounded once, down to the cent; what is shared out is whole cents.

Amounts are worked out in double precision. Before the cut they are rounded to a millionth of a
yuan, so that 0.1 + 0.2 does not lose a cent. A sum below 0 pays 0; beyond 90 trillion yuan cents
are no longer exact, and the amount is unknown. ``whole_cents`` and ``whole_cents_sql`` are that
rounding, alike in Python and in SQL.

Awards that are combined, capped and shared are integers of cents (``to_cents``, ``to_cny``), since
what is shared out must add up again.
"""

import math
from typing import Final

from silian.errors import EngineError

LARGEST_CNY: Final = 9e13
_MILLIONTHS_EXACT_CNY: Final = 4e9


def whole_cents(amount_cny: float) -> float | None:
    """The amount cut to whole cents; ``None`` where it is too large to be exact.

    Examples
    --------
    >>> whole_cents(0.1 + 0.2), whole_cents(12.349), whole_cents(-5.0), whole_cents(1e14)
    (0.3, 12.34, 0.0, None)
    """
    if not abs(amount_cny) < LARGEST_CNY:
        return None
    cents = math.floor(_rounded(amount_cny * 1e6) / 1e4)
    return max(float(cents), 0.0) / 100.0


def whole_cents_sql(amount: str) -> str:
    """The same as SQL of DuckDB and Spark; ``amount`` is the name of a column of doubles."""
    cents = f"CAST(floor(round({amount} * 1e6) / 1e4) AS DOUBLE)"
    return (
        f"CASE WHEN abs({amount}) < {LARGEST_CNY!r}e0 "
        f"THEN (greatest({cents}, 0e0) + 0e0) / 100e0 END"
    )


def shown_step(amount_cny: float) -> float:
    """One step of a trace on the grid that its decimals hold exactly."""
    scale = 1e6 if abs(amount_cny) < _MILLIONTHS_EXACT_CNY else 1e2
    return _rounded(amount_cny * scale) / scale


def _rounded(number: float) -> float:
    if not math.isfinite(number) or abs(number) >= 2**52:
        return number
    whole = math.floor(abs(number))
    whole += abs(number) - whole >= 0.5
    return math.copysign(whole, number)


class AmountRefused(EngineError, ValueError):
    """An amount that can't be paid: negative, not finite, or missing where it is needed."""

    code = "amount_refused"


def to_cents(amount_cny: float, *, what: str = "amount") -> int:
    """Nearest whole cents of an amount in yuan.

    Raises
    ------
    AmountRefused
        If the amount is negative, infinite or not a number.

    Examples
    --------
    >>> to_cents(1234.56)
    123456
    """
    if not math.isfinite(amount_cny) or amount_cny < 0:
        raise AmountRefused(
            f"{what} is {amount_cny}; expected a finite number of yuan, 0 or more.",
            what=what,
            arrived=amount_cny,
        )
    return round(amount_cny * 100)


def to_cny(cents: int) -> float:
    """Yuan of whole cents, the float nearest to them.

    Examples
    --------
    >>> to_cny(123456)
    1234.56
    """
    return cents / 100
