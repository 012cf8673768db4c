"""The ladder of enterprises (企业梯队): who stands where, who moves, who is next, how plans go.

Everything is counted from the facts' snapshot; an enterprise stands on the highest step of which
it holds a title at the end of the year.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.errors import EngineError
from silian.library.ladder import Plan, Step, Target, ladder_plans, ladder_source, ladder_steps
from silian.portal.industry.domain.city_answers import kept_for_city
from silian.portal.industry.domain.ladder_standing import (
    ABSENT,
    NO_STEP,
    UNKNOWN_STEP,
    Flow,
    UnknownStep,
    flows_into,
    has_any,
    holders_by_year,
    holders_of,
    opened,
)
from silian.sources import Source

if TYPE_CHECKING:
    from silian.engines.rules import Gap
    from silian.tables.sessions import TableSession

__all__ = [
    "ABSENT",
    "NO_STEP",
    "UNKNOWN_STEP",
    "Candidate",
    "Candidates",
    "Flow",
    "Ladder",
    "PlanProgress",
    "StepCount",
    "TargetProgress",
    "UnknownPlan",
    "UnknownStep",
    "doubling_plan",
    "ladder",
    "next_candidates",
]


# Gaps are found row by row; a page doesn't wait for those of thousands.
_MOST_MEASURED = 200


class UnknownPlan(EngineError, LookupError):
    """A plan that the library doesn't have, or years that are none."""

    code = "unknown_plan"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCount:
    """Enterprises on one step in one year.

    Attributes
    ----------
    count
        Whose highest step it is.
    holder_count
        Who hold one of its titles, also those who stand higher.
    gained_count, lost_count
        Who hold one of its titles and held none the year before, and the reverse.
    """

    step: Step
    count: int
    holder_count: int
    gained_count: int
    lost_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The ladder at the end of a year.

    Attributes
    ----------
    counts_by_year
        Year to step (``NO_STEP`` and ``UNKNOWN_STEP`` too) to enterprises.
    flows
        From the year before to this one; they sum to everybody told of in either year.
    """

    year: int
    total_count: int
    steps: tuple[StepCount, ...]
    no_step_count: int
    unknown_count: int
    counts_by_year: Mapping[int, Mapping[int, int]]
    flows: tuple[Flow, ...]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An enterprise below a step: entitled to it already (no gaps), or one condition short."""

    organisation_id: str
    name: str
    region_code: str
    industry_code: str
    present_step: int
    condition_id: str
    gaps: "tuple[Gap, ...]"
    distance_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidates:
    """Who is next for a step; ``ready`` and ``near`` are the first of so many.

    Attributes
    ----------
    measured_count
        Of how many near ones the distance was measured; the nearest of those come first.
    """

    step: Step
    year: int
    as_of: date
    ready: tuple[Candidate, ...]
    ready_count: int
    near: tuple[Candidate, ...]
    near_count: int
    measured_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetProgress:
    """One target of a plan.

    Attributes
    ----------
    counts
        Holders by year, as far as told, from the base year.
    progress_rate
        Share of the way from base to target that is done; ``None`` without a base.
    expected_count
        What an even course would have reached by now.
    projected_count
        At the target year, if every year adds what the years since the base did on average.
    needed_per_year
        What each remaining year must add.
    """

    target: Target
    counts: Mapping[int, int]
    base_count: int | None
    current_count: int | None
    target_count: int | None
    progress_rate: float | None
    expected_count: float | None
    projected_count: float | None
    needed_per_year: float | None
    on_track: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanProgress:
    """How a plan goes; its figures are as verified as its source."""

    plan: Plan
    base_year: int
    target_year: int
    current_year: int
    targets: tuple[TargetProgress, ...]


@kept_for_city(most=64)
def ladder(year: int | None = None, *, region_code: str = "") -> Ladder:
    """Counts by step and year, and the flows into a year.

    Parameters
    ----------
    year
        By default the latest that is told.
    region_code
        Only enterprises whose region begins with it; empty for all.
    """
    with opened(region_code) as (session, years):
        chosen = year if year is not None else years[-1] if years else date.today().year - 1
        rows = session.query(
            "SELECT year, step, count(*) AS n FROM standing GROUP BY ALL ORDER BY ALL"
        )
        counts: dict[int, dict[int, int]] = {}
        for row in rows.to_pylist():
            counts.setdefault(row["year"], {})[row["step"]] = row["n"]
        flows = flows_into(session, chosen)
        holders = {step.step: holders_of(session, step.titles, chosen) for step in ladder_steps()}
    now = counts.get(chosen, {})
    return Ladder(
        year=chosen,
        total_count=sum(now.values()),
        steps=tuple(
            StepCount(step=step, count=now.get(step.step, 0), **holders[step.step])
            for step in ladder_steps()
        ),
        no_step_count=now.get(NO_STEP, 0),
        unknown_count=now.get(UNKNOWN_STEP, 0),
        counts_by_year=counts,
        flows=flows,
        source=ladder_source(),
    )


