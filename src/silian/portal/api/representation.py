"""Records, hits and the rest as JSON: one shape each, the same on every route."""

import hashlib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from silian.engines.matching.values import Absence, Hit, SearchResult
from silian.portal.accounts.domain.access import Viewer, is_own
from silian.portal.catalogue import KINDS, RecordKind
from silian.portal.exchange.domain.explanations import check_values, explanation_of
from silian.portal.exchange.domain.shared_works import Matches
from silian.portal.exchange.models import Outcome
from silian.portal.registry.domain.withheld import hides_employer
from silian.portal.registry.interfaces.columns import Column
from silian.portal.registry.interfaces.import_notes import told_notes, unread_columns
from silian.portal.registry.models import ImportJob, Record, RejectedRow


def brief(record: Any) -> dict[str, Any]:
    """A record in a list of hits: enough to name it and to link it."""
    return {
        "public_id": record.public_id,
        "kind": record.kind,
        "title": str(record),
        "organisation": named(getattr(record, "organisation", None)),
        "region_code": _region_code(record),
        "updated_at": record.updated_at,
    }


def named(record: Record | None) -> dict[str, str] | None:
    """Another record that this one refers to."""
    return None if record is None else {"public_id": record.public_id, "name": str(record)}


def full(record: Any, viewer: Viewer) -> dict[str, Any]:
    """A record with the columns of its kind, as they could be sent back.

    Who keeps a person is often who employs it, so it isn't told where the person hides that.
    """
    entry = KINDS[record.kind]
    knows_owner = viewer.is_operator or is_own(viewer, record) or not hides_employer(record)
    return brief(record) | {
        "values": values_of(record, entry),
        "source": {
            "register_code": record.register.code,
            "key": record.source_key,
            "row": record.source_row,
        },
        "owner": named(record.owner) if knows_owner else None,
        "created_at": record.created_at,
    }


def values_of(record: Any, entry: RecordKind) -> dict[str, Any]:
    """Columns of the row schema that a record holds itself, and those that name one other."""
    columns = [column for column in entry.columns if column.name != "source_key"]
    return {c.name: _value(record, c) for c in columns if _is_held(c)}


def etag_of(record: Any) -> str:
    """Strong tag of a record's state: changes with every save."""
    state = f"{record.public_id}\x1f{record.updated_at.isoformat()}\x1f{record.source_hash}"
    return f'"{hashlib.sha256(state.encode()).hexdigest()[:20]}"'


def hit_values(hit: Hit, record: Any) -> dict[str, Any]:
    """One result with its reasons."""
    return {
        "record": brief(record),
        "rank": hit.rank,
        "score": hit.score,
        "level": hit.level,
        **explanation_of(hit),
    }


def result_values(result: SearchResult, records: dict[str, Any]) -> dict[str, Any]:
    """Hits of one kind; a record that went since the search is left out."""
    beneath = result.beneath if isinstance(result, Matches) else {}
    return {
        "hits": _hits_values(result.hits, records),
        "beneath": {
            lead: _hits_values(hits, records) for lead, hits in beneath.items() if lead in records
        },
        "candidate_count": result.candidate_count,
        "meaning_pending_count": result.meaning_pending_count,
        "only_by_meaning": result.only_by_meaning,
        "meaning_failure": result.meaning_failure,
        "ranker_version": result.ranker_version,
        "timings_ms": dict(result.timings_ms),
    }


def _hits_values(hits: Iterable[Hit], records: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        hit_values(hit, records[hit.document.document_id])
        for hit in hits
        if hit.document.document_id in records
    ]


def absence_values(absence: Absence, record: Any) -> dict[str, Any]:
    """Why a supply isn't among the hits, and how it would score all the same."""
    return {
        "record": brief(record),
        "reason": absence.reason,
        "rank": absence.rank,
        "cutoff_rank": absence.cutoff_rank,
        "checks": [check_values(check) for check in absence.checks],
        "weakest_features": list(absence.weakest_features),
        "hit": hit_values(absence.hit, record) if absence.hit else None,
    }


def outcome_values(outcome: Outcome) -> dict[str, Any]:
    """What somebody did with a match."""
    match = outcome.match
    return {
        "id": outcome.pk,
        "match_id": match.public_id,
        "need_id": match.need.public_id,
        "supply_kind": match.supply_kind,
        "supply_id": match.supply_id,
        "match_status": match.status,
        "action": outcome.action,
        "reason": outcome.reason,
        "amount_cny": _plain(outcome.amount_cny),
        "corrects": outcome.corrects_id,
        "created_at": outcome.created_at,
    }


def job_values(job: ImportJob) -> dict[str, Any]:
    """An import with its counts."""
    counts = ("row_count", "row_total", "accepted_count", "changed_count", "unchanged_count")
    return {
        "id": job.public_id,
        "file_name": job.file_name,
        "mapping": job.mapping_code,
        "register_code": job.register_code,
        "dry_run": job.dry_run,
        "replace": job.replace,
        "state": job.state,
        **{name: getattr(job, name) for name in counts},
        "rejected_count": job.rejected_count,
        "open_reject_count": getattr(job, "open_reject_count", 0),
        "remarked_count": job.remarked_count,
        "undoes": job.undoes and job.undoes.public_id,
        "undone_by": getattr(job, "undone_by_id", None),
        "removed_count": job.removed_count,
        "restored_count": job.restored_count,
        "kept_count": job.kept_count,
        "counts_by_kind": job.counts_by_kind,
        "unread_columns": unread_columns(job.notes),
        "notes": [note.as_dict() for note in told_notes(job.notes)],
        "error_code": job.error_code,
        "error_message": job.error_message,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "finished_at": job.finished_at,
    }


def reject_values(row: RejectedRow) -> dict[str, Any]:
    """A refused row with every reason."""
    return {
        "id": row.pk,
        "kind": row.kind,
        "row_number": row.row_number,
        "state": row.state,
        "values": row.values,
        "reasons": row.reasons,
        "answered_by": row.answered_by and row.answered_by.public_id,
    }


def _is_held(column: Column) -> bool:
    if column.reference is None:
        return bool(column.model_field)
    # Of the ways to name another record the surest is shown; parts of many people are not held.
    return not column.reference.many and column.reference.by in {"key", "adcode"}


def _value(record: Any, column: Column) -> Any:
    if column.reference is None:
        return _plain(column.value_of(record))
    target = getattr(record, column.reference.field, None)
    if target is None:
        return ""
    return target.adcode if column.reference.by == "adcode" else target.public_id


def _plain(value: Any) -> Any:
    # Money stays exact: a JSON number would be read as binary floating point.
    return str(value) if isinstance(value, Decimal) else value


def _region_code(record: Any) -> str:
    region = getattr(record, "region", None)
    if region is None:
        region = getattr(getattr(record, "organisation", None), "region", None)
    return region.adcode if region else getattr(record, "adcode", "")
