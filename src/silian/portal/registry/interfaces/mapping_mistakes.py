"""What is wrong with a mapping beyond its schema: kinds, columns, units, transforms, joins.

A name that isn't known is answered with the nearest that is; all that are known are listed once.
"""

import copy
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from silian.portal.catalogue import KINDS
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.headings import columns_by_name, find_heading
from silian.portal.registry.interfaces.transforms import TRANSFORMS
from silian.tables.values import UnknownUnit, unit_factor

if TYPE_CHECKING:
    from silian.portal.registry.interfaces.mapping import FieldSpec, MappingSpec, RecordSpec

Mistake = tuple[tuple[Any, ...], str, str]
# What stands in for a part that is wrong in itself, while the others are looked at.
_SUBSTITUTES: dict[str, Any] = {"code": "x", "name": "x", "name_en": "", "publisher": ""}


def plain_path(item: dict[str, Any]) -> tuple[Any, ...]:
    """Where one of pydantic's errors stands in the file."""
    return tuple(part for part in item["loc"] if not str(part).startswith("function-"))


def without_mistakes(content: Any, wrong: Sequence[dict[str, Any]]) -> Any:
    """A copy of a mapping without what its schema refuses, so that the rest can be checked, too."""
    content = copy.deepcopy(content)
    for item in wrong:
        path = plain_path(item)
        if len(path) == 1 and path[0] in _SUBSTITUTES and isinstance(content, dict):
            content[path[0]] = _SUBSTITUTES[path[0]]
        elif len(path) > 3 and path[0] == "records" and path[2] in {"fields"}:
            # A field that is there in whatever shape is not missing.
            _put(content, path[:4], {"constant": ""})
        elif item["type"] == "extra_forbidden":
            _take_out(content, path)
    return content


def _put(content: Any, path: Sequence[Any], value: Any) -> None:
    for part in path[:-1]:
        content = content[part]
    content[path[-1]] = value


def _take_out(content: Any, path: Sequence[Any]) -> None:
    for part in path[:-1]:
        content = content[part]
    content.pop(path[-1], None)


def mistakes_of(spec: "MappingSpec") -> Iterator[Mistake]:
    """What the schema can't see."""
    names: set[str] = set()
    for position, join in enumerate(spec.joins):
        path = ("joins", position)
        if join.to and join.to not in names:
            yield (*path, "to"), f"没有名为“{join.to}”的连接", f"no earlier join {join.to!r}"
        names.add(join.name)
        yield from _unknown_transforms(join.transform, (*path, "transform"))
    listed: set[str] = set()
    for position, record in enumerate(spec.records):
        path = ("records", position)
        if record.kind not in KINDS:
            said = ("没有记录类型", "no record kind")
            near = _nearest_kind(record.kind)
            yield _unknown((*path, "kind"), said, record.kind, KINDS, near=near)
            continue
        yield from _field_mistakes(record, path, listed)


def _field_mistakes(
    record: "RecordSpec", path: tuple[Any, ...], listed: set[str]
) -> Iterator[Mistake]:
    columns = columns_by_name(record.kind)
    if record.for_each:
        yield from _unknown_transforms(record.for_each.transform, (*path, "for_each", "transform"))
    yield from _spec_mistakes(record.key, (*path, "key"))
    if record.key.otherwise == "empty":
        yield (*path, "key", "otherwise"), "主键不能留空", "a key can't be left empty"
    known = [name for name in columns if name != "source_key"]
    for name, spec in record.fields.items():
        here = (*path, "fields", name)
        if name not in known:
            said = (f"“{record.kind}”没有字段", f"{record.kind} has no field")
            shown = () if record.kind in listed else known
            listed.add(record.kind)
            near = _nearest_field(record.kind, name, known)
            yield _unknown(here, said, name, shown, near=near)
            continue
        yield from _spec_mistakes(spec, here)
        if spec.unit and columns[name].type_name not in {"amount", "number", "rate"}:
            yield (
                (*here, "unit"),
                "只有金额和数值字段可以注明单位",
                ("only amounts and numbers have a unit"),
            )
        yield from _rule_mistakes(spec, columns[name], here)
    missing = [
        name
        for name, column in columns.items()
        if column.required and name not in record.fields and name != "source_key"
    ]
    if missing:
        shown_names = "、".join(missing)
        yield (
            (*path, "fields"),
            f"缺少必填字段：{shown_names}",
            f"required fields are missing: {shown_names}",
        )


def _nearest_kind(name: str) -> str:
    """The kind whose label has the word, where it is one."""
    found = [kind for kind, entry in KINDS.items() if name and name in entry.label_zh]
    return found[0] if len(found) == 1 else ""


def _nearest_field(kind: str, name: str, known: Sequence[str]) -> str:
    """The field that was most likely meant: by its label or a register's word, else by spelling."""
    found = find_heading(kind, name)
    if found is not None and found.name in known:
        return found.name
    words = set(name.split("_"))
    shared = {one: len(words & set(one.split("_"))) for one in known}
    most = max(shared.values(), default=0)
    by_words = [one for one, count in shared.items() if count == most and most >= len(words)]
    return (get_close_matches(name, known, n=1) or by_words or [""])[0]


def _unknown(
    path: tuple[Any, ...],
    said: tuple[str, str],
    name: str,
    allowed: Iterable[str],
    *,
    near: str = "",
) -> Mistake:
    allowed = list(allowed)
    near = near or (get_close_matches(name, allowed, n=1) or [""])[0]
    zh, en = f"{said[0]}“{name}”", f"{said[1]} {name!r}"
    if near:
        zh, en = f"{zh}，最接近的是 {near}", f"{en}; the nearest is {near}"
    if allowed:
        zh = f"{zh}。可用：{'、'.join(allowed)}"
        en = f"{en}. Known are: {', '.join(allowed)}"
    return path, zh, en


def _rule_mistakes(spec: "FieldSpec", column: Column, path: tuple[Any, ...]) -> Iterator[Mistake]:
    if spec.otherwise == "empty" and column.required:
        yield (
            (*path, "otherwise"),
            "必填字段不能留空",
            "a required field can't be left empty",
        )
    if spec.bound and column.inexact is None:
        yield (
            (*path, "bound"),
            "只有金额、整数和日期字段可以从区间取值",
            "only amounts, whole numbers and dates are read from ranges",
        )


def _spec_mistakes(spec: "FieldSpec", path: tuple[Any, ...]) -> Iterator[Mistake]:
    given = [spec.column, spec.columns, spec.template, spec.constant]
    if sum(part is not None for part in given) != 1:
        yield (
            path,
            "column、columns、template、constant 须且只须填一项",
            ("give exactly one of column, columns, template, constant"),
        )
    yield from _unknown_transforms(spec.transform, (*path, "transform"))
    if spec.unit:
        try:
            unit_factor(spec.unit)
        except UnknownUnit as error:
            yield (*path, "unit"), error.message_zh, str(error)


def _unknown_transforms(names: list[str], path: tuple[Any, ...]) -> Iterator[Mistake]:
    for name in names:
        if name not in TRANSFORMS:
            yield _unknown(path, ("没有转换", "no transform"), name, TRANSFORMS)
