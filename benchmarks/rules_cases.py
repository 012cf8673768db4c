"""Subject-years and conditions to time rules on: seeded, and said in every language compared.

A condition is a small tree (lists of texts and numbers) from which the clause, the SQL that a
person would write, the JSON-logic rule and, in ``peers_openfisca.py``, the formula are written.
"""

import random
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

AS_OF = date(2025, 6, 30)
AMOUNTS = tuple(f"amount_{number:02}_cny" for number in range(36))
COUNTS = tuple(f"item_{number:02}_count" for number in range(12))
TEXTS = tuple(f"class_{number}" for number in range(4))
CODES = tuple(f"titles_{number}" for number in range(4))
DATES = ("established_on", "listed_on")
FLAGS = ("is_listed", "is_branch")
NUMBERS = AMOUNTS + COUNTS
CODE_NAMES = ("high_tech", "giant", "hidden_champion", "start_up", "gazelle")
CLASSES = ("C39", "C38", "C36", "I65", "M73")
POLICY_COUNT = 20
_DAYS = (date(1990, 1, 1), date(2024, 12, 31))

Tree = list[Any]


def conditions(count: int, seed: int) -> list[Tree]:
    """Trees of as many kinds as policies have; ``numeric`` ones are the first 85 %."""
    draw = random.Random(seed)
    kinds = [_threshold, _threshold, _threshold, _ratio, _ratio, _sum, _tiers, _either, _between]
    numeric = int(count * 0.85)
    made = [kinds[number % len(kinds)](draw) for number in range(numeric)]
    others = [_class, _title, _age, _flag]
    return made + [others[number % len(others)](draw) for number in range(count - numeric)]


def subject_years(row_count: int, seed: int, *, missing_share: float = 0.05) -> pa.Table:
    """One row a subject with 60 facts, ``missing_share`` of every fact missing.

    Numbers are whole and below 2**24, so that engines that count in float32 can say the same.
    """
    draw = np.random.default_rng(seed)

    def column(values: np.ndarray | list[Any], type_: pa.DataType | None = None) -> pa.Array:
        mask = draw.random(row_count) < missing_share if missing_share else None
        return pa.array(values, type=type_, mask=mask)

    columns: dict[str, pa.Array] = {
        "subject_id": pa.array([f"s{number:07}" for number in range(row_count)]),
        "year": pa.array(np.full(row_count, 2024, dtype=np.int32)),
    }
    for name in AMOUNTS:
        columns[name] = column(np.floor(np.minimum(draw.lognormal(9, 1.5, row_count), 1e7)) + 1)
    for name in COUNTS:
        columns[name] = column(draw.integers(1, 500, row_count))
    for name in TEXTS:
        columns[name] = column(np.array(CLASSES, dtype=object)[draw.integers(0, 5, row_count)])
    sets = [_code_set(number) for number in range(2 ** len(CODE_NAMES))]
    for name in CODES:
        columns[name] = column(np.array(sets, dtype=object)[draw.integers(0, len(sets), row_count)])
    first, last = (np.datetime64(day, "D").astype(int) for day in _DAYS)
    for name in DATES:
        days = draw.integers(first, last, row_count).astype(np.int32)
        columns[name] = column(days, pa.int32()).cast(pa.date32())
    for name in FLAGS:
        columns[name] = column(draw.random(row_count) < 0.5)
    return pa.table(columns)


def _code_set(number: int) -> str:
    held = [name for bit, name in enumerate(CODE_NAMES) if number >> bit & 1]
    return ";" + "".join(f"{name};" for name in held)


# -- kinds of condition -----------------------------------------------------------------------


def _limit(draw: random.Random, name: str) -> int:
    return draw.randrange(20, 400) if name in COUNTS else round(10 ** draw.uniform(3, 5))


def _threshold(draw: random.Random) -> Tree:
    name = draw.choice(NUMBERS)
    return [draw.choice([">=", ">", "<=", "<"]), ["fact", name], _limit(draw, name)]


def _ratio(draw: random.Random) -> Tree:
    above, below = draw.sample(AMOUNTS, 2)
    return [">=", ["/", ["fact", above], ["fact", below]], draw.randrange(1, 200) / 100]


def _sum(draw: random.Random) -> Tree:
    one, two, less = (["fact", name] for name in draw.sample(AMOUNTS, 3))
    return [">", ["-", ["+", one, two], less], round(10 ** draw.uniform(3, 5))]


def _tiers(draw: random.Random) -> Tree:
    above, below = draw.sample(AMOUNTS, 2)
    base = ["fact", below]
    rates = ["case", ["<=", base, 5000], 0.5, ["<=", base, 20_000], 0.4, 0.3]
    return [">=", ["/", ["fact", above], base], rates]


def _either(draw: random.Random) -> Tree:
    return ["or", ["and", _threshold(draw), _threshold(draw)], _threshold(draw)]


def _between(draw: random.Random) -> Tree:
    name = draw.choice(NUMBERS)
    low = _limit(draw, name)
    return ["between", ["fact", name], low, low * 3]


def _class(draw: random.Random) -> Tree:
    return ["in", ["fact", draw.choice(TEXTS)], draw.sample(CLASSES, 2)]


def _title(draw: random.Random) -> Tree:
    return ["has", ["fact", draw.choice(CODES)], draw.choice(CODE_NAMES)]


def _age(draw: random.Random) -> Tree:
    return ["full_years", ["fact", draw.choice(DATES)], draw.randrange(1, 20)]


def _flag(draw: random.Random) -> Tree:
    return ["and", ["fact", draw.choice(FLAGS)], _threshold(draw)]


# -- the same tree, in other words --------------------------------------------------------------


def as_clause(tree: Any) -> str:
    """In the clause language."""
    return _write(
        tree,
        divide="({} / {})",
        has="has({}, '{}')",
        full_years="years_between({}, as_of) >= {}",
    )


def as_sql(tree: Any) -> str:
    """As a person would write it for DuckDB."""
    return _write(
        tree,
        divide="({} / NULLIF({}, 0))",
        has="contains({}, ';{};')",
        full_years=f"date_sub('year', {{}}, DATE '{AS_OF}') >= {{}}",
    )


def _write(tree: Any, *, divide: str, has: str, full_years: str) -> str:
    def write(part: Any) -> str:
        if not isinstance(part, list):
            return str(part)
        operator, *rest = part
        if operator == "fact":
            return str(rest[0])
        if operator == "/":
            return divide.format(*map(write, rest))
        if operator == "case":
            first, one, second, two, other = map(write, rest)
            return f"CASE WHEN {first} THEN {one} WHEN {second} THEN {two} ELSE {other} END"
        if operator in {"and", "or"}:
            return "(" + f" {operator.upper()} ".join(map(write, rest)) + ")"
        if operator == "between":
            return "{} BETWEEN {} AND {}".format(*map(write, rest))
        if operator == "in":
            return f"{write(rest[0])} IN ({', '.join(repr(one) for one in rest[1])})"
        if operator == "has":
            return has.format(*map(write, rest))
        if operator == "full_years":
            return full_years.format(*map(write, rest))
        return f"({write(rest[0])} {operator} {write(rest[1])})"

    return write(tree)


def as_json_logic(tree: Any) -> Any:
    """As a JSON-logic rule; only for numeric conditions."""
    if not isinstance(tree, list):
        return tree
    operator, *rest = tree
    if operator == "fact":
        return {"var": rest[0]}
    parts = [as_json_logic(part) for part in rest]
    if operator == "case":
        return {"if": parts}
    if operator == "between":
        value, low, high = parts
        return {"<=": [low, value, high]}
    return {operator: parts}
