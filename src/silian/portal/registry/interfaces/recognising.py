"""What reads a file: the mapping whose columns it has, or the template whose headings it has."""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from silian.errors import EngineError
from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.headings import find_heading
from silian.portal.registry.interfaces.mapped_rows import options_of
from silian.portal.registry.interfaces.mapping import FieldSpec, MappingSpec
from silian.portal.registry.interfaces.mapping_library import (
    TEMPLATE_PREFIX,
    find_mapping,
    mappings,
    shipped,
)
from silian.portal.registry.interfaces.read_columns import PLACE
from silian.tables.readers import FileOptions, SourceRow, format_of, open_rows

_ROWS_LOOKED_AT = 50
# A register may lack a column or two that its mapping knows, never most of them.
_LEAST_SHARE = 0.7
# Columns that a mapping must know of a file; a list of one column is known among its like.
_FEWEST, _FEWEST_OF_FOLDER = 2, 1


class NotRecognised(EngineError, LookupError):
    """No mapping and no template fits a file, or several do equally."""

    code = "mapping_not_recognised"

    def __init__(self, file_name: str) -> None:
        super().__init__(
            f"no mapping and no template fits the columns of {file_name}, or several do equally; "
            "name the one to read it with."
        )
        self.message_zh = (
            f"没有映射或模板与 {file_name} 的列名相符，或有几个同样相符，请指明怎样读。"
        )


def recognise(folder: Path) -> list[tuple[Path, str]]:
    """Files under a folder with the mapping that reads each, in the order they are to be loaded.

    Returns
    -------
    list[tuple[Path, str]]
        What other records refer to (regions, organisations, people) comes first.
    """
    order = {kind: number for number, kind in enumerate(KINDS)}
    found: list[tuple[int, str, Path, str]] = []
    for path in sorted(folder.rglob("*")):
        code = mapping_of(path, only_shipped=True) if path.is_file() else None
        if code:
            last = max(order[record.kind] for record in find_mapping(code).records)
            found.append((last, code, path, code))
    return [(path, code) for _, _, path, code in sorted(found)]


def recognised(path: Path) -> str:
    """Code of what reads a file: a stored or shipped mapping, or ``template:<kind>``.

    Raises
    ------
    NotRecognised
        If nothing fits, or several do.
    """
    code = mapping_of(path) or _template_of(path)
    if code is None:
        raise NotRecognised(path.name)
    return code


def mapping_of(path: Path, *, only_shipped: bool = False) -> str | None:
    """Code of the mapping that fits a file best; ``None`` if none or several do.

    It must know most of its own columns in the file, and enough of the file's: a file of people has
    a ``name`` too, and is no list of products. One that the operator stored outweighs one that ships and fits as well.
    """
    looked = _Looked(path)
    scores: dict[str, tuple[int, bool]] = {}
    for code, is_own in _offered(only_shipped):
        spec = find_mapping(code)
        present = looked.columns_for(spec)
        needed, named = _needed_columns(spec), _named_columns(spec)
        n_known = len(named & present)
        is_telling = n_known >= (_FEWEST_OF_FOLDER if only_shipped else _FEWEST)
        # One common word (name) may stand in any file; several together are no chance.
        is_telling &= len(present - named) < n_known**2
        if needed and needed <= present and is_telling and n_known >= _LEAST_SHARE * len(named):
            scores[code] = (n_known, is_own)
    best = max(scores.values(), default=(0, False))
    fitting = [code for code, score in scores.items() if score == best]
    return fitting[0] if len(fitting) == 1 else None


def _offered(only_shipped: bool) -> list[tuple[str, bool]]:
    if only_shipped:
        return [(code, False) for code in shipped()]
    return [
        (entry.code, entry.origin == "stored")
        for entry in mappings()
        if entry.origin != "template" and not entry.problem
    ]


def _template_of(path: Path) -> str | None:
    """The template all of whose required columns a file has, and no heading of another's."""
    headings = _Looked(path).columns(FileOptions())
    fitting = [kind for kind in KINDS if headings and _is_template(kind, headings)]
    return TEMPLATE_PREFIX + fitting[0] if len(fitting) == 1 else None


def _is_template(kind: str, headings: set[str]) -> bool:
    plain = (heading.replace("*", "").replace("＊", "").strip() for heading in headings)
    found = [find_heading(kind, heading) for heading in plain if heading]
    named = {one.name for one in found if one is not None and one.how == "label"}
    required = {column.name for column in KINDS[kind].columns if column.required}
    return len(named) == len(found) and required <= named


class _Looked:
    """The first rows of a file, read once for each way of opening it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._rows: dict[str, list[SourceRow]] = {}

    def rows(self, options: FileOptions) -> list[SourceRow]:
        if repr(options) not in self._rows:
            try:
                found = list(islice(open_rows(self._path, options).rows, _ROWS_LOOKED_AT))
            except EngineError:
                found = []  # of another type, or too hostile to look into
            self._rows[repr(options)] = found
        return self._rows[repr(options)]

    def columns(self, options: FileOptions) -> set[str]:
        return {column for row in self.rows(options) for column in row.values}

    def columns_for(self, spec: MappingSpec) -> set[str]:
        try:
            if spec.file.format and format_of(self._path) != spec.file.format:
                return set()
        except EngineError:
            return set()
        options = options_of(spec.file)
        columns = self.columns(options)
        if spec.combine and spec.combine.column in columns:
            # One value a row: the columns of the combined row stand in this one.
            columns |= {str(row.values.get(spec.combine.column)) for row in self.rows(options)}
        return columns


def _needed_columns(spec: MappingSpec) -> set[str]:
    """Columns without which the mapping makes no record."""
    names = [name for join in spec.joins if not join.to for name in join.on]
    if spec.combine:
        names += [*spec.combine.by, spec.combine.column, spec.combine.value]
    for record in spec.records:
        names += _columns_of(record.key)
        names += [record.when.column] if record.when else []
        names += [record.for_each.column] if record.for_each else []
    return _of_the_row(names, spec)


def _named_columns(spec: MappingSpec) -> set[str]:
    names = list(_needed_columns(spec))
    for record in spec.records:
        for field in record.fields.values():
            names += _columns_of(field)
    return _of_the_row(names, spec)


def _columns_of(field: FieldSpec) -> Iterator[str]:
    """Columns that a field needs: of several in turn, the first."""
    yield from (field.column or ())[:1]
    yield from field.columns or ()
    yield from PLACE.findall(field.template or "")


def _of_the_row(names: Iterable[str], spec: MappingSpec) -> set[str]:
    """The names that are the file's own, not those of joins or of items of a list."""
    other = {join.name for join in spec.joins}
    other |= {record.for_each.name for record in spec.records if record.for_each}
    return {name.partition(".")[0] for name in names} - other
