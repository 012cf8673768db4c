"""Turns policies into clauses: the version and the parameters of one day, every text checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from silian.engines.rules.errors import PolicyError
from silian.engines.rules.values import AmountRule, Parameter, Policy
from silian.engines.rules.versions import Overrides, check_overrides, value_on, versions_on
from silian.tables.clauses import (
    Clause,
    ClauseError,
    FactColumn,
    FactSchema,
    Value,
    ValueType,
    evaluate_clause,
    nearest_name,
    parse_clause,
)

BASE_AMOUNT: Final = "base_amount_cny"
# Columns that the table of answers has beside those of the policies.
_KEY_COLUMNS: Final = ("subject_id", "year")


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountStepClauses:
    """One tier or top-up: when it applies, and how much it gives."""

    when: Clause
    amount_cny: Clause


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """One version of one policy with the parameters of one day.

    Attributes
    ----------
    conditions
        In the order of ``policy.conditions``; so are tiers, top-ups and caps.
    constants
        Parameters by id, and ``as_of``.
    budget_cny
        ``None`` where the policy has no budget.
    """

    policy: Policy
    as_of: date
    constants: Mapping[str, Value]
    lets: Mapping[str, Clause]
    conditions: tuple[Clause, ...]
    tiers: tuple[AmountStepClauses, ...] = ()
    top_ups: tuple[AmountStepClauses, ...] = ()
    caps: tuple[Clause, ...] = ()
    budget_cny: float | None = None

    @property
    def pays(self) -> bool:
        """Whether it has an amount at all."""
        return self.policy.amount is not None

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause but the lets, in the order of evaluation."""
        steps = (*self.tiers, *self.top_ups)
        amounts = tuple(clause for step in steps for clause in (step.when, step.amount_cny))
        return (*self.conditions, *amounts, *self.caps)

    @property
    def columns(self) -> frozenset[str]:
        """Facts that its answer reads."""
        return frozenset().union(*(clause.columns for clause in self.clauses)) - {BASE_AMOUNT}


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicies:
    """The policies of one day.

    Attributes
    ----------
    not_in_force
        Of each policy without a version in force, the last one before the day, or else the next.
    """

    policies: tuple[CompiledPolicy, ...]
    schema: FactSchema
    as_of: date
    not_in_force: tuple[Policy, ...] = ()
    _by_id: dict[str, CompiledPolicy] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_id = {compiled.policy.policy_id: compiled for compiled in self.policies}
        object.__setattr__(self, "_by_id", by_id)

    def __getitem__(self, policy_id: str) -> CompiledPolicy:
        try:
            return self._by_id[policy_id]
        except KeyError:
            near = nearest_name(policy_id, self._by_id)
            raise UnknownPolicy(
                "unknown_policy",
                f"no policy of this id is in force on {self.as_of}"
                + (f"; did you mean {near}?" if near else ""),
                f"{self.as_of} 没有该编号的有效政策" + (f"，是否为 {near}？" if near else ""),
                policy_id=policy_id,
                place="policy_id",
                suggestion=near,
            ) from None

    def __contains__(self, policy_id: object) -> bool:
        return policy_id in self._by_id

    @property
    def columns(self) -> frozenset[str]:
        """Facts that any answer reads."""
        return frozenset().union(*(compiled.columns for compiled in self.policies))


class UnknownPolicy(PolicyError, LookupError):
    """A policy id that is not in force."""


def compile_policies(
    policies: Sequence[Policy],
    schema: FactSchema,
    *,
    as_of: date,
    overrides: Overrides = MappingProxyType({}),
) -> CompiledPolicies:
    """Choose the versions in force on a day, fix their parameters and check every expression.

    Parameters
    ----------
    policies
        All versions of all policies.
    overrides
        Other values for parameters, by policy id and parameter id (what if).

    Raises
    ------
    PolicyError
        At the first thing that is wrong, with its place. ``check_policy`` lists them all.
    """
    check_overrides(policies, overrides)
    chosen, resting = versions_on(policies, as_of)
    compiled = []
    for policy in chosen:
        work = _Compilation(policy, schema, as_of, overrides)
        result = work.run()
        if work.errors:
            raise work.errors[0]
        compiled.append(result)
    return CompiledPolicies(
        policies=tuple(compiled), schema=schema, as_of=as_of, not_in_force=resting
    )


