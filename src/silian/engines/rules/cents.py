"""Money as whole cents: what is shared out must add up again."""

import math

from silian.errors import EngineError


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
