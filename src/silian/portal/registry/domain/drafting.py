"""Drafted mappings tried on the first rows of their file, before anything is kept."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.batches import check_batch
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.domain.second_look import shown_figure
from silian.portal.registry.domain.validation import CheckedRow
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.mapped_rows import MappedRow, RowMapper
from silian.portal.registry.interfaces.mapping import parse_mapping
from silian.portal.registry.interfaces.rejects import told_reason
from silian.tables.values import is_missing, shorten

_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class PreviewRow:
    """One row as the record that it would become.

    Attributes
    ----------
    cells
        Label and text of what is filled.
    reasons
        Why it would be refused; none where it wouldn't.
    remarks
        What would be left out, or read as best it can.
    """

    kind: str
    number: int
    cells: tuple[tuple[str, str], ...]
    reasons: tuple[Reason, ...]
    remarks: tuple[Reason, ...]

    @property
    def told_reasons(self) -> list[str]:
        """Why it would be refused, in the reader's language, with the field's name."""
        return self._told(self.reasons)

    @property
    def told_remarks(self) -> list[str]:
        """What would be left out or read as best it can, in the reader's language."""
        return self._told(self.remarks)

    def _told(self, reasons: tuple[Reason, ...]) -> list[str]:
        return [choose(*told_reason(self.kind, reason.as_dict(), {})) for reason in reasons]


def preview_rows(text: str, path: Path, count: int = 5) -> list[PreviewRow]:
    """The first rows of a file under a mapping; nothing is looked up or saved.

    Raises
    ------
    silian.portal.registry.interfaces.mapping.MappingInvalid
        If the mapping has mistakes.
    silian.tables.readers.FileRefused
        If the file can't be read.
    """
    with closing(RowMapper(parse_mapping(text), path)) as mapper:
        rows = list(islice(mapper.combined(mapper.rows().rows), count))
        mapped = list(mapper.map(rows))
        batch = check_batch(mapped, rows)
    checked = {(row.kind, row.number): row for rows in batch.rows_by_kind.values() for row in rows}
    return [
        PreviewRow(
            kind=one.kind,
            number=one.number,
            cells=tuple(_cells(one, checked.get((one.kind, one.number)))),
            reasons=_reasons(batch.refused, one.number),
            remarks=_reasons(batch.remarks, one.number),
        )
        for one in mapped
    ]


def _reasons(told: dict[int, list[tuple[str, tuple[Reason, ...]]]], number: int) -> Any:
    return tuple(reason for _, reasons in told.get(number, ()) for reason in reasons)


def _cells(row: MappedRow, checked: CheckedRow | None) -> Iterator[tuple[str, str]]:
    """What is filled, as it would be stored; of a row that would be refused, as it was read."""
    for column in KINDS[row.kind].columns:
        value = row.values.get(column.name)
        if is_missing(value) or value == []:
            continue
        if checked is not None:
            value = _stored(column, checked, value)
            if is_missing(value):
                continue  # left out
        if isinstance(value, Decimal):
            value = choose(*shown_figure(column, value))
        text = "、".join(map(str, value)) if isinstance(value, list) else str(value)
        yield choose(column.label_zh, column.label_en), shorten(text, _LONGEST_SHOWN)


def _stored(column: Column, checked: CheckedRow, written: Any) -> Any:
    if column.name not in checked.given:
        return None
    if column.reference is not None:
        named = (value for reference, value in checked.references if reference == column.reference)
        return next(named, None)
    if column.model_field not in checked.fields:
        return written  # of another form within the record: a key, further names, a part of JSON
    value = checked.fields[column.model_field]
    labels = {one.value: choose(one.label_zh, one.label_en) for one in column.choices}
    return labels.get(value, value) if isinstance(value, str) else value
