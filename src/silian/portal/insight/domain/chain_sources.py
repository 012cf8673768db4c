"""Texts of all records that can stand at chain nodes, read in bulk."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from silian.portal.catalogue import KINDS
from silian.portal.insight.domain.chain_texts import RecordTexts

_CHUNK = 5_000


class PlacedRecord(NamedTuple):
    """A record with what is read of it."""

    public_id: str
    kind: str
    audience: str
    texts: RecordTexts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    columns: tuple[str, ...]
    texts: Callable[..., RecordTexts]


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(one for one in value or () if isinstance(one, str) and one)


_SOURCES: dict[str, _Source] = {
    "organisation": _Source(
        columns=("main_products", "keywords", "name"),
        texts=lambda products, keywords, name: RecordTexts(
            products=_strings(products), keywords=_strings(keywords), names=(name,)
        ),
    ),
    "person": _Source(
        columns=("expertise",),
        texts=lambda expertise: RecordTexts(keywords=_strings(expertise)),
    ),
    "platform": _Source(
        columns=("keywords", "name"),
        texts=lambda keywords, name: RecordTexts(keywords=_strings(keywords), titles=(name,)),
    ),
    "achievement": _Source(
        columns=("title", "keywords"),
        texts=lambda title, keywords: RecordTexts(titles=(title,), keywords=_strings(keywords)),
    ),
    "patent": _Source(
        columns=("title",),
        texts=lambda title: RecordTexts(titles=(title,)),
    ),
    "project": _Source(
        columns=("title", "keywords"),
        texts=lambda title, keywords: RecordTexts(titles=(title,), keywords=_strings(keywords)),
    ),
    "publication": _Source(
        columns=("title", "keywords"),
        texts=lambda title, keywords: RecordTexts(titles=(title,), keywords=_strings(keywords)),
    ),
}
#: Kinds of records that are placed by their texts.
PLACED_KINDS = tuple(_SOURCES)


def placed_records() -> Iterator[PlacedRecord]:
    """Every record of these kinds, kind by kind."""
    for kind, source in _SOURCES.items():
        rows = KINDS[kind].model._default_manager.order_by("pk")
        columns = ("public_id", "audience", *source.columns)
        for public_id, audience, *values in rows.values_list(*columns).iterator(chunk_size=_CHUNK):
            yield PlacedRecord(public_id, kind, audience, source.texts(*values))


def count_records() -> int:
    """How many records that is."""
    return sum(KINDS[kind].model._default_manager.count() for kind in _SOURCES)
