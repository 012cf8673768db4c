"""An immutable block of documents, column by column: what a search reads.

A matcher has one large segment in mapped files and a few small ones in memory for what was
written since. Row numbers are local to a segment.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import Booleans, Floats, Integers, Ragged, TermIds
from silian.engines.matching.meaning import MeaningBlock
from silian.engines.matching.postings import Postings
from silian.engines.matching.values import Document
from silian.engines.matching.vocabulary import StringColumn, hash_text

_EPOCH = date(1970, 1, 1)
LIST_SEPARATOR = "\x1f"
NO_FROM_DAY = np.iinfo(np.int32).min
NO_UNTIL_DAY = np.iinfo(np.int32).max


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _EPOCH).days


def day_of(number: float) -> date:
    """Turn a day number back into a day."""
    return _EPOCH + timedelta(days=int(number))


class CategoryColumn:
    """A column with few distinct texts: a code a row, and the list of texts."""

    __slots__ = ("_places", "codes", "values")

    def __init__(self, codes: NDArray[np.int32], values: Sequence[str]) -> None:
        self.codes = codes
        self.values: list[str] = list(values)
        self._places: dict[str, int] | None = None

    def mask(self, passes: Callable[[str], bool]) -> Booleans:
        """Which rows hold a text that passes; asks once a distinct text."""
        table = np.fromiter((passes(value) for value in self.values), np.bool_, len(self.values))
        return self._spread(table)

    def mask_of(self, values: Iterable[str]) -> Booleans:
        """Which rows hold one of some texts; needs no look at the others."""
        if self._places is None:
            self._places = {value: place for place, value in enumerate(self.values)}
        table = np.zeros(len(self.values), dtype=np.bool_)
        places = [self._places[value] for value in values if value in self._places]
        table[places] = True
        return self._spread(table)

    def _spread(self, table: Booleans) -> Booleans:
        if table.all():
            return np.ones(len(self.codes), dtype=np.bool_)
        if not table.any():
            return np.zeros(len(self.codes), dtype=np.bool_)
        return table[self.codes]

    def take(self, rows: Integers) -> list[str]:
        """Texts of several rows."""
        values = self.values
        return [values[code] for code in self.codes[rows].tolist()]

    def __getitem__(self, row: int) -> str:
        return self.values[int(self.codes[row])]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segment:
    """Columns of the documents, their words both ways, and their vectors.

    Unknown numbers are NaN. ``text_hash`` joins documents to vectors; ``sorted_id_hashes`` and
    ``rows_by_id_hash`` find a row by its document id.
    """

    document_id: StringColumn
    sorted_id_hashes: NDArray[np.uint64]
    rows_by_id_hash: NDArray[np.int32]
    kind: CategoryColumn
    region: CategoryColumn
    fields: CategoryColumn
    owner: CategoryColumn
    audience: CategoryColumn
    readiness_level: Floats
    price_cny: Floats
    longitude_degrees: Floats
    latitude_degrees: Floats
    track_record_count: NDArray[np.int32]
    updated_on_day: Floats
    available_from_day: NDArray[np.int32]
    available_until_day: NDArray[np.int32]
    title: StringColumn
    body: StringColumn
    keywords: StringColumn
    content_hash: StringColumn
    text_hash: NDArray[np.int64]
    title_terms: Ragged
    body_terms: Ragged
    postings: Postings
    meaning: MeaningBlock
    # Clause or tuple of clauses -> mask; masks of an immutable segment never go stale.
    masks: dict[Any, Booleans] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.text_hash)

    def find(self, document_id: str) -> int:
        """Row of a document, -1 where it is not here."""
        wanted = np.uint64(hash_text(document_id))
        place = int(np.searchsorted(self.sorted_id_hashes, wanted))
        while place < len(self) and self.sorted_id_hashes[place] == wanted:
            row = int(self.rows_by_id_hash[place])
            if self.document_id[row] == document_id:
                return row
            place += 1
        return -1

    def find_many(self, document_ids: Sequence[str]) -> NDArray[np.int64]:
        """Rows of documents, -1 where one is not here."""
        return np.fromiter((self.find(one) for one in document_ids), np.int64, len(document_ids))

    def document(self, row: int) -> Document:
        """Give one document back as it was added."""
        return Document(
            document_id=self.document_id[row],
            kind=self.kind[row],
            title=self.title[row],
            body=self.body[row],
            keywords=_split(self.keywords[row]),
            region_code=self.region[row],
            field_codes=_split(self.fields[row]),
            readiness_level=_integer(self.readiness_level[row]),
            price_cny=_number(self.price_cny[row]),
            available_from=_day(self.available_from_day[row], NO_FROM_DAY),
            available_until=_day(self.available_until_day[row], NO_UNTIL_DAY),
            owner_id=self.owner[row],
            audience=self.audience[row],
            track_record_count=int(self.track_record_count[row]),
            updated_on=None
            if np.isnan(self.updated_on_day[row])
            else day_of(self.updated_on_day[row]),
            longitude_degrees=_number(self.longitude_degrees[row]),
            latitude_degrees=_number(self.latitude_degrees[row]),
            content_hash=self.content_hash[row],
        )


def gather_ragged(ragged: Ragged, rows: NDArray[np.int64]) -> Ragged:
    """Pick rows, in the order given."""
    starts = ragged.offsets[rows]
    lengths = ragged.offsets[rows + 1] - starts
    offsets = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(lengths, out=offsets[1:])
    places = np.arange(offsets[-1]) + np.repeat(starts - offsets[:-1], lengths)
    values: TermIds = ragged.values[places]
    return Ragged(offsets=offsets, values=values)


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split(LIST_SEPARATOR)) if text else ()


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _integer(value: float) -> int | None:
    return None if np.isnan(value) else int(value)


def _day(number: int, missing: int) -> date | None:
    return None if number == missing else day_of(number)
