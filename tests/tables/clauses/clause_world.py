"""Facts, rows and random clauses for the tests of the clause language."""

from datetime import date
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from silian.tables.clauses import FactColumn, FactSchema, ValueType

TYPES: dict[str, ValueType] = {
    "revenue_cny": "number",
    "profit_cny": "number",
    "employee_count": "integer",
    "patent_count": "integer",
    "region_code": "text",
    "industry_code": "text",
    "listed": "boolean",
    "audited": "boolean",
    "established_on": "date",
    "listed_on": "date",
    "titles": "codes",
}
SCHEMA = FactSchema(tuple(FactColumn(name=name, type=kind) for name, kind in TYPES.items()))
CONSTANTS: dict[str, Any] = {
    "as_of": date(2026, 3, 1),
    "floor_cny": 2_000_000,
    "least_rate": 0.05,
    "home_code": "3302",
}
ARROW = {
    "number": pa.float64(),
    "integer": pa.int64(),
    "text": pa.string(),
    "codes": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
}


def arrow_rows(rows: list[dict[str, Any]]) -> pa.Table:
    """Rows as a table with a row number."""
    numbered = [{"row_number": number, **row} for number, row in enumerate(rows)]
    fields = [("row_number", pa.int64())] + [(name, ARROW[kind]) for name, kind in TYPES.items()]
    return pa.Table.from_pylist(numbered, schema=pa.schema(fields))


_DAYS = st.dates(date(1990, 1, 1), date(2030, 12, 31)) | st.sampled_from(
    [date(2024, 2, 29), date(2023, 2, 28), date(2026, 3, 1), date(2026, 2, 28)]
)
_TEXTS = st.sampled_from(["", "3302", "330203", "C38", "C3812", "it's", "制造业", "a_b", "50%"])
_NUMBERS = st.sampled_from([0.0, -0.0, 0.05, 0.1, 1.0, 2e6, 1e8, -3.5, 0.30000000000000004]) | (
    st.floats(-1e9, 1e9, allow_nan=False)
)
_CODES = st.sampled_from(["", ";", ";a;", ";a;b;", ";ab;", ";little_giant;a;"])
_VALUES: dict[ValueType, Any] = {
    "number": _NUMBERS,
    "integer": st.integers(-5, 1000),
    "text": _TEXTS,
    "boolean": st.booleans(),
    "date": _DAYS,
    "codes": _CODES,
}
rows = st.fixed_dictionaries({name: st.none() | _VALUES[kind] for name, kind in TYPES.items()})


def _written(value: Any) -> str:
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    return repr(abs(value))


def _named(kind: ValueType) -> list[str]:
    return [name for name, one in TYPES.items() if one == kind]


_text_leaf = st.sampled_from([*_named("text"), "home_code"]) | _TEXTS.map(_written)
_date_leaf = st.sampled_from([*_named("date"), "as_of"]) | _DAYS.map(_written)
_dates = _date_leaf | st.tuples(_date_leaf, st.integers(-3, 6)).map(
    lambda part: f"add_years({part[0]}, {part[1]})"
)
_number_leaf = st.one_of(
    st.sampled_from([*_named("number"), *_named("integer"), "floor_cny", "least_rate"]),
    _NUMBERS.map(_written),
    st.integers(0, 1000).map(str),
)


def _join(template: str, *parts: Any) -> Any:
    return st.tuples(*parts).map(lambda filled: template.format(*filled))


def _grown_numbers(numbers: Any) -> Any:
    signs = st.sampled_from("+-*/")
    return st.one_of(
        st.tuples(numbers, signs, numbers).map(lambda part: f"({part[0]} {part[1]} {part[2]})"),
        _join("least({}, {})", numbers, numbers),
        _join("greatest({}, {}, {})", numbers, numbers, numbers),
        _join("coalesce({}, {})", numbers, numbers),
        _join("abs({})", numbers),
        _join("-({})", numbers),
        _join("floor({})", numbers),
        _join("ceil({})", numbers),
        _join("round({})", numbers),
        _join("round({}, {})", numbers, st.sampled_from([-2, 0, 2, 4])),
        _join("year({})", _date_leaf),
        _join("years_between({}, {})", _dates, _dates),
        _join("CASE WHEN {} > {} THEN {} ELSE {} END", numbers, numbers, numbers, numbers),
    )


numbers = st.recursive(_number_leaf, _grown_numbers, max_leaves=6)
_signs = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
_tests = st.one_of(
    st.sampled_from(_named("boolean")),
    _join("{} {} {}", numbers, _signs, numbers),
    _join("{} {} {}", _text_leaf, _signs, _text_leaf),
    _join("{} {} {}", _dates, _signs, _dates),
    _join("{} BETWEEN {} AND {}", numbers, numbers, numbers),
    _join("{} NOT BETWEEN {} AND {}", _date_leaf, _date_leaf, _date_leaf),
    _join("{} IN ({}, {})", st.sampled_from(_named("text")), _TEXTS.map(_written), st.just("'x'")),
    _join("{} NOT IN (1, 2.5, floor_cny)", numbers),
    _join(
        "{} LIKE {}",
        _text_leaf,
        st.sampled_from(["'33%'", "'_38%'", "'%造%'", "'a_b'", "'50%'", "''"]),
    ),
    _join("{} NOT LIKE '%03'", _text_leaf),
    _join("{} IS NULL", numbers),
    _join("{} IS NOT NULL", st.sampled_from(list(TYPES))),
    _join("starts_with({}, {})", _text_leaf, _text_leaf),
    _join("contains({}, {})", _text_leaf, _text_leaf),
    _join("has(titles, {})", st.sampled_from(["'a'", "'b'", "'little_giant'"])),
    _join("coalesce(listed, audited, TRUE)"),
    _join("CASE WHEN listed THEN audited ELSE {} > 1 END", numbers),
)
conditions = st.recursive(
    _tests,
    lambda below: st.one_of(
        _join("({} AND {})", below, below),
        _join("({} OR {} OR {})", below, below, below),
        _join("NOT ({})", below),
        _join("CASE WHEN {} THEN {} ELSE {} END", below, below, below),
    ),
    max_leaves=6,
)
