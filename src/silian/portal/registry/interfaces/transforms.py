"""Named transforms that a mapping may ask for; there are no others, and no code in mappings."""

import html
import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from silian.portal.registry.domain.names import kind_by_name
from silian.portal.registry.interfaces.bylines import (
    ends_as_institution,
    is_person_name,
    read_byline,
    read_institution,
)
from silian.tables.values import (
    ValueRefused,
    parse_float,
    parse_line,
    parse_list,
    parse_name,
    parse_period,
    parse_text,
    shorten,
)

Notes = Counter[str]
Transform = Callable[[Any, Notes], Any]

# What stands where a register hides or lacks a value.
_HIDDEN = {"*", "**", "***", "—", "-", "/", "暂无", "无", "不详", "未知", "保密"}


# Marks of letters and formulas that lists of papers carry in titles and abstracts; "a < b" is none.
_TAG = re.compile(
    r"</?(?:i|b|u|em|strong|sub|sup|inf|br|p|div|span|tt|scp|sc|italic|bold|title|sec|(?:jats|mml):\w+)"
    r"(?:\s+[\w:-]+\s*=[^<>]*)?\s*/?>",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"</?(?:br|p|div|sec|jats:(?:p|sec|title))\b[^<>]*>", re.IGNORECASE)
_HAN = re.compile(r"[\u3400-\u9fff]")
_ENTITY = re.compile(r"&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,6});")


def has_markup(text: str) -> bool:
    """Whether a text has tags or entities of HTML in it.

    Examples
    --------
    >>> has_markup("<i>In situ</i> TEM"), has_markup("Fe &amp; Co"), has_markup("a<b and c>d")
    (True, True, False)
    """
    return bool(_TAG.search(text) or _unescaped(text) != text)


def _unescaped(text: str) -> str:
    return _ENTITY.sub(lambda match: html.unescape(match[0]), text)


def _without_markup(value: Any, notes: Notes) -> Any:
    """A text without tags, its entities as the letters they stand for."""
    if not isinstance(value, str):
        return value
    # Some lists escape twice: &amp;lt;i&amp;gt; is a tag once it is read.
    text = _unescaped(_unescaped(value))
    return re.sub(" {2,}", " ", _TAG.sub("", _BLOCK.sub(" ", text))).strip()


_GIVEN = ("given", "given_name", "givenname", "first_name", "firstname", "forename")
_FAMILY = ("family", "family_name", "familyname", "last_name", "lastname", "surname")
NAME_PARTS = {*_GIVEN, *_FAMILY, "name"}


def full_name(person: dict[str, Any]) -> str:
    """Name of a person whose given and family names are members of their own; '' for none.

    Examples
    --------
    >>> full_name({"given": "Hans", "family": "Müller"}), full_name({"family": "李", "given": "军"})
    ('Hans Müller', '李军')
    """
    held = {str(key).lower(): parse_line(value) for key, value in person.items() if _is_text(value)}
    given = next((held[name] for name in _GIVEN if held.get(name)), "")
    family = next((held[name] for name in _FAMILY if held.get(name)), "")
    if not family:
        return held.get("name", "")
    return f"{family}{given}" if _HAN.search(family + given) else f"{given} {family}".strip()


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _full_names(value: Any, notes: Notes) -> Any:
    """Names of people that are objects with given and family names."""
    if not isinstance(value, list):
        return value
    names = (full_name(one) if isinstance(one, dict) else one for one in value)
    return [name for name in names if name]


def _date_parts(value: Any, notes: Notes) -> Any:
    """A day that stands as a list of year, month and day, as Crossref has it: [[2020, 5, 1]]."""
    parts = value
    while isinstance(parts, list) and parts and isinstance(parts[0], list):
        parts = parts[0]
    if isinstance(parts, list):
        return "-".join(f"{part:02}" for part in parts[:3] if isinstance(part, int)) or None
    return value


def _words_in_order(value: Any, notes: Notes) -> Any:
    """A text of its words with their places, as OpenAlex keeps abstracts."""
    if not isinstance(value, dict):
        return value
    placed = [
        (place, word)
        for word, places in value.items()
        for place in (places if isinstance(places, list) else ())
        if type(place) is int
    ]
    return " ".join(word for _, word in sorted(placed))


def _period_start(value: Any, notes: Notes) -> Any:
    """The first day of a stretch of time; anything else as it is."""
    period = parse_period(value)
    return period[0] if period else value


def _period_end(value: Any, notes: Notes) -> Any:
    """The last day of a stretch of time; anything else as it is."""
    period = parse_period(value)
    return period[1] if period else value


def _digits(value: Any, notes: Notes) -> str:
    return re.sub(r"\D", "", parse_text(value))


def _stock_code(value: Any, notes: Notes) -> str:
    """The six digits of a share's code, with or without its exchange (600519.SH)."""
    match = re.match(r"\d{6}", parse_text(value))
    return match[0] if match else ""


def _first(value: Any, notes: Notes) -> Any:
    return (value[0] if value else None) if isinstance(value, list) else value


