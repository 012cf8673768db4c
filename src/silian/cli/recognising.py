"""Which shipped mapping reads a file: the one whose columns the file has."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from silian.portal.registry.interfaces.mapping import FieldSpec, MappingSpec

_ROWS_LOOKED_AT = 50
# A register may lack a column or two that its mapping knows, never most of them.
_LEAST_SHARE = 0.7
_PLACEHOLDER = re.compile(r"{([^{}]+)}")


def recognise(folder: Path) -> list[tuple[Path, str]]:
    """Files under a folder with the mapping that reads each, in the order they are to be loaded.

    Returns
    -------
    list[tuple[Path, str]]
        What other records refer to (regions, organisations, people) comes first.
    """
    from silian.portal.catalogue import KINDS
    from silian.portal.registry.interfaces.mapping_library import find_mapping

    order = {kind: number for number, kind in enumerate(KINDS)}
    found: list[tuple[int, str, Path, str]] = []
    for path in sorted(folder.rglob("*")):
        code = mapping_of(path) if path.is_file() else None
        if code:
            last = max(order[record.kind] for record in find_mapping(code).records)
            found.append((last, code, path, code))
    return [(path, code) for _, _, path, code in sorted(found)]


def mapping_of(path: Path) -> str | None:
    """Code of the shipped mapping that fits a file best; ``None`` if none or several do."""
    from silian.portal.registry.interfaces.mapping_library import find_mapping, shipped

    scores: dict[str, int] = {}
    for code in shipped():
        spec = find_mapping(code)
        present = _columns_in(path, spec)
        needed, named = _needed_columns(spec), _named_columns(spec)
        n_known = len(named & present)
        if needed and needed <= present and n_known >= _LEAST_SHARE * len(named):
            scores[code] = n_known
    best = max(scores.values(), default=0)
    fitting = [code for code, score in scores.items() if score == best]
    return fitting[0] if len(fitting) == 1 else None


def _columns_in(path: Path, spec: "MappingSpec") -> set[str]:
    from silian.errors import EngineError
    from silian.portal.registry.interfaces.mapped_rows import options_of
    from silian.tables.readers import format_of, open_rows

    try:
        if spec.file.format and format_of(path) != spec.file.format:
            return set()
        rows = list(islice(open_rows(path, options_of(spec.file)).rows, _ROWS_LOOKED_AT))
    except EngineError:
        return set()  # of another type, or too hostile to look into
    columns = {column for row in rows for column in row.values}
    if spec.combine and spec.combine.column in columns:
        # One value a row: the columns of the combined row stand in this one.
        columns |= {str(row.values.get(spec.combine.column)) for row in rows}
    return columns


def _needed_columns(spec: "MappingSpec") -> set[str]:
    """Columns without which the mapping makes no record."""
    names = [name for join in spec.joins if not join.to for name in join.on]
    if spec.combine:
        names += [*spec.combine.by, spec.combine.column, spec.combine.value]
    for record in spec.records:
        names += _columns_of(record.key)
        names += [record.when.column] if record.when else []
        names += [record.for_each.column] if record.for_each else []
    return _of_the_row(names, spec)


def _named_columns(spec: "MappingSpec") -> set[str]:
    names = list(_needed_columns(spec))
    for record in spec.records:
        for field in record.fields.values():
            names += _columns_of(field)
    return _of_the_row(names, spec)


def _columns_of(field: "FieldSpec") -> Iterator[str]:
    column = field.column
    if column:
        yield column if isinstance(column, str) else column[0]
    yield from field.columns or ()
    yield from _PLACEHOLDER.findall(field.template or "")


def _of_the_row(names: Iterable[str], spec: "MappingSpec") -> set[str]:
    """The names that are the file's own, not those of joins or of items of a list."""
    other = {join.name for join in spec.joins}
    other |= {record.for_each.name for record in spec.records if record.for_each}
    return {name.partition(".")[0] for name in names} - other
