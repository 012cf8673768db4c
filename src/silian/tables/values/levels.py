"""Technology readiness levels (技术成熟度) as people write them."""

import re
import unicodedata

from silian.tables.values.errors import NotANumber, shorten
from silian.tables.values.inexact import Inexact, parse_inexact
from silian.tables.values.numbers import parse_integer

_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
_WORDS = re.compile(r"(?:技术)?(?:成熟度|就绪度)(?:等级)?|trl|level|第|等?级|[:\s]")
_BEFORE_DIGIT = re.compile(r"^-+(?=\d)")


def _bare(text: str) -> str:
    """A level without the words around it: TRL 5-6级 as 5-6."""
    folded = unicodedata.normalize("NFKC", text).strip().lower().translate(_NUMERALS)
    return _BEFORE_DIGIT.sub("", _WORDS.sub("", folded))


def parse_readiness_level(value: object) -> int | None:
    """A level of readiness; ``None`` where nothing was given.

    Raises
    ------
    NotANumber
        If it is no single level; whether it lies in 1 to 9 is for the column to say.

    Examples
    --------
    >>> [parse_readiness_level(text) for text in ("TRL6", "6级", "第六级", "技术成熟度：6", 6.0)]
    [6, 6, 6, 6, 6]
    """
    if isinstance(value, str) and re.fullmatch(r"\d{1,2}", bare := _bare(value)):
        return int(bare)
    try:
        return parse_integer(value)
    except NotANumber as error:
        shown = shorten(value)
        raise NotANumber(
            f"arrived {shown}; expected a readiness level of 1 to 9, such as 6, TRL6 or 6级.",
            message_zh=f"收到“{shown}”，应为 1 至 9 级的技术成熟度，如 6、TRL6、6级。",
            arrived=value,
        ) from error


def parse_readiness_levels(value: object) -> Inexact | None:
    """A range or bound of levels; ``None`` where the text is neither.

    Examples
    --------
    >>> parse_readiness_levels("TRL5-TRL6级").lower
    Decimal('5')
    """
    return parse_inexact(_bare(value)) if isinstance(value, str) else None