@kept_for_city(most=64)
def next_candidates(
    step_code: str,
    *,
    as_of: date,
    year: int | None = None,
    region_code: str = "",
    limit: int = 50,
) -> Candidates:
    """Who doesn't hold a step yet but meets its conditions, or all of them but one.

    Raises
    ------
    UnknownStep
        If there is no such step, or its conditions are in no policy of the library.
    silian.portal.industry.domain.policies.PolicyNotFound
        If its policy isn't in force on that day.
    """
    from silian.engines.rules import evaluate, near_misses
    from silian.portal.industry.domain.city_lists import compiled_only

    step = _step(step_code)
    policies = compiled_only(step.policy_id, as_of)
    with opened(region_code, as_of=as_of) as (session, years):
        chosen = year if year is not None else years[-1] if years else as_of.year - 1
        session.execute(
            "CREATE OR REPLACE TEMP VIEW below AS SELECT * FROM facts WHERE subject_id IN (SELECT subject_id "
            f"FROM standing WHERE year = {int(chosen)} "
            f"AND coalesce(NOT ({has_any(step.titles)}), TRUE))"
        )
        evaluation = evaluate(policies, session, "below", year=chosen)
        entitled = evaluation.wide.filter(evaluation.wide[step.policy_id])["subject_id"]
        found = near_misses(
            evaluation, step.policy_id, limit=limit, most_measured=max(limit, _MOST_MEASURED)
        )
        ready = sorted(entitled.to_pylist())
        about = _about(
            session, chosen, [*ready[:limit], *(one.subject_id for one in found.nearest)]
        )
    return Candidates(
        step=step,
        year=chosen,
        as_of=as_of,
        ready=tuple(
            Candidate(condition_id="", gaps=(), distance_rate=0.0, **about[subject])
            for subject in ready[:limit]
        ),
        ready_count=len(ready),
        near=tuple(
            Candidate(
                condition_id=one.condition_id,
                gaps=one.gaps,
                distance_rate=one.distance_rate,
                **about[one.subject_id],
            )
            for one in found.nearest
        ),
        near_count=found.total,
        measured_count=found.measured,
    )


@kept_for_city(most=64)
def doubling_plan(
    base_year: int | None = None,
    target_year: int | None = None,
    *,
    plan_code: str = "double_growth",
    region_code: str = "",
) -> PlanProgress:
    """How far the city is on a plan (双倍增).

    Parameters
    ----------
    base_year
        Year from which growth counts; by default the first that is told.
    target_year
        By default the base year and the plan's span.

    Raises
    ------
    UnknownPlan
        If the library has no such plan, or its target year isn't after its base year.
    """
    plan = next((one for one in ladder_plans() if one.code == plan_code), None)
    if plan is None:
        known = ", ".join(one.code for one in ladder_plans())
        raise UnknownPlan(
            f"plan is {plan_code!r}; expected one of {known}.",
            message_zh=f"没有编号为 {plan_code} 的计划；可用的有：{known}。",
        )
    with opened(region_code) as (session, years):
        first = base_year if base_year is not None else years[0] if years else date.today().year - 1
        last = target_year if target_year is not None else first + plan.span_years
        if last <= first:
            raise UnknownPlan(
                f"target_year is {last}, base_year {first}; the target must be after the base.",
                message_zh=f"目标年度 {last} 必须晚于基准年度 {first}。",
            )
        counts = {one.code: holders_by_year(session, one.titles) for one in plan.targets}
    told = [year for year in years if first <= year <= last]
    current = told[-1] if told else first
    return PlanProgress(
        plan=plan,
        base_year=first,
        target_year=last,
        current_year=current,
        targets=tuple(_progress(one, counts[one.code], first, last, told) for one in plan.targets),
    )


# -- one target -------------------------------------------------------------------------------


def _progress(
    target: Target, counts: Mapping[int, int], first: int, last: int, told: Sequence[int]
) -> TargetProgress:
    series = {year: counts.get(year, 0) for year in told}
    base = series.get(first)
    current = series[told[-1]] if told else None
    figures: dict[str, Any] = dict.fromkeys(
        ("progress_rate", "expected_count", "projected_count", "needed_per_year", "on_track")
    )
    goal = None if base is None else round(base * target.factor)
    if base is not None and current is not None and goal is not None:
        gone, left = told[-1] - first, last - told[-1]
        expected = base + (goal - base) * gone / (last - first)
        figures = {
            "progress_rate": (current - base) / (goal - base) if goal != base else None,
            "expected_count": expected,
            "projected_count": current + (current - base) / gone * left if gone else None,
            "needed_per_year": max(0.0, (goal - current) / left) if left else None,
            "on_track": current >= expected,
        }
    return TargetProgress(
        target=target,
        counts=series,
        base_count=base,
        current_count=current,
        target_count=goal,
        **figures,
    )


def _about(
    session: "TableSession", year: int, subjects: Sequence[str]
) -> dict[str, dict[str, Any]]:
    import pyarrow as pa

    session.register("asked", pa.table({"subject_id": pa.array(list(subjects), pa.string())}))
    rows = session.query(
        "SELECT subject_id AS organisation_id, name, region_code, industry_code, "
        f"step AS present_step FROM standing JOIN asked USING (subject_id) WHERE year = {int(year)}"
    )
    return {row["organisation_id"]: row for row in rows.to_pylist()}


def _step(code: str) -> Step:
    found = next((step for step in ladder_steps() if step.code == code), None)
    if found is None or not found.policy_id:
        allowed = ", ".join(step.code for step in ladder_steps() if step.policy_id)
        raise UnknownStep(
            f"step is {code!r}; candidates are known for {allowed}, whose conditions the library "
            "has read.",
            step=code,
        )
    return found
