"""Texts, lists, booleans and choices as registers write them."""

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from silian.tables.values.errors import NotABoolean, NotAChoice, NotAText, shorten

# Controls and format characters carried in from PDFs and spreadsheets; tab and newline stay.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_SHAPES = (("几个字段", "several fields"), ("几项内容", "several items"))
_SEPARATORS = frozenset("、，,;；|\n")
_SPLIT = re.compile("[、，,;；|\n]+")
_OPENING, _CLOSING = "（([【〔《“", "）)]】〕》”"
_ANY_OPENING = re.compile(r"[（(\[【〔《“]")
_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff·])\s+(?=[\u3400-\u9fff·])")
_TRUE = frozenset({"是", "有", "对", "真", "√", "✓", "true", "yes", "y", "t", "1"})
_FALSE = frozenset({"否", "无", "没有", "假", "×", "✗", "false", "no", "n", "f", "0"})
MISSING = frozenset(
    {
        "",
        "-",
        "--",
        "—",
        "——",
        "/",
        "\\",
        "null",
        "none",
        "nan",
        "n/a",
        "na",
        "#n/a",
        "无",
        "暂无",
        "未知",
        "不详",
        "空",
    }
)


def is_missing(value: object) -> bool:
    """Whether a value stands for "nothing was given": empty, NaN.

    Examples
    --------
    >>> is_missing(float("nan")), is_missing("　"), is_missing(0)
    (True, True, False)
    """
    if value is None:
        return True
    if isinstance(value, str):
        return not value or value.isspace()
    return isinstance(value, float) and math.isnan(value)


def parse_text(value: object) -> str:
    """A text of several lines, without invisible characters and outer white space.

    Raises
    ------
    NotAText
        If a list or a mapping arrives.

    Examples
    --------
    >>> parse_text("　轴承\\u200b钢　"), parse_text(600519.0), parse_text(None)
    ('轴承钢', '600519', '')
    """
    if isinstance(value, str):
        return value.strip() if value.isprintable() else _INVISIBLE.sub("", value).strip()
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, (int, float, Decimal)):
        return str(value)
    if isinstance(value, datetime) and value.hour == value.minute == value.second == 0:
        return value.date().isoformat()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    zh, en = _SHAPES[0] if isinstance(value, dict) else _SHAPES[1]
    raise NotAText(
        f"arrived {en} ({shorten(value)}); expected a text. Choose one part of it in the mapping, "
        "or split it.",
        message_zh=f"收到{zh}（{shorten(value)}），应为文本；请在映射中取其一部分，或拆分后再导入。",
        arrived=value,
    )


def parse_line(value: object) -> str:
    """A text of one line: inner white space collapsed.

    Examples
    --------
    >>> parse_line("宁波　磁材\\n有限公司")
    '宁波 磁材 有限公司'
    """
    return " ".join(parse_text(value).split())


def parse_name(value: object) -> str:
    """A name: one line, and no padding between Chinese characters.

    Examples
    --------
    >>> parse_name("温　静"), parse_name("Li  Wei")
    ('温静', 'Li Wei')
    """
    text = parse_line(value)
    return text if text.isascii() or " " not in text else _BETWEEN_HAN.sub("", text)


def parse_list(value: object) -> list[str]:
    """Items of a list column, in order, each once; brackets hold their content together.

    Examples
    --------
    >>> parse_list("电机（驱动、控制）；磁材，磁材")
    ['电机（驱动、控制）', '磁材']
    >>> parse_list(["轴承", " ", "轴承"])
    ['轴承']
    """
    if is_missing(value):
        return []
    if isinstance(value, (list, tuple)):
        items = [parse_line(item) for item in value]
    else:
        text = parse_text(value)
        items = [" ".join(item.split()) for item in _split(text)]
    return list(dict.fromkeys(item for item in items if item))


def _split(text: str) -> list[str]:
    if not _ANY_OPENING.search(text):
        return _SPLIT.split(text)
    items, depth, start = [], 0, 0
    for position, character in enumerate(text):
        if character in _OPENING:
            depth += 1
        elif character in _CLOSING:
            depth = max(0, depth - 1)
        elif depth == 0 and character in _SEPARATORS:
            items.append(text[start:position])
            start = position + 1
    return [*items, text[start:]]


def parse_boolean(value: object) -> bool | None:
    """Yes or no in Chinese, English or digits; ``None`` where nothing was given.

    Raises
    ------
    NotABoolean
        If it is neither.

    Examples
    --------
    >>> parse_boolean("是"), parse_boolean("×"), parse_boolean("")
    (True, False, None)
    """
    if isinstance(value, bool):
        return value
    if is_missing(value):
        return None
    word = unicodedata.normalize("NFKC", parse_line(value)).lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise NotABoolean(
        f"arrived {shorten(value)}; expected yes or no (是/否, 1/0, true/false).",
        message_zh=f"收到“{shorten(value)}”，应为是或否（是/否、1/0、true/false）。",
        arrived=value,
    )


def fold_label(text: str) -> str:
    """Spelling under which labels compare equal: half width, lower case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def parse_choice(value: object, choices: Mapping[str, str], allowed: str) -> str:
    """Value of an enumeration, given by its value or by one of its labels.

    Parameters
    ----------
    choices
        Folded spelling (``fold_label``) to value.
    allowed
        What to list in the refusal.

    Raises
    ------
    NotAChoice
        If no spelling fits.
    """
    if is_missing(value):
        return ""
    text = value if isinstance(value, str) else parse_line(value)
    found = choices.get(text) or choices.get(fold_label(text))
    if found is None:
        raise NotAChoice(
            f"arrived {shorten(text)}; expected one of {allowed}.",
            message_zh=f"收到“{shorten(text)}”，只允许：{allowed}。",
            arrived=value,
        )
    return found
