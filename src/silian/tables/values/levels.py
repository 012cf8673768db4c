"""Technology readiness levels (技术成熟度) as people write them."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal

from silian.tables.values.errors import NotANumber, shorten
from silian.tables.values.inexact import Inexact, parse_inexact
from silian.tables.values.numbers import parse_integer
from silian.tables.values.texts import fold_label

Stages = Mapping[str, tuple[int, int]]
_NO_STAGES: Stages = {}

_NUMERALS = str.maketrans("一二三四五六七八九", "123456789")
_WORDS = re.compile(r"(?:技术)?(?:成熟度|就绪度)(?:等级)?|trl|level|第|等?级|[:\s]")
_AROUND = re.compile(
    r"^(?:技术)?(?:成熟度|就绪度|阶段):|^(?:目前|现|已)?(?:处于|处在|进入|达到)|[(（].*[)）]$"
)
_BEFORE_DIGIT = re.compile(r"^-+(?=\d)")


def _bare(text: str) -> str:
    """A level without the words around it: TRL 5-6级 as 5-6."""
    folded = unicodedata.normalize("NFKC", text).strip().lower().translate(_NUMERALS)
    return _BEFORE_DIGIT.sub("", _WORDS.sub("", folded))


def parse_readiness_level(value: object, *, stages: Stages = _NO_STAGES) -> int | None:
    """A level of readiness; ``None`` where nothing was given.

    Parameters
    ----------
    stages
        First and last level by folded word (``fold_label``), for texts that name a stage.

    Raises
    ------
    NotANumber
        If it is no single level; whether it lies in 1 to 9 is for the column to say.

    Examples
    --------
    >>> [parse_readiness_level(text) for text in ("TRL6", "6级", "第六级", "技术成熟度：6", 6.0)]
    [6, 6, 6, 6, 6]
    >>> parse_readiness_level("量产", stages={"量产": (9, 9)})
    9
    """
    if isinstance(value, str):
        if re.fullmatch(r"\d{1,2}", bare := _bare(value)):
            return int(bare)
        first, last = _stage(value, stages) or (0, -1)
        if first == last:
            return first
    try:
        return parse_integer(value)
    except NotANumber as error:
        shown = shorten(value)
        words = [word for word in ("小试", "中试", "量产") if word in stages]
        or_zh = f"，或 {'、'.join(words)} 等阶段" if words else ""
        or_en = f", or a stage such as {', '.join(words)}" if words else ""
        raise NotANumber(
            f"arrived {shown}; expected a readiness level of 1 to 9, such as 6, TRL6 or 6级{or_en}.",
            message_zh=f"收到“{shown}”，应为 1 至 9 级的技术成熟度，如 6、TRL6、6级{or_zh}。",
            arrived=value,
        ) from error


def parse_readiness_levels(value: object, *, stages: Stages = _NO_STAGES) -> Inexact | None:
    """A range or bound of levels, or a stage that spans several; ``None`` where it is neither.

    Examples
    --------
    >>> parse_readiness_levels("TRL5-TRL6级").lower
    Decimal('5')
    >>> parse_readiness_levels("中试阶段", stages={"中试阶段": (6, 7)}).lower
    Decimal('6')
    """
    if not isinstance(value, str):
        return None
    if stage := _stage(value, stages):
        return Inexact(lower=Decimal(stage[0]), upper=Decimal(stage[1]))
    return parse_inexact(_bare(value))


def _stage(text: str, stages: Stages) -> tuple[int, int] | None:
    """Levels of a stage, also with other words for readiness, brackets or 已 and 处于 around it."""
    folded = fold_label(text)
    return stages.get(folded) or stages.get(_AROUND.sub("", folded))
