"""Apply a mapping: rows of a register's file become rows of our kinds, still unchecked."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.footers import SKIPPED, is_footer
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.joined_files import JoinedFiles, repeated_values
from silian.portal.registry.interfaces.mapping import (
    CombineSpec,
    FieldSpec,
    FileSpec,
    MappingSpec,
    RecordSpec,
)
from silian.portal.registry.interfaces.other_registers import notes_of_register
from silian.portal.registry.interfaces.read_columns import PLACE, columns_of, notes_of
from silian.portal.registry.interfaces.transforms import TRANSFORMS
from silian.tables.readers import FileOptions, RowSource, SourceRow, open_rows
from silian.tables.values import (
    ValueRefused,
    is_missing,
    parse_amount_cny,
    parse_line,
    parse_number,
    parse_text,
    shorten,
)


@dataclass(slots=True)
class MappedRow:
    """What one record of a source row would be.

    Attributes
    ----------
    problems
        Columns that couldn't even be read for the mapping: (our column, why).
    rules
        How the mapping wants fields taken whose cells aren't exact.
    """

    kind: str
    number: int
    values: dict[str, Any]
    adds: bool = False
    problems: list[tuple[str, ValueRefused]] = field(default_factory=list)
    rules: Mapping[str, FieldSpec] | None = None


Reader = Callable[[dict[str, Any]], Any]


def options_of(spec: FileSpec) -> FileOptions:
    """Reader options of a mapping's file."""
    return FileOptions(**spec.model_dump())


def reader_of(path: str) -> Reader:
    """Function that finds a column, or a path into objects, lists and joined rows.

    Examples
    --------
    >>> read = reader_of("products.name")
    >>> read({"products": [{"name": "磁材"}, {"name": "电机"}]})
    ['磁材', '电机']
    """
    parts = path.split(".")
    if len(parts) == 1:
        return lambda values: values.get(path)

    def read(values: dict[str, Any]) -> Any:
        return values[path] if path in values else _walk(values, parts)

    return read


def _walk(value: Any, parts: Sequence[str]) -> Any:
    for position, part in enumerate(parts):
        if isinstance(value, list):
            if part.lstrip("-").isdecimal():
                value = value[int(part)] if -len(value) <= int(part) < len(value) else None
                continue
            found = [_walk(item, parts[position:]) for item in value]
            flat: list[Any] = []
            for item in found:
                flat.extend(item if isinstance(item, list) else [item])
            return [item for item in flat if not is_missing(item)]
        value = value.get(part) if isinstance(value, dict) else None
    return value


_N_COMPARED = 200  # rows whose columns are compared with the mapping's


