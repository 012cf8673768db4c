"""What a change of policy does: who wins, who loses, and what it costs, in all and by group.

Two evaluations of the same subject-years are held against each other; all sums are in whole cents.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from silian.engines.rules.evaluation import KEYS, Evaluation
from silian.engines.rules.money import to_cny
from silian.engines.rules.stacking import stack
from silian.engines.rules.values import StackingGroup
from silian.errors import EngineError
from silian.tables.clauses import quote_name

_Cents = np.ndarray[Any, np.dtype[np.int64]]
_Flags = np.ndarray[Any, np.dtype[np.bool_]]


class ScenarioError(EngineError, ValueError):
    """Two runs that can't be compared."""

    code = "scenario_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyEffect:
    """One policy before and after.

    Attributes
    ----------
    gained, lost
        Subject-years that became, or ceased to be, entitled; unknown counts as not entitled.
    base_cny, changed_cny
        Sum over those entitled, before stacking and before any budget.
    base_unknown, changed_unknown
        Subject-years whose entitlement, or amount, is not known: the sums leave them out.
    base_budget_cny, changed_budget_cny
        What is set apart; ``None`` without a budget.
    """

    policy_id: str
    base_entitled: int
    changed_entitled: int
    gained: int
    lost: int
    base_unknown: int
    changed_unknown: int
    base_cny: float
    changed_cny: float
    difference_cny: float
    base_budget_cny: float | None
    changed_budget_cny: float | None


@dataclass(frozen=True, kw_only=True)
class ScenarioComparison:
    """A change of policy over all subject-years.

    Attributes
    ----------
    winners, losers
        Subject-years that get more, or less; where the money is the same, those that gain more
        policies than they lose, or the reverse.
    base_cny, changed_cny, difference_cny
        Over all policies, after stacking where groups were given.
    subjects
        Rows of ``subject_id``, ``year``, ``base_cny``, ``changed_cny``, ``difference_cny``,
        ``gained`` and ``lost`` (lists of policy ids), only of winners and losers and of those
        that swap policies for the same money.
    groups
        Rows of ``group``, ``value``, ``subjects``, ``winners``, ``losers``, ``base_cny``,
        ``changed_cny``, ``difference_cny``; a missing value is a group of its own (null).
    """

    winners: int
    losers: int
    subject_years: int
    base_cny: float
    changed_cny: float
    difference_cny: float
    policies: tuple[PolicyEffect, ...]
    subjects: pa.Table
    groups: pa.Table


@dataclass(frozen=True, slots=True)
class _Side:
    """One run, in the order of the base's rows: cents and entitlement by policy id."""

    entitled: Mapping[str, _Flags]
    cents: Mapping[str, _Cents]
    unknown: Mapping[str, int]
    budgets: Mapping[str, float | None]


def compare_scenarios(
    base: Evaluation,
    changed: Evaluation,
    groups: pa.Table | Sequence[str] = (),
    *,
    stacking: Sequence[StackingGroup] = (),
    paid_earlier_cny: Mapping[str, Mapping[str, float]] | None = None,
) -> ScenarioComparison:
    """Hold a changed run against the base.

    Parameters
    ----------
    groups
        What to break the effect down by: names of columns of the base's facts, or a table with
        ``subject_id``, if need be ``year``, and any further columns (size class, district).
    stacking
        Groups under which awards of one subject are combined before they are summed.
    paid_earlier_cny
        Yuan by subject and policy that were paid before: taken off in both runs where a group pays
        the difference. What single policies pay (``policies``) is before that.

    Raises
    ------
    ScenarioError
        If the runs do not cover the same subject-years, or a group has no column.
    """
    order = _same_order(base.wide, changed.wide)
    ids = tuple(dict.fromkeys(_policy_ids(base) + _policy_ids(changed)))
    before, after = _side(base, ids), _side(changed, ids, order)
    earlier = _earlier_by_place(base.wide, stacking, paid_earlier_cny or {})
    old, new = (_totals(side, ids, stacking, earlier) for side in (before, after))
    gained = {one: ~before.entitled[one] & after.entitled[one] for one in ids}
    lost = {one: before.entitled[one] & ~after.entitled[one] for one in ids}
    swap = sum((gained[one].astype(np.int64) - lost[one] for one in ids), np.zeros_like(old))
    wins = (new > old) | ((new == old) & (swap > 0))
    loses = (new < old) | ((new == old) & (swap < 0))
    touched = wins | loses | np.logical_or.reduce([*gained.values(), *lost.values(), wins])
    return ScenarioComparison(
        winners=int(wins.sum()),
        losers=int(loses.sum()),
        subject_years=len(old),
        base_cny=to_cny(int(old.sum())),
        changed_cny=to_cny(int(new.sum())),
        difference_cny=to_cny(int((new - old).sum())),
        policies=tuple(_effect(one, before, after, gained[one], lost[one]) for one in ids),
        subjects=_subjects(base.wide, touched, old, new, gained, lost),
        groups=_by_group(_group_columns(base, groups), wins, loses, old, new),
    )


