"""Hard constraints, one class each: what it keeps of a segment, and how it reads on one document.

Both readings stand side by side in one class, because they must agree; a property test holds
them together. Values come from users: they only ever meet arrays and dictionaries, never SQL.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np

from silian.engines.matching.candidates import Booleans
from silian.engines.matching.segment import Segment, day_number
from silian.engines.matching.values import ConstraintCheck, Document, Query

NEED = "need"


class Clause(Protocol):
    """One hard constraint."""

    def mask(self, segment: Segment) -> Booleans:
        """Shape (n_documents,): which documents of a segment pass."""

    def check(self, document: Document) -> ConstraintCheck:
        """Hold the constraint against one document, in words."""


def _check(name: str, outcome: bool | None, allowed: str, arrived: str) -> ConstraintCheck:
    words = {True: "passed", False: "failed", None: "unknown"}
    return ConstraintCheck(
        constraint=name, outcome=words[outcome], allowed=allowed, arrived=arrived
    )


@dataclass(frozen=True, slots=True)
class KindIn:
    """Keeps some kinds; with none named, everything but needs."""

    kinds: tuple[str, ...]

    def passes(self, kind: str) -> bool:
        return kind in self.kinds if self.kinds else kind != NEED

    def mask(self, segment: Segment) -> Booleans:
        return segment.kind.mask(self.passes)

    def check(self, document: Document) -> ConstraintCheck:
        allowed = ", ".join(self.kinds) or f"every kind but {NEED}"
        return _check("kind", self.passes(document.kind), allowed, document.kind)


@dataclass(frozen=True, slots=True)
class RegionUnder:
    """Keeps the regions whose adcode begins with one of the prefixes."""

    prefixes: tuple[str, ...]

    def passes(self, code: str) -> bool:
        return bool(code) and code.startswith(self.prefixes)

    def mask(self, segment: Segment) -> Booleans:
        return segment.region.mask(self.passes)

    def check(self, document: Document) -> ConstraintCheck:
        code = document.region_code
        return _check("region", self.passes(code), ", ".join(self.prefixes), code)


@dataclass(frozen=True, slots=True)
class FieldIn:
    """Keeps documents of at least one of the technical fields."""

    codes: tuple[str, ...]

    def mask(self, segment: Segment) -> Booleans:
        wanted = set(self.codes)
        return segment.fields.mask(lambda codes: not wanted.isdisjoint(codes.split("\x1f")))

    def check(self, document: Document) -> ConstraintCheck:
        shared = not set(self.codes).isdisjoint(document.field_codes)
        return _check("field", shared, ", ".join(self.codes), ", ".join(document.field_codes))


@dataclass(frozen=True, slots=True)
class PriceAtMost:
    """Keeps what costs no more; an open price passes."""

    price_cny: float

    def mask(self, segment: Segment) -> Booleans:
        return ~(segment.price_cny > self.price_cny)

    def check(self, document: Document) -> ConstraintCheck:
        price = document.price_cny
        return _check(
            "price_max",
            None if price is None else price <= self.price_cny,
            f"<= {self.price_cny:g}",
            "" if price is None else f"{price:g}",
        )


@dataclass(frozen=True, slots=True)
class PriceAtLeast:
    """Keeps what costs, or pays, no less; an open price passes."""

    price_cny: float

    def mask(self, segment: Segment) -> Booleans:
        return ~(segment.price_cny < self.price_cny)

    def check(self, document: Document) -> ConstraintCheck:
        price = document.price_cny
        return _check(
            "price_min",
            None if price is None else price >= self.price_cny,
            f">= {self.price_cny:g}",
            "" if price is None else f"{price:g}",
        )


@dataclass(frozen=True, slots=True)
class ReadinessAtLeast:
    """Keeps what is ready enough; unknown readiness passes."""

    level: int

    def mask(self, segment: Segment) -> Booleans:
        return ~(segment.readiness_level < self.level)

    def check(self, document: Document) -> ConstraintCheck:
        level = document.readiness_level
        return _check(
            "readiness_min",
            None if level is None else level >= self.level,
            f">= {self.level}",
            "" if level is None else str(level),
        )


@dataclass(frozen=True, slots=True)
class AvailableOn:
    """Keeps what can be had on a day; a missing bound does not bind."""

    day: date

    def mask(self, segment: Segment) -> Booleans:
        number = day_number(self.day)
        return (segment.available_from_day <= number) & (segment.available_until_day >= number)

    def check(self, document: Document) -> ConstraintCheck:
        start, end = document.available_from, document.available_until
        passes = (start is None or start <= self.day) and (end is None or end >= self.day)
        return _check("available_on", passes, self.day.isoformat(), f"{start or ''}..{end or ''}")


@dataclass(frozen=True, slots=True)
class VisibleTo:
    """Keeps what the asker may see: the given audiences, and all that is its own."""

    audiences: tuple[str, ...]
    viewer_owner_id: str

    def mask(self, segment: Segment) -> Booleans:
        visible = segment.audience.mask(lambda audience: audience in self.audiences)
        if self.viewer_owner_id:
            visible = visible | segment.owner.mask_of([self.viewer_owner_id])
        return visible

    def check(self, document: Document) -> ConstraintCheck:
        own = bool(self.viewer_owner_id) and document.owner_id == self.viewer_owner_id
        allowed = ", ".join(self.audiences) + (" or own" if self.viewer_owner_id else "")
        return _check(
            "audience", own or document.audience in self.audiences, allowed, document.audience
        )


@dataclass(frozen=True, slots=True)
class OwnerNotIn:
    """Drops what belongs to given organisations, usually the asker's own."""

    owner_ids: tuple[str, ...]

    def mask(self, segment: Segment) -> Booleans:
        return ~segment.owner.mask_of(self.owner_ids)

    def check(self, document: Document) -> ConstraintCheck:
        return _check(
            "excluded_owner",
            document.owner_id not in self.owner_ids,
            "not " + ", ".join(self.owner_ids),
            document.owner_id,
        )


