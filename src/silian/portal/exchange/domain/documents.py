"""Records to documents: what the index knows of each, and its fingerprint."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from silian.engines.matching.values import Document
from silian.identifiers import KIND_BY_PREFIX
from silian.portal.exchange.domain.projections import PROJECTIONS, Projection, chinese_labels
from silian.portal.exchange.domain.works import works_of_people
from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.registry.models import Audience, Record

# Within what every database takes as one list of parameters.
_IDS_A_QUERY = 10_000
_BODY_CHARACTERS = 20_000
_HASHED = tuple(field.name for field in fields(Document) if field.name != "content_hash")
_as_json = json.JSONEncoder(ensure_ascii=False, default=str, separators=(",", ":")).encode


def documents_for(public_ids: Sequence[str]) -> list[Document]:
    """Documents of those ids that are findable records.

    Ids of other kinds, of records that are gone, or that nobody may find (a closed need, an
    organisation known only by mention) are passed over: their index entry is to go.

    Returns
    -------
    list[Document]
        In no particular order. The number of queries is fixed up to 10,000 ids.
    """
    documents: list[Document] = []
    wanted = list(dict.fromkeys(public_ids))
    for start in range(0, len(wanted), _IDS_A_QUERY):
        documents += _documents_of_portion(wanted[start : start + _IDS_A_QUERY])
    return documents


def document_of(record: Record) -> Document:
    """The document of one record, findable or not: a closed need still has a text.

    Raises
    ------
    KeyError
        If records of its kind never become documents.
    """
    [document] = _documents_of_kind(record.kind, [record.public_id], {}, Q())
    return document


def asked_with(record: Record) -> Document:
    """What a record asks when it is a question itself: its document without what sorts it.

    A record is found by its organisation's name and by what it is called (企业, 中试线). But who
    asks with it asks for what it says, not for others in the same city, of which such names
    tell, nor for all that speak of 企业.

    Raises
    ------
    KeyError
        If records of its kind never become documents.
    """
    [document] = _documents_of_kind(record.kind, [record.public_id], {}, Q(), named=False)
    return document


def findable_ids(kind: str) -> Iterator[str]:
    """Public ids of all findable records of a kind, streamed."""
    projection = PROJECTIONS[kind]
    query = projection.model._default_manager.filter(projection.findable).order_by("pk")
    return query.values_list("public_id", flat=True).iterator(chunk_size=5_000)


def findable_count(kind: str) -> int:
    """How many records of a kind can be found."""
    projection = PROJECTIONS[kind]
    return projection.model._default_manager.filter(projection.findable).count()


def content_hash(document: Document) -> str:
    """Fingerprint of all that the index holds of a document, 32 hexadecimal digits."""
    return _hash_of({name: getattr(document, name) for name in _HASHED})


def _hash_of(values: Mapping[str, Any]) -> str:
    text = _as_json([values[name] for name in _HASHED])
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _documents_of_portion(public_ids: Sequence[str]) -> list[Document]:
    ids_by_kind: dict[str, list[str]] = {}
    for public_id in public_ids:
        kind = KIND_BY_PREFIX.get(public_id.partition("-")[0], "")
        if kind in PROJECTIONS:
            ids_by_kind.setdefault(kind, []).append(public_id)
    signed = _signed_counts(public_ids) if ids_by_kind else {}
    documents: list[Document] = []
    for kind, ids in ids_by_kind.items():
        documents += _documents_of_kind(kind, ids, signed, PROJECTIONS[kind].findable)
    return documents


def _documents_of_kind(
    kind: str,
    public_ids: Sequence[str],
    signed: Mapping[str, int],
    condition: Q,
    *,
    named: bool = True,
) -> list[Document]:
    projection = PROJECTIONS[kind]
    query = projection.model._default_manager.filter(condition, public_id__in=public_ids)
    rows = list(query.order_by("pk").values(*projection.columns(), *_status_column(kind)))
    works = works_of_people([row["pk"] for row in rows]) if kind == "person" else {}
    bodies = (_body(kind, projection, row, works.get(row["pk"], ()), named=named) for row in rows)
    return [
        _document(kind, projection, row, signed, body)
        for row, body in zip(rows, bodies, strict=True)
    ]


def _status_column(kind: str) -> tuple[str, ...]:
    return ("status",) if kind == "need" else ()


def _signed_counts(public_ids: Sequence[str]) -> dict[str, int]:
    query = Match.objects.filter(supply_id__in=public_ids, status=Match.Status.SIGNED)
    return dict(query.values_list("supply_id").annotate(Count("pk")).order_by())


def _document(
    kind: str,
    projection: Projection,
    row: Mapping[str, Any],
    signed: Mapping[str, int],
    body: str,
) -> Document:
    region_code, longitude, latitude = _place(projection, row)
    served = row[projection.served] if projection.served else 0
    values = {
        "document_id": row["public_id"],
        "kind": kind,
        "title": row[projection.title],
        "body": body,
        "keywords": _terms(row[column] for column in projection.keywords),
        "region_code": region_code,
        "field_codes": _terms([row.get("field_codes")]),
        "readiness_level": row[projection.readiness] if projection.readiness else None,
        "price_cny": _number(row[projection.price]) if projection.price else None,
        "available_from": row["valid_from"],
        "available_until": _earliest(row["valid_until"], row.get(projection.until)),
        "owner_id": _owner_id(projection, row),
        "audience": str(_audience(row)),
        "track_record_count": signed.get(row["public_id"], 0) + served,
        "updated_on": _day(projection, row),
        "longitude_degrees": longitude,
        "latitude_degrees": latitude,
    }
    return Document(**values, content_hash=_hash_of(values))


def _body(
    kind: str,
    projection: Projection,
    row: Mapping[str, Any],
    works: Sequence[str],
    *,
    named: bool,
) -> str:
    parts = [str(row[column] or "").strip() for column in projection.body]
    if named:
        parts += [chinese_labels(kind, column).get(row[column], "") for column in projection.labels]
        if projection.organisation:
            parts.append(row[f"{projection.organisation}__name"] or "")
    parts += works
    return "\n".join(part for part in parts if part)[:_BODY_CHARACTERS]


def _terms(columns: Iterable[Any]) -> tuple[str, ...]:
    terms = (str(term).strip() for column in columns for term in column or ())
    return tuple(dict.fromkeys(term for term in terms if term))


def _owner_id(projection: Projection, row: Mapping[str, Any]) -> str:
    if not projection.organisation:
        return str(row["public_id"])
    owner: str = row["owner__public_id"] or ""
    if _audience(row) == Audience.OWNER:
        return owner  # who may see it is the owner's matter alone
    return owner or row[f"{projection.organisation}__public_id"] or ""


def _audience(row: Mapping[str, Any]) -> str:
    draft = row.get("status") == Need.Status.DRAFT
    return Audience.OWNER if draft else row["audience"]


def _place(
    projection: Projection, row: Mapping[str, Any]
) -> tuple[str, float | None, float | None]:
    """Region code, and the organisation's own position or its region's centre."""
    prefix = f"{projection.organisation}__" if projection.organisation else ""
    longitude, latitude = row[f"{prefix}longitude_degrees"], row[f"{prefix}latitude_degrees"]
    for relation in projection.regions():
        code = row[f"{relation}__adcode"]
        if not code:
            continue
        if longitude is None or latitude is None:
            longitude = row[f"{relation}__centre_longitude_degrees"]
            latitude = row[f"{relation}__centre_latitude_degrees"]
        return code, longitude, latitude
    return "", longitude, latitude


def _day(projection: Projection, row: Mapping[str, Any]) -> date:
    for column in projection.days:
        if row[column]:
            return row[column]
    return _local_day(row["updated_at"])


@lru_cache(maxsize=1_000)
def _local_day(moment: datetime) -> date:
    # In the installation's own zone, whoever asks. Rows of one load have one moment.
    return timezone.localdate(moment, timezone.get_default_timezone())


def _earliest(*days: date | None) -> date | None:
    return min((day for day in days if day), default=None)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
