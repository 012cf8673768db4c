"""Decisions as a table: taken out with who and when, brought in to another installation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from silian.errors import EngineError
from silian.portal.accounts.domain.access import Viewer
from silian.portal.registry.domain.identity_decisions import decide, decisions
from silian.portal.registry.domain.identity_errors import AlreadyDecided

DECISION_COLUMNS = (
    "subject_kind",
    "decision_kind",
    "record_ids",
    "note",
    "decided_by",
    "decided_at",
    "withdrawn_by",
    "withdrawn_at",
)


@dataclass(slots=True)
class ImportedDecisions:
    """What became of the rows: counts, and line by line what was refused."""

    n_taken: int = 0
    n_held_before: int = 0
    n_withdrawn: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)


def decision_rows(viewer: Viewer) -> Iterable[tuple[Any, ...]]:
    """Every decision in the order of ``DECISION_COLUMNS``, the oldest first."""
    for one in decisions(viewer).order_by("created_at", "pk").iterator():
        yield (
            one.subject_kind,
            one.decision_kind,
            " ".join(one.record_ids),
            one.note,
            one.actor.get_username() if one.actor else "",
            one.created_at.isoformat(timespec="seconds"),
            one.withdrawn_by.get_username() if one.withdrawn_by else "",
            one.withdrawn_at.isoformat(timespec="seconds") if one.withdrawn_at else "",
        )


def import_decisions(
    rows: Iterable[Mapping[str, str]],
    *,
    viewer: Viewer,
    progress: Callable[[int, int | None], None] | None = None,
) -> ImportedDecisions:
    """Take decisions from rows with the columns of an export, each as if it was made now.

    Withdrawn ones are passed over. A row that is refused stops no other.
    """
    report = ImportedDecisions()
    for number, row in enumerate(rows, 2):  # as a spreadsheet counts, under its heading
        if (row.get("withdrawn_at") or "").strip():
            report.n_withdrawn += 1
            continue
        try:
            decide(
                (row.get("subject_kind") or "").strip(),
                (row.get("decision_kind") or "").strip(),
                (row.get("record_ids") or "").split(),
                note=row.get("note") or "",
                viewer=viewer,
            )
        except AlreadyDecided:
            report.n_held_before += 1
        except EngineError as refused:
            report.refused.append((number, str(refused)))
        else:
            report.n_taken += 1
        if progress is not None:
            progress(number - 1, None)
    return report
