"""One enterprise under every policy of the library: answers, gaps, stacking, cheapest changes.

Drawn enterprises, seeded; efforts are the library's planning assumptions. Every plan is evaluated
once more, as a subject would be that followed it.
"""

import random
import statistics
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from silian.engines.rules import (
    ChangePlan,
    Effort,
    answer_policy,
    cheapest_changes,
    compile_policies,
    evaluate_subject,
    gaps,
    stack,
)
from silian.library.facts import FACTS, Fact, codes, fact_schema
from silian.library.policy_files import policies, stacking_groups

AS_OF = date(2025, 6, 30)
_YEAR = 2024
_WARM_UP = 5
_MISSING_SHARE = 0.03
_TEXTS = {
    "organisation_kind": ("enterprise",),
    "region_code": ("330203", "330212", "330106", "440703"),
    "industry_code": ("C3985", "C3612", "I6510"),
}
_TRUE_MOSTLY = frozenset({"legal_person", "strategic_industry"})


def measure_subjects(count: int, seed: int) -> dict[str, Any]:
    """Median and 95th percentile of CPU milliseconds for one enterprise under all policies."""
    schema = fact_schema()
    compiled = compile_policies(policies(), schema, as_of=AS_OF)
    groups, draw = stacking_groups(), random.Random(seed)
    taken: dict[str, list[float]] = {name: [] for name in ("answers", "stacking", "gaps", "plans")}
    outcomes: Counter[str] = Counter()

    def timed(name: str, call: Callable[[], Any]) -> Any:
        started = time.process_time()
        result = call()
        taken[name].append(1e3 * (time.process_time() - started))
        return result

    for _ in range(count + _WARM_UP):
        row = enterprise_year(draw)
        efforts = efforts_of(row)
        answers = timed("answers", lambda row=row: evaluate_subject(compiled, row))
        timed("stacking", lambda answers=answers: stack(answers, groups))
        timed("gaps", lambda row=row: [gaps(one, row, schema=schema) for one in compiled.policies])
        plans = timed(
            "plans",
            lambda row=row, efforts=efforts: [
                cheapest_changes(one, row, efforts) for one in compiled.policies
            ],
        )
        for one, plan in zip(compiled.policies, plans, strict=True):
            outcomes[_outcome(plan)] += 1
            if isinstance(plan, ChangePlan):
                after = answer_policy(one, plan.changed_row)
                if after.entitlement != "entitled":
                    raise SystemExit(f"a plan for {one.policy.policy_id} does not entitle")
    return {
        "policies": len(compiled.policies),
        "subjects": count,
        "cpu_ms": {name: _figures(times[_WARM_UP:]) for name, times in taken.items()},
        "outcomes": dict(sorted(outcomes.items())),
    }


def _outcome(plan: Any) -> str:
    if not isinstance(plan, ChangePlan):
        return str(plan.reason)
    return "plan" if plan.changes else "entitled"


def _figures(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(0.95 * len(ordered))], 2),
    }


def enterprise_year(draw: random.Random) -> dict[str, Any]:
    """One drawn row with every fact and its lags; a few facts are missing."""
    revenue = round(10 ** draw.uniform(6.5, 9), 2)
    row: dict[str, Any] = {"year": _YEAR}
    for fact in FACTS:
        known = fact.type == "text" or draw.random() >= _MISSING_SHARE
        row[fact.code] = _drawn(fact, revenue, draw) if known else None
    row |= {"revenue_cny": revenue, "employee_count": draw.randrange(10, 500)}
    for fact in (one for one in FACTS if one.lags):
        value = row[fact.code]
        last = None if value is None else round(value * draw.uniform(0.6, 1.3), 2)
        row[f"{fact.code}_last_year"] = last
        row[f"{fact.code}_mean_three_years"] = None if last is None else (value + 2 * last) / 3
        row[f"{fact.code}_growth_rate"] = value / last - 1 if last and last > 0 else None
    return row


def _drawn(fact: Fact, revenue: float, draw: random.Random) -> Any:
    if fact.type == "number":
        scale = {"cny": revenue * 0.2, "rate": 0.5}.get(fact.unit, 20.0)
        return round(draw.uniform(0, scale), 4 if fact.unit == "rate" else 2)
    if fact.type == "integer":
        rare = any(word in fact.code for word in ("violation", "overdue"))
        return 0 if rare else int(draw.random() ** 3 * 60)
    if fact.type == "boolean":
        return fact.code in _TRUE_MOSTLY
    if fact.type == "date":
        return date(draw.randrange(2002, 2023), 5, 3)
    if fact.type == "codes":
        known = sorted(codes(fact.codes))
        return ";" + "".join(f"{code};" for code in draw.sample(known, min(2, len(known))))
    return draw.choice(_TEXTS.get(fact.code, ("T0401",)))


def efforts_of(row: Mapping[str, Any]) -> dict[str, Effort]:
    """The library's planning assumptions for one row."""
    efforts = {}
    for fact in FACTS:
        assumed, value = fact.default_effort, row[fact.code]
        if assumed is None or value is None or fact.type not in {"number", "integer"}:
            continue
        lower, upper = assumed.bounds(float(value))
        efforts[fact.code] = Effort(
            cost_cny_per_unit=assumed.cost_cny_per_unit, lower=lower, upper=upper
        )
    return efforts