class RowMapper:
    """A mapping made ready for one file and those beside it.

    Parameters
    ----------
    spec
        The checked mapping.
    path
        The file of its rows.
    companions
        Further files by name; joined files are else looked for beside ``path``.
    """

    def __init__(
        self, spec: MappingSpec, path: Path, companions: dict[str, Path] | None = None
    ) -> None:
        self.spec = spec
        self.path = path
        self.notes: Counter[str] = Counter()
        self._joined = JoinedFiles(spec.joins, path.parent, companions or {}, self._transform)
        self._telling = {
            column
            for record in spec.records
            for one in (record.key, *_required_fields(record))
            for column in columns_of(one)
        }
        self._repeated = {
            column: repeated_values(self._source_rows(), reader_of(column))
            for column in spec.unique
        }
        self.notes.clear()  # that was a look, not the load
        self._records = [self._compile(record) for record in spec.records]

    def close(self) -> None:
        """Drop the temporary store of joined files."""
        self._joined.close()

    def is_heading(self, cells: Sequence[str]) -> bool:
        """Whether a row of a sheet names the columns that the mapping needs."""
        wanted = self._main_columns()
        present = wanted.intersection(cells)
        return bool(present) and len(present) * 2 >= len(wanted)

    def rows(self) -> Any:
        """The opened file."""
        source = open_rows(self.path, options_of(self.spec.file), is_heading=self.is_heading)
        return source if self.spec.combine else replace(source, rows=self._compared(source))

    def _compared(self, source: RowSource) -> Iterator[SourceRow]:
        """Rows, once the columns of the first ones were compared with what the mapping reads."""
        first = list(islice(source.rows, _N_COMPARED))
        held = {column: None for row in first if row.problem is None for column in row.values}
        if held:
            is_table = source.format in {"csv", "xlsx", "parquet"}
            self.notes.update(notes_of(self.spec, held, is_table=is_table))
            kinds = (record.kind for record in self.spec.records)
            self.notes.update(notes_of_register(held, kinds))
        yield from chain(first, source.rows)

    def combined(self, rows: Iterable[SourceRow]) -> Iterator[SourceRow]:
        """Rows, after those that belong to one thing were put together; no totals and notes."""
        if self.spec.combine is not None:
            rows = _combined(rows, self.spec.combine)
        for row in rows:
            if row.problem is None and is_footer(row.values, self._telling):
                self.notes[SKIPPED] += 1
            else:
                yield row

    def map(self, rows: Sequence[SourceRow]) -> Iterator[MappedRow]:
        """Every record of every row, in order; misshapen rows are the caller's."""
        usable = [row for row in rows if row.problem is None]
        widened = [dict(row.values) for row in usable]
        for column, repeated in self._repeated.items():
            for values in widened:
                if parse_line(values.get(column)) in repeated:
                    values[column] = None
                    self.notes["not_unique_dropped"] += 1
        self._joined.attach(widened)
        for row, values in zip(usable, widened, strict=True):
            for record in self._records:
                yield from record(row.number, values)

    def _source_rows(self) -> Iterator[SourceRow]:
        return self.combined(self.rows().rows)

    def _main_columns(self) -> set[str]:
        joined = {join.name for join in self.spec.joins}
        found = set(self.spec.unique)
        if self.spec.combine:
            return {*self.spec.combine.by, self.spec.combine.column, self.spec.combine.value}
        for record in self.spec.records:
            for spec in (record.key, *record.fields.values()):
                found.update(columns_of(spec))
            if record.for_each:
                found.add(record.for_each.column)
                joined.add(record.for_each.name)
        return {column for column in found if column.split(".")[0] not in joined}

    def _transform(self, names: Sequence[str], value: Any) -> Any:
        for name in names:
            value = TRANSFORMS[name](value, self.notes)
        return value

    def _compile(self, record: RecordSpec) -> Callable[[int, dict[str, Any]], Iterator[MappedRow]]:
        columns = columns_by_name(record.kind)
        readers = {"source_key": self._reader(record.key, "text")}
        for name, spec in record.fields.items():
            readers[name] = self._reader(spec, columns[name].type_name)
        fits = _condition(record)
        adds = record.write == "add"
        has_rules = any(spec.otherwise or spec.bound for spec in record.fields.values())
        rules = record.fields if has_rules else None

        def mapped(number: int, values: dict[str, Any]) -> Iterator[MappedRow]:
            for context in self._contexts(record, values):
                if not fits(context):
                    continue
                result = MappedRow(record.kind, number, {}, adds, rules=rules)
                for name, read in readers.items():
                    try:
                        result.values[name] = read(context)
                    except ValueRefused as refused:
                        result.problems.append((name, refused))
                yield result

        return mapped

    def _contexts(self, record: RecordSpec, values: dict[str, Any]) -> Iterator[dict[str, Any]]:
        each = record.for_each
        if each is None:
            yield values
            return
        items = self._transform(each.transform, reader_of(each.column)(values))
        for item in items if isinstance(items, list) else [items]:
            if not is_missing(item):
                yield {**values, each.name: item}

    def _reader(self, spec: FieldSpec, type_name: str) -> Reader:
        """Function that makes one of our values from a source row."""
        raw = _raw_reader(spec)
        steps: list[Callable[[Any], Any]] = []
        if spec.transform:
            steps.append(lambda value: self._transform(spec.transform, value))
        if spec.split:
            steps.append(lambda value: _split(value, spec.split))
        if spec.values is not None:
            steps.append(_replacer(spec.values))
        if spec.unit:
            parse = parse_amount_cny if type_name == "amount" else parse_number
            steps.append(lambda value: parse(value, unit=spec.unit))
        if type_name not in {"list", "codes"}:
            steps.append(_single)
        if spec.default is not None:
            steps.append(lambda value: spec.default if is_missing(value) else value)

        def read(values: dict[str, Any]) -> Any:
            value = raw(values)
            for step in steps:
                value = step(value)
            return value

        return read


