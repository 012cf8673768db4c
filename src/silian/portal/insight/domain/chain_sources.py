"""Texts of all records that can stand at chain nodes, read in bulk."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from silian.identifiers import PREFIX_BY_KIND
from silian.portal.catalogue import KINDS
from silian.portal.insight.domain.chain_texts import RecordTexts
from silian.portal.registry.domain.references import portions

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


def placed_records(ids: Collection[str] | None = None) -> Iterator[PlacedRecord]:
    """Every record of these kinds, kind by kind; only those of some ids where given."""
    for kind, source in _SOURCES.items():
        records = KINDS[kind].model._default_manager.order_by("pk")
        if ids is None:
            yield from _texts_of(kind, source, records)
            continue
        prefix = f"{PREFIX_BY_KIND[kind]}-"
        for portion in portions(one for one in ids if one.startswith(prefix)):
            yield from _texts_of(kind, source, records.filter(public_id__in=portion))


def _texts_of(kind: str, source: _Source, records: Any) -> Iterator[PlacedRecord]:
    rows = records.values_list("public_id", "audience", *source.columns)
    for public_id, audience, *values in rows.iterator(chunk_size=_CHUNK):
        yield PlacedRecord(public_id, kind, audience, source.texts(*values))


def count_records() -> int:
    """How many records that is."""
    return sum(KINDS[kind].model._default_manager.count() for kind in _SOURCES)