@dataclass(frozen=True, slots=True)
class DocumentNotIn:
    """Drops given documents, usually those already judged."""

    document_ids: tuple[str, ...]

    def mask(self, segment: Segment) -> Booleans:
        kept = np.ones(len(segment), dtype=np.bool_)
        rows = segment.find_many(self.document_ids)
        kept[rows[rows >= 0]] = False
        return kept

    def check(self, document: Document) -> ConstraintCheck:
        return _check(
            "excluded_document",
            document.document_id not in self.document_ids,
            f"not one of {len(self.document_ids)} excluded",
            document.document_id,
        )


def clauses_of(query: Query) -> tuple[Clause, ...]:
    """List the hard constraints of a query.

    The direction names the kinds only where the constraints name none: a need asks every kind
    but needs, a supply asks needs.
    """
    asked = query.constraints
    kinds = asked.kinds or ((NEED,) if query.direction == NEED else ())
    clauses: list[Clause] = [KindIn(tuple(kinds))]
    clauses.append(VisibleTo(tuple(asked.audiences), asked.viewer_owner_id))
    if asked.region_codes:
        clauses.append(RegionUnder(tuple(asked.region_codes)))
    if asked.field_codes:
        clauses.append(FieldIn(tuple(asked.field_codes)))
    if asked.price_max_cny is not None:
        clauses.append(PriceAtMost(asked.price_max_cny))
    if asked.price_min_cny is not None:
        clauses.append(PriceAtLeast(asked.price_min_cny))
    if asked.readiness_min is not None:
        clauses.append(ReadinessAtLeast(asked.readiness_min))
    if asked.available_on is not None:
        clauses.append(AvailableOn(asked.available_on))
    if asked.excluded_owner_ids:
        clauses.append(OwnerNotIn(tuple(asked.excluded_owner_ids)))
    if asked.excluded_document_ids:
        clauses.append(DocumentNotIn(tuple(asked.excluded_document_ids)))
    return tuple(clauses)
