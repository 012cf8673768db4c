"""Who wrote a paper and where they work, from a byline that may have been scanned.

Cautious: only what parses convincingly as a Chinese name (a known surname and one or two more
characters, or a transliterated name with its dot) and as an institution (a known ending) is
taken. Everything else stays in the raw text and is counted.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

_HAN = "\u3400-\u9fff"
_PADDED = re.compile(rf"(?<![{_HAN}])([{_HAN}])[ \t]+([{_HAN}])(?![{_HAN}])")
_NAME = re.compile(rf"[{_HAN}]{{2,4}}$")
_DOTTED = re.compile(rf"[{_HAN}]{{2,8}}·[{_HAN}]{{2,8}}$")
_INSTITUTION_START = re.compile(
    r"[(（]\s*(?:\d\s*[.．、,，]?)?\s*(?=[^)）]*(?:大学|学院|研究|医院|公司|中心|实验室|科学院|局|站|所))"
)
_MARKS = re.compile(r"[\d,\s]+$")
_SEPARATOR = re.compile(r"[,，、;；|/\s'’‘`´」』}\]*†‡#§¶&＊\\$^{~…\"“”.]+")
_NUMBERED = re.compile(r"(?:^|[;；。\s(（])\s*(\d{1,2})\s*[.．、,，]?\s*(?=[\u3400-\u9fff])")
_ENDING = re.compile(
    r"(?:大学|学院|研究所|研究院|医院|公司|集团|中心|实验室|科学院|工程院|设计院|党校|"
    r"天文台|气象局|植物园|博物馆|图书馆|观测站|试验站|监测站|总站|农场|电力局|管理局|所)$"
)
_HOSPITAL = re.compile(rf"^([{_HAN}()]+?医院)(?!管理)")
_UNIVERSITY = re.compile(
    rf"^([{_HAN}]{{2,18}}?(?:大学(?:\([{_HAN}]{{2,4}}\))?|(?<!科)(?<!分)学院))"
)
_ACADEMY = re.compile(rf"^([{_HAN}]{{2,30}}?(?:研究所|研究院|天文台|植物园))(?=.)")
_SUPERSCRIPTS = str.maketrans("¹²³⁴⁵⁶⁷⁸⁹⁰", "1234567890")


@dataclass(frozen=True, slots=True)
class Author:
    """One author with the institution that certainly is theirs, or ''."""

    name: str
    organisation: str = ""


@dataclass(slots=True)
class Byline:
    """What could be read of a byline.

    Attributes
    ----------
    unread
        What couldn't be, counted: ``name``, ``institution``, ``place_of_author``.
    """

    authors: list[Author] = field(default_factory=list)
    organisations: list[str] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)


@cache
def surnames() -> frozenset[str]:
    """Chinese surnames, single and compound."""
    text = (files("silian.library") / "surnames_zh.txt").read_text(encoding="utf-8")
    return frozenset(
        name for line in text.splitlines() if not line.startswith("#") for name in line.split()
    )


def is_person_name(text: str) -> bool:
    """Whether a text is convincingly a Chinese personal name.

    Examples
    --------
    >>> is_person_name("王小明"), is_person_name("欧阳修远"), is_person_name("吾买尔江·吾布力")
    (True, True, True)
    >>> is_person_name("研究所"), is_person_name("张伟康灿"), is_person_name("王")
    (False, False, False)
    """
    if _DOTTED.match(text):
        return True
    if not _NAME.match(text) or _ENDING.search(text):
        return False
    compound = text[:2] in surnames()
    if len(text) == 4:
        return compound
    return text[0] in surnames() or (compound and len(text) == 3)


def ends_as_institution(text: str) -> bool:
    """Whether a text ends as names of institutions do."""
    return _ENDING.search(text) is not None


def read_institution(text: str) -> str:
    """The institution that a text begins with, without department and town, or ''.

    Examples
    --------
    >>> read_institution("太原师范学院地理科学学院，山西晋中030619")
    '太原师范学院'
    >>> read_institution("某某医科大学附属盛京医院妇产科，沈阳110004")
    '某某医科大学附属盛京医院'
    >>> read_institution("兰州 730070")
    ''
    """
    text = unicodedata.normalize("NFKC", text).strip(" ()[].,;:、。'\"*\\")
    head = re.split(r"[,，/;；、\s]|\d", text, maxsplit=1)[0].strip(" ().")
    for pattern in (_HOSPITAL, _UNIVERSITY, _ACADEMY):
        match = pattern.match(head)
        if match:
            head = match[1]
            break
    whole = re.fullmatch(rf"[{_HAN}()]{{4,40}}", head) is not None
    balanced = head.count("(") == head.count(")")
    return head if whole and balanced and _ENDING.search(head) and not _ENDING.match(head) else ""


def read_byline(text: str) -> Byline:
    """Authors and institutions of a byline.

    Examples
    --------
    >>> byline = read_byline("温 静1，徐满厚2（1.太原师范学院地理科学学院，晋中；2.示例大学，城）")
    >>> [(author.name, author.organisation) for author in byline.authors]
    [('温静', '太原师范学院'), ('徐满厚', '示例大学')]
    """
    byline = Byline()
    text = text.translate(_SUPERSCRIPTS).replace("\u3000", " ")
    start = _INSTITUTION_START.search(text)
    people, places = (text[: start.start()], text[start.start() :]) if start else (text, "")
    numbered = _institutions(places, byline)
    byline.organisations = list(dict.fromkeys(numbered.values()))
    for token, marks in _tokens(people):
        if is_person_name(token):
            place = _place_of(marks, numbered, byline)
            byline.authors.append(Author(token, place))
        else:
            byline.unread["name"] += 1
    return byline


def _institutions(text: str, byline: Byline) -> dict[str, str]:
    """Institutions by their number; unnumbered ones are counted from 1."""
    if not text:
        return {}
    text = unicodedata.normalize("NFKC", text)
    marks = list(_NUMBERED.finditer(text))
    if marks:
        ends = [mark.start() for mark in marks[1:]] + [len(text)]
        parts = [(mark[1], text[mark.end() : end]) for mark, end in zip(marks, ends, strict=True)]
    else:
        pieces = re.split(r"[;；]|\)\s*\(", text)
        parts = [(str(position), piece) for position, piece in enumerate(pieces, 1)]
    found: dict[str, str] = {}
    for number, part in parts:
        institution = read_institution(part)
        if institution:
            found.setdefault(number, institution)
        elif part.strip(" ()"):
            byline.unread["institution"] += 1
            found.setdefault(number, "")
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    """Candidate names with the digits behind them."""
    text = _PADDED.sub(r"\1\2", text)
    text = re.sub(r"(\d)\s*[,，]\s*(?=\d)", r"\1", text)
    found = []
    for piece in _SEPARATOR.split(text):
        match = re.match(rf"^([{_HAN}·]+)([0-9]*)", piece.replace("•", "·").replace("‧", "·"))
        if match:
            found.append((match[1], match[2]))
    return found


def _place_of(marks: str, numbered: dict[str, str], byline: Byline) -> str:
    places = {place for place in numbered.values() if place}
    if len(places) == 1 and "" not in numbered.values():
        return places.pop()
    if marks and len(numbered) < 10:
        place = numbered.get(marks[0], "")
        if place:
            return place
    byline.unread["place_of_author"] += 1
    return ""