def _last(value: Any, notes: Notes) -> Any:
    return (value[-1] if value else None) if isinstance(value, list) else value


def _words(value: Any, notes: Notes) -> list[str]:
    """Items that stand between spaces."""
    return list(dict.fromkeys(parse_text(value).split()))


def _unhidden(value: Any, notes: Notes) -> Any:
    return None if isinstance(value, str) and value.strip() in _HIDDEN else value


def _organisation_kind(value: Any, notes: Notes) -> str:
    return kind_by_name(parse_line(_first(value, notes)))


def _date_only(value: Any, notes: Notes) -> Any:
    """A date, or nothing where the source has another text in the column."""
    text = parse_text(value)
    if text and not re.match(r"^\s*(?:\d{4}|[一二〇零])", text):
        notes["date_dropped"] += 1
        return None
    return value


def _paper_title(value: Any, notes: Notes) -> str:
    """A title, refused where the scan took the byline for it."""
    text = parse_line(value)
    pieces = [piece for piece in re.split(r"[,，、;；\s]+", re.sub(r"[\d'’*]+", "", text)) if piece]
    n_names = sum(is_person_name(piece) for piece in pieces)
    is_byline = n_names >= 2 and n_names * 2 >= len(pieces)
    is_address = bool(re.search(r"\d{6}", text) and read_institution(text.strip("（(")))
    if text and (is_byline or is_address):
        raise ValueRefused(
            f"arrived {shorten(text)}; that is a byline or an address, expected a title.",
            message_zh=f"收到“{shorten(text)}”，像是作者或单位而不是题名，请更正题名。",
            arrived=text,
        )
    return text


def _authors(value: Any, notes: Notes) -> list[dict[str, str]]:
    """Authors of a byline whose institution is certain, as ``name`` and ``organisation``."""
    byline = read_byline(parse_text(value))
    for what, count in byline.unread.items():
        notes[f"byline_{what}_unread"] += count
    notes["byline_author_read"] += len(byline.authors)
    return [
        {"name": author.name, "organisation": author.organisation}
        for author in byline.authors
        if author.organisation
    ]


def _institutions(value: Any, notes: Notes) -> list[str]:
    return read_byline(parse_text(value)).organisations


def _author_keys(value: Any, notes: Notes) -> list[str]:
    """Keys of the people that ``authors`` yields: institution and name."""
    byline = read_byline(parse_text(value))
    return [
        f"{author.organisation} {author.name}" for author in byline.authors if author.organisation
    ]


def _wrapped_institutions(value: Any, notes: Notes) -> list[str]:
    """Institutions of a list in which line ends became separators (有限公、司)."""
    found: list[str] = []
    pending = ""
    for piece in re.split(r"[、；;]", parse_line(value)):
        pending += piece.strip()
        if ends_as_institution(pending):
            found.append(pending)
            pending = ""
    return [*found, pending] if pending else found


def _short_items(value: Any, notes: Notes) -> list[str]:
    """Items of up to 20 characters: longer ones are sentences that a scan took for keywords."""
    items = parse_list(value)
    kept = [item for item in items if 2 <= len(item) <= 20]
    if len(kept) < len(items):
        notes["long_keyword_dropped"] += len(items) - len(kept)
    return kept


def _unspaced(value: Any, notes: Notes) -> str:
    """A text without the spaces that a page layout put between Chinese characters."""
    return parse_name(value)


def _polygon(value: Any, notes: Notes) -> Any:
    """A GeoJSON geometry; nothing where there is none."""
    return value if isinstance(value, dict) and value.get("coordinates") else None


def _people(value: Any, notes: Notes) -> list[str]:
    """The items that are convincingly personal names."""
    return [item for item in parse_list(value) if is_person_name(item)]


def _organisations(value: Any, notes: Notes) -> list[str]:
    """The items that are no personal names."""
    return [item for item in parse_list(value) if not is_person_name(item)]


def _share_of_whole(value: Any, notes: Notes) -> Any:
    """A fraction of 0 to 1; what lies outside is booked against other lines, and dropped."""
    number = parse_float(value)
    if number is not None and not 0 <= number <= 1:
        notes["share_out_of_range_dropped"] += 1
        return None
    return number


TRANSFORMS: dict[str, Transform] = {
    "author_keys": _author_keys,
    "authors": _authors,
    "date_only": _date_only,
    "date_parts": _date_parts,
    "digits": _digits,
    "first": _first,
    "full_names": _full_names,
    "institutions": _institutions,
    "last": _last,
    "organisation_kind": _organisation_kind,
    "organisations": _organisations,
    "paper_title": _paper_title,
    "people": _people,
    "period_end": _period_end,
    "period_start": _period_start,
    "polygon": _polygon,
    "share_of_whole": _share_of_whole,
    "short_items": _short_items,
    "stock_code": _stock_code,
    "unhidden": _unhidden,
    "unspaced": _unspaced,
    "words": _words,
    "without_markup": _without_markup,
    "words_in_order": _words_in_order,
    "wrapped_institutions": _wrapped_institutions,
}
