"""Words that names of Chinese organisations are made of, read once from ``library/names``.

Only data is read from the library, through ``importlib.resources``; a city that wants other words
passes a lexicon of its own.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import Any, Literal

import yaml

from silian.language import normalise, normalise_many

RegionGrade = Literal["province", "prefecture", "county", "world"]

_AUTONOMOUS = re.compile(r"^(.{2,}?)(?:维吾尔|(?:[^族]{1,4}族)+|各族)?自治(?:区|州|县|旗)$")
_GENERIC_PLACES = frozenset({"城区", "郊区", "矿区", "市区", "市中区", "开发区"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionName:
    """A place as names write it.

    Attributes
    ----------
    codes
        GB/T 2260 codes that bear the name; empty for places beyond that list.
    bare
        True where the suffix (省, 市, 县, ...) is left out.
    key
        The place without its suffix, so that 宁波 and 宁波市 compare equal.
    """

    codes: tuple[str, ...]
    grade: RegionGrade
    bare: bool
    key: str


class Endings(dict[str, str]):
    """Kind by ending; knows which lengths to try behind a last character."""

    def __init__(self, kinds: Mapping[str, str]) -> None:
        super().__init__(kinds)
        lengths: dict[str, set[int]] = defaultdict(set)
        for ending in kinds:
            if 0 < len(ending) <= LONGEST_LISTED:
                lengths[ending[-1]].add(len(ending))
        self._lengths = {last: sorted(found, reverse=True) for last, found in lengths.items()}

    def longest(self, text: str) -> str:
        """The longest ending of a text, short of being all of it; or nothing.

        Examples
        --------
        >>> default_lexicon().legal_forms.longest("屹澍有限公司")
        '有限公司'
        """
        for length in self._lengths.get(text[-1:], ()):
            if length < len(text) and text[-length:] in self:
                return text[-length:]
        return ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NameLexicon:
    """Everything the parser knows; frozen, so that one lexicon serves all threads.

    Lexicons compare by identity, so that what is derived from one is kept beside it.

    Attributes
    ----------
    listed_lengths
        Lengths of the regions and trade words that begin with two characters, ascending: what is
        worth looking up where these stand in a name.
    long_endings
        Endings of institutions, and other words that begin like one (大学生就业), by their first two
        characters: no name ends within them.
    """

    regions: Mapping[str, RegionName]
    legal_forms: Endings
    form_modifiers: frozenset[str]
    trades: frozenset[str]
    hosts: tuple[str, ...]
    institution_endings: Endings
    branch_endings: tuple[str, ...]
    independent_parts: tuple[str, ...]
    place_endings: tuple[str, ...]
    synonyms: tuple[tuple[str, str], ...]
    mark_prefixes: tuple[str, ...]
    mark_suffixes: tuple[str, ...]
    short_name_endings: tuple[str, ...]
    region_characters: Mapping[str, str]
    listed_lengths: Mapping[str, tuple[int, ...]] = field(init=False, repr=False, compare=False)
    long_endings: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the words by how they begin."""
        lengths: dict[str, set[int]] = defaultdict(set)
        for word in (*self.regions, *self.trades):
            if 1 < len(word) <= LONGEST_LISTED:
                lengths[word[:2]].add(len(word))
        endings: dict[str, list[str]] = defaultdict(list)
        for word in (*self.institution_endings, *_LIKE_ENDINGS):
            if len(word) > _SHORT_ENDING:
                endings[word[:2]].append(word)
        for name, found in (
            ("listed_lengths", {start: tuple(sorted(some)) for start, some in lengths.items()}),
            ("long_endings", {start: tuple(some) for start, some in endings.items()}),
        ):
            object.__setattr__(self, name, found)


#: Words that only begin like the end of an institution's name.
_LIKE_ENDINGS = ("大学生创业", "大学生就业", "研究院所", "学院路")
_SHORT_ENDING = 2
#: Characters of the longest region, trade word or ending that is looked for.
LONGEST_LISTED = 12


@cache
def default_lexicon() -> NameLexicon:
    """The lexicon that comes with silian.

    Examples
    --------
    >>> default_lexicon().regions["宁波"].codes
    ('330200',)
    """
    return read_lexicon(_packaged("regions.txt"), _packaged("trades.txt"), _packaged("forms.yaml"))


def with_places(lexicon: NameLexicon, places: Mapping[str, str]) -> NameLexicon:
    """A lexicon that knows further places, such as new districts; it keeps what it knew.

    Parameters
    ----------
    places
        Name by six-digit code.

    Examples
    --------
    >>> with_places(default_lexicon(), {"990100": "澄屿市"}).regions["澄屿"].codes
    ('990100',)
    """
    lines = "\n".join(
        f"{code} {normalise_name(name)}" for code, name in places.items() if len(code) == _CODE
    )
    return replace(lexicon, regions={**_regions(lines, ()), **lexicon.regions})


