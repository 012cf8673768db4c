"""What is taken for a document or a question: each value checked once, where it comes in."""

import reprlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import isfinite
from numbers import Integral, Real
from operator import attrgetter
from typing import Any

import numpy as np

from silian.engines.matching.errors import InvalidDocument, InvalidQuery
from silian.engines.matching.segment import LIST_SEPARATOR
from silian.engines.matching.values import AUDIENCES, Constraints, Document, Query

_LARGEST_COUNT = 2**31 - 1


@dataclass(frozen=True, slots=True)
class _Rule:
    """What one field may hold, for the machine and in words."""

    fits: Callable[[Any], bool]
    allowed: str


def _is_text(value: object) -> bool:
    return isinstance(value, str) and (value.isascii() or _is_unicode(value))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a pair of surrogates, as cut texts have them
        return False
    return True


def _is_named(value: object) -> bool:
    return bool(value) and _is_text(value)


def _is_term(value: object) -> bool:
    return _is_text(value) and LIST_SEPARATOR not in value  # type: ignore[operator]


def _are_terms(value: object) -> bool:
    return isinstance(value, tuple | list) and all(map(_is_term, value))


def _are_choices(value: object) -> bool:
    return isinstance(value, tuple | list | set | frozenset) and all(map(_is_text, value))


def _are_audiences(value: object) -> bool:
    return _are_choices(value) and AUDIENCES.issuperset(value)  # type: ignore[arg-type]


def _is_audience(value: object) -> bool:
    return isinstance(value, str) and value in AUDIENCES


def _is_whole(value: object) -> bool:
    # The plain types first: looking numbers up among the abstract ones takes longer.
    return type(value) is int or (isinstance(value, Integral) and not isinstance(value, bool))


def _is_level(value: Any) -> bool:
    return value is None or (_is_whole(value) and 1 <= value <= 9)


def _is_count(value: Any) -> bool:
    return _is_whole(value) and 0 <= value <= _LARGEST_COUNT


def _is_number(value: object) -> bool:
    if type(value) is float:
        return isfinite(value)
    return isinstance(value, Real) and not isinstance(value, bool) and isfinite(value)


def _is_amount(value: Any) -> bool:
    return value is None or (_is_number(value) and value >= 0)


def _is_longitude(value: Any) -> bool:
    return value is None or (_is_number(value) and -180 <= value <= 180)


def _is_latitude(value: Any) -> bool:
    return value is None or (_is_number(value) and -90 <= value <= 90)


def _is_day(value: object) -> bool:
    return value is None or (isinstance(value, date) and not isinstance(value, datetime))


def _is_vector(value: Any) -> bool:
    if value is None:
        return True
    try:
        numbers = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return False
    return numbers.ndim == 1 and bool(np.isfinite(numbers).all())


def _is_mapping(value: object) -> bool:
    return value is None or isinstance(value, Mapping)


_TEXT = _Rule(_is_text, "a str of whole characters, '' where there is none")
_NAME = _Rule(_is_named, "a str that isn't empty")
_TERMS = _Rule(_are_terms, "a tuple of str without the control character U+001F")
_CHOICES = _Rule(_are_choices, "a tuple of str, () for no constraint")
_LEVEL = _Rule(_is_level, "an int from 1 to 9, or None where it is unknown")
_AMOUNT = _Rule(_is_amount, "a finite number of yuan, at least 0, or None where it is open")
_LONGITUDE = _Rule(_is_longitude, "a number from -180 to 180, or None where it is unknown")
_LATITUDE = _Rule(_is_latitude, "a number from -90 to 90, or None where it is unknown")
_DAY = _Rule(_is_day, "a datetime.date, or None where there is none")
_AUDIENCE_NAMES = ", ".join(map(repr, sorted(AUDIENCES)))

_DOCUMENT = {
    "document_id": _NAME,
    "kind": _NAME,
    "title": _TEXT,
    "body": _TEXT,
    "keywords": _TERMS,
    "region_code": _TEXT,
    "field_codes": _TERMS,
    "readiness_level": _LEVEL,
    "price_cny": _AMOUNT,
    "available_from": _DAY,
    "available_until": _DAY,
    "owner_id": _TEXT,
    "audience": _Rule(_is_audience, f"one of {_AUDIENCE_NAMES}"),
    "track_record_count": _Rule(_is_count, f"an int from 0 to {_LARGEST_COUNT}"),
    "updated_on": _DAY,
    "longitude_degrees": _LONGITUDE,
    "latitude_degrees": _LATITUDE,
    "content_hash": _TEXT,
}
_QUERY = {
    "title": _TEXT,
    "body": _TEXT,
    "keywords": _TERMS,
    "constraints": _Rule(lambda value: isinstance(value, Constraints), "Constraints(...)"),
    "field_codes": _TERMS,
    "budget_cny": _AMOUNT,
    "readiness_target": _LEVEL,
    "region_code": _TEXT,
    "longitude_degrees": _LONGITUDE,
    "latitude_degrees": _LATITUDE,
    "asked_on": _DAY,
    "limit": _Rule(_is_whole, "an int"),
    "direction": _TEXT,
    "kind": _TEXT,
    "vector": _Rule(_is_vector, "finite numbers, or None to let the engine embed the text"),
    "nearness": _Rule(_is_mapping, "a mapping from document_id to a number, or None"),
}
_CONSTRAINTS = {
    "kinds": _CHOICES,
    "region_codes": _CHOICES,
    "field_codes": _CHOICES,
    "price_max_cny": _AMOUNT,
    "price_min_cny": _AMOUNT,
    "readiness_min": _LEVEL,
    "available_on": _DAY,
    "audiences": _Rule(_are_audiences, f"a tuple of some of {_AUDIENCE_NAMES}"),
    "viewer_owner_id": _TEXT,
    "excluded_owner_ids": _CHOICES,
    "excluded_document_ids": _CHOICES,
}
_PLAIN = {str, int, float, date, tuple}


