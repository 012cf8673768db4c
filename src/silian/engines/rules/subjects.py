"""One subject's answers, clause by clause, with the trace of every amount."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast

from silian.engines.rules.compiling import BASE_AMOUNT, CompiledPolicies, CompiledPolicy
from silian.engines.rules.money import shown_step, whole_cents
from silian.engines.rules.values import (
    AmountStep,
    ConditionAnswer,
    Entitlement,
    PolicyAnswer,
    Standing,
)
from silian.tables.clauses import Clause, RowReader, Value

_STANDINGS: Mapping[Value, Standing] = {True: "met", False: "unmet", None: "unknown"}


def evaluate_subject(
    compiled: CompiledPolicies, row: Mapping[str, Any], *, subject_id: str = ""
) -> tuple[PolicyAnswer, ...]:
    """Answer every policy for one subject.

    Parameters
    ----------
    row
        Facts by name; absent, ``None`` and NaN are missing.

    Returns
    -------
    tuple
        In the order of the policies; those not in force follow, without conditions.

    Raises
    ------
    FactOfWrongType
        If a fact is not of its column's type.
    """
    answers = [answer_policy(one, row, subject_id=subject_id) for one in compiled.policies]
    resting = [
        PolicyAnswer(
            policy=policy,
            as_of=compiled.as_of,
            entitlement="not_in_force",
            conditions=(),
            subject_id=subject_id,
        )
        for policy in compiled.not_in_force
    ]
    return (*answers, *resting)


def answer_policy(
    compiled: CompiledPolicy, row: Mapping[str, Any], *, subject_id: str = ""
) -> PolicyAnswer:
    """Answer one policy for one subject."""
    reader = RowReader(row)
    conditions = tuple(
        ConditionAnswer(
            condition=condition,
            standing=_STANDINGS[reader.value(clause.tree)],
            values=_values(clause, reader),
            missing=reader.missing(clause.tree),
        )
        for condition, clause in zip(compiled.policy.conditions, compiled.conditions, strict=True)
    )
    entitlement = entitlement_of(tuple(answer.standing for answer in conditions))
    amount, trace, amount_missing = _amount(compiled, row, reader)
    missing: dict[str, None] = {}
    if entitlement != "not_entitled":
        for answer in conditions:
            missing.update(dict.fromkeys(answer.missing))
        missing.update(dict.fromkeys(amount_missing))
    return PolicyAnswer(
        policy=compiled.policy,
        as_of=compiled.as_of,
        entitlement=entitlement,
        conditions=conditions,
        amount_cny=amount,
        trace=trace,
        missing=tuple(missing),
        subject_id=subject_id,
    )


def entitlement_of(standings: tuple[Standing, ...]) -> Entitlement:
    """One unmet condition decides; else one unknown leaves it unknown."""
    if "unmet" in standings:
        return "not_entitled"
    return "unknown" if "unknown" in standings else "entitled"


def _values(clause: Clause, reader: RowReader) -> tuple[tuple[str, Value], ...]:
    return tuple((name, reader.value(node)) for name, node in clause.references.items())


class _Trace:
    """Steps of one amount; ``total`` stays ``None`` once a part of it is unknown."""

    def __init__(self, reader: RowReader) -> None:
        self.reader = reader
        self.total: float | None = 0.0
        self.steps: list[AmountStep] = []
        self.missing: dict[str, None] = {}

    def number(self, clause: Clause) -> float | None:
        """Value of an amount or a limit; what it lacks is noted."""
        value = self.reader.value(clause.tree)
        if value is None:
            self.note_missing(clause)
            self.total = None
            return None
        return float(cast(float, value))

    def note_missing(self, clause: Clause) -> None:
        """Note the facts that keep a clause unknown."""
        lacking = self.reader.missing(clause.tree)
        self.missing.update((name, None) for name in lacking if name != BASE_AMOUNT)

    def add(self, kind: str, rule: Any, clause: Clause, amount: float) -> None:
        """Add one step to the sum so far."""
        if self.total is None:
            return
        self.total += amount
        self.steps.append(_step(kind, rule, clause, amount, self.reader))


def _step(kind: str, rule: Any, clause: Clause, amount: float, reader: RowReader) -> AmountStep:
    return AmountStep(
        step_id=getattr(rule, f"{kind}_id"),
        kind=kind,  # type: ignore[arg-type]
        label_zh=rule.label_zh,
        label_en=rule.label_en,
        expression=clause.text,
        values=_values(clause, reader),
        amount_cny=shown_step(amount),
        source=rule.source,
    )


def _amount(
    compiled: CompiledPolicy, row: Mapping[str, Any], reader: RowReader
) -> tuple[float | None, tuple[AmountStep, ...], tuple[str, ...]]:
    rule = compiled.policy.amount
    if rule is None:
        return None, (), ()
    trace = _Trace(reader)
    _add_base(compiled, trace)
    if compiled.top_ups or compiled.caps:
        trace.reader = RowReader({**row, BASE_AMOUNT: trace.total})
    for top_up, clauses in zip(rule.top_ups, compiled.top_ups, strict=True):
        applies = trace.reader.value(clauses.when.tree)
        if applies is None:
            trace.note_missing(clauses.when)
            trace.total = None
        elif applies:
            amount = trace.number(clauses.amount_cny)
            if amount is not None:
                trace.add("top_up", top_up, clauses.amount_cny, amount)
    for cap, clause in zip(rule.caps, compiled.caps, strict=True):
        limit = trace.number(clause)
        if limit is not None and trace.total is not None and limit < trace.total:
            cut = limit - trace.total
            trace.steps.append(_step("cap", cap, clause, cut, trace.reader))
            trace.total = limit
    total = None if trace.total is None else whole_cents(trace.total)
    if total is None:
        return None, (), tuple(trace.missing)
    return total, _rounded_trace(compiled, trace.steps, total), ()


def _add_base(compiled: CompiledPolicy, trace: _Trace) -> None:
    rule = compiled.policy.amount
    assert rule is not None
    for tier, clauses in zip(rule.tiers, compiled.tiers, strict=True):
        applies = trace.reader.value(clauses.when.tree)
        if applies is None:
            trace.note_missing(clauses.when)
            trace.total = None
            return
        if applies:
            amount = trace.number(clauses.amount_cny)
            if amount is not None:
                trace.add("tier", tier, clauses.amount_cny, amount)
            return


def _rounded_trace(
    compiled: CompiledPolicy, steps: list[AmountStep], total: float
) -> tuple[AmountStep, ...]:
    """Close the trace with what rounding took, so that its decimals sum to the amount."""
    so_far = sum((Decimal(str(step.amount_cny)) for step in steps), Decimal(0))
    rest = float(Decimal(str(total)) - so_far)
    if rest == 0:
        return tuple(steps)
    return (
        *steps,
        AmountStep(
            step_id="rounding",
            kind="rounding",
            label_zh="舍至分",
            label_en="cut to whole cents",
            expression="",
            values=(),
            amount_cny=rest,
            source=compiled.policy.source,
        ),
    )