def _policy_ids(evaluation: Evaluation) -> tuple[str, ...]:
    return tuple(one.policy.policy_id for one in evaluation.compiled.policies)


def _same_order(base: pa.Table, changed: pa.Table) -> pa.Array | None:
    """Places of the base's rows among the changed ones; ``None`` where they are the same."""
    if all(base[key].equals(changed[key]) for key in KEYS):
        return None
    sort = [(key, "ascending") for key in KEYS]
    first, second = pc.sort_indices(base, sort), pc.sort_indices(changed, sort)
    if base.num_rows != changed.num_rows or not all(
        base[key].take(first).equals(changed[key].take(second)) for key in KEYS
    ):
        raise ScenarioError(
            f"the runs cover different subject-years ({base.num_rows} and {changed.num_rows} "
            "rows); evaluate both over the same relation of facts.",
            base=base.num_rows,
            changed=changed.num_rows,
        )
    places = np.empty(base.num_rows, np.int64)
    places[first.to_numpy()] = second.to_numpy()
    return pa.array(places)


def _side(evaluation: Evaluation, ids: tuple[str, ...], order: pa.Array | None = None) -> _Side:
    rows = evaluation.wide.num_rows
    entitled: dict[str, _Flags] = {}
    cents: dict[str, _Cents] = {}
    unknown: dict[str, int] = {}
    budgets: dict[str, float | None] = {}
    for policy_id in ids:
        if policy_id not in evaluation.compiled:  # not in force here: nobody gets it
            entitled[policy_id] = np.zeros(rows, np.bool_)
            cents[policy_id] = np.zeros(rows, np.int64)
            unknown[policy_id], budgets[policy_id] = 0, None
            continue
        compiled = evaluation.compiled[policy_id]
        standing, amounts = evaluation.wide[policy_id], evaluation.amounts(policy_id)
        if order is not None:
            standing, amounts = standing.take(order), amounts.take(order)
        holds = pc.fill_null(standing, False).to_numpy()
        paid = np.rint(pc.fill_null(amounts, 0.0).to_numpy() * 100).astype(np.int64)
        entitled[policy_id] = holds
        cents[policy_id] = np.where(holds, paid, 0)
        lacking = holds & amounts.is_null().to_numpy() if compiled.pays else np.zeros(1, np.bool_)
        unknown[policy_id] = standing.null_count + int(lacking.sum())
        budgets[policy_id] = compiled.budget_cny
    return _Side(entitled, cents, unknown, budgets)


def _earlier_by_place(
    wide: pa.Table, stacking: Sequence[StackingGroup], paid: Mapping[str, Mapping[str, float]]
) -> dict[int, Mapping[str, float]]:
    """Earlier payments by row of those who had any, where they count at all."""
    if not paid or not any(group.rule == "difference" for group in stacking):
        return {}
    places = np.flatnonzero(
        pc.is_in(wide["subject_id"], pa.array(list(paid), pa.string())).to_numpy()
    )
    subjects = wide["subject_id"].take(pa.array(places)).to_pylist()
    return {int(place): paid[subject] for place, subject in zip(places, subjects, strict=True)}


def _totals(
    side: _Side,
    ids: tuple[str, ...],
    stacking: Sequence[StackingGroup],
    earlier: Mapping[int, Mapping[str, float]],
) -> _Cents:
    """Cents of each subject-year over all policies; only where awards compete they are stacked."""
    if not ids:
        return np.zeros(0, np.int64)
    total: _Cents = sum((side.cents[one] for one in ids[1:]), side.cents[ids[0]].copy())
    competing = np.zeros(len(total), np.bool_)
    for group in stacking:
        inside = [side.cents[one] for one in group.policy_ids if one in side.cents]
        if not inside:
            continue
        if group.rule == "cap":
            limit = round((group.limit_cny or 0.0) * 100)
            competing |= np.sum(inside, axis=0) > limit
        else:
            most = group.count if group.rule == "at_most" else 1
            competing |= np.sum([one > 0 for one in inside], axis=0) > most
    competing[list(earlier)] = True
    known: dict[tuple[object, ...], int] = {}
    for place in np.flatnonzero(competing):
        held = tuple(int(side.cents[one][place]) for one in ids)
        paid = earlier.get(int(place), {})
        key = (*held, *sorted(paid.items()))
        if key not in known:
            awards = {one: to_cny(cents) for one, cents in zip(ids, held, strict=True) if cents}
            combined = stack(awards, stacking, paid_earlier_cny=paid)
            known[key] = round(combined.total_cny * 100)
        total[place] = known[key]
    return total


