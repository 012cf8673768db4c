"""An enterprise's facts over the years, as a page and as a file show them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from silian.library.facts import FACTS, Fact, fact_groups
from silian.portal.bilingual import choose
from silian.portal.industry.domain.facts import FactsRow
from silian.portal.industry.domain.facts_values import VERIFIED_REGISTER
from silian.portal.industry.domain.facts_writing import ChangedFact, read_fact
from silian.portal.industry.interfaces.policy_faces import shown_codes
from silian.portal.registry.interfaces.sheets import table_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class FactCell:
    """One fact of one year with where it comes from."""

    year: int
    value: Any
    status: str = ""
    register: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactLine:
    """One fact over the years."""

    fact: Fact
    label: str
    cells: tuple[FactCell, ...]

    @property
    def latest(self) -> FactCell:
        return self.cells[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSection:
    """Facts under one heading; ``known_count`` is that of the last year shown."""

    code: str
    label: str
    lines: tuple[FactLine, ...]
    known_count: int


def sections(history: Sequence[FactsRow]) -> list[FactSection]:
    """Facts by heading, a column a year."""
    found = []
    for group in fact_groups():
        lines = tuple(_line(fact, history) for fact in FACTS if fact.group == group.code)
        if lines:
            found.append(
                FactSection(
                    code=group.code,
                    label=choose(group.label_zh, group.label_en),
                    lines=lines,
                    known_count=sum(line.latest.value is not None for line in lines),
                )
            )
    return found


def _line(fact: Fact, history: Sequence[FactsRow]) -> FactLine:
    return FactLine(
        fact=fact,
        label=choose(fact.label_zh, fact.label_en),
        cells=tuple(_cell(fact, row) for row in history),
    )


def _cell(fact: Fact, row: FactsRow) -> FactCell:
    origin = row.origin.get(fact.code)
    return FactCell(
        year=row.year,
        value=shown_codes(fact.code, row.values.get(fact.code)),
        status=origin.status if origin else "",
        register=(origin.register_name or origin.register_code) if origin else "",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationRow:
    """One fact to confirm; ``seen`` is what was shown before it was changed."""

    fact: Fact
    label: str
    cell: FactCell
    confirmed: bool
    changed: bool
    seen: Any


def verification_rows(
    facts: FactsRow, stated: Mapping[str, Any], changed: Mapping[str, ChangedFact]
) -> list[VerificationRow]:
    """Facts that a year's rows state, in the library's order, as the operator confirms them."""
    return [
        VerificationRow(
            fact=fact,
            label=choose(fact.label_zh, fact.label_en),
            cell=_cell(fact, facts),
            confirmed=_is_confirmed(facts, fact.code),
            changed=fact.code in changed,
            seen=shown_codes(fact.code, read_fact(fact.code, changed[fact.code].shown))
            if fact.code in changed
            else None,
        )
        for fact in FACTS
        if fact.code in stated or fact.code in changed
    ]


def _is_confirmed(facts: FactsRow, code: str) -> bool:
    origin = facts.origin.get(code)
    return origin is not None and origin.register_code == VERIFIED_REGISTER


#: Drawn beside the table.
_DRAWN = ("revenue_cny", "research_expense_cny", "profit_cny")


def money_chart(history: Sequence[FactsRow]) -> dict[str, Any] | None:
    """Revenue, R&D and profit over the years; ``None`` with fewer than two."""
    by_code = {fact.code: fact for fact in FACTS}
    if len(history) < 2:
        return None
    return {
        "unit": "cny",
        "categories": [str(row.year) for row in history],
        "series": [
            {
                "name": choose(by_code[code].label_zh, by_code[code].label_en),
                "values": [row.values.get(code) for row in history],
            }
            for code in _DRAWN
        ],
    }


def facts_file(history: Sequence[FactsRow], file_format: str) -> Iterator[bytes]:
    """One row a fact and year, with its origin; in base units (yuan, fractions)."""
    headings = [
        choose("编号", "Code"),
        choose("数据", "Fact"),
        choose("单位", "Unit"),
        choose("年度", "Year"),
        choose("值", "Value"),
        choose("状态", "Status"),
        choose("来源", "Register"),
    ]
    rows = [
        [
            line.fact.code,
            line.label,
            line.fact.unit,
            cell.year,
            _plain(cell.value),
            cell.status,
            cell.register,
        ]
        for section in sections(history)
        for line in section.lines
        for cell in line.cells
        if cell.value is not None
    ]
    return table_bytes("facts", headings, rows, file_format)


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float | str) else str(value)
