"""A small, strict part of YAML that remembers where everything stands.

Policies are money: what a reader sees must be what is read. So there is no ``yes`` that means
true, no ``010`` that means eight, no key twice, no anchor, tag, tab or second document; every
value keeps the line and column it came from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from silian.library.problems import FileRefused, Problem

MAX_CHARACTERS = 200_000
MAX_DEPTH = 24
LARGEST_FIGURE = 1e15

Place = tuple[str | int, ...]
_Event = Any  # yaml's events have no types worth naming

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+\Z")
_UNDERSCORED = re.compile(r"[-+]?[0-9][0-9_,]*[0-9](\.[0-9]+)?\Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_PERCENT = re.compile(r"[-+]?[0-9.]+ ?[%％]\Z")
_OLD_BOOLEANS = frozenset({"yes", "no", "on", "off", "y", "n"})
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where something stands; ``index`` is the offset in the text."""

    line: int
    column: int
    index: int


@dataclass(slots=True)
class MarkedDocument:
    """Plain data of a document, with the place of every value and key."""

    text: str
    path: str
    data: Any = None
    values: dict[Place, Mark] = field(default_factory=dict)
    keys: dict[Place, Mark] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def mark(self, place: Place, *, of_key: bool = False) -> Mark:
        """Where ``place`` stands, or the nearest thing around it."""
        marks = (self.keys, self.values) if of_key else (self.values, self.keys)
        for length in range(len(place), -1, -1):
            for known in marks:
                if place[:length] in known:
                    return known[place[:length]]
        return Mark(line=1, column=1, index=0)

    def mark_within(self, place: Place, value: str, offset: int) -> Mark:
        """Where the ``offset``-th character of a text value stands in the file.

        Folded and quoted texts are followed character by character, white space apart.
        """
        index = self.mark(place).index
        if self.text[index : index + 1] in {">", "|"}:
            index = self.text.find("\n", index) + 1
        elif self.text[index : index + 1] in {"'", '"'}:
            index += 1
        for character in value[: offset + 1]:
            if character.isspace():
                continue
            found = self.text.find(character, index)
            if found < 0:
                break
            index = found + 1
        index = max(index - 1, 0)
        line = self.text.count("\n", 0, index) + 1
        column = index - (self.text.rfind("\n", 0, index) + 1) + 1
        return Mark(line=line, column=column, index=index)

    def report(
        self,
        mark: Mark,
        code: str,
        message: tuple[str, str],
        remedy: tuple[str, str],
        place: Place = (),
    ) -> None:
        """Note one problem; ``message`` and ``remedy`` are (Chinese, English)."""
        self.problems.append(
            Problem(
                path=self.path,
                line=mark.line,
                column=mark.column,
                code=code,
                place=".".join(str(part) for part in place),
                message_zh=message[0],
                message_en=message[1],
                remedy_zh=remedy[0],
                remedy_en=remedy[1],
            )
        )


class _Unreadable(Exception):
    """The document can't be read further."""


def text_of(path: Path) -> str:
    """Text of a file of the library, with or without a byte-order mark.

    Raises
    ------
    FileRefused
        If it is not UTF-8, or larger than any such file.
    """
    content = path.read_bytes()
    document = MarkedDocument(text="", path=str(path))
    start = Mark(line=1, column=1, index=0)
    if len(content) > 4 * MAX_CHARACTERS:
        _report_length(document, start, len(content))
    else:
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            document.report(
                Mark(line=line, column=1, index=0),
                "not_utf8",
                ("文件不是 UTF-8 编码。", "The file is not UTF-8."),
                ("另存为 UTF-8（常见的是 GB18030）。", "Save it as UTF-8 (it may be GB18030)."),
            )
    raise FileRefused(path, document.problems)


