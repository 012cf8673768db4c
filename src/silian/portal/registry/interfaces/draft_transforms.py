"""What has to be done to a column's values before a field can take them."""

import re
from collections.abc import Mapping
from typing import Any

from silian.library.choices import words_beside
from silian.portal.registry.interfaces.column_shapes import Profile
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.draft_members import is_people, is_word_index
from silian.portal.registry.interfaces.transforms import has_markup
from silian.tables.values import parse_line, parse_list, parse_text

_LISTS = {"list", "codes"}
MADE_READABLE = {"words_in_order", "full_names", "date_parts"}
_YEAR_ALONE = re.compile(r"\s*(?:1[89]|2[01])\d{2}(?:\.0)?\s*年?\s*")


def transform_for(column: Column, profile: Profile) -> str:
    """Name of the transform that a column's values need; '' for none.

    Examples
    --------
    >>> from silian.portal.registry.interfaces.column_shapes import profile_of
    >>> from silian.portal.registry.interfaces.headings import columns_by_name
    >>> paper = columns_by_name("publication")
    >>> transform_for(paper["abstract"], profile_of("a", [{"Magnets": [0], "last": [1]}]))
    'words_in_order'
    >>> transform_for(paper["title"], profile_of("a", ["<i>In situ</i> TEM"]))
    'without_markup'
    """
    if any(map(is_people, profile.values)):
        return "full_names" if column.type_name == "list" else ""
    if column.type_name in _LISTS:
        return ""
    if column.type_name == "date" and any(isinstance(one, list) for one in profile.values):
        return "date_parts"
    if any(map(is_word_index, profile.values)):
        return "words_in_order"
    if column.one_of and any(isinstance(one, list) for one in profile.values):
        return "first"
    is_text = column.type_name == "text" and column.reference is None
    if is_text and any(isinstance(one, str) and has_markup(one) for one in profile.values):
        return "without_markup"
    return ""


def values_for(kind: str, column: Column, profile: Profile) -> Mapping[str, str]:
    """Values that words of a column mean because of what else it holds, by word.

    Examples
    --------
    >>> from silian.portal.registry.interfaces.column_shapes import profile_of
    >>> from silian.portal.registry.interfaces.headings import columns_by_name
    >>> column = columns_by_name("patent")["patent_kind"]
    >>> values_for("patent", column, profile_of("t", ["Invention", "Utility", "Design"]))
    {'Utility': 'utility_model'}
    >>> values_for("patent", column, profile_of("t", ["utility", "design", "plant"]))
    {}
    """
    found: dict[str, str] = {}
    for rule in words_beside(kind, column.name):
        texts = dict.fromkeys(parse_line(one) for one in _plain(profile))
        own = [text for text in texts if text.lower() == rule.word]
        # Its label alone stands for the value beyond doubt; reissue and plant are the USPTO's.
        labels = {
            label.lower()
            for one in column.choices
            if one.value == rule.beside
            for label in (one.value, one.label_zh, one.label_en)
        }
        if own and labels & {text.lower() for text in texts}:
            found |= dict.fromkeys(own, rule.means)
    return found


def has_several(profile: Profile) -> bool:
    """Whether a cell of the column is a list of several values."""
    return any(isinstance(one, list) and len(set(map(str, one))) > 1 for one in profile.values)


def fullness(column: Column, profile: Profile) -> float:
    """How much a column's cells tell of a field: how many items of a list, whether a whole day.

    Examples
    --------
    >>> from silian.portal.registry.interfaces.column_shapes import profile_of
    >>> from silian.portal.registry.interfaces.headings import columns_by_name
    >>> days = columns_by_name("publication")["published_on"]
    >>> [fullness(days, profile_of("d", [cell])) for cell in (2020, "2020-05-01")]
    [0.0, 1.0]
    """
    n_filled = len(profile.values) or 1
    if column.type_name == "date":
        n_whole = sum(not _YEAR_ALONE.fullmatch(parse_text(one)) for one in _plain(profile))
        return n_whole / n_filled
    if column.type_name == "list":
        return sum(_n_items(one) for one in profile.values) / n_filled
    return 0.0


def _plain(profile: Profile) -> list[Any]:
    return [one for one in profile.values if not isinstance(one, (dict, list))]


def _n_items(value: Any) -> int:
    if isinstance(value, list):
        return len(value)
    return len(parse_list(value)) if isinstance(value, str) else 1