def check_policy(policy: Policy, schema: FactSchema, *, as_of: date) -> tuple[PolicyError, ...]:
    """Everything that is wrong with one policy's parameters and expressions on a day.

    Where lets are wrong only those are listed, since what uses them fails for their sake.
    """
    work = _Compilation(policy, schema, as_of, {})
    work.run()
    return tuple(work.errors)


class _Compilation:
    """One policy's texts on their way to clauses; errors are collected."""

    def __init__(
        self, policy: Policy, schema: FactSchema, as_of: date, overrides: Overrides
    ) -> None:
        self.errors: list[PolicyError] = []
        self._policy = policy
        self._schema = schema
        self._as_of = as_of
        self._overrides = overrides
        self._constants: dict[str, Value] = {"as_of": as_of}
        self._lets: dict[str, Clause] = {}

    def run(self) -> CompiledPolicy:
        """Compile; the result is only whole where ``errors`` stayed empty."""
        policy = self._policy
        self._resolve_parameters()
        self._check_ids()
        for index, let in enumerate(policy.lets):
            self._check_let_name(index, let.let_id)
            clause = self._parse(f"lets[{index}].expression", let.expression, None)
            if clause is not None:
                self._lets[let.let_id] = clause
        conditions: list[Clause] = []
        amount: dict[str, tuple[AmountStepClauses, ...] | tuple[Clause, ...]] = {}
        budget = None
        if not self.errors:
            conditions = [
                clause
                for index, one in enumerate(policy.conditions)
                if (clause := self._parse(f"conditions[{index}].expression", one.expression))
            ]
            if policy.amount is not None:
                amount = self._amount(policy.amount)
            budget = self._budget()
        return CompiledPolicy(
            policy=policy,
            as_of=self._as_of,
            constants=MappingProxyType(self._constants),
            lets=MappingProxyType(self._lets),
            conditions=tuple(conditions),
            budget_cny=budget,
            **amount,  # type: ignore[arg-type]
        )

    def _parse(
        self,
        place: str,
        text: str,
        expected: ValueType | None = "boolean",
        schema: FactSchema | None = None,
        lets: Mapping[str, Clause] | None = None,
    ) -> Clause | None:
        try:
            return parse_clause(
                text,
                self._schema if schema is None else schema,
                names=self._lets if lets is None else lets,
                constants=self._constants,
                expected_type=expected,
            )
        except ClauseError as error:
            policy_id = self._policy.policy_id
            self.errors.append(PolicyError.of_clause(error, policy_id=policy_id, place=place))
            return None

    def _amount(
        self, rule: AmountRule
    ) -> dict[str, tuple[AmountStepClauses, ...] | tuple[Clause, ...]]:
        base = FactColumn(name=BASE_AMOUNT, type="number", unit="CNY")
        with_base = FactSchema((*self._schema.columns, base))
        caps = [
            self._money(f"amount.caps[{index}].limit_cny", cap.limit_cny, with_base)
            for index, cap in enumerate(rule.caps)
        ]
        return {
            "tiers": self._steps("tiers", [(t.when, t.amount_cny) for t in rule.tiers], None),
            "top_ups": self._steps(
                "top_ups", [(t.when, t.amount_cny) for t in rule.top_ups], with_base
            ),
            "caps": tuple(cap for cap in caps if cap is not None),
        }

    def _steps(
        self, kind: str, texts: Sequence[tuple[str, str]], schema: FactSchema | None
    ) -> tuple[AmountStepClauses, ...]:
        steps = []
        for index, (when, amount) in enumerate(texts):
            place = f"amount.{kind}[{index}]"
            condition = self._parse(f"{place}.when", when, "boolean", schema)
            formula = self._money(f"{place}.amount_cny", amount, schema)
            if condition is not None and formula is not None:
                steps.append(AmountStepClauses(when=condition, amount_cny=formula))
        return tuple(steps)

    def _money(self, place: str, text: str, schema: FactSchema | None) -> Clause | None:
        """An amount; one that hangs on no fact must not be negative."""
        clause = self._parse(place, text, "number", schema)
        if clause is not None and not clause.columns:
            value = evaluate_constant(clause)
            if value is not None and value < 0:
                self._refuse(
                    "policy_negative_amount",
                    f"the amount comes to {value}; expected 0 or more",
                    f"金额为 {value}，应不小于 0",
                    place,
                )
        return clause

    def _budget(self) -> float | None:
        budget = self._policy.budget
        if budget is None:
            return None
        place = "budget.amount_cny"
        clause = self._parse(place, budget.amount_cny, "number", FactSchema(()), {})
        if clause is None:
            return None
        value = evaluate_constant(clause)
        if value is None or value < 0:
            self._refuse(
                "policy_budget",
                f"the budget comes to {value}; expected an amount of 0 or more",
                f"预算为 {value}，应不小于 0",
                place,
            )
        return value

    # -- names and parameters -----------------------------------------------------------------

    def _resolve_parameters(self) -> None:
        for index, parameter in enumerate(self._policy.parameters):
            place = f"parameters[{index}]"
            key = (self._policy.policy_id, parameter.parameter_id)
            if parameter.parameter_id in {*self._schema.names, *self._constants, BASE_AMOUNT}:
                self._refuse(
                    "policy_name_taken",
                    f"the parameter {parameter.parameter_id} is named like a fact or another "
                    "parameter; rename it",
                    f"参数“{parameter.parameter_id}”与事实或其他参数重名，请改名",
                    place,
                )
                continue
            value = self._overrides.get(key, value_on(parameter, self._as_of))
            if value is None:
                self._refuse(
                    "policy_parameter_without_value",
                    f"the parameter {parameter.parameter_id} has no value on {self._as_of}; add "
                    "one that begins on or before the day the policy begins",
                    f"参数“{parameter.parameter_id}”在 {self._as_of} 没有取值，请补充起始日期不晚于政策生效日的取值",
                    f"{place}.values",
                )
                continue
            self._check_kind(parameter, value, place)
            self._constants[parameter.parameter_id] = value

    def _check_kind(self, parameter: Parameter, value: Value, place: str) -> None:
        kinds = {_kind(one.value) for one in parameter.values} | {_kind(value)}
        if len(kinds) > 1:
            self._refuse(
                "policy_parameter_kind",
                f"the parameter {parameter.parameter_id} has values of several kinds "
                f"({', '.join(sorted(kinds))}); all must be of one",
                f"参数“{parameter.parameter_id}”的取值类型不一致（{'、'.join(sorted(kinds))}）",
                f"{place}.values",
            )

    def _check_let_name(self, index: int, let_id: str) -> None:
        if let_id in {*self._schema.names, *self._constants, *self._lets, BASE_AMOUNT}:
            self._refuse(
                "policy_name_taken",
                f"the let {let_id} is named like a fact, a parameter or an earlier let; rename it",
                f"let“{let_id}”与事实、参数或前面的 let 重名，请改名",
                f"lets[{index}].let_id",
            )

    def _check_ids(self) -> None:
        if self._policy.policy_id in _KEY_COLUMNS:
            self._refuse(
                "policy_id_reserved",
                "a column of the table of answers has this name; choose another id",
                "该编号与结果表的列重名，请换一个编号",
                "policy_id",
            )
        rule = self._policy.amount
        groups = {
            "conditions": [one.condition_id for one in self._policy.conditions],
            "amount.tiers": [one.tier_id for one in rule.tiers] if rule else [],
            "amount.top_ups": [one.top_up_id for one in rule.top_ups] if rule else [],
            "amount.caps": [one.cap_id for one in rule.caps] if rule else [],
        }
        for group, ids in groups.items():
            for index, one in enumerate(ids):
                # amount_cny is the name of the policy's own column in the table of answers
                if one in ids[:index] or one == "amount_cny":
                    self._refuse(
                        "policy_duplicate_id",
                        f"the id {one} is taken; give each its own, and none amount_cny",
                        f"编号“{one}”已被占用，请各用不同编号，且不用 amount_cny",
                        f"{group}[{index}]",
                    )

    def _refuse(self, code: str, message: str, zh: str, place: str) -> None:
        policy_id = self._policy.policy_id
        self.errors.append(PolicyError(code, message, zh, policy_id=policy_id, place=place))


def evaluate_constant(clause: Clause) -> float | None:
    """Value of a numeric clause that reads no facts."""
    value = evaluate_clause(clause, {})
    return None if value is None else float(value)  # type: ignore[arg-type]


def _kind(value: Value) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "text"
    return "date" if isinstance(value, date) else "number"
