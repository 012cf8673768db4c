"""Headings that registers give our columns, from ``headings.yaml``."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from silian.errors import EngineError
from silian.library.loading import read_library_yaml

_SHARED = ("shared", "shared_either")
_PARTS = {"hints", "keys", "things", "headings", "either", "periods"}
_DROPPED = re.compile(r"[\s*:：_()（）\[\]【】\-—/、,，.·'\"“”]+")
_NUMBERED = re.compile(r"^(?:\d{1,2}|[一二三四五六七八九十]{1,2})[.．、)）]\s*(?=\D)")


class HeadingsFault(EngineError, ValueError):
    """``headings.yaml`` says one thing twice, or has a part that nobody reads."""

    code = "headings_fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class KindHeadings:
    """What registers call the columns of one kind.

    Attributes
    ----------
    hints
        Words by which a heading or a file's name tells the kind.
    keys
        Columns that together tell one record from another where no number does; the first
        whose columns a file has counts.
    columns
        Column by folded heading.
    either
        Columns that a folded heading may mean.
    periods
        By folded heading of a column of stretches of time (项目起止年月): the columns that take their
        beginnings and their ends.
    """

    kind: str
    hints: tuple[str, ...]
    keys: tuple[tuple[str, ...], ...]
    columns: Mapping[str, str]
    either: Mapping[str, tuple[str, ...]]
    periods: Mapping[str, tuple[str, str]] = field(default_factory=dict)


def fold_heading(text: str) -> str:
    """Spelling under which headings compare equal.

    Examples
    --------
    >>> fold_heading("申请（专利权）人 *") == fold_heading("申请(专利权)人")
    True
    >>> fold_heading("3、Company_Name：")
    'companyname'
    """
    plain = unicodedata.normalize("NFKC", text).replace("＊", "*").strip().lower()
    return _DROPPED.sub("", _NUMBERED.sub("", plain))


@cache
def headings_of(kind: str, names: frozenset[str]) -> KindHeadings:
    """Headings of a kind, those that several kinds share included.

    A kind's own word counts before the shared one.

    Parameters
    ----------
    names
        Columns that the kind has.

    Raises
    ------
    HeadingsFault
        If the file names another column of the kind.
    """
    content = _content()
    own = content["kinds"].get(kind, {})
    headings, either = own.get("headings", {}), own.get("either", {})
    told = {*headings, *(name for names in either.values() for name in names)}
    told |= {name for key in own.get("keys", ()) for name in key}
    told |= {name for _, *ends in _periods(own) for name in ends}
    if told - names:
        raise HeadingsFault(f"{kind} has no column {', '.join(sorted(told - names))}.")
    shared = {name: words for name, words in content["shared"].items() if name in names}
    several = {
        fold_heading(heading): tuple(name for name in meant if name in names)
        for heading, meant in {**content["shared_either"], **either}.items()
    }
    numbers = _numbers(own.get("things", ())) if "source_key" in names else {}
    columns = {**_by_heading(shared, "shared"), **numbers, **_by_heading(headings, kind)}
    columns |= {heading: meant[0] for heading, meant in several.items() if len(meant) == 1}
    unsure = {heading: meant for heading, meant in several.items() if len(meant) > 1}
    return KindHeadings(
        kind=kind,
        hints=tuple(word.lower() for word in own.get("hints", ())),
        keys=tuple(tuple(names) for names in own.get("keys", ())),
        columns={heading: name for heading, name in columns.items() if heading not in unsure},
        either=unsure,
        periods={fold_heading(heading): (first, last) for heading, first, last in _periods(own)},
    )


def _periods(own: Any) -> Iterator[tuple[str, str, str]]:
    for one in own.get("periods", ()):
        for heading in one["headings"]:
            yield heading, one["first"], one["last"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherRegister:
    """A register of what is no record of ours.

    Attributes
    ----------
    kinds
        Kinds that it would else be taken for.
    headings
        Folded headings that tell it.
    words
        Words of a file's name or title that do.
    """

    code: str
    label_zh: str
    label_en: str
    kinds: tuple[str, ...]
    headings: frozenset[str]
    words: tuple[str, ...]


@cache
def other_registers() -> tuple[OtherRegister, ...]:
    """Registers of what is no record of ours."""
    return tuple(
        OtherRegister(
            code=code,
            label_zh=one["label_zh"],
            label_en=one["label_en"],
            kinds=tuple(one["kinds"]),
            headings=frozenset(map(fold_heading, one["headings"])),
            words=tuple(one["words"]),
        )
        for code, one in _content()["other_registers"].items()
    )


@cache
def _second_headings() -> frozenset[str]:
    return frozenset(map(fold_heading, _content()["second"]))


def is_second(heading: str) -> bool:
    """Whether a heading gives a field only where no other does: a year, a main class, a first name.

    Examples
    --------
    >>> is_second("Publication Year"), is_second("Publication Date")
    (True, False)
    """
    return fold_heading(heading) in _second_headings()


@cache
def unused_headings() -> frozenset[str]:
    """Folded headings of what no record keeps: numbering, contacts, notes."""
    return frozenset(map(fold_heading, _content()["unused"]))


def _numbers(things: Sequence[str]) -> dict[str, str]:
    """What the number of a thing is called (成果编号), which tells the rows of its register apart."""
    endings = _content()["key_endings"]
    return {fold_heading(f"{thing} {end}"): "source_key" for thing in things for end in endings}


def kinds_with_headings() -> tuple[str, ...]:
    """Kinds that the file tells of."""
    return tuple(_content()["kinds"])


@cache
def _content() -> Any:
    content = read_library_yaml("headings.yaml")
    check_headings(content)
    return content


def check_headings(content: Any) -> None:
    """Check the file's whole content.

    Raises
    ------
    HeadingsFault
        With the first thing that is wrong.
    """
    expected = {"source", "unused", "key_endings", "second", "other_registers", *_SHARED, "kinds"}
    if set(content) != expected:
        raise HeadingsFault(f"headings.yaml has {sorted(content)}; expected {sorted(expected)}.")
    for name, headings in content["shared"].items():
        _by_heading({name: headings}, "shared")
    for kind, parts in content["kinds"].items():
        unknown = set(parts) - _PARTS
        if unknown:
            raise HeadingsFault(f"{kind} has {sorted(unknown)}; expected {sorted(_PARTS)}.")
        _by_heading(parts.get("headings", {}), kind)


def _by_heading(columns: Mapping[str, list[str]], where: str) -> dict[str, str]:
    pairs = list(_pairs(columns, where))
    for heading, count in Counter(heading for heading, _ in pairs).items():
        if count > 1:
            named = sorted({name for other, name in pairs if other == heading})
            raise HeadingsFault(
                f"{where}: heading {heading!r} stands {count} times ({', '.join(named)}); name it "
                "once, or under `either`."
            )
    return dict(pairs)


def _pairs(columns: Mapping[str, list[str]], where: str) -> Iterator[tuple[str, str]]:
    for name, headings in columns.items():
        # Two spellings of one heading that fold to the same are no mistake.
        for heading in dict.fromkeys(map(_checked(where, name), headings)):
            yield heading, name


def _checked(where: str, name: str) -> Any:
    def fold(heading: Any) -> str:
        folded = fold_heading(heading) if isinstance(heading, str) else ""
        if not folded:
            raise HeadingsFault(f"{where}.{name}: {heading!r} is no heading; quote it as a text.")
        return folded

    return fold
