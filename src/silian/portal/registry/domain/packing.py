"""Checked batches on their way from one process of ours to another.

Pickling each row as an object costs both processes more than reading it. Rows that were
given the same columns travel as columns of plain values, which ``marshal`` copies nearly as they
lie in memory; what it can't hold is pickled.
"""

import marshal
import pickle
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from silian.portal.registry.domain.batches import CheckedBatch, Named, Refused
from silian.portal.registry.domain.validation import CheckedRow, Parts
from silian.portal.registry.interfaces.columns import Reference

_PLAIN = 2  # the version of marshal's format that looks for no value to come again
_NONE = type(None)
# Columns of one type that marshal doesn't hold, by what stands for its values.
_AS_PLAIN: dict[type, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    date: (date.toordinal, date.fromordinal),
    Decimal: (str, Decimal),
}
_MARSHALLED, _PICKLED, _PARTS = "", "pickle", "parts"


@dataclass(frozen=True, slots=True)
class _Shape:
    """What rows have in common that travel together."""

    kind: str
    fields: tuple[str, ...]
    references: tuple[Reference, ...]
    given: frozenset[str]
    adds: bool


_Column = tuple[str, bytes]  # how its values are written, and the values


@dataclass(slots=True, kw_only=True)
class PackedBatch:
    """A ``CheckedBatch`` as few large values, quick to pickle."""

    row_count: int
    shapes: list[tuple[_Shape, list[_Column]]]
    refused: Refused
    refused_counts: Counter[str]
    remarks: Refused
    values: bytes
    notes: Counter[str]
    named: Named
    keys: list[tuple[str, str]]


def pack(batch: CheckedBatch) -> PackedBatch:
    """Lay a batch out for the way; the batch itself stays as it is."""
    held = batch.values
    return PackedBatch(
        row_count=batch.row_count,
        shapes=[
            (shape, [_written(column) for column in zip(*rows, strict=True)])
            for shape, rows in _by_shape(batch.rows_by_kind).items()
        ],
        refused=batch.refused,
        refused_counts=batch.refused_counts,
        remarks=batch.remarks,
        values=_written_values(held() if callable(held) else held),
        notes=batch.notes,
        named=batch.named,
        keys=batch.keys,
    )


def unpack(packed: PackedBatch) -> CheckedBatch:
    """The batch as it was; what the file said stays packed until it is asked for."""
    placed: dict[str, list[tuple[int, CheckedRow]]] = {}
    for shape, columns in packed.shapes:
        placed.setdefault(shape.kind, []).extend(_rows(shape, columns))
    return CheckedBatch(
        row_count=packed.row_count,
        rows_by_kind={
            kind: [row for _, row in sorted(rows, key=lambda pair: pair[0])]
            for kind, rows in placed.items()
        },
        refused=packed.refused,
        refused_counts=packed.refused_counts,
        remarks=packed.remarks,
        values=lambda: _read_values(packed.values),
        notes=packed.notes,
        named=packed.named,
        keys=packed.keys,
    )


def _by_shape(rows_by_kind: Mapping[str, Sequence[CheckedRow]]) -> dict[_Shape, list[Any]]:
    found: dict[_Shape, list[Any]] = {}
    known: dict[Any, list[Any]] = {}  # by parts: a _Shape for each row would cost more
    for rows in rows_by_kind.values():
        for place, row in enumerate(rows):
            references = tuple([reference for reference, _ in row.references])
            parts = (row.kind, tuple(row.fields), references, row.given, row.adds)
            same = known.get(parts)
            if same is None:
                same = known[parts] = found.setdefault(_Shape(*parts), [])
            named = [value for _, value in row.references]
            own = (place, row.number, row.source_key, row.digest, row.name_key, row.further_names)
            same.append((*own, *row.fields.values(), *named))
    return found


def _rows(shape: _Shape, columns: Sequence[_Column]) -> Iterator[tuple[int, CheckedRow]]:
    n_own = len(columns) - len(shape.fields) - len(shape.references)
    n_before_references = n_own + len(shape.fields)
    for values in zip(*map(_read, columns), strict=True):
        place, number, source_key, digest, name_key, further_names = values[:n_own]
        yield (
            place,
            CheckedRow(
                number=number,
                kind=shape.kind,
                source_key=source_key,
                fields=dict(zip(shape.fields, values[n_own:n_before_references], strict=True)),
                references=list(zip(shape.references, values[n_before_references:], strict=True)),
                given=shape.given,
                digest=digest,
                name_key=name_key,
                further_names=further_names,
                adds=shape.adds,
            ),
        )


def _written(column: Sequence[Any]) -> _Column:
    types = {type(value) for value in column} - {_NONE}
    if types == {Parts}:
        with suppress(ValueError):
            return _PARTS, marshal.dumps(_by_names(column), _PLAIN)
    if len(types) == 1 and (found := _AS_PLAIN.get(next(iter(types)))):
        to_plain = found[0]
        plain = [None if value is None else to_plain(value) for value in column]
        return next(iter(types)).__name__, marshal.dumps(plain, _PLAIN)
    try:
        return _MARSHALLED, marshal.dumps(column, _PLAIN)
    except ValueError:  # something that only pickle knows
        return _PICKLED, pickle.dumps(column, pickle.HIGHEST_PROTOCOL)


def _by_names(column: Sequence[Parts | None]) -> tuple[list[Any], list[Any]]:
    """Parts of the same names by the number of these: each name is written but once."""
    numbers: dict[tuple[str, ...], int] = {}
    rows = [
        None if one is None else (numbers.setdefault(tuple(one), len(numbers)), [*one.values()])
        for one in column
    ]
    return list(numbers), rows


def _read(column: _Column) -> Sequence[Any]:
    how, content = column
    if how == _PICKLED:
        found: Sequence[Any] = pickle.loads(content)  # noqa: S301  from our own process
        return found
    plain: Sequence[Any] = marshal.loads(content)  # noqa: S302  from our own process
    if how == _PARTS:
        names, rows = plain
        return [
            None if row is None else Parts(zip(names[row[0]], row[1], strict=True)) for row in rows
        ]
    for kind, (_, from_plain) in _AS_PLAIN.items():
        if kind.__name__ == how:
            return [None if value is None else from_plain(value) for value in plain]
    return plain


def _written_values(values: Mapping[int, Mapping[str, Any]]) -> bytes:
    rows_by_names: dict[tuple[str, ...], list[tuple[int, list[Any]]]] = {}
    for number, row in values.items():
        rows_by_names.setdefault(tuple(row), []).append((number, list(row.values())))
    how, content = _written(list(rows_by_names.items()))
    return how.encode() + b"\n" + content


def _read_values(written: bytes) -> dict[int, dict[str, Any]]:
    how, _, content = written.partition(b"\n")
    return {
        number: dict(zip(names, row, strict=True))
        for names, rows in _read((how.decode(), content))
        for number, row in rows
    }
