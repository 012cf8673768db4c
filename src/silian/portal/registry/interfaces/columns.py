"""Column types of the row schemas: how a cell is read, and what people are told about it.

A row schema is a pydantic model whose fields are made with ``column``. Its metadata drives
templates, mapping checks, the API schema, docs and the headings of exports.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Annotated, Any

from django.db.models import TextChoices
from django.utils.translation import override
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.fields import FieldInfo

from silian.library.choices import other_words
from silian.library.readiness_stages import readiness_stages
from silian.portal.registry.interfaces.column_readers import items_of, read_boundary
from silian.portal.registry.interfaces.several_names import (
    ORGANISATION,
    PERSON,
    many_names,
    one_name,
)
from silian.portal.registry.models import Audience
from silian.tables import values


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A column that names other records.

    Attributes
    ----------
    to
        Kind of the records named.
    by
        ``key`` (source key in the same register, or a public id), ``name``, ``code`` (unified
        social credit code) or ``adcode``.
    field
        Where the records go: a relation of the model, or a role of contributions.
    many
        Whether the column is a list.
    """

    to: str
    by: str
    field: str
    many: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value of an enumeration with its labels."""

    value: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What is known of one column of a row schema."""

    name: str
    label_zh: str
    label_en: str
    # text, list, amount, number, integer, date, choice, code, geometry, rate, boolean, codes
    type_name: str
    required: bool = False
    unit: str = ""
    example: Any = ""
    help_zh: str = ""
    help_en: str = ""
    model_field: str = ""  # '' where the column is no field; a.b: key b of the JSON field a
    reference: Reference | None = None
    choices: tuple[Choice, ...] = ()
    otherwise: str = "reject"  # of a file's row whose cell can't be read: the row, or "empty"
    bound: str = ""  # which end of a range is meant, "lower" or "upper"; '' where none is taken
    inexact: Callable[..., Any] | None = None  # reader of ranges and the like
    reader: Callable[[object], Any] | None = None  # of single cells, as a load reads them
    one_of: str = ""  # person or organisation, where the column has the name of one
    several: str = "first"  # of a cell with several names: the first is taken, or "reject"

    def value_of(self, record: Any) -> Any:
        """What a record holds in this column; ``None`` where it says nothing."""
        field, _, key = self.model_field.partition(".")
        value = getattr(record, field, None)
        if not key or value is None:
            return value
        return _from_json(self.type_name, value.get(key))


def _from_json(type_name: str, value: Any) -> Any:
    """JSON knows neither days nor exact money."""
    if value is None:
        return None
    if type_name == "date":
        return date.fromisoformat(value)
    return Decimal(str(value)) if type_name == "amount" else value


def choices_of(enumeration: type[TextChoices]) -> tuple[Choice, ...]:
    """Values of a Django enumeration with both of their labels."""
    with override("zh-hans"):
        chinese = [str(member.label) for member in enumeration]
    with override("en"):
        english = [str(member.label) for member in enumeration]
    return tuple(
        Choice(value=member.value, label_zh=zh, label_en=en)
        for member, zh, en in zip(enumeration, chinese, english, strict=True)
    )


def choice(enumeration: type[TextChoices]) -> Any:
    """Annotated type of an enumeration column: read by value, by either label, or by the words
    that registers have for it (``choices.yaml``)."""
    choices = choices_of(enumeration)
    labels = {option.value: (option.label_zh, option.label_en) for option in choices}
    spellings: dict[str, str] = {}
    for text, value in other_words(enumeration.__qualname__, labels).items():
        spellings[values.fold_label(text)] = spellings[text] = value
    for option in choices:
        for text in (option.value, option.label_zh, option.label_en):
            spellings[values.fold_label(text)] = option.value
            spellings[text] = option.value
    allowed = "、".join(f"{option.label_zh} ({option.value})" for option in choices)
    reader: Callable[[object], str] = partial(
        values.parse_choice, choices=spellings, allowed=allowed
    )
    return Annotated[str, BeforeValidator(reader), TypeMark("choice", choices)]


