"""What the values of a column look like: codes, days, money, names of people and bodies."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from silian.portal.registry.domain.names import kind_by_name
from silian.portal.registry.interfaces.bylines import ends_as_institution, is_person_name
from silian.portal.registry.interfaces.columns import Column
from silian.tables.values import (
    ValueRefused,
    is_missing,
    parse_adcode,
    parse_date,
    parse_line,
    parse_list,
    parse_number,
    parse_orcid,
    parse_text,
    parse_unified_code,
    shorten,
)

_PHONE = re.compile(r"(?:\+?\d{1,3}[-\s])?(?:1[3-9]\d{9}|0\d{2,3}[-\s]?\d{7,8}|\d{3,4}-\d{4,8})")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[a-zA-Z]{2,}")
_URL = re.compile(r"https?://\S+|www\.\S+")
_REGION = re.compile(r"(?:[\u3400-\u9fff]{1,8}(?:省|自治区|市|自治州|盟|地区|区|县|旗)){1,3}")
_ADDRESS = re.compile(r"[路街道巷弄镇村].*\d+|\d+\s*[号室栋楼层]|大厦|园区")
_IPC = re.compile(r"[A-H]\d{2}[A-Z]\s*\d{1,4}/\d{2,}")
_SERIAL = re.compile(r"\d{1,6}")
_N_SAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The values of one column, as far as they were looked at.

    Attributes
    ----------
    filled_share, distinct_share
        Of the rows looked at, of the filled ones.
    shapes
        Share of the filled values that look like something, by its name.
    """

    heading: str
    values: tuple[Any, ...]
    row_count: int
    filled_share: float
    distinct_share: float
    shapes: Mapping[str, float]
    samples: tuple[str, ...]

    def shape(self, name: str) -> float:
        """Share of the values that look like ``name``."""
        return self.shapes.get(name, 0.0)

    @property
    def tells_rows_apart(self) -> bool:
        """Whether every row has a value of its own here."""
        return self.row_count > 0 and self.filled_share == 1.0 and self.distinct_share == 1.0


def profile_of(heading: str, values: Iterable[Any]) -> Profile:
    """Look at a column.

    Examples
    --------
    >>> profile_of("w", ["91350100M000100Y43", "", None]).shape("unified_code")
    1.0
    """
    held = list(values)
    filled = [value for value in held if not is_missing(value) and value not in ([], {})]
    texts = [_told(value) for value in filled]
    n_filled = len(filled) or 1
    shapes = {
        name: sum(bool(_tried(test, value)) for value in filled) / n_filled
        for name, test in _SHAPES.items()
    }
    return Profile(
        heading=heading,
        values=tuple(filled),
        row_count=len(held),
        filled_share=len(filled) / (len(held) or 1),
        distinct_share=len(set(texts)) / n_filled,
        shapes={name: share for name, share in shapes.items() if share},
        samples=tuple(shorten(text, 40) for text in dict.fromkeys(texts))[:_N_SAMPLES],
    )


def readable_share(profile: Profile, column: Column) -> float:
    """Share of a column's values that one of our columns could take.

    Examples
    --------
    >>> from silian.portal.registry.interfaces.headings import columns_by_name
    >>> budget = columns_by_name("need")["budget_cny"]
    >>> readable_share(profile_of("预算", ["50万元", "面议", "见附件"]), budget).__round__(2)
    0.67
    """
    if not profile.values:
        return 1.0
    test = _test_of(column)
    n_read = sum(bool(_tried(test, value)) for value in profile.values)
    return n_read / len(profile.values)


def _test_of(column: Column) -> Callable[[Any], bool]:
    """Whether a load would take a value: by the column's own reader, or its second look."""

    def test(value: Any) -> bool:
        if isinstance(value, dict):
            return column.type_name == "geometry" and column.reader is not None
        if column.one_of:
            return True  # of several names the first is taken
        cell = value if column.type_name in {"list", "codes"} else _told(value)
        try:
            if column.reader is not None:
                column.reader(cell)
        except ValueError:
            return isinstance(cell, str) and bool(column.inexact and column.inexact(cell))
        return True

    return test


def _tried(test: Callable[[Any], Any], value: Any) -> Any:
    try:
        return test(value)
    except ValueRefused:
        return False


def _told(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return "、".join(_told(item) for item in value if not is_missing(item))
    return str(value) if isinstance(value, dict) else parse_line(value)


def _is_money(value: Any) -> bool:
    return bool(re.search(r"\d\s*(?:[千百万亿]+元?|元)", _told(value)))


def _is_date(value: Any) -> bool:
    if isinstance(value, (int, float, bool)):
        return False
    return parse_date(value) is not None


def _items(value: Any) -> list[str]:
    return parse_list(value) if not isinstance(value, dict) else []


def _is_organisation(value: Any) -> bool:
    text = parse_text(value)
    is_body = ends_as_institution(text) or kind_by_name(text) != "other"
    return 4 <= len(text) <= 60 and is_body and not _REGION.fullmatch(text)


_SHAPES: Mapping[str, Callable[[Any], Any]] = {
    "unified_code": parse_unified_code,
    "orcid": lambda value: "-" in _told(value) and parse_orcid(value),
    "adcode": lambda value: len(_told(value).removesuffix(".0")) == 6 and parse_adcode(value),
    "ipc": lambda value: _IPC.search(_told(value).upper()),
    "phone": lambda value: _PHONE.fullmatch(_told(value)),
    "mail": lambda value: _MAIL.fullmatch(_told(value)),
    "url": lambda value: _URL.match(_told(value)),
    "date": _is_date,
    "money": _is_money,
    "number": lambda value: parse_number(value) is not None,
    "serial": lambda value: _SERIAL.fullmatch(_told(value)),
    "organisation": _is_organisation,
    "person": lambda value: is_person_name(_told(value)),
    "people": lambda value: len(_items(value)) > 1 and all(map(is_person_name, _items(value))),
    "region": lambda value: _REGION.fullmatch(_told(value)),
    "address": lambda value: _ADDRESS.search(_told(value)),
    "list": lambda value: len(_items(value)) > 1,
    "long": lambda value: len(_told(value)) > 24,
    "code": lambda value: re.fullmatch(r"(?=.*\d)[A-Za-z0-9][-\w/.()]{3,40}", _told(value)),
}
