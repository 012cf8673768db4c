"""Bounds of what contracts come to, from ``contract_amounts.yaml``."""

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from silian.library.loading import read_library_yaml


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAmounts:
    """Bounds of what a contract may come to, yuan (``contract_amounts.yaml``).

    Attributes
    ----------
    highest_cny
        More is refused.
    asked_above_cny
        More is asked about first, where the need states no budget.
    asked_above_times_budget
        More than so many times the need's budget is asked about first.
    """

    highest_cny: Decimal
    asked_above_cny: Decimal
    asked_above_times_budget: Decimal


@cache
def contract_amounts() -> ContractAmounts:
    """Which amounts of contracts are taken, asked about and refused.

    Examples
    --------
    >>> contract_amounts().highest_cny
    Decimal('10000000000')
    """
    row = read_library_yaml("contract_amounts.yaml")
    return ContractAmounts(**{name: Decimal(row[name]) for name in row if name != "source"})
