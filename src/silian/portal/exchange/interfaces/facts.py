"""A record's own columns as readable facts, from the catalogue's metadata."""

from dataclasses import dataclass
from typing import Any

from silian.library.service_kinds import service_kind_names
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.trades import trade_label
from silian.portal.registry.interfaces.amounts import cny
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.fields import field_label
from silian.portal.registry.interfaces.levels import legal_status_label, level_label

#: Columns that the page shows elsewhere: in its head, its text or its source line.
_SHOWN_ELSEWHERE = {
    "longitude",
    "latitude",
    "title",
    "name",
    "source_key",
    "audience",
    "valid_from",
    "valid_until",
}
#: Columns whose values are paragraphs: shown as such, and written in tall inputs.
LONG_TEXTS = {
    "text",
    "summary",
    "abstract",
    "description",
    "biography",
    "present_state",
    "target",
    "advantages",
    "comparison",
    "author_text",
}

_UNITS_EN = {
    "人": "people",
    "元": "yuan",
    "元/小时": "yuan/h",
    "家": "enterprises",
    "小时": "h",
    "度": "°",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One labelled value; ``long`` ones stand as paragraphs of their own."""

    name: str
    label: str
    value: Any
    type_name: str
    long: bool


def facts_of(record: Any) -> list[Fact]:
    """Every filled column of a record that its page doesn't show elsewhere."""
    facts = []
    for column in KINDS[record.kind].columns:
        if column.name in _SHOWN_ELSEWHERE or column.reference or not column.model_field:
            continue
        if column.type_name == "geometry":
            continue
        value = _shown(record, column)
        if value not in (None, "", [], ()):
            facts.append(
                Fact(
                    name=column.name,
                    label=choose(column.label_zh, column.label_en),
                    value=value,
                    type_name=column.type_name,
                    long=column.name in LONG_TEXTS,
                )
            )
    return facts


def _shown(record: Any, column: Column) -> Any:
    value = column.value_of(record)
    if column.name == "field_codes":
        return [field_label(code) for code in value or []]
    if column.name == "service_kinds":
        return [choose(*service_kind_names(word)) for word in value or []]
    if column.name == "legal_status":
        return legal_status_label(value or "")
    if column.name == "level":
        return level_label(value or "")
    if column.type_name == "amount":
        return cny(value)
    if column.type_name == "boolean":
        return None if value is None else choose("是", "yes") if value else choose("否", "no")
    if column.type_name == "rate":
        return None if value is None else f"{value * 100:g} %"
    if column.type_name == "codes":
        labels = {c.value: choose(c.label_zh, c.label_en) for c in column.choices}
        return [labels.get(code, code) for code in value or []]
    if column.type_name == "choice":
        labels = {c.value: choose(c.label_zh, c.label_en) for c in column.choices}
        return labels.get(value, value)
    if value not in (None, "") and column.unit and column.type_name in {"number", "integer"}:
        unit = choose(column.unit, _UNITS_EN.get(column.unit, column.unit))
        return f"{value:g} {unit}" if isinstance(value, float) else f"{value} {unit}"
    if column.name == "industry_name":
        return trade_label(record.industry_code, record.industry_name)
    return value
