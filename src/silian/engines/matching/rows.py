"""Documents to rows of the store: checked, read into words, hashed."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Protocol

import pyarrow as pa

from silian.engines.matching.checking import check_documents
from silian.engines.matching.schema import DOCUMENT_SCHEMA
from silian.engines.matching.segment import (
    LIST_SEPARATOR,
    NO_FROM_DAY,
    NO_UNTIL_DAY,
    day_number,
)
from silian.engines.matching.values import Document
from silian.engines.matching.vocabulary import hash_text


class WordReader(Protocol):
    """Cuts a text into normalised words; ``silian.language.Segmenter`` is the usual one."""

    def words(self, text: str) -> list[str]:
        """Words in order, with repetitions."""

    def words_many(self, texts: Iterable[str]) -> list[list[str]]:
        """Words of each text."""


# The offline model reads 512 tokens at a time and takes the mean: forty such windows say what a
# text is about, and more of them only cost time. All its words are searched by all the same.
LONGEST_PASSAGE_CHARACTERS = 20_000


def text_of(document: Document) -> str:
    """All text of a document: title, keywords and body."""
    parts = (document.title, " ".join(document.keywords), document.body)
    return "\n".join(part for part in parts if part)


def passage_of(document: Document) -> str:
    """Text whose meaning is embedded: the document's, or the beginning of a very long one."""
    return text_of(document)[:LONGEST_PASSAGE_CHARACTERS]


def rows_of(documents: Sequence[Document], reader: WordReader) -> pa.Table:
    """Lay documents out for the store; of one id given twice, the last counts.

    Raises
    ------
    InvalidDocument
        If a document has no id or kind, or a value that its field doesn't allow.
    """
    check_documents(documents)
    latest = {document.document_id: document for document in documents}
    kept = list(latest.values())
    titles = reader.words_many(" ".join((one.title, *one.keywords)) for one in kept)
    bodies = reader.words_many(one.body for one in kept)
    columns = {
        "document_id": [one.document_id for one in kept],
        "commit_number": [0] * len(kept),
        "is_deleted": [False] * len(kept),
        "kind": [one.kind for one in kept],
        "title": [one.title for one in kept],
        "body": [one.body for one in kept],
        "keywords": [LIST_SEPARATOR.join(one.keywords) for one in kept],
        "region_code": [one.region_code for one in kept],
        "field_codes": [LIST_SEPARATOR.join(one.field_codes) for one in kept],
        "readiness_level": [one.readiness_level for one in kept],
        "price_cny": [one.price_cny for one in kept],
        "available_from_day": [_day(one.available_from, NO_FROM_DAY) for one in kept],
        "available_until_day": [_day(one.available_until, NO_UNTIL_DAY) for one in kept],
        "owner_id": [one.owner_id for one in kept],
        "audience": [one.audience for one in kept],
        "track_record_count": [one.track_record_count for one in kept],
        "updated_on_day": [_day(one.updated_on, None) for one in kept],
        "longitude_degrees": [one.longitude_degrees for one in kept],
        "latitude_degrees": [one.latitude_degrees for one in kept],
        "content_hash": [one.content_hash for one in kept],
        "title_words": [" ".join(words) for words in titles],
        "body_words": [" ".join(words) for words in bodies],
        "text_hash": [signed_hash(text_of(one)) for one in kept],
    }
    return pa.table(columns, schema=DOCUMENT_SCHEMA)


def tombstones_of(document_ids: Sequence[str]) -> pa.Table:
    """Rows that say documents are gone; they replace the documents until the next tidying."""
    n_rows = len(document_ids)
    columns: dict[str, list[object]] = {
        name: [None] * n_rows for name in DOCUMENT_SCHEMA.names if name != "document_id"
    }
    columns["is_deleted"] = [True] * n_rows
    columns["commit_number"] = [0] * n_rows
    return pa.table({"document_id": list(document_ids), **columns}, schema=DOCUMENT_SCHEMA)


def signed_hash(text: str) -> int:
    """Hash a text to 64 bits in the range of a signed integer column."""
    value = hash_text(text)
    return value - 2**64 if value >= 2**63 else value


def _day(day: date | None, missing: int | None) -> int | None:
    return missing if day is None else day_number(day)
