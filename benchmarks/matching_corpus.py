"""Documents, vectors and questions for the speed benchmarks, from the sample city and a seed.

Texts are the sample city's. Vectors are random but clustered: one direction for everything, one
for each topic (the field and trade words a text is about), and noise of its own, so that nearest
neighbours are found among documents of the topic as they would be with a real embedder, without
hours of embedding. Filters and their selectivity come from the city's own regions and fields.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching import Constraints, Document, Query
from silian.sample import generate_city, scaled_size

N_DIMENSIONS = 384
_SUPPLY = ("achievement", "patent", "person", "project", "facility", "service_agency", "platform")
_SUPPLY_AT_FACTOR_1 = 5_000
_COMMON, _TOPIC, _OWN = 0.85, 0.40, 0.30


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A need of the city as a question, and the filter that every engine is given with it."""

    title: str
    body: str
    vector: NDArray[np.float32]
    kind: str
    region_code: str

    @property
    def text(self) -> str:
        """Everything that is asked, as one text."""
        return f"{self.title}\n{self.body}"

    def query(self, *, filtered: bool, limit: int) -> Query:
        """The question as our engine takes it."""
        kept = Constraints(kinds=(self.kind,), region_codes=(self.region_code,))
        return Query(
            title=self.title,
            body=self.body,
            vector=tuple(self.vector.tolist()),
            constraints=kept if filtered else Constraints(),
            limit=limit,
        )


def documents(n_documents: int, seed: int) -> Iterator[Document]:
    """The first supply items of a city large enough, kinds in turn so that any cut is mixed."""
    city = generate_city(scaled_size(1.02 * n_documents / _SUPPLY_AT_FACTOR_1), seed)
    streams = {kind: city.rows(kind) for kind in _SUPPLY}
    made = 0
    while streams and made < n_documents:
        for kind in list(streams):
            for _ in range(_share(kind)):
                row = next(streams[kind], None)
                if row is None:
                    del streams[kind]
                    break
                made += 1
                yield _document(kind, row)
                if made == n_documents:
                    return


def vectors_of(items: list[Document], seed: int) -> NDArray[np.float32]:
    """Vectors of documents, shape (n, 384), unit length, the same in every run."""
    topics = np.stack([_topic_vector(_topic(one.field_codes, one.title), seed) for one in items])
    first = int.from_bytes(hashlib.blake2b(items[0].document_id.encode(), digest_size=8).digest())
    random = np.random.default_rng([seed, first])
    return _mix(topics, random, seed)


def questions(n_questions: int, seed: int) -> list[Asked]:
    """Needs of the city, in a fixed order."""
    city = generate_city(scaled_size(max(1.0, n_questions / 600)), seed)
    asked = []
    random = np.random.default_rng([seed, 1])
    for row in city.rows("need"):
        topic = _topic_vector(_topic(tuple(row["field_codes"]), row["title"]), seed)
        asked.append(
            Asked(
                title=row["title"],
                body=row["text"],
                vector=_mix(topic[None, :], random, seed)[0],
                kind=("achievement", "patent", "person")[len(asked) % 3],
                region_code=f"99010{1 + len(asked) % 6}",
            )
        )
        if len(asked) == n_questions:
            break
    return asked


def _share(kind: str) -> int:
    return {"achievement": 34, "patent": 26, "person": 20, "facility": 9, "project": 7}.get(kind, 2)


def _document(kind: str, row: dict[str, Any]) -> Document:
    body = " ".join(
        str(row[name])
        for name in ("summary", "abstract", "biography", "description", "advantages", "comparison")
        if row.get(name)
    )
    day = row.get("completed_on") or row.get("application_date") or row.get("ended_on")
    return Document(
        document_id=row["source_key"],
        kind=kind,
        title=row.get("title") or row["name"],
        body=body,
        keywords=tuple(row.get("keywords") or row.get("expertise") or row.get("techniques") or ()),
        # Records without a place of their own stand in one of the city's first six districts.
        region_code=row.get("region_adcode") or f"99010{1 + int(row['source_key'][-3:]) % 6}",
        field_codes=tuple(row.get("field_codes") or ()),
        readiness_level=row.get("readiness_level"),
        price_cny=row.get("price_cny"),
        owner_id=row.get("organisation_key") or "",
        updated_on=date.fromisoformat(day) if day else None,
        content_hash=row["source_key"],
    )


def _topic(field_codes: tuple[str, ...], title: str) -> str:
    # A few characters of the title split each field into some tens of topics.
    digest = hashlib.blake2b(title[2:5].encode(), digest_size=1).digest()[0] % 24
    return f"{field_codes[0] if field_codes else ''}/{digest}"


@cache
def _topic_vector(topic: str, seed: int) -> NDArray[np.float32]:
    number = int.from_bytes(hashlib.blake2b(topic.encode(), digest_size=8).digest())
    return _unit(np.random.default_rng([seed, number]).standard_normal((1, N_DIMENSIONS)))[0]


def _mix(
    topics: NDArray[np.float32], random: np.random.Generator, seed: int
) -> NDArray[np.float32]:
    own = _unit(random.standard_normal(topics.shape, dtype=np.float32))
    return _unit(_COMMON * _topic_vector("everything", seed) + _TOPIC * topics + _OWN * own)


def _unit(vectors: NDArray[Any]) -> NDArray[np.float32]:
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)