@dataclass(frozen=True, slots=True)
class TypeMark:
    """Marks an annotated type with its name for people, its choices, and how ranges are read.

    Attributes
    ----------
    bound
        Which end of a range a column of the type means, unless the column says otherwise.
    one_of
        What a column of the type names one of: ``person`` or ``organisation``.
    """

    name: str
    choices: tuple[Choice, ...] = ()
    inexact: Callable[..., Any] | None = None
    bound: str = ""
    one_of: str = ""


Text = Annotated[str, BeforeValidator(values.parse_text), TypeMark("text")]
Line = Annotated[str, BeforeValidator(values.parse_line), TypeMark("text")]
Name = Annotated[str, BeforeValidator(values.parse_name), TypeMark("text")]
PersonName = Annotated[str, BeforeValidator(one_name(PERSON)), TypeMark("text", one_of=PERSON)]
OrganisationName = Annotated[
    str, BeforeValidator(one_name(ORGANISATION)), TypeMark("text", one_of=ORGANISATION)
]
PeopleNames = Annotated[list[str], BeforeValidator(many_names(PERSON)), TypeMark("list")]
OrganisationNames = Annotated[
    list[str], BeforeValidator(many_names(ORGANISATION)), TypeMark("list")
]
Texts = Annotated[list[str], BeforeValidator(values.parse_list), TypeMark("list")]
Names = Annotated[list[str], BeforeValidator(items_of(values.parse_name)), TypeMark("list")]
Amount = Annotated[
    Decimal | None,
    BeforeValidator(values.parse_amount_cny),
    TypeMark("amount", inexact=values.parse_inexact),
]
Number = Annotated[float | None, BeforeValidator(values.parse_float), TypeMark("number")]
Rate = Annotated[float | None, BeforeValidator(values.parse_float), TypeMark("rate")]
YesNo = Annotated[
    bool | None,
    BeforeValidator(values.parse_boolean),
    TypeMark(
        "boolean",
        (
            Choice(value="是", label_zh="是", label_en="yes"),
            Choice(value="否", label_zh="否", label_en="no"),
        ),
    ),
]
Hours = Annotated[
    Decimal | None,
    BeforeValidator(values.parse_number),
    TypeMark("number", inexact=values.parse_inexact),
]
Integer = Annotated[
    int | None,
    BeforeValidator(values.parse_integer),
    TypeMark("integer", inexact=values.parse_inexact),
]
Readiness = Annotated[
    int | None,
    BeforeValidator(partial(values.parse_readiness_level, stages=readiness_stages())),
    TypeMark(
        "integer",
        inexact=partial(values.parse_readiness_levels, stages=readiness_stages()),
        bound="lower",
    ),
]
Day = Annotated[
    date | None,
    BeforeValidator(values.parse_date),
    TypeMark("date", inexact=values.parse_period, bound="lower"),
]
LastDay = Annotated[
    date | None,
    BeforeValidator(values.parse_last_date),
    TypeMark("date", inexact=values.parse_period, bound="upper"),
]
UnifiedCode = Annotated[str, BeforeValidator(values.parse_unified_code), TypeMark("code")]
Adcode = Annotated[str, BeforeValidator(values.parse_adcode), TypeMark("code")]
IndustryCode = Annotated[str, BeforeValidator(values.parse_industry_code), TypeMark("code")]
Orcid = Annotated[str, BeforeValidator(values.parse_orcid), TypeMark("code")]
IpcCodes = Annotated[list[str], BeforeValidator(values.parse_ipc_list), TypeMark("list")]
Boundary = Annotated[dict[str, Any] | None, BeforeValidator(read_boundary), TypeMark("geometry")]


