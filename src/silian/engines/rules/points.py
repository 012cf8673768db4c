"""Points in regions: the cheapest one under bounds and rows, and its nearest real neighbour.

Regions with rows are solved by HiGHS (``scipy.optimize.milp``), with whole numbers where facts
are counts.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import product

import numpy as np

from silian.engines.rules.forms import Variable
from silian.engines.rules.regions import Region

Point = dict[str, float]
"""Values of the variables that move; all others stay as they are."""

_MOST_ROUNDED = 4
_HAIRS = (1e-12, 1e-9, 1e-6)
_SLACK = 1e-9


def lies_in(point: Mapping[str, float], region: Region, variables: Mapping[str, Variable]) -> bool:
    """Whether a point meets the bounds of a region (its rows are another matter)."""
    for name, (low, high) in region.box.items():
        value = point.get(name, variables[name].current)
        slack = _SLACK * max(1.0, abs(value))
        if not low - slack <= value <= high + slack:
            return False
    return True


def cost_of(point: Mapping[str, float], variables: Mapping[str, Variable]) -> float:
    """Yuan that a point costs."""
    return math.fsum(
        abs(value - variables[name].current) * variables[name].cost_cny_per_unit
        for name, value in point.items()
    )


def box_cost(region: Region, variables: Mapping[str, Variable]) -> float:
    """Yuan that the bounds alone force."""
    return cost_of(nearest_in_box(region, variables), variables)


def nearest_in_box(region: Region, variables: Mapping[str, Variable]) -> Point:
    """The cheapest point within the bounds alone."""
    return {
        name: min(max(variables[name].current, low), high)
        for name, (low, high) in region.box.items()
    }


def solved_point(region: Region, variables: Mapping[str, Variable]) -> Point | None:
    """The cheapest point under bounds and rows: each variable is its present value plus or minus."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    names = sorted({*region.box, *(name for row in region.rows for name in row.form.terms)})
    place = {name: number for number, name in enumerate(names)}
    moving = [variables[name] for name in names]
    current = np.array([one.current for one in moving])
    whole = np.array([one.grain == 1.0 for one in moving])
    scale = np.where(whole, 1.0, np.maximum(1.0, np.abs(current)))
    limits = [region.box.get(one.name, (one.lower, one.upper)) for one in moving]
    low = np.array([max(a, one.lower) for (a, _), one in zip(limits, moving, strict=True)])
    low = (low - current) / scale
    high = np.array([min(b, one.upper) for (_, b), one in zip(limits, moving, strict=True)])
    high = (high - current) / scale
    matrix = np.zeros((len(region.rows), len(names)))
    at_most, at_least = np.zeros(len(region.rows)), np.zeros(len(region.rows))
    for number, row in enumerate(region.rows):
        for name, coefficient in row.form.terms.items():
            matrix[number, place[name]] = coefficient * scale[place[name]]
        rest = row.form.constant + sum(
            coefficient * current[place[name]] for name, coefficient in row.form.terms.items()
        )
        size = np.abs(matrix[number]).max()
        matrix[number] /= size
        at_most[number] = -rest / size
        at_least[number] = at_most[number] if row.relation == "=" else -np.inf
    costs = np.array([one.cost_cny_per_unit for one in moving]) * scale
    answer = milp(
        c=np.concatenate([costs, costs]),
        constraints=LinearConstraint(np.hstack([matrix, -matrix]), lb=at_least, ub=at_most),
        bounds=Bounds(
            np.concatenate([np.maximum(low, 0.0), np.maximum(-high, 0.0)]),
            np.concatenate([np.maximum(high, 0.0), np.maximum(-low, 0.0)]),
        ),
        integrality=np.concatenate([whole, whole]).astype(float),
        options={"mip_rel_gap": 0.0},
    )
    if answer.x is None:
        return None
    more, less = np.split(answer.x, 2)
    values = current + (more - less) * scale
    values = np.where(whole, np.rint(values), values)
    return dict(zip(names, values.tolist(), strict=True))


def rounded_point(
    point: Point,
    region: Region,
    variables: Mapping[str, Variable],
    holds: Callable[[Point], bool],
) -> Point | None:
    """The point on the grid of what each fact can be: the cheapest neighbour that holds."""
    moved = {
        name: value
        for name, value in point.items()
        if not name.startswith("whole:") and not _is_same(value, variables[name])
    }
    if len(moved) > _MOST_ROUNDED:
        choices = [list(_neighbours(value, variables[name]))[:2] for name, value in moved.items()]
    else:
        choices = [list(_neighbours(value, variables[name])) for name, value in moved.items()]
    candidates = [dict(zip(moved, values, strict=True)) for values in product(*choices)]
    for candidate in sorted(candidates, key=lambda one: cost_of(one, variables)):
        inside = all(
            variables[name].lower <= value <= variables[name].upper
            for name, value in candidate.items()
        )
        if inside and holds(candidate):
            return candidate
    return None


def _is_same(value: float, variable: Variable) -> bool:
    slack = variable.grain / 2 if variable.grain else 1e-12 * max(1.0, abs(variable.current))
    return abs(value - variable.current) <= slack * (1 - 1e-9)


def _neighbours(value: float, variable: Variable) -> Iterator[float]:
    """The value itself as nearly as the fact can be, then a little further away, then nearer."""
    away = 1.0 if value >= variable.current else -1.0
    if variable.grain == 1.0:
        yield value
    elif variable.grain:
        nearest = round(value, 2)
        yield nearest
        yield round(nearest + away * variable.grain, 2)
        yield round(nearest - away * variable.grain, 2)
    else:
        yield value
        yield from (value + away * hair * max(1.0, abs(value)) for hair in _HAIRS)