def read_marked(text: str, path: str = "") -> MarkedDocument:
    """Read one document; ``data`` is ``None`` where problems stop it."""
    document = MarkedDocument(text=text, path=path)
    start = Mark(line=1, column=1, index=0)
    if len(text) > MAX_CHARACTERS:
        _report_length(document, start, len(text))
        return document
    broken = _SURROGATE.search(text)
    if broken:
        _report_half_character(document, broken.start())
        return document
    try:
        document.data = _read(document)
    except yaml.YAMLError as error:
        _report_syntax(document, error)
    except _Unreadable:
        pass
    if document.problems:
        document.data = None
    elif not isinstance(document.data, dict):
        document.report(
            start,
            "not_a_mapping",
            ("文件顶层不是“键: 值”。", "The top of the file isn't a mapping."),
            ("按样例文件以键值书写。", "Write keys and values as the sample files do."),
        )
        document.data = None
    return document


def _report_half_character(document: MarkedDocument, index: int) -> None:
    line = document.text.count("\n", 0, index) + 1
    column = index - document.text.rfind("\n", 0, index)
    document.report(
        Mark(line=line, column=column, index=index),
        "half_character",
        (
            "此处有半个字符（孤立的代理码位），无法保存。",
            "There is half a character here (a lone surrogate); it can't be stored.",
        ),
        ("删去它，重新输入该字。", "Delete it and type the character again."),
    )


def _read(document: MarkedDocument) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[_Event] = iter(yaml.parse(document.text, Loader=loader))
    data: Any = None
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                _refuse(
                    document,
                    event,
                    "several_documents",
                    ("一个文件里有多份文档（---）。", "The file holds several documents (---)."),
                    ("每份文件只写一份。", "Write one document a file."),
                )
            data = _node(document, next(events), events, ())
    return data


def _node(document: MarkedDocument, event: _Event, events: Iterator[_Event], place: Place) -> Any:
    mark = _mark(event)
    document.values[place] = mark
    if isinstance(event, yaml.AliasEvent) or event.anchor or getattr(event, "tag", None):
        _refuse(
            document,
            event,
            "anchor_or_tag",
            (
                "不接受 YAML 的锚点（&）、引用（*）和标签（!）。",
                "Anchors (&), aliases (*) and tags (!) of YAML are not read.",
            ),
            (
                "把内容直接写出来；以这些字符开头的文字要加引号。",
                "Write the content out; quote text.",
            ),
        )
    if len(place) > MAX_DEPTH:
        _refuse(
            document,
            event,
            "too_deep",
            (f"嵌套超过 {MAX_DEPTH} 层。", f"Nested deeper than {MAX_DEPTH} levels."),
            ("减少嵌套层数。", "Nest less."),
        )
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(document, event, mark, place)
    if isinstance(event, yaml.SequenceStartEvent):
        members: list[Any] = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            members.append(_node(document, event, events, (*place, len(members))))
        return members
    return _mapping(document, events, place)


def _mapping(document: MarkedDocument, events: Iterator[_Event], place: Place) -> dict[str, Any]:
    members: dict[str, Any] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        if not isinstance(event, yaml.ScalarEvent):
            _refuse(
                document,
                event,
                "key_not_text",
                ("键必须是文字。", "A key must be text."),
                ("把键写成单词。", "Write the key as a word."),
            )
        mark, key = _mark(event), event.value
        if event.implicit[0] and key.lower() in _OLD_BOOLEANS | {"true", "false", "null", "~"}:
            document.report(
                mark,
                "key_is_boolean",
                (
                    f"键 {key} 在 YAML 中会被当作布尔值或空值。",
                    f"YAML takes the key {key} for a boolean or nothing.",
                ),
                ("换一个键名，或给它加引号。", "Use another key, or quote it."),
                (*place, key),
            )
        if key in members:
            document.report(
                mark,
                "duplicate_key",
                (f"键 {key} 出现了两次。", f"The key {key} stands here twice."),
                ("删去或改名其中一个。", "Remove or rename one of them."),
                (*place, key),
            )
        document.keys[(*place, key)] = mark
        members[key] = _node(document, next(events), events, (*place, key))
    return members