def check_documents(documents: Sequence[Document]) -> None:
    """Refuse what no index can hold, or what could never be found as it is meant.

    Raises
    ------
    InvalidDocument
        With the document, the field, what arrived and what is allowed.
    """
    for document in documents:
        if not isinstance(document, Document):
            raise InvalidDocument(
                f"One of the documents is {_shown(document)}; expected Document(...).",
                field="document",
                arrived=_shown(document),
            )
    for name, rule in _DOCUMENT.items():
        column = list(map(attrgetter(name), documents))
        if not _all_fit(rule, column):
            for document, value in zip(documents, column, strict=True):
                if not rule.fits(value):
                    raise _invalid(document, name, rule, value)


def _all_fit(rule: _Rule, column: Sequence[Any]) -> bool:
    """Whether every value surely fits; where it isn't sure, each is to be looked at by itself.

    Values of one plain type are looked at once each, however often they come: a field's check
    for a hundred thousand documents costs milliseconds.
    """
    types = set(map(type, column)) - {type(None)}
    if len(types) > 1 or not types <= _PLAIN:
        return False
    try:
        return all(map(rule.fits, set(column)))
    except TypeError:  # a tuple that holds a list
        return False


def _invalid(document: Document, name: str, rule: _Rule, value: object) -> InvalidDocument:
    return InvalidDocument(
        f"{name} of document {_shown(document.document_id)} is {_shown(value)}; expected "
        f"{rule.allowed}.{_remedy(rule, value)}",
        document_id=document.document_id,
        field=name,
        arrived=_shown(value),
        allowed=rule.allowed,
    )


def checked_documents(documents: Iterable[Document]) -> Iterator[Document]:
    """Refuse one document, or a text, where many documents are meant.

    Raises
    ------
    InvalidDocument
        If it is no collection.
    """
    if isinstance(documents, Document | str | Mapping):
        raise InvalidDocument(
            f"documents is {_shown(documents)}; expected several. Pass [document] for one.",
            field="documents",
            arrived=_shown(documents),
        )
    return iter(documents)


def checked_ids(document_ids: Iterable[str]) -> list[str]:
    """Refuse one id, of which each letter would count for an id, where several are meant.

    Raises
    ------
    InvalidDocument
        If it is one str, or one of them is none.
    """
    if isinstance(document_ids, str):
        raise InvalidDocument(
            f"document_ids is {_shown(document_ids)}, one str; expected several. Pass "
            f"[{_shown(document_ids)}] for one.",
            field="document_ids",
            arrived=_shown(document_ids),
        )
    ids = list(document_ids)
    for one in ids:
        if not isinstance(one, str):
            raise InvalidDocument(
                f"One of document_ids is {_shown(one)}; expected str, a document's id.",
                field="document_ids",
                arrived=_shown(one),
            )
    return ids


def check_query_values(query: Query) -> None:
    """Refuse a question that can't be meant as it is written.

    Raises
    ------
    InvalidQuery
        With the field, what arrived and what is allowed.
    """
    if not isinstance(query, Query):
        raise InvalidQuery(
            f"The query is {_shown(query)}; expected Query(...). Pass Query(title=...) for words.",
            field="query",
            arrived=_shown(query),
        )
    _check_fields(query, _QUERY, "")
    _check_fields(query.constraints, _CONSTRAINTS, "constraints.")


def _check_fields(values: Query | Constraints, rules: Mapping[str, _Rule], place: str) -> None:
    for name, rule in rules.items():
        value = getattr(values, name)
        if not rule.fits(value):
            raise InvalidQuery(
                f"{place}{name} is {_shown(value)}; expected {rule.allowed}.{_remedy(rule, value)}",
                field=f"{place}{name}",
                arrived=_shown(value),
                allowed=rule.allowed,
            )


def _remedy(rule: _Rule, value: object) -> str:
    if rule.fits in {_are_terms, _are_choices, _are_audiences} and isinstance(value, str):
        return f" Write ({_shown(value)},) for one."
    if rule is _DAY and isinstance(value, datetime):
        return " Pass .date() of it."
    if rule is _DAY and isinstance(value, str):
        return " Pass datetime.date.fromisoformat of it."
    return ""


def _shown(value: object) -> str:
    return reprlib.repr(value) if isinstance(value, str | int | float) else _short(repr(value))


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."