def _required_fields(record: RecordSpec) -> Iterator[FieldSpec]:
    for column in KINDS[record.kind].columns:
        if column.required and column.name in record.fields:
            yield record.fields[column.name]


def _raw_reader(spec: FieldSpec) -> Reader:
    if spec.column is not None:
        readers = [reader_of(path) for path in spec.column]
        if len(readers) == 1:
            return readers[0]
        return lambda values: next(
            (value for read in readers if not is_missing(value := read(values))), None
        )
    if spec.columns is not None:
        many = [reader_of(path) for path in spec.columns]
        return lambda values: _flat(read(values) for read in many)
    if spec.template is not None:
        return _template_reader(spec.template)
    return lambda values: spec.constant


def _flat(values: Iterable[Any]) -> list[Any]:
    flat: list[Any] = []
    for value in values:
        flat.extend(value if isinstance(value, list) else [value])
    return [value for value in flat if not is_missing(value)]


def _template_reader(template: str) -> Reader:
    readers = {place: reader_of(place) for place in PLACE.findall(template)}

    def read(values: dict[str, Any]) -> str:
        texts = {place: _text(reader(values)) for place, reader in readers.items()}
        if readers and not any(texts.values()):
            return ""
        return PLACE.sub(lambda match: texts[match[1]], template)

    return read


def _text(value: Any) -> str:
    return "、".join(map(parse_text, value)) if isinstance(value, list) else parse_text(value)


def _split(value: Any, separator: str) -> Any:
    return parse_text(value).split(separator) if isinstance(value, str) else value


def _replacer(replacements: dict[str, Any]) -> Callable[[Any], Any]:
    def replace(value: Any) -> Any:
        text = parse_line(value) if not isinstance(value, list) else value
        if isinstance(text, list):
            return [replacements.get(parse_line(item), item) for item in text]
        if text in replacements:
            return replacements[text]
        return replacements.get("*", value) if text else value

    return replace


def _single(value: Any) -> Any:
    """One value where ours isn't a list: a list's only item."""
    if not isinstance(value, list):
        return value
    distinct = list(dict.fromkeys(map(parse_text, value)))
    if len(distinct) > 1:
        raise ValueRefused(
            f"arrived {len(distinct)} values ({shorten('、'.join(distinct))}); expected one. Add "
            "the transform first to the mapping, or correct the register.",
            message_zh=f"收到 {len(distinct)} 个值（{shorten('、'.join(distinct))}），只应有一个；可在映射中使用 first，或更正登记库。",
            arrived=distinct,
        )
    return distinct[0] if distinct else None


def _condition(record: RecordSpec) -> Callable[[dict[str, Any]], bool]:
    when = record.when
    if when is None:
        return lambda values: True
    read = reader_of(when.column)
    within = None if when.within is None else {parse_line(item) for item in when.within}
    without = {parse_line(item) for item in when.without or ()}

    def fits(values: dict[str, Any]) -> bool:
        value = read(values)
        filled = bool(value) if isinstance(value, list) else not is_missing(value)
        if when.filled is not None and filled != when.filled:
            return False
        text = _text(value)
        return (within is None or text in within) and text not in without

    return fits


def _combined(rows: Iterable[SourceRow], spec: CombineSpec) -> Iterator[SourceRow]:
    def thing(row: SourceRow) -> tuple[Any, ...]:
        return tuple(row.values.get(column) for column in spec.by)

    for _, group in groupby(rows, key=thing):
        members = list(group)
        values = {column: members[0].values.get(column) for column in spec.by}
        problem = None
        for member in members:
            values[parse_line(member.values.get(spec.column))] = member.values.get(spec.value)
            problem = problem or member.problem
        yield SourceRow(members[0].number, values, problem)
