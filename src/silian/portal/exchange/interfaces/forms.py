"""Forms made from the catalogue: one form for every kind, checked by the same rows as files."""

import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.http import QueryDict

from silian.portal.accounts.domain.access import Viewer
from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.exchange.interfaces.facts import LONG_TEXTS
from silian.portal.open_forms import OpenForm
from silian.portal.registry.domain.own import change_own, create_own
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.upsert import UpsertResult
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.exports import listed
from silian.portal.registry.interfaces.fields import field_label
from silian.portal.registry.interfaces.record_values import names_of
from silian.portal.registry.interfaces.regions import region_options
from silian.portal.registry.models import Record

_WAN = Decimal(10_000)
# List marks of word processors, in the private places of their symbol fonts: elsewhere a box.
_OF_SYMBOL_FONTS = {
    **dict.fromkeys((0xF06C, 0xF06E, 0xF075, 0xF0A7, 0xF0B7, 0xF0D8), "•"),
    0xF0E0: "→",
    0xF0FC: "✓",
}
#: Columns that a form's buttons set, not its inputs.
_BY_BUTTON = {"need": ("status",)}


@dataclass(kw_only=True)
class FormField:
    """One input: its column, what stands in it, and what is wrong with it."""

    column: Column
    widget: str
    value: Any = ""
    errors: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.column.name

    @property
    def label(self) -> str:
        if self.widget == "region":
            return choose("地区", "Region")
        return choose(self.column.label_zh, self.column.label_en)

    @property
    def help(self) -> str:
        # The columns' notes on codes are for files; here one picks by name.
        if self.widget in {"region", "fields"}:
            return ""
        own = choose(self.column.help_zh, self.column.help_en)
        if own or self.widget != "list":
            return own
        return choose("多项用顿号“、”隔开。", "Part several by 、 or ;.")

    @property
    def wide(self) -> bool:
        return self.widget in {"text", "fields"} or self.name in {"title", "name"}

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(c.value, choose(c.label_zh, c.label_en)) for c in self.column.choices]