def column(
    zh: str,
    en: str,
    default: Any = ...,
    *,
    example: Any = "",
    unit: str = "",
    help_zh: str = "",
    help_en: str = "",
    field: str | None = None,
    reference: Reference | None = None,
    otherwise: str = "",
    bound: str | None = None,
    several: str = "",
    **limits: Any,
) -> Any:
    """A field of a row schema with what people need to know of it.

    Parameters
    ----------
    zh, en
        Heading in both languages.
    default
        Left out where the column must be filled.
    unit
        Unit of the stored value (yuan, hours).
    field
        Field of the model, if its name differs; '' where there is none.
    otherwise
        What a file's row comes to whose cell can't be read: ``reject``, or ``empty`` for the cell
        to be left out with a remark. By default only what is optional, names nothing, has no
        check digit and means nothing when it is empty may be left out.
    bound
        Which end of a range the column means: ``lower`` or ``upper``; '' for neither.
    several
        What a file's row comes to whose cell names several people or organisations where one is
        asked for: ``first`` (the first is taken, with a remark) or ``reject``.
    limits
        Limits of pydantic: ``max_length``, ``ge``, ``le``.
    """
    if default is ... and "ge" not in limits:
        limits.setdefault("min_length", 1)
    how: dict[str, Any] = {"default_factory": list} if default == [] else {"default": default}
    note: dict[str, Any] = {"x-label-zh": zh, "x-label-en": en}
    optional = {
        "examples": [example] if example != "" else None,
        "x-unit": unit,
        "x-help-zh": help_zh,
        "x-field": field,
        "x-reference": asdict(reference) if reference else None,
        "x-otherwise": otherwise or None,
        "x-bound": bound,
        "x-several": several or None,
    }
    note |= {key: value for key, value in optional.items() if value or value == ""}
    if not unit:
        note.pop("x-unit")
    return Field(title=en, description=help_en or None, json_schema_extra=note, **how, **limits)


class Row(BaseModel):
    """What every row carries beside its own columns."""

    model_config = ConfigDict(extra="forbid")

    source_key: Line = column(
        "来源主键",
        "Source key",
        max_length=200,
        example="2026-0001",
        field="",
        help_zh=(
            "本行在来源登记库中的唯一编号，再次导入时凭它识别同一条记录；"
            "请用统一社会信用代码等固定编号，不要用序号 1、2、3。"
        ),
        help_en=(
            "Key of the row within its register; a reload finds the same record by it. Take a "
            "lasting number such as the unified code, not running numbers 1, 2, 3."
        ),
    )
    audience: choice(Audience) = column(  # type: ignore[valid-type]
        "可见范围",
        "Audience",
        "public",
        example="公开",
        help_zh="谁可以检索到本条记录。",
        help_en="Who may find the record.",
    )
    # Who sees a record, and when, is never left to a cell that nobody could read.
    valid_from: Day = column(
        "有效期自", "Valid from", None, example="2024-01-01", otherwise="reject"
    )
    valid_until: LastDay = column("有效期至", "Valid until", None, otherwise="reject")


def columns_of(row: type[Row]) -> tuple[Column, ...]:
    """Every column of a row schema, its own before those that all rows carry."""
    shared = list(Row.model_fields)
    names = ["source_key", *(name for name in row.model_fields if name not in shared), *shared[1:]]
    return tuple(_column_of(name, row.model_fields[name]) for name in names)


def _column_of(name: str, info: FieldInfo) -> Column:
    note = info.json_schema_extra
    if not isinstance(note, dict):
        raise TypeError(f"{name} is no column; make it with column(zh, en, ...).")
    details: dict[str, Any] = dict(note)
    mark = next(item for item in info.metadata if isinstance(item, TypeMark))
    readers = [item.func for item in info.metadata if isinstance(item, BeforeValidator)]
    reference = details.get("x-reference")
    otherwise = details.get("x-otherwise") or _otherwise(info, mark, reference)
    return Column(
        name=name,
        label_zh=details["x-label-zh"],
        label_en=details["x-label-en"],
        type_name=mark.name,
        required=info.is_required(),
        unit=details.get("x-unit", ""),
        example=details.get("examples", [""])[0],
        help_zh=details.get("x-help-zh", ""),
        help_en=info.description or "",
        model_field="" if reference else details.get("x-field", name),
        reference=Reference(**reference) if reference else None,
        choices=mark.choices,
        otherwise="reject" if name == "source_key" else otherwise,
        bound=details.get("x-bound", mark.bound),
        inexact=mark.inexact,
        reader=next(iter(readers), None),
        one_of=mark.one_of,
        several=details.get("x-several", "first"),
    )


def _otherwise(info: FieldInfo, mark: TypeMark, reference: Any) -> str:
    """Whether a cell that can't be read may be left out: only where empty means unknown."""
    means_something = info.is_required() or bool(info.default) or info.default == 0
    if info.default_factory is not None:
        means_something = False
    return "reject" if means_something or reference or mark.name == "code" else "empty"
