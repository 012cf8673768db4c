"""Rows of enterprise-years: a column for every fact of the library."""

from typing import Annotated, Any

from django.db.models import TextChoices
from pydantic import BeforeValidator, create_model, model_validator
from pydantic_core import PydanticCustomError

from silian.library.facts import FACTS, Fact, codes
from silian.portal.bilingual import both
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.interfaces import references
from silian.portal.registry.interfaces.code_columns import codes as codes_of
from silian.portal.registry.interfaces.columns import (
    Amount,
    Day,
    Integer,
    Line,
    Number,
    OrganisationName,
    Rate,
    Row,
    TypeMark,
    UnifiedCode,
    YesNo,
    choice,
    choices_of,
    column,
)
from silian.portal.registry.models import OrganisationKind
from silian.tables import values

FIRST_YEAR, LAST_YEAR = 1980, 2100
# On screen and in templates; records hold yuan, fractions and plain counts.
UNIT_LABELS = {
    "cny": "元",
    "rate": "%",
    "years": "年",
    "persons": "人",
    "items": "项",
    "hours": "小时",
    "mu": "亩",
    "points": "分",
}
_MAY_BE_NEGATIVE = frozenset({"profit_cny", "net_profit_cny", "net_assets_cny", "profit_tax_cny"})
_MOST = {"rate": 1.0, "persons": 50_000_000, "years": 500}


class Privacy(TextChoices):
    """Who may see an enterprise's books: nobody but itself and those who advise it."""

    OWNER = "owner", both("仅本单位", "Own organisation")


def read_year(value: object) -> int:
    """A year as people write it: 2025 or 2025年."""
    text = values.parse_line(value).removesuffix("年") if isinstance(value, str) else value
    year = values.parse_integer(text)
    if year is None:
        raise PydanticCustomError("string_too_short", "required, but empty")
    return year


Year = Annotated[int, BeforeValidator(read_year), TypeMark("integer")]


def _or_none(read: Any) -> Any:
    return lambda value: read(value) or None


def _organisation_kind(value: object) -> str | None:
    choices = choices_of(OrganisationKind)
    spellings = {
        values.fold_label(text): option.value
        for option in choices
        for text in (option.value, option.label_zh, option.label_en)
    }
    allowed = "、".join(f"{option.label_zh} ({option.value})" for option in choices)
    if values.is_missing(value):
        return None
    return values.parse_choice(value, choices=spellings, allowed=allowed)


def _text(read: Any) -> Any:
    return Annotated[str | None, BeforeValidator(_or_none(read)), TypeMark("text")]


_TEXTS = {
    "industry_code": _text(values.parse_industry_code),
    "region_code": _text(values.parse_adcode),
    "organisation_kind": _text(_organisation_kind),
}


def fact_type(fact: Fact) -> Any:
    """Annotated type of a fact's column."""
    if fact.type == "codes":
        known = codes(fact.codes)
        return codes_of({code: (row.label_zh, row.label_en) for code, row in known.items()})
    if fact.type == "number":
        return {"cny": Amount, "rate": Rate}.get(fact.unit, Number)
    if fact.type == "text":
        return _TEXTS.get(fact.code, _text(values.parse_line))
    return {"integer": Integer, "boolean": YesNo, "date": Day}[fact.type]


def _limits_of(fact: Fact) -> dict[str, Any]:
    if fact.type not in {"number", "integer"} or fact.code in _MAY_BE_NEGATIVE:
        return {}
    most = _MOST.get(fact.unit)
    return {"ge": 0} if most is None else {"ge": 0, "le": most}


def fact_column(fact: Fact) -> Any:
    """A fact's column with label, unit, help and limits."""
    percent = " (%)" if fact.unit == "rate" else ""
    return column(
        fact.label_zh,
        fact.label_en + percent,
        None,
        unit=UNIT_LABELS.get(fact.unit, ""),
        help_zh=fact.description_zh,
        help_en=fact.description_en,
        field=f"facts.{fact.code}",
        # Entitlements, scores and money rest on facts: a figure is exact, or the row is mended.
        otherwise="reject",
        bound="",
        **_limits_of(fact),
    )


def with_key(row: Any, *columns: str) -> Any:
    """A year's row with its key: the first of the columns that says whose it is, and the year."""
    if not isinstance(row, dict) or not values.is_missing(row.get("source_key")):
        return row
    named = (row.get(name) for name in columns)
    who = next((values.parse_line(v) for v in named if not values.is_missing(v)), "")
    try:
        year = str(read_year(row.get("year")))
    except (values.ValueRefused, PydanticCustomError):
        year = ""  # told by the column itself
    return {**row, "source_key": f"{who}:{year}"[:200]}


class _EnterpriseYearRow(Row):
    source_key: Line = column(
        "来源主键",
        "Source key",
        "",
        max_length=200,
        example="E0001:2025",
        field="",
        help_zh="本行在来源登记库中的唯一编号；不填时为“单位代码或主键:年度”。",
        help_en="Key within the register; organisation and year where left out.",
    )
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name(several="reject")
    organisation_code: UnifiedCode = references.organisation_code()
    year: Year = column(
        "年度", "Year", ge=FIRST_YEAR, le=LAST_YEAR, example=2025, help_zh="数据所属会计年度。"
    )
    status: choice(EnterpriseYear.Status) = column(  # type: ignore[valid-type]
        "数据状态",
        "Status",
        "declared",
        example="企业申报",
        help_zh="部门核实的数据优先于企业申报的数据。",
        help_en="What an authority verified goes before what the enterprise declares.",
    )
    audience: choice(Privacy) = column(  # type: ignore[valid-type]
        "可见范围",
        "Audience",
        "owner",
        example="仅本单位",
        help_zh="年度数据只对企业自己和服务人员可见。",
        help_en="Seen by the enterprise itself and those who advise it.",
    )

    @model_validator(mode="before")
    @classmethod
    def _key_from_organisation_and_year(cls, row: Any) -> Any:
        return with_key(row, "organisation_code", "organisation_key", "organisation_name")


EnterpriseYearRow: type[Row] = create_model(
    "EnterpriseYearRow",
    __base__=_EnterpriseYearRow,
    __doc__="Facts of one enterprise in one year, as one register states them.",
    **{fact.code: (fact_type(fact), fact_column(fact)) for fact in FACTS},
)
