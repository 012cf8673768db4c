"""The whole city under a policy: who is entitled, who narrowly misses, who can't be told."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from silian.engines.rules.values import Condition, Policy
from silian.portal.capital.domain.grants import paid_earlier_by_organisation
from silian.portal.industry.domain.city_answers import kept_for_city
from silian.portal.industry.domain.city_sessions import (
    ListedEnterprise,
    about_enterprises,
    about_page,
    chosen_year,
    listed,
    opened,
)
from silian.portal.industry.domain.policies import (
    Overrides,
    compiled,
    find_policy,
    stacking_groups,
)
from silian.portal.industry.domain.verification import facts_read
from silian.tables.clauses import quote_name

if TYPE_CHECKING:
    from silian.engines.rules import CompiledPolicies, Evaluation, Gap, PolicyCounts
    from silian.tables.sessions import TableSession


@dataclass(frozen=True, slots=True, kw_only=True)
class EntitledList:
    """Everybody entitled under one policy, the largest amount first; ``rows`` is a page.

    Amounts are what is left after earlier payments, where the policy pays the difference only.

    Attributes
    ----------
    declared_count, declared_cny
        Of them those whose answer rests on facts that are declared and verified by nobody.
    """

    policy: Policy
    as_of: date
    year: int
    rows: tuple[ListedEnterprise, ...]
    entitled_count: int
    unknown_count: int
    not_entitled_count: int
    near_count: int
    total_cny: float
    declared_count: int
    declared_cny: float


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """An enterprise that meets every condition but one that can be changed.

    Attributes
    ----------
    distance_rate
        Share by which one fact would have to move; ``None`` where no single one closes it.
    """

    enterprise: ListedEnterprise
    condition: Condition
    gaps: "tuple[Gap, ...]"
    distance_rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMissList:
    """All near misses of one policy, the nearest first; ``rows`` is a page.

    Attributes
    ----------
    measured_count
        Of how many the distance was measured; below ``total_count`` nearer ones may be left out.
    """

    policy: Policy
    as_of: date
    year: int
    rows: tuple[NearMiss, ...]
    total_count: int
    measured_count: int
    counts_by_condition: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredShare:
    """Of those entitled under a policy, who is by facts that are declared and unverified."""

    count: int
    amount_cny: float


def policy_counts(*, as_of: date, year: int | None = None) -> "tuple[PolicyCounts, ...]":
    """How many are entitled, near or unknown under every policy of a day, and what it costs."""
    return _counted(as_of, chosen_year(year, as_of))[0]


def declared_shares(*, as_of: date, year: int | None = None) -> Mapping[str, DeclaredShare]:
    """What of that rests on declared facts, by policy id; policies that pay nobody are left out."""
    return _counted(as_of, chosen_year(year, as_of))[1]


@kept_for_city(most=16)
def _counted(
    as_of: date, chosen: int
) -> "tuple[tuple[PolicyCounts, ...], Mapping[str, DeclaredShare]]":
    with opened(as_of) as session:
        evaluation = evaluate_city(session, compiled(as_of), chosen)
        shares = _declared_shares(session, evaluation, as_of, chosen)
    groups = [group for group in stacking_groups(as_of) if group.rule == "difference"]
    lessened = {policy_id for group in groups for policy_id in group.policy_ids}
    counts = tuple(
        _after_earlier(one, evaluation, chosen, as_of) if one.policy_id in lessened else one
        for one in evaluation.counts()
    )
    return counts, shares


def _declared_shares(
    session: "TableSession", evaluation: "Evaluation", as_of: date, year: int
) -> dict[str, DeclaredShare]:
    """All policies in one pass over the facts."""
    read, wide = facts_read(as_of), evaluation.wide
    asked = [
        one.policy_id for one in evaluation.counts() if one.entitled and read.get(one.policy_id)
    ]
    if not asked:
        return {}
    told = ", ".join(
        f"({rest_on_declared(read[policy_id])}) AS {quote_name(policy_id, session.dialect)}"
        for policy_id in asked
    )
    rows = session.query(f"SELECT subject_id, {told} FROM facts WHERE year = {int(year)}")
    places = pc.index_in(wide["subject_id"], rows["subject_id"].combine_chunks())
    found = {}
    for policy_id in asked:
        resting = pc.fill_null(rows[policy_id].take(places), False)
        chosen = pc.and_(pc.fill_null(wide[policy_id], False), resting)
        if earlier_payments(policy_id, year=year, as_of=as_of):
            left = amounts_of_entitled(evaluation, policy_id, year=year, as_of=as_of)
            amounts = [left[one] for one in wide["subject_id"].filter(chosen).to_pylist()]
        else:
            amounts = evaluation.amounts(policy_id).filter(chosen).to_pylist()
        found[policy_id] = DeclaredShare(
            count=len(amounts), amount_cny=math.fsum(amount or 0.0 for amount in amounts)
        )
    return found


def _after_earlier(
    counts: "PolicyCounts", evaluation: "Evaluation", year: int, as_of: date
) -> "PolicyCounts":
    """The same counts with what is left of the money, if anything was paid before."""
    if not earlier_payments(counts.policy_id, year=year, as_of=as_of):
        return counts
    paid = amounts_of_entitled(evaluation, counts.policy_id, year=year, as_of=as_of)
    return replace(counts, amount_cny=math.fsum(amount or 0.0 for amount in paid.values()))


def earlier_payments(policy_id: str, *, year: int, as_of: date) -> Mapping[str, float]:
    """Yuan by enterprise that earlier payments take off a policy; empty where they take nothing."""
    groups = [
        group
        for group in stacking_groups(as_of)
        if group.rule == "difference" and policy_id in group.policy_ids
    ]
    if not groups:
        return {}
    counted = {one for group in groups for one in group.policy_ids}
    paid = paid_earlier_by_organisation(year=year, as_of=as_of)
    sums = {
        subject: math.fsum(amount for one, amount in by_policy.items() if one in counted)
        for subject, by_policy in paid.items()
    }
    return {subject: amount for subject, amount in sums.items() if amount}


def amounts_of_entitled(
    evaluation: "Evaluation", policy_id: str, *, year: int, as_of: date
) -> dict[str, float | None]:
    """What everybody entitled gets, earlier payments taken off; ``None`` where it is unknown."""
    earlier = earlier_payments(policy_id, year=year, as_of=as_of)
    columns = (
        evaluation.wide["subject_id"].to_pylist(),
        evaluation.wide[policy_id].to_pylist(),
        evaluation.amounts(policy_id).to_pylist(),
    )
    return {
        subject: _left(amount, earlier.get(subject, 0.0))
        for subject, standing, amount in zip(*columns, strict=True)
        if standing
    }


def _left(amount: float | None, earlier: float) -> float | None:
    if amount is None or not earlier:
        return amount
    return max(0, round(amount * 100) - round(earlier * 100)) / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entitled:
    """All who are entitled under one policy, the largest amount first."""

    subjects: tuple[tuple[float | None, str], ...]
    counts: "PolicyCounts"
    declared: frozenset[str]
    declared_cny: float


@kept_for_city(most=12)
def _all_entitled(policy_id: str, as_of: date, year: int) -> _Entitled:
    with opened(as_of) as session:
        evaluation = evaluate_city(session, compiled_only(policy_id, as_of), year)
        counts = _after_earlier(evaluation.counts()[0], evaluation, year, as_of)
        amounts = amounts_of_entitled(evaluation, policy_id, year=year, as_of=as_of)
        declared = declared_subjects(session, policy_id, as_of=as_of, year=year) & amounts.keys()
    found = [(amount, subject) for subject, amount in amounts.items()]
    found.sort(key=lambda one: (-(one[0] or 0.0), one[1]))
    return _Entitled(
        subjects=tuple(found),
        counts=counts,
        declared=declared,
        declared_cny=math.fsum(amounts[subject] or 0.0 for subject in declared),
    )


def entitled_list(
    policy_id: str, *, as_of: date, year: int | None = None, limit: int = 50, offset: int = 0
) -> EntitledList:
    """Who is entitled under a policy.

    Raises
    ------
    silian.portal.industry.domain.policies.PolicyNotFound
        If it isn't in force.
    """
    chosen = chosen_year(year, as_of)
    found = _all_entitled(policy_id, as_of, chosen)
    counts, page = found.counts, found.subjects[offset : offset + limit]
    about = about_page(chosen, [subject for _, subject in page], as_of)
    return EntitledList(
        policy=find_policy(policy_id, as_of),
        as_of=as_of,
        year=chosen,
        rows=tuple(
            listed(subject, amount, about, on_declared=subject in found.declared)
            for amount, subject in page
            if subject in about  # gone since the list was made
        ),
        entitled_count=counts.entitled,
        unknown_count=counts.unknown,
        not_entitled_count=counts.not_entitled,
        near_count=counts.near or 0,
        total_cny=counts.amount_cny,
        declared_count=len(found.declared),
        declared_cny=found.declared_cny,
    )


def declared_subjects(
    session: "TableSession", policy_id: str, *, as_of: date, year: int
) -> frozenset[str]:
    """Enterprises of which a fact that the policy reads is declared and verified by nobody."""
    read = facts_read(as_of).get(policy_id, ())
    if not read:
        return frozenset()
    told = rest_on_declared(read)
    rows = session.query(f"SELECT subject_id FROM facts WHERE year = {int(year)} AND ({told})")
    return frozenset(rows["subject_id"].to_pylist())


def rest_on_declared(codes: Sequence[str]) -> str:
    """Whether one of some facts is declared and verified by nobody, as SQL."""
    # Codes of the library: letters, digits and underscores.
    return " OR ".join(f"contains(declared_codes, ';{code};')" for code in codes)


@kept_for_city(most=48)
def near_misses(
    policy_id: str,
    *,
    as_of: date,
    year: int | None = None,
    limit: int = 50,
    offset: int = 0,
    most_measured: int = 10_000,
) -> NearMissList:
    """Who meets every condition of a policy but one that can be changed, the nearest first.

    Nearest: the smallest share by which one fact alone would have to move.

    Parameters
    ----------
    most_measured
        Distances are measured one by one, up to some milliseconds each; of so many at most.

    Raises
    ------
    silian.portal.industry.domain.policies.PolicyNotFound
        If it isn't in force.
    """
    from silian.engines.rules import near_misses as nearest

    chosen = chosen_year(year, as_of)
    with opened(as_of) as session:
        evaluation = evaluate_city(session, compiled_only(policy_id, as_of), chosen)
        found = nearest(evaluation, policy_id, limit=offset + limit, most_measured=most_measured)
        page = found.nearest[offset:]
        ids = [one.subject_id for one in page]
        about = about_enterprises(session, chosen, ids)
        paid = earlier_payments(policy_id, year=chosen, as_of=as_of)
        amounts = {
            subject: _left(amount, paid.get(subject, 0.0))
            for subject, amount in _amounts(evaluation, policy_id, ids).items()
        }
        by_condition = _counts_by_condition(evaluation, policy_id)
    policy = find_policy(policy_id, as_of)
    conditions = {one.condition_id: one for one in policy.conditions}
    return NearMissList(
        policy=policy,
        as_of=as_of,
        year=chosen,
        rows=tuple(
            NearMiss(
                enterprise=listed(one.subject_id, amounts.get(one.subject_id), about),
                condition=conditions[one.condition_id],
                gaps=one.gaps,
                distance_rate=None if math.isinf(one.distance_rate) else one.distance_rate,
            )
            for one in page
        ),
        total_count=found.total,
        measured_count=found.measured,
        counts_by_condition=by_condition,
    )


def evaluate_city(session: "TableSession", policies: "CompiledPolicies", year: int) -> "Evaluation":
    """Policies over all enterprises of a year, clause by clause."""
    from silian.engines.rules import evaluate

    return evaluate(policies, session, "facts", year=year)


def compiled_only(
    policy_id: str, as_of: date, overrides: Overrides | None = None
) -> "CompiledPolicies":
    """One policy of a day, as a set of its own.

    Raises
    ------
    silian.portal.industry.domain.policies.PolicyNotFound
        If it isn't in force.
    """
    find_policy(policy_id, as_of)
    every = compiled(as_of, overrides)
    return replace(every, policies=(every[policy_id],), not_in_force=())


def _amounts(
    evaluation: "Evaluation", policy_id: str, subject_ids: Sequence[str]
) -> dict[str, float | None]:
    """What some enterprises would get."""
    asked = pc.is_in(evaluation.wide["subject_id"], pa.array(list(subject_ids), pa.string()))
    subjects = evaluation.wide["subject_id"].filter(asked).to_pylist()
    return dict(zip(subjects, evaluation.amounts(policy_id).filter(asked).to_pylist(), strict=True))


def _counts_by_condition(evaluation: "Evaluation", policy_id: str) -> dict[str, int]:
    """Of those who are near, how many fail which condition."""
    mask = pa.array(evaluation.near(policy_id))
    near = evaluation.conditions().filter(mask)
    prefix = f"{policy_id}."
    counts = {
        name.removeprefix(prefix): int(pc.sum(pc.invert(near[name])).as_py() or 0)
        for name in near.column_names
        if name.startswith(prefix)
    }
    return {name: count for name, count in counts.items() if count}
