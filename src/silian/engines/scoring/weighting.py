"""Full points of every indicator: given, judged, or derived from a population."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from silian.engines.scoring.errors import JudgementsRefused, SystemRefused
from silian.engines.scoring.judgements import consistent_weights
from silian.engines.scoring.points import Floats, on_grid
from silian.engines.scoring.values import Branch, Indicator, IndicatorSystem
from silian.engines.scoring.weights import derive_weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """What one weight belongs to.

    Attributes
    ----------
    criterion_id
        Of the indicator, or of the ``best`` branch whose alternatives share the weight.
    leaves
        Numbers of the indicators.
    """

    criterion_id: str
    leaves: tuple[int, ...]
    bonus: bool
    label_zh: str
    label_en: str


def criteria_of(system: IndicatorSystem) -> tuple[Criterion, ...]:
    """The criteria of a tree in the order of the text.

    Raises
    ------
    SystemRefused
        If a ``best`` branch mixes bonus indicators with others, or has inner branches while
        weights are derived.
    """
    return tuple(_criteria(system, system.root, itertools.count()))


def _criteria(
    system: IndicatorSystem, branch: Branch, numbers: Iterator[int]
) -> Iterator[Criterion]:
    if branch.combine == "best":
        yield _shared(system, branch, numbers)
        return
    for child in branch.children:
        if isinstance(child, Branch):
            yield from _criteria(system, child, numbers)
        else:
            yield Criterion(
                criterion_id=child.indicator_id,
                leaves=(next(numbers),),
                bonus=child.bonus,
                label_zh=child.label_zh,
                label_en=child.label_en,
            )


def _shared(system: IndicatorSystem, branch: Branch, numbers: Iterator[int]) -> Criterion:
    below = list(_indicators(branch))
    place = {"system_id": system.system_id, "version": system.version, "place": branch.branch_id}
    if len({one.bonus for one in below}) > 1:
        raise SystemRefused(
            f"{system.system_id} {system.version}, {branch.branch_id}: the alternatives of a "
            "'best' branch are either all bonus or none.",
            **place,
        )
    inner = any(isinstance(child, Branch) for child in branch.children)
    if inner and system.weighting.method in ("entropy", "critic"):
        raise SystemRefused(
            f"{system.system_id} {system.version}, {branch.branch_id}: derived weights want "
            "indicators as the alternatives of a 'best' branch, not branches.",
            **place,
        )
    return Criterion(
        criterion_id=branch.branch_id,
        leaves=tuple(next(numbers) for _ in below),
        bonus=below[0].bonus,
        label_zh=branch.label_zh,
        label_en=branch.label_en,
    )


def _indicators(node: Branch | Indicator) -> Iterator[Indicator]:
    if isinstance(node, Indicator):
        yield node
        return
    for child in node.children:
        yield from _indicators(child)


def fixed_points(
    system: IndicatorSystem, indicators: Sequence[Indicator], stage_ids: Sequence[str]
) -> Floats:
    """Full points that need no population.

    Returns
    -------
    Floats
        Shape (n_stages, n_leaves); NaN where nobody has read them, or a population decides.
    """
    points = np.full((len(stage_ids), len(indicators)), np.nan)
    judged = _judged_points(system) if system.weighting.method == "ahp" else {}
    for column, indicator in enumerate(indicators):
        if indicator.bonus or system.weighting.method == "given":
            scores = indicator.full_score or {}
            for row, stage_id in enumerate(stage_ids):
                points[row, column] = scores.get(stage_id, scores.get("", np.nan))
        elif indicator.indicator_id in judged:
            points[:, column] = on_grid(judged[indicator.indicator_id])
    return points


def _judged_points(system: IndicatorSystem) -> dict[str, float]:
    judgements = dict(system.weighting.judgements)
    points: dict[str, float] = {}

    def divide(branch: Branch, share: float) -> None:
        children = [child for child in branch.children if not _is_bonus(child)]
        names = [_id(child) for child in children]
        if branch.combine == "best" or len(children) < 2:
            weights: Sequence[float] = [1.0] * len(children)
        elif branch.branch_id in judgements:
            weights = consistent_weights(judgements[branch.branch_id], names, branch.branch_id)
        else:
            raise JudgementsRefused(
                f"branch {branch.branch_id!r} has {len(children)} children ({', '.join(names)}) "
                "and no judgements; add a matrix under its id.",
                branch_id=branch.branch_id,
            )
        for child, weight in zip(children, weights, strict=True):
            if isinstance(child, Branch):
                divide(child, share * weight)
            else:
                points[child.indicator_id] = share * weight

    divide(system.root, system.weighting.total_score)
    return points


def _is_bonus(node: Branch | Indicator) -> bool:
    return all(one.bonus for one in _indicators(node))


def _id(node: Branch | Indicator) -> str:
    return node.branch_id if isinstance(node, Branch) else node.indicator_id


def derived_points(
    system: IndicatorSystem,
    criteria: Sequence[Criterion],
    fixed: Floats,
    normalised: Sequence[Floats],
) -> Floats:
    """Full points with those that a population's values decide, shape (n_stages, n_leaves).

    Parameters
    ----------
    normalised
        One array of shape (n_subjects,) a leaf, NaN where unknown. Of alternatives the best
        known counts.
    """
    method = system.weighting.method
    weighed = [criterion for criterion in criteria if not criterion.bonus]
    points = fixed.copy()
    if method not in ("entropy", "critic") or not weighed:
        return points
    values = np.column_stack(
        [_best_known([normalised[leaf] for leaf in criterion.leaves]) for criterion in weighed]
    )
    # On the grid, the last bits in which one machine's sums differ from another's are gone.
    weights = on_grid(derive_weights(method, values) * system.weighting.total_score)
    for criterion, weight in zip(weighed, weights, strict=True):
        points[:, list(criterion.leaves)] = weight
    return points


def _best_known(alternatives: Sequence[Floats]) -> Floats:
    best = alternatives[0]
    for other in alternatives[1:]:
        best = np.fmax(best, other)
    return best
