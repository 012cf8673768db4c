"""Mapping files (YAML): from any register's columns to ours.

See docs/how-to/load-registers.md for the format. Every mistake is told with its line.
"""

import re
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from silian.errors import EngineError
from silian.portal.registry.interfaces.mapping_mistakes import (
    mistakes_of,
    plain_path,
    without_mistakes,
)


class MappingInvalid(EngineError, ValueError):
    """A mapping file with mistakes; ``problems`` has one entry each, with its line."""

    code = "mapping_invalid"

    def __init__(self, problems: list[dict[str, Any]]) -> None:
        lines = "; ".join(f"line {p['line']}: {p['path']}: {p['message_en']}" for p in problems)
        super().__init__(f"the mapping has {len(problems)} mistakes: {lines}", problems=problems)
        self.problems = problems
        self.message_zh = "映射有误：" + "；".join(
            f"第 {p['line']} 行 {p['path']}：{p['message_zh']}" for p in problems
        )


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Loader(yaml.SafeLoader):
    """YAML as people write it: ``on``, ``no`` and ``yes`` are words (YAML 1.2), not booleans."""


_Loader.yaml_implicit_resolvers = {
    letter: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for letter, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|false|False)$"), list("tTfF")
)


def _texts(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[list[str], BeforeValidator(_texts)]


class FieldSpec(_Part):
    """Where one of our columns comes from.

    Attributes
    ----------
    column
        Column of the source; ``a.b`` goes into objects, lists and joined rows. Of several, the
        first that is filled.
    columns
        Columns that together make a list.
    template
        Text with ``{column}`` in it; empty if all of them are.
    values
        Replacements of whole values; ``"*"`` stands for any other.
    otherwise
        What a cell that can't be read costs: ``reject`` the row, or leave it ``empty``; by
        default as the field has it.
    bound
        Which end of a range is taken, ``lower`` or ``upper``; by default as the field has it.
    """

    column: OneOrMore | None = None
    columns: list[str] | None = None
    constant: Any = None
    template: str | None = None
    unit: str = ""
    split: str = ""
    transform: OneOrMore = Field(default_factory=list)
    values: dict[str, Any] | None = None
    default: Any = None
    otherwise: Literal["", "reject", "empty"] = ""
    bound: Literal["", "lower", "upper"] = ""


def _field(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


Spec = Annotated[FieldSpec, BeforeValidator(_field)]


class FileSpec(_Part):
    """How to read a file, where it can't be found out from the file."""

    format: Literal["", "csv", "xlsx", "json", "jsonl", "parquet"] = ""
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    header_row: int | None = Field(None, ge=1)
    records_at: str = ""
    shape: Literal["rows", "mapping"] = "rows"


class JoinSpec(_Part):
    """Rows of a second file that belong to each row, as a list under ``name``.

    Attributes
    ----------
    on
        Column of the row, and column of the second file that must equal it.
    to
        Name of an earlier join whose rows are joined further.
    """

    name: str
    file: str
    read: FileSpec = Field(default_factory=FileSpec)
    on: dict[str, str] = Field(min_length=1, max_length=1)
    to: str = ""
    transform: OneOrMore = Field(default_factory=list)


class CombineSpec(_Part):
    """Files that keep one value a row: consecutive rows of one thing become one row."""

    by: list[str] = Field(min_length=1)
    column: str
    value: str


class WhenSpec(_Part):
    """Which rows a record is made of."""

    column: str
    filled: bool | None = None
    within: list[Any] | None = None
    without: list[Any] | None = None


class EachSpec(_Part):
    """One record for every item of a list column; the item is a column of its own."""

    column: str
    name: str = Field("item", alias="as")
    transform: OneOrMore = Field(default_factory=list)


class RecordSpec(_Part):
    """One record that a row yields.

    Attributes
    ----------
    write
        ``replace``: the row is the record; ``add``: several rows, or registers, add to one.
    """

    kind: str
    key: Spec
    write: Literal["replace", "add"] = "replace"
    when: WhenSpec | None = None
    for_each: EachSpec | None = None
    fields: dict[str, Spec]


class MappingSpec(_Part):
    """A whole mapping file."""

    code: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")
    name: str
    name_en: str = ""
    publisher: str = ""
    about: str = ""
    file: FileSpec = Field(default_factory=FileSpec)
    combine: CombineSpec | None = None
    joins: list[JoinSpec] = Field(default_factory=list)
    unique: list[str] = Field(default_factory=list)
    records: list[RecordSpec] = Field(min_length=1)


# Pydantic's errors in Chinese; the rest keeps its English text.
_CHINESE = {
    "missing": "缺少此项",
    "extra_forbidden": "没有此项，请检查拼写",
    "string_type": "应为文本",
    "list_type": "应为列表",
    "dict_type": "应为键值对",
    "literal_error": "应为 {expected}",
    "string_pattern_mismatch": "只允许小写字母、数字和连字符",
    "too_short": "不能为空",
    "too_long": "项数过多",
}


def parse_mapping(text: str) -> MappingSpec:
    """Check a mapping file.

    Raises
    ------
    MappingInvalid
        With every mistake and its line.
    """
    try:
        tree = yaml.compose(text, Loader=_Loader)
        content = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        what = getattr(error, "problem", None) or str(error)
        problem = _problem(
            mark.line + 1 if mark else 1, "", f"不是有效的 YAML：{what}", f"not YAML: {what}"
        )
        raise MappingInvalid([problem]) from error
    problems: list[dict[str, Any]] = []
    try:
        spec = MappingSpec.model_validate(content)
    except ValidationError as error:
        wrong = [dict(item) for item in error.errors()]
        problems = [_schema_problem(tree, item) for item in wrong]
        rest = _validated(without_mistakes(content, wrong))
        if rest is None:
            raise MappingInvalid(problems) from None
        spec = rest
    problems += [
        _problem(_line(tree, path), ".".join(map(str, path)), zh, en)
        for path, zh, en in mistakes_of(spec)
    ]
    if problems:
        raise MappingInvalid(sorted(problems, key=lambda problem: problem["line"]))
    return spec


def _validated(content: Any) -> MappingSpec | None:
    """A mapping whose other mistakes are looked for; ``None`` where too little is left."""
    try:
        return MappingSpec.model_validate(content)
    except ValidationError:
        return None


def _schema_problem(tree: Any, item: dict[str, Any]) -> dict[str, Any]:
    path = plain_path(item)
    zh = _CHINESE.get(item["type"], item["msg"]).format(**item.get("ctx", {}))
    return _problem(_line(tree, path), ".".join(map(str, path)), zh, item["msg"])


def _problem(line: int, path: str, zh: str, en: str) -> dict[str, Any]:
    return {"line": line, "path": path, "message_zh": zh, "message_en": en}


def _line(tree: Any, path: tuple[Any, ...]) -> int:
    """Line of the deepest part of a path that the file has."""
    node = tree
    line = node.start_mark.line + 1 if node is not None else 1
    for part in path:
        found = None
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(part):
                    found, line = value, key.start_mark.line + 1
        elif (
            isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value)
        ):
            found = node.value[part]
            line = found.start_mark.line + 1
        if found is None:
            break
        node = found
    return line