class RecordForm:
    """Inputs for one record of any kind.

    Parameters
    ----------
    kind
        Record kind.
    viewer
        Who fills it in; the operator chooses the organisation, others write for their own.
    record
        The record to change, ``None`` for a new one.
    data
        What was posted, ``None`` to show the record's present values.
    initial
        Further values for a new record's inputs.
    """

    def __init__(
        self,
        kind: str,
        viewer: Viewer,
        *,
        record: Any = None,
        data: QueryDict | None = None,
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        self.kind, self.viewer, self.record, self.data = kind, viewer, record, data
        self.errors: list[str] = []
        offered = [column for column in KINDS[kind].columns if self._offered(column)]
        self._shown = shown_values(record, offered) if record is not None else {}
        self.fields = {
            column.name: FormField(column=column, widget=_widget(column), value=value)
            for column in offered
            for value in [self._value(column, initial or {})]
        }
        self.opened = self._open(record) if record is not None else None

    def _offered(self, column: Column) -> bool:
        if column.type_name == "geometry" or column.name in {"source_key", "region_name"}:
            return False
        if column.name.endswith(("_key", "_keys")) or column.name == "organisation_code":
            return False
        return column.name != "organisation_name" or self.viewer.is_operator

    def _value(self, column: Column, initial: Mapping[str, Any]) -> Any:
        if self.data is not None:
            if _widget(column) == "fields":
                return self.data.getlist(column.name)
            # What wasn't sent wasn't touched.
            sent = self.data.get(column.name, self._shown.get(column.name, ""))
            return sent.translate(_OF_SYMBOL_FONTS).strip()
        if self.record is None:
            return initial.get(column.name, "public" if column.name == "audience" else "")
        return self._shown[column.name]

    @property
    def has_errors(self) -> bool:
        return bool(self.errors or any(entry.errors for entry in self.fields.values()))

    def save(self, **further: Any) -> UpsertResult | None:
        """Save, or return ``None``: with errors at their inputs, or with what others changed too.

        Of a kept record only what was changed is written, and nothing that somebody else changed
        while the form was open (``opened.overtaken``).
        """
        try:
            if self.record is None:
                values = {name: _raw(entry) for name, entry in self.fields.items()} | further
                key = uuid.uuid4().hex
                return create_own(self.kind, values, viewer=self.viewer, source_key=key)
            with transaction.atomic():
                return self._change(further)
        except RowRefused as refused:
            for reason in refused.reasons:
                entry = self.fields.get(reason.field)
                (entry.errors if entry else self.errors).append(reason.message)
            return None

    def _change(self, further: Mapping[str, Any]) -> UpsertResult | None:
        # As it is now, and held, so that nobody saves between the comparison and the change.
        rows = KINDS[self.kind].model._default_manager.select_for_update()
        held = rows.get(pk=self.record.pk)
        pressed = {name: further[name] for name in _BY_BUTTON.get(self.kind, ()) if name in further}
        opened = self._settle(held, pressed)
        if opened.overtaken:
            return None
        touched = set(opened.touched)
        values = {name: _raw(entry) for name, entry in self.fields.items() if name in touched}
        beside = {name: v for name, v in further.items() if name not in pressed or name in touched}
        return change_own(held, values | beside, viewer=self.viewer)

    def settle(self) -> None:
        """Hold what was posted against the record as it is now, without saving.

        For a form that asks back: it shows what others changed meanwhile, or is overtaken.
        """
        if self.record is not None and self.data is not None:
            self._settle(self.record, {})

    def _settle(self, held: Any, pressed: Mapping[str, Any]) -> OpenForm:
        sent = {name: entry.value for name, entry in self.fields.items() if self._sent(entry)}
        self.opened = self._open(held, posted=sent | pressed)
        for name, entry in self.fields.items():
            entry.value = self.opened.values[name]
        return self.opened

    def _sent(self, entry: FormField) -> bool:
        # Of several boxes those not ticked send nothing.
        return entry.widget == "fields" or (self.data is not None and entry.name in self.data)

    def _open(self, record: Any, posted: Mapping[str, Any] | None = None) -> OpenForm:
        """The form as it was opened, against the record as it is now."""
        columns = {column.name: column for column in KINDS[self.kind].columns}
        now = shown_values(record, [entry.column for entry in self.fields.values()])
        now |= {name: str(getattr(record, name)) for name in _BY_BUTTON.get(self.kind, ())}
        latest = record.history.select_related("history_user").order_by("-pk").first()
        return OpenForm(
            now,
            posted=posted,
            data=self.data,
            labels={
                name: self.fields[name].label
                if name in self.fields
                else choose(columns[name].label_zh, columns[name].label_en)
                for name in now
            },
            told={name: _words_of(columns[name]) for name in now if _is_chosen(columns[name])},
            changed_by=str((latest and latest.history_user) or ""),
            changed_at=latest.history_date if latest else None,
        )


def _is_chosen(column: Column) -> bool:
    return _widget(column) in {"choice", "region", "fields"}


def _words_of(column: Column) -> Callable[[Any], str]:
    """What codes of a column say; looked up only when a conflict is told."""

    def told(value: Any) -> str:
        if _widget(column) == "fields":
            return "、".join(field_label(code) for code in value)
        if _widget(column) == "region":
            known = dict(region_options())
        else:
            known = {c.value: choose(c.label_zh, c.label_en) for c in column.choices}
        return known.get(value, value)

    return told


def shown_values(record: Record, columns: Iterable[Column]) -> dict[str, Any]:
    """A record's values as its inputs show them: amounts in 万元, lists with 、 between.

    Texts, except for technical fields, whose codes are a list.
    """
    names = names_of(KINDS[record.kind], record)
    return {
        column.name: listed(names[column.name])
        if column.name in names
        else _shown_value(record, column)
        for column in columns
    }


def _shown_value(record: Record, column: Column) -> Any:
    if column.name == "organisation_name":
        return str(getattr(record, "organisation", None) or "")
    if column.name == "region_adcode":
        region = getattr(record, "region", None)
        return region.adcode if region else ""
    if column.reference and column.reference.field == "leader":
        return str(getattr(record, "leader", None) or "")
    value = getattr(record, column.model_field or column.name, None)
    if column.name == "field_codes":
        return list(value or ())
    if value is None:
        return ""
    if column.type_name == "amount":
        return f"{(Decimal(value) / _WAN).normalize():f}"
    if column.type_name == "list":
        return listed([str(item) for item in value])
    return value.isoformat() if column.type_name == "date" else str(value)


def _widget(column: Column) -> str:
    if column.name == "field_codes":
        return "fields"
    if column.name == "region_adcode":
        return "region"
    if column.name in LONG_TEXTS:
        return "text"
    known = {"choice", "date", "amount", "integer", "number", "list"}
    return column.type_name if column.type_name in known else "line"


def _raw(entry: FormField) -> Any:
    if entry.widget == "amount" and entry.value:
        return f"{entry.value}万元" if entry.value[-1].isdigit() else entry.value
    return entry.value