_CODE = 6


def read_lexicon(regions: str, trades: str, forms: str) -> NameLexicon:
    """Make a lexicon from the texts of the three files of ``library/names``."""
    words: dict[str, Any] = yaml.safe_load(forms)
    marks = words["short_name_marks"]
    return NameLexicon(
        regions=_regions(regions, words["world_regions"]),
        legal_forms=_by_ending(words["legal_forms"]),
        form_modifiers=frozenset(words["form_modifiers"]),
        trades=frozenset(
            word for line in _lines(trades) for word in line.split() if len(word) <= LONGEST_LISTED
        ),
        hosts=_longest_first(words["hosts"]),
        institution_endings=_by_ending(words["institution_endings"]),
        branch_endings=_longest_first(words["branch_endings"]),
        independent_parts=tuple(words["independent_parts"]),
        place_endings=_longest_first(words["place_endings"]),
        synonyms=tuple(words["synonyms"].items()),
        mark_prefixes=_longest_first(marks["prefixes"]),
        mark_suffixes=_longest_first(marks["suffixes"]),
        short_name_endings=_longest_first(words["short_name_endings"]),
        region_characters=words["region_characters"],
    )


def bare_region(name: str) -> str:
    """A place without its suffix; the name itself where too little would remain.

    Examples
    --------
    >>> bare_region("宁波市"), bare_region("大厂回族自治县"), bare_region("新疆维吾尔自治区")
    ('宁波', '大厂', '新疆')
    >>> bare_region("雄县")
    '雄县'
    """
    match = _AUTONOMOUS.match(name)
    if match:
        return match[1]
    for ending in ("特别行政区", "地区", "林区", "新区", "省", "市", "县", "区", "旗", "盟", "州"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name[: -len(ending)]
    return name


def _regions(text: str, world: Iterable[str]) -> dict[str, RegionName]:
    codes: dict[tuple[str, bool], list[str]] = {}
    for line in _lines(text):
        code, _, name = line.partition(" ")
        if name in _GENERIC_PLACES:
            continue
        codes.setdefault((name, False), []).append(code)
        short = bare_region(name)
        if short != name:
            codes.setdefault((short, True), []).append(code)
    found = {
        name: RegionName(codes=(), grade="world", bare=True, key=name) for name in sorted(world)
    }
    for (name, bare), held in sorted(codes.items()):
        if name in found and not found[name].bare and bare:
            continue  # the full name says more than another's bare one
        found[name] = RegionName(
            codes=tuple(sorted(set(held))), grade=_grade(held), bare=bare, key=bare_region(name)
        )
    return found


def _grade(codes: Iterable[str]) -> RegionGrade:
    widest = min(codes, key=lambda code: (not code.endswith("0000"), not code.endswith("00")))
    if widest.endswith("0000"):
        return "province"
    return "prefecture" if widest.endswith("00") else "county"


def _by_ending(groups: Mapping[str, Iterable[str]]) -> Endings:
    pairs = [(ending, kind) for kind, endings in groups.items() for ending in endings]
    return Endings(dict(sorted(pairs, key=lambda pair: -len(pair[0]))))


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted((str(word) for word in words), key=lambda word: (-len(word), word)))


def _lines(text: str) -> Iterable[str]:
    return (line for line in text.splitlines() if line and not line.startswith("#"))


def _packaged(name: str) -> str:
    return resources.files("silian.library").joinpath("names", name).read_text("utf-8")


def normalise_name(text: str) -> str:
    """One spelling of a name: normalised, without white space beside Chinese characters.

    Examples
    --------
    >>> normalise_name("华瓷　股份（Ａ）"), normalise_name("Ningbo  University")
    ('华瓷股份(a)', 'ningbo university')
    """
    return _SPACE_BESIDE_CHINESE.sub("", _QUOTES.sub("", normalise(text)))


def normalise_names(texts: Iterable[str]) -> list[str]:
    """``normalise_name`` of each text, quicker for many.

    Examples
    --------
    >>> normalise_names(["华瓷　股份（Ａ）"])
    ['华瓷股份(a)']
    """
    plain = normalise_many(texts)
    if _QUOTES.search("".join(plain)):
        plain = [_QUOTES.sub("", one) for one in plain]
    return [_SPACE_BESIDE_CHINESE.sub("", one) if " " in one else one for one in plain]


_SPACE_BESIDE_CHINESE = re.compile(r"(?<=[^\x00-\x7f])\s+|\s+(?=[^\x00-\x7f])")
_QUOTES = re.compile("[\"'“”‘’「」『』《》]")
