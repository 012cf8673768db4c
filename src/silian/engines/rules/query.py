"""Writes the policies of a day as one query: facts, lets, conditions, amounts, stage by stage.

Each stage is a subquery that adds columns. A let that several clauses (or several policies) use
is one column, worked out once. Names that begin with an underscore can't be facts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from silian.engines.rules.compiling import (
    BASE_AMOUNT,
    AmountStepClauses,
    CompiledPolicies,
    CompiledPolicy,
)
from silian.engines.rules.money import whole_cents_sql
from silian.tables.clauses import Clause, Dialect, Node, SqlWriter, quote_name, walk
from silian.tables.clauses.tree import Constant, Fact, Given, Let

_KEYS: Final = ("subject_id", "year")


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationQuery:
    """One query and what its columns are called.

    Attributes
    ----------
    columns
        Names for the answer's columns, in their order.
    """

    sql: str
    columns: tuple[str, ...]


def write_query(
    compiled: CompiledPolicies,
    typed: Mapping[str, str],
    facts: str,
    dialect: Dialect,
    *,
    clause_level: bool,
    year: int | None,
) -> EvaluationQuery:
    """Write the query.

    With clauses, whether a policy as a whole is met is left to the reader: it follows from them,
    and from columns of bits it costs next to nothing.

    Parameters
    ----------
    typed
        SQL of each fact that is read, in its clause type.
    """
    return _Writing(compiled, dialect).write(typed, facts, clause_level, year)


class _Writing:
    def __init__(self, compiled: CompiledPolicies, dialect: Dialect) -> None:
        self._policies = compiled.policies
        self._dialect = dialect
        self._lets = _LetColumns(dialect)
        for policy in self._policies:
            for clause in policy.clauses:
                self._lets.add(clause.tree)

    def write(
        self, typed: Mapping[str, str], facts: str, clause_level: bool, year: int | None
    ) -> EvaluationQuery:
        first = [self._name(key) for key in _KEYS]
        facts_read = [(name, sql) for name, sql in typed.items() if name not in _KEYS]
        first += [f"{sql} AS {self._name(name)}" for name, sql in facts_read]
        where = "" if year is None else f" WHERE year = {int(year)}"
        stages = [f"SELECT {', '.join(first)} FROM {self._name(facts)}{where}"]
        for added in (*self._lets.stages(), self._conditions(), self._sums(), self._cuts()):
            if added:
                stages.append(f"SELECT *, {', '.join(added)} FROM")
        outputs = self._outputs(clause_level)
        stages.append(f"SELECT {', '.join(sql for sql, _ in outputs)} FROM")
        sql = stages[0]
        for depth, stage in enumerate(stages[1:]):
            sql = f"{stage} (\n{sql}\n) AS _stage{depth}"
        return EvaluationQuery(sql=sql, columns=tuple(name for _, name in outputs))

    def _name(self, name: str) -> str:
        return quote_name(name, self._dialect)

    def _sql(self, clause: Clause, *, base: str | None = None, number: bool = False) -> str:
        columns = {} if base is None else {BASE_AMOUNT: base}
        writer = SqlWriter(self._dialect, columns=columns, let_columns=self._lets.column)
        return writer.write_number(clause.tree) if number else writer.write(clause.tree)

    def _paying(self) -> Iterable[tuple[int, CompiledPolicy]]:
        return ((index, one) for index, one in enumerate(self._policies) if one.pays)

    def _conditions(self) -> list[str]:
        added = [
            f"{self._sql(clause)} AS _c{index}_{place}"
            for index, policy in enumerate(self._policies)
            for place, clause in enumerate(policy.conditions)
        ]
        return added + [f"{self._base(policy)} AS _b{index}" for index, policy in self._paying()]

    def _base(self, policy: CompiledPolicy) -> str:
        sql = "0e0"
        for tier in reversed(policy.tiers):
            sql = self._applied(tier, sql, None)
        return sql

    def _applied(self, step: AmountStepClauses, otherwise: str, base: str | None) -> str:
        when = self._sql(step.when, base=base)
        amount = self._sql(step.amount_cny, base=base, number=True)
        return f"CASE {when} WHEN TRUE THEN {amount} WHEN FALSE THEN {otherwise} END"

    def _sums(self) -> list[str]:
        added = []
        for index, policy in self._paying():
            base = f"_b{index}"
            if policy.top_ups:
                parts = [self._applied(top_up, "0e0", base) for top_up in policy.top_ups]
                added.append(f"({' + '.join([base, *parts])}) AS _s{index}")
            for place, cap in enumerate(policy.caps):
                added.append(f"{self._sql(cap, base=base, number=True)} AS _k{index}_{place}")
        return added

    def _cuts(self) -> list[str]:
        added = []
        for index, policy in self._paying():
            if policy.caps:
                parts = [_sum_name(index, policy)]
                parts += [f"_k{index}_{place}" for place in range(len(policy.caps))]
                unknown = " OR ".join(f"{part} IS NULL" for part in parts)
                least = f"least({', '.join(parts)})"
                added.append(f"CASE WHEN {unknown} THEN NULL ELSE {least} END AS _t{index}")
        return added

    def _outputs(self, clause_level: bool) -> list[tuple[str, str]]:
        outputs = [(self._name(key), key) for key in _KEYS]
        for index, policy in enumerate(self._policies):
            policy_id = policy.policy.policy_id
            names = [f"_c{index}_{place}" for place in range(len(policy.conditions))]
            if not clause_level:  # else joined from the conditions, see evaluation
                outputs.append((f"({' AND '.join(names) or 'TRUE'}) AS _e{index}", policy_id))
            if policy.pays:
                total = f"_t{index}" if policy.caps else _sum_name(index, policy)
                amount = f"{whole_cents_sql(total)} AS _a{index}"
                outputs.append((amount, f"{policy_id}.amount_cny"))
            if clause_level:
                ids = [one.condition_id for one in policy.policy.conditions]
                outputs += [
                    (name, f"{policy_id}.{one}") for name, one in zip(names, ids, strict=True)
                ]
        return outputs


def _sum_name(index: int, policy: CompiledPolicy) -> str:
    return f"_s{index}" if policy.top_ups else f"_b{index}"


class _LetColumns:
    """Which let is which column: the same text over the same columns is one column."""

    def __init__(self, dialect: Dialect) -> None:
        self._writer = SqlWriter(dialect, let_columns=self.column)
        self._by_tree: dict[int, str] = {}
        self._by_sql: dict[str, str] = {}
        self._levels: dict[str, int] = {}

    def add(self, tree: Node) -> int:
        """Give every let of a tree its column; the highest stage that one of them needs."""
        level = 0
        for node in walk(tree):
            if isinstance(node, Let):
                below = self.add(node.tree)
                level = max(level, below if _is_plain(node.tree) else self._place(node, below + 1))
        return level

    def _place(self, let: Let, level: int) -> int:
        known = self._by_tree.get(id(let.tree))
        if known is None:
            sql = self._writer.write(let.tree)
            known = self._by_sql.setdefault(sql, f"_l{len(self._by_sql)}")
            self._by_tree[id(let.tree)] = known
            self._levels.setdefault(known, level)
        return self._levels[known]

    def column(self, let: Let) -> str | None:
        """Column of a let; ``None`` where it is so plain that it is written out."""
        return None if _is_plain(let.tree) else self._by_tree[id(let.tree)]

    def stages(self) -> Sequence[list[str]]:
        """Columns to add, stage by stage."""
        stages: list[list[str]] = [[] for _ in range(max(self._levels.values(), default=0))]
        for sql, name in self._by_sql.items():
            stages[self._levels[name] - 1].append(f"{sql} AS {name}")
        return stages


def _is_plain(tree: Node) -> bool:
    return isinstance(tree, Fact | Given | Constant) or (
        isinstance(tree, Let) and _is_plain(tree.tree)
    )