def _effect(
    policy_id: str, before: _Side, after: _Side, gained: _Flags, lost: _Flags
) -> PolicyEffect:
    old, new = int(before.cents[policy_id].sum()), int(after.cents[policy_id].sum())
    return PolicyEffect(
        policy_id=policy_id,
        base_entitled=int(before.entitled[policy_id].sum()),
        changed_entitled=int(after.entitled[policy_id].sum()),
        gained=int(gained.sum()),
        lost=int(lost.sum()),
        base_unknown=before.unknown[policy_id],
        changed_unknown=after.unknown[policy_id],
        base_cny=to_cny(old),
        changed_cny=to_cny(new),
        difference_cny=to_cny(new - old),
        base_budget_cny=before.budgets[policy_id],
        changed_budget_cny=after.budgets[policy_id],
    )


def _subjects(
    wide: pa.Table,
    touched: _Flags,
    old: _Cents,
    new: _Cents,
    gained: Mapping[str, _Flags],
    lost: Mapping[str, _Flags],
) -> pa.Table:
    places = np.flatnonzero(touched)

    def named(flags: Mapping[str, _Flags]) -> pa.Array:
        lists = [[one for one, flag in flags.items() if flag[place]] for place in places]
        return pa.array(lists, pa.list_(pa.string()))

    return wide.select(KEYS).take(pa.array(places)).combine_chunks().append_column(
        "base_cny", pa.array(old[places] / 100)
    ).append_column("changed_cny", pa.array(new[places] / 100)).append_column(
        "difference_cny", pa.array((new - old)[places] / 100)
    ).append_column("gained", named(gained)).append_column("lost", named(lost))  # fmt: skip


def _group_columns(base: Evaluation, groups: pa.Table | Sequence[str]) -> dict[str, pa.Array]:
    """The value of each group for each row of the base."""
    if isinstance(groups, pa.Table):
        table = groups
    elif groups:
        dialect = base.session.dialect
        held = base.session.column_types(base.facts)
        for name in groups:
            if name not in held:
                raise ScenarioError(
                    f"the facts {base.facts} have no column {name} to group by.", column=name
                )
        picked = ", ".join(quote_name(name, dialect) for name in (*KEYS, *groups))
        table = base.session.query(f"SELECT {picked} FROM {quote_name(base.facts, dialect)}")
    else:
        return {}
    keys = [key for key in KEYS if key in table.column_names]
    if "subject_id" not in keys:
        raise ScenarioError("the table of groups has no column subject_id.", column="subject_id")
    names = [name for name in table.column_names if name not in KEYS]
    place_of = {
        key: place
        for place, key in enumerate(zip(*(table[key].to_pylist() for key in keys), strict=True))
    }
    rows = zip(*(base.wide[key].to_pylist() for key in keys), strict=True)
    places = pa.array([place_of.get(row) for row in rows], pa.int64())
    return {name: table[name].combine_chunks().take(places) for name in names}


def _by_group(
    columns: Mapping[str, pa.Array], wins: _Flags, loses: _Flags, old: _Cents, new: _Cents
) -> pa.Table:
    measured = {
        "winners": pa.array(wins.astype(np.int64)),
        "losers": pa.array(loses.astype(np.int64)),
        "base": pa.array(old),
        "changed": pa.array(new),
    }
    parts = []
    for name, values in columns.items():
        table = pa.table({"value": values.cast(pa.string()), **measured})
        sums = [(column, "sum") for column in measured]
        summed = table.group_by("value").aggregate([*sums, ([], "count_all")]).sort_by("value")
        base = summed["base_sum"].to_numpy()
        changed = summed["changed_sum"].to_numpy()
        parts.append(
            pa.table(
                [
                    pa.array([name] * summed.num_rows, pa.string()),
                    summed["value"],
                    summed["count_all"],
                    summed["winners_sum"],
                    summed["losers_sum"],
                    pa.array(base / 100),
                    pa.array(changed / 100),
                    pa.array((changed - base) / 100),
                ],
                schema=_GROUPS,
            )
        )
    return pa.concat_tables(parts) if parts else _GROUPS.empty_table()


_GROUPS = pa.schema(
    [
        ("group", pa.string()),
        ("value", pa.string()),
        ("subjects", pa.int64()),
        ("winners", pa.int64()),
        ("losers", pa.int64()),
        ("base_cny", pa.float64()),
        ("changed_cny", pa.float64()),
        ("difference_cny", pa.float64()),
    ]
)
