"""Figures that name no single number: ranges, bounds, about; read only where a field allows it."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from silian.tables.values.numbers import figure_of
from silian.tables.values.numerals import in_figures

_NUMBER = r"(\d[\d,]*(?:\.\d+)?)"
_UNIT = r"([^\d\s,.~\-–—至到以及左上内]*)"
_RANGE = re.compile(rf"^{_NUMBER}\s*{_UNIT}\s*(?:-|–|—|~|〜|至|到|\bto\b)+\s*{_NUMBER}\s*(.*)$")
_MANY = "余多几+"  # 500余万元: so much and some more
_ONE = re.compile(rf"^{_NUMBER}\s*([{_MANY}]?)\s*(.*)$")
_LEAST_BEFORE = re.compile(
    r"^(?:不低于|不少于|不小于|至少|最低|最少|大于等于|大于|超过|高于|多于|起步|≥|>=|>|"
    r"at least|more than|over|from)\s*"
)
_MOST_BEFORE = re.compile(
    r"^(?:不超过|不高于|不大于|不多于|至多|最多|最高|小于等于|小于|低于|少于|≤|<=|<|"
    r"at most|up to|under|less than)\s*"
)
_ABOUT_BEFORE = re.compile(
    r"^(?:大约|大概|约为|约合|约|近|预计|~|≈|approx\.?|about|around|circa)\s*"
)
_LEAST_AFTER = re.compile(r"\s*(?:\(?含\)?)?(?:\(?及?以上\)?|起|\+|or more)$")
_MOST_AFTER = re.compile(r"\s*(?:\(?含\)?)?(?:\(?及?以下\)?|以内|之内|or less)$")
_ABOUT_AFTER = re.compile(r"\s*(?:左右|上下|不等)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inexact:
    """What a cell says of a figure without naming it.

    Attributes
    ----------
    lower, upper
        The bounds, in the base unit; ``None`` on a side that is open.
    about
        Whether the figure itself is only near.
    """

    lower: Decimal | None
    upper: Decimal | None
    about: bool = False

    def bound(self, wanted: str) -> Decimal:
        """The bound that is wanted, or the only one there is."""
        first, second = (self.upper, self.lower) if wanted == "upper" else (self.lower, self.upper)
        found = first if first is not None else second
        assert found is not None
        return found


def parse_inexact(value: object, *, unit: str = "") -> Inexact | None:
    """A range, a bound or an approximate figure; ``None`` where the text is none of these.

    Parameters
    ----------
    unit
        Unit of the column, for cells that name none.

    Examples
    --------
    >>> parse_inexact("500-1000万")
    Inexact(lower=Decimal('5000000'), upper=Decimal('10000000'), about=False)
    >>> parse_inexact("不低于300", unit="万元")
    Inexact(lower=Decimal('3000000'), upper=None, about=False)
    >>> parse_inexact("三至五百万元").upper, parse_inexact("三百余万").lower
    (Decimal('5000000'), Decimal('3000000'))
    >>> parse_inexact("约200人").about, parse_inexact("200人")
    (True, None)
    """
    if not isinstance(value, str):
        return None
    text = in_figures(unicodedata.normalize("NFKC", value).strip().lower())
    text = re.sub(r"^(?:人民币|rmb|cny|¥)\s*", "", text)
    if match := _RANGE.match(text):
        return _range(match, unit)
    text, about = _cut(text, _ABOUT_BEFORE, _ABOUT_AFTER)
    text, at_least = _cut(text, _LEAST_BEFORE, _LEAST_AFTER)
    text, at_most = _cut(text, _MOST_BEFORE, _MOST_AFTER)
    match = _ONE.match(text)
    if match is None or (at_least and at_most):
        return None
    figure = figure_of(match[1], match[3], unit)
    at_least = at_least or bool(match[2])
    if figure is None or not (about or at_least or at_most):
        return None
    return Inexact(
        lower=None if at_most else figure, upper=None if at_least else figure, about=about
    )


def _range(match: "re.Match[str]", unit: str) -> Inexact | None:
    own, rest = match[2], match[4]
    rest, about = _cut(rest, None, _ABOUT_AFTER)
    upper = figure_of(match[3], rest, unit)
    lower = figure_of(match[1], own or rest, unit)
    # A range that runs backwards names its units otherwise than it is read here.
    if lower is None or upper is None or lower > upper:
        return None
    return Inexact(lower=lower, upper=upper, about=about)


def _cut(
    text: str, before: "re.Pattern[str] | None", after: "re.Pattern[str] | None"
) -> tuple[str, bool]:
    cut = before.sub("", text) if before else text
    cut = after.sub("", cut) if after else cut
    return cut, cut != text
