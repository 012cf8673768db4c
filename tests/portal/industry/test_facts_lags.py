"""Lags of the projection are the lags that the planning of changes promises."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from silian.engines.rules.lags import with_changes
from silian.portal.industry.domain.facts_lags import lagged

CENTS = st.integers(1, 10**13)


def projected_growth(last: float, value: float) -> float:
    grid = lagged(np.array([[last, value]]), np.array([2023, 2024]), np.array([[2010.0, 2010.0]]))
    return float(grid["growth_rate"][0, 1])


@given(CENTS, CENTS, CENTS)
@example(77_024_713_560, 70_000_000_000, 80_875_949_238)
def test_growth_is_projected_as_it_is_planned(last_cents: int, now_cents: int, then_cents: int):
    last, now, then = last_cents / 100, now_cents / 100, then_cents / 100
    row = {
        "tax_cny": now,
        "tax_cny_last_year": last,
        "tax_cny_growth_rate": projected_growth(last, now),
    }

    planned = with_changes(row, {"tax_cny": then})

    assert planned["tax_cny_growth_rate"] == projected_growth(last, then)


@given(st.integers(1, 10**8), st.integers(-99, 300))
def test_growth_of_exactly_so_many_percent_is_that_rate(hundreds_of_cents: int, percent: int):
    last = hundreds_of_cents * 100
    assert projected_growth(last / 100, last * (100 + percent) // 100 / 100) == percent / 100