def _scalar(document: MarkedDocument, event: _Event, mark: Mark, place: Place) -> Any:
    value: str = event.value
    if not event.implicit[0]:  # quoted or block text
        return value
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if _FLOAT.match(value):
        if not abs(float(value)) <= LARGEST_FIGURE:
            _report_size(document, mark, place)
            return 0
        return int(value) if _INTEGER.match(value) else float(value)
    if _DATE.match(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            document.report(
                mark,
                "no_such_day",
                (f"没有 {value} 这一天。", f"There is no day {value}."),
                ("写成存在的日期，如 2025-02-28。", "Write a day that exists, e.g. 2025-02-28."),
                place,
            )
    if value.lower() in _OLD_BOOLEANS:
        _report_trap(document, mark, place, value, ("true、false", "true or false"))
    elif _LEADING_ZERO.match(value) or _UNDERSCORED.match(value):
        _report_trap(document, mark, place, value, ("不带前导零、下划线、逗号的数", "plain digits"))
    elif _PERCENT.match(value):
        share = float(value.rstrip("%％ ")) / 100 if value.rstrip("%％ ").count(".") < 2 else 0.05
        _report_trap(document, mark, place, value, (f"小数 {share:g}", f"the fraction {share:g}"))
    return value


def _report_trap(
    document: MarkedDocument, mark: Mark, place: Place, value: str, meant: tuple[str, str]
) -> None:
    document.report(
        mark,
        "ambiguous_value",
        (f"{value} 的含义不明确。", f"{value} can be read in more than one way."),
        (
            f"若指数值，请写{meant[0]}；若指文字，请加引号。",
            f"Write {meant[1]}, or quote it if text is meant.",
        ),
        place,
    )


def _report_length(document: MarkedDocument, mark: Mark, length: int) -> None:
    document.report(
        mark,
        "file_too_large",
        (
            f"文件长 {length}，上限为 {MAX_CHARACTERS} 个字符。",
            f"The file is {length} long; at most {MAX_CHARACTERS} characters are read.",
        ),
        ("把它拆成几份文件。", "Split it into several files."),
    )


def _report_size(document: MarkedDocument, mark: Mark, place: Place) -> None:
    document.report(
        mark,
        "figure_too_large",
        (f"数字的绝对值大于 {LARGEST_FIGURE:g}。", f"The figure is beyond {LARGEST_FIGURE:g}."),
        ("核对位数与单位。", "Check its digits and its unit."),
        place,
    )


def _report_syntax(document: MarkedDocument, error: yaml.YAMLError) -> None:
    at = getattr(error, "problem_mark", None)
    mark = (
        Mark(line=at.line + 1, column=at.column + 1, index=at.index)
        if at
        else Mark(line=1, column=1, index=0)
    )
    reason = str(getattr(error, "problem", None) or error).splitlines()[0]
    lines = document.text.splitlines()
    near = "".join(lines[max(mark.line - 2, 0) : mark.line])
    if "\t" in near:
        remedy = ("缩进用空格，不用制表符。", "Indent with spaces, not tabs.")
    else:
        remedy = (
            "检查缩进、冒号后的空格和引号是否成对；含冒号或井号的文字要加引号。",
            "Check the indent, the space after colons and paired quotes; quote text with : or #.",
        )
    document.report(
        mark, "yaml_syntax", (f"YAML 语法错误：{reason}。", f"YAML syntax: {reason}."), remedy
    )


def _refuse(
    document: MarkedDocument,
    event: _Event,
    code: str,
    message: tuple[str, str],
    remedy: tuple[str, str],
) -> None:
    document.report(_mark(event), code, message, remedy)
    raise _Unreadable


def _mark(event: _Event) -> Mark:
    at = event.start_mark
    return Mark(line=at.line + 1, column=at.column + 1, index=at.index)
