"""Says what a form check refused, at the line of the file, in both languages."""

import difflib
import types
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

from silian.library.marked_yaml import MarkedDocument, Place

Model = typing.TypeVar("Model", bound=BaseModel)

_EXPECTED = {
    "string_type": ("文字", "text"),
    "float_type": ("数", "a number"),
    "int_type": ("整数", "a whole number"),
    "int_from_float": ("整数", "a whole number"),
    "bool_type": ("true 或 false", "true or false"),
    "date_type": ("日期，如 2025-01-31", "a day such as 2025-01-31"),
    "dict_type": ("“键: 值”", "a mapping of keys and values"),
    "model_type": ("“键: 值”", "a mapping of keys and values"),
    "model_attributes_type": ("“键: 值”", "a mapping of keys and values"),
    "list_type": ("列表（以 - 开头的各行）", "a list (lines that begin with -)"),
}
_PATTERNS = {
    r"^[a-z]": ("小写单词，以下划线相连", "lower-case words joined by underscores"),
    r"^\d{6}": ('六位区划代码，加引号，如 "330200"', 'six digits in quotes, such as "330200"'),
    r"^\d\d-": ('月-日，加引号，如 "03-01"', 'month and day in quotes, such as "03-01"'),
    r"^https": ("http(s) 网址", "an http(s) address"),
}


def checked(model: type[Model], document: MarkedDocument) -> Model | None:
    """Hold a document against its form; problems are reported to the document."""
    if document.data is None:
        return None
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        seen: set[tuple[Place, str]] = set()
        for one in error.errors(include_url=False):
            _report(model, document, one, seen)
    return None


def _report(
    model: type[BaseModel],
    document: MarkedDocument,
    error: Any,
    seen: set[tuple[Place, str]],
) -> None:
    place = _place_in_file(document, error["loc"])
    kind: str = error["type"]
    if (place, "") in seen:  # the members of a union each complain about the same value
        return
    seen.add((place, ""))
    if place and kind == "extra_forbidden":
        known = _keys_at(model, place[:-1])
        near = difflib.get_close_matches(str(place[-1]), known, n=1)
        hint_zh = f"是否指 {near[0]}？" if near else f"可用的键：{'、'.join(known)}。"
        hint_en = f"Did you mean {near[0]}?" if near else f"Keys here: {', '.join(known)}."
        document.report(
            document.mark(place, of_key=True),
            "unknown_key",
            (f"不认识的键 {place[-1]}。", f"The key {place[-1]} is unknown here."),
            (hint_zh, hint_en),
            place,
        )
        return
    if kind == "missing":
        document.report(
            document.mark(place[:-1], of_key=True),
            "missing_key",
            (f"缺少 {place[-1]}。", f"The key {place[-1]} is missing."),
            (f"在此处写上 {place[-1]}。", f"Write {place[-1]} here."),
            place,
        )
        return
    code, message, remedy = _wrong_value(error, place)
    document.report(document.mark(place), code, message, remedy, place)


def _wrong_value(error: Any, place: Place) -> tuple[str, tuple[str, str], tuple[str, str]]:
    kind, context = error["type"], error.get("ctx", {})
    name = place[-1] if place else "document"
    arrived = str(error.get("input"))[:60]
    if kind == "literal_error":
        allowed = context["expected"].replace(" or ", ", ")
        return (
            "value_not_allowed",
            (f"{name} 写的是 {arrived}。", f"{name} is {arrived}."),
            (f"可写：{allowed}。", f"Allowed: {allowed}."),
        )
    if kind == "string_pattern_mismatch":
        shape = next((w for p, w in _PATTERNS.items() if context["pattern"].startswith(p)), None)
        shape = shape or (context["pattern"], context["pattern"])
        return (
            "malformed_value",
            (f"{name} 写的是 {arrived}，形式不对。", f"{name} is {arrived}, of the wrong form."),
            (f"写成{shape[0]}。", f"Write {shape[1]}."),
        )
    if kind in _EXPECTED:
        zh, en = _EXPECTED[kind]
        return (
            "wrong_type",
            (f"{name} 的值 {arrived} 类型不对。", f"{name} has the value {arrived}."),
            (f"这里要写{zh}。", f"Write {en} here."),
        )
    if kind in {"string_too_short", "too_short"}:
        return (
            "empty_value",
            (f"{name} 是空的。", f"{name} is empty."),
            ("至少写一项内容。", "Write at least one."),
        )
    said = error["msg"]
    return (
        "value_out_of_range",
        (f"{name} 的值 {arrived} 不可用：{said}。", f"{name} has the value {arrived}: {said}."),
        ("按编辑器中的 JSON Schema 改正。", "Mend it as the JSON Schema says."),
    )


def _place_in_file(document: MarkedDocument, loc: tuple[str | int, ...]) -> Place:
    """The place without the names pydantic adds for unions and keys."""
    place: Place = ()
    known = document.values.keys() | document.keys.keys()
    for number, part in enumerate(loc):
        if part == "[key]":
            continue
        if (*place, part) in known or number == len(loc) - 1:
            last_is_union_tag = (
                number == len(loc) - 1 and (*place, part) not in known and part in _UNION_TAGS
            )
            place = place if last_is_union_tag else (*place, part)
    return place


_UNION_TAGS = {"bool", "int", "float", "date", "str", "branch", "indicator", "none"}


def _keys_at(model: Any, place: Place) -> list[str]:
    for part in place:
        model = _member(model, part)
        if model is None:
            return []
    model = _plain(model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        return sorted(model.model_fields)
    return []


def _member(model: Any, part: str | int) -> Any:
    model = _plain(model)
    if isinstance(model, type) and issubclass(model, BaseModel):
        field = model.model_fields.get(str(part))
        return field.annotation if field else None
    arguments = typing.get_args(model)
    if typing.get_origin(model) in {dict, list} and arguments:
        return arguments[-1]
    return None


def _plain(model: Any) -> Any:
    """Without ``Annotated`` and ``| None``; of a union its first model."""
    while True:
        origin = typing.get_origin(model)
        if origin is typing.Annotated:
            model = typing.get_args(model)[0]
        elif origin in {typing.Union, types.UnionType}:
            parts = [one for one in typing.get_args(model) if one is not type(None)]
            model = parts[0]
        else:
            return model
