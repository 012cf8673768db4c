"""Organisations that texts name in English, as their registers have it.

English names follow no grammar that could be taken apart as Chinese ones are: they are looked up as
they stand, whole, between commas and brackets. A name that several records have is for review, and
so is one that many houses give to a part of theirs: the Institute of Physics, of which university?
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from silian.engines.graph.resolution_values import OrganisationRecord

_WORD = re.compile(r"[a-z0-9&]+")
_SEGMENT = re.compile(r"[;；()（）\[\]\n]")
_NUMBER = re.compile(r"^\s*[\d*†‡]+[.\s]*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# "Yiling University" may be said of anything; names of two words are kept if they are long.
_LEAST_WORDS, _LEAST_CHARACTERS = 2, 12
# A name holds commas itself: Co., Ltd.
_MOST_PIECES = 3
# What names of departments hold, and names of what departments belong to.
_SCHOOLS = frozenset({"institute", "college", "school", "department", "faculty", "division"})
_PARTS = _SCHOOLS | {"center", "centre", "laboratory", "hospital"}
_HOUSES = frozenset(["university", "polytechnic", "corporation", "company", "ltd", "inc", "group"])

EnglishNames = Mapping[tuple[str, ...], tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnglishName:
    """A name met in a text.

    Attributes
    ----------
    text, department
        What stands there, and the part before it.
    record_ids
        Whose name it is.
    is_doubtful
        Whether it may as well be a part of another organisation.
    """

    text: str
    department: str
    record_ids: tuple[str, ...]
    is_doubtful: bool = False


def english_names(organisations: Iterable[OrganisationRecord]) -> EnglishNames:
    """Records by the words of their English names."""
    found: dict[tuple[str, ...], set[str]] = {}
    for one in organisations:
        for name in (one.name, *one.other_names):
            if _CHINESE.search(name) or len(name) < _LEAST_CHARACTERS:
                continue
            words = _words(name)
            if len(words) >= _LEAST_WORDS:
                found.setdefault(words, set()).add(one.record_id)
    return {words: tuple(sorted(ids)) for words, ids in found.items()}


def named_in_english(text: str, names: EnglishNames) -> Iterator[EnglishName]:
    """Known names that a text holds, in its order.

    Examples
    --------
    >>> known = english_names(
    ...     [OrganisationRecord(record_id="org-1", name="屹澍", other_names=("Yishu Co., Ltd. Ningbo",))]
    ... )
    >>> [one] = named_in_english("Q Shen (Laboratory of Magnets, Yishu Co., Ltd. Ningbo, China)", known)
    >>> one.department, one.record_ids
    ('Laboratory of Magnets', ('org-1',))
    """
    for segment in _SEGMENT.split(text):
        pieces = [_NUMBER.sub("", one).strip() for one in re.split("[,，]", segment)]
        start = 0
        for place in range(len(pieces)):
            if place < start:
                continue
            for end in range(min(len(pieces), place + _MOST_PIECES), place, -1):
                whole = ", ".join(pieces[place:end])
                ids = names.get(_words(whole))
                if ids:
                    before = ", ".join(one for one in pieces[start:place] if one)
                    yield EnglishName(
                        text=whole,
                        department=before,
                        record_ids=ids,
                        is_doubtful=_is_doubtful(_words(whole), _words(" ".join(pieces[end:]))),
                    )
                    start = end
                    break


def _is_doubtful(name: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Whether a name says too little of whose it is, or its house is named behind it.

    Academies are no houses here: their institutes are organisations of their own.
    """
    if _PARTS.isdisjoint(name) or not _HOUSES.isdisjoint(name):
        return False
    is_common = name[0] in _PARTS or len(name) == _LEAST_WORDS
    return is_common or not (_HOUSES | _PARTS).isdisjoint(after)


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))
