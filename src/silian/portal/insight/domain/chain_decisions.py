"""What people decided about the records at a node, as its page lists it; each can be undone."""

from dataclasses import dataclass
from datetime import datetime

from silian.errors import EngineError
from silian.identifiers import KIND_BY_PREFIX
from silian.portal.accounts.domain.access import Viewer
from silian.portal.bilingual import choose
from silian.portal.insight.domain.chain_verdicts import (
    decide_placement,
    verdicts_of,
    withdraw_placement,
)
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.models import ChainPlacement
from silian.portal.registry.domain.identities import records_of, subject_of


class PlacementUnknown(EngineError, LookupError):
    """No such record or decision that the viewer may see."""

    code = "placement_unknown"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh, self.message_en = message_zh, message_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The decision that holds about one record at a node, and who made it when."""

    subject_id: str
    label: str
    verdict: str  # confirmed, refused
    note: str
    decided_by: str
    decided_at: datetime


def decide(
    viewer: Viewer, *, node_id: str, subject_id: str, verdict: str, note: str = ""
) -> ChainPlacement:
    """Say that a visible record belongs to a visible node, or that it doesn't.

    Raises
    ------
    PlacementUnknown
        If the viewer may not see one of them.
    silian.portal.insight.domain.chain_verdicts.VerdictRefused
        If there is no such verdict, or records of this kind stand at no node.
    silian.portal.accounts.domain.access.AccessDenied
        If the viewer may not decide.
    """
    _check_visible(viewer, node_id, subject_id)
    return decide_placement(subject_id, node_id, verdict, viewer, note=note)


def withdraw_latest(viewer: Viewer, *, node_id: str, subject_id: str) -> None:
    """Take back the latest decision about a record at a node; the one before holds again.

    Raises
    ------
    PlacementUnknown
        If nothing was decided.
    silian.portal.accounts.domain.access.AccessDenied
        If the viewer may not decide.
    """
    _check_visible(viewer, node_id, subject_id)
    decided = verdicts_of(subject_id, node_id)
    if not decided:
        raise PlacementUnknown(
            f"nobody decided about {subject_id!r} at {node_id!r}; there is nothing to undo.",
            message_zh="没有可撤回的判定。",
        )
    withdraw_placement(decided[0], viewer)


def decisions_at(node_id: str, viewer: Viewer) -> tuple[Decision, ...]:
    """The decision that holds for each visible thing at a node, the latest first.

    A thing of several records goes by the smallest id that the viewer may see, as on the chain.
    """
    rows = list(
        ChainPlacement.objects.filter(node__public_id=node_id)
        .select_related("actor")
        .order_by("created_at", "pk")
    )
    subjects = subject_of({row.subject_id for row in rows})
    of_thing = {subjects.get(row.subject_id, row.subject_id): row for row in rows}
    records = records_of(of_thing)
    seen = visible_ids(viewer, records)
    names: dict[str, str] = {}
    for one in sorted(seen):
        names.setdefault(records[one], one)
    latest = {names[thing]: row for thing, row in of_thing.items() if thing in names}
    labels = _labels(seen)
    found = [
        Decision(
            subject_id=subject,
            label=labels.get(subject, subject),
            verdict=row.verdict,
            note=row.note,
            decided_by=str(row.actor) if row.actor else choose("系统", "System"),
            decided_at=row.created_at,
        )
        for subject, row in latest.items()
    ]
    return tuple(sorted(found, key=lambda one: (one.decided_at, one.subject_id), reverse=True))


def _check_visible(viewer: Viewer, *ids: str) -> None:
    for hidden in sorted(set(ids) - visible_ids(viewer, ids)):
        raise PlacementUnknown(
            f"no record {hidden!r} is visible to you.",
            message_zh=f"没有编号为 {hidden} 的可见记录。",
        )


def _labels(ids: set[str]) -> dict[str, str]:
    """What records are called, by id."""
    from silian.portal.catalogue import KINDS

    by_kind: dict[str, list[str]] = {}
    for one in ids:
        by_kind.setdefault(KIND_BY_PREFIX[one.partition("-")[0]], []).append(one)
    labels: dict[str, str] = {}
    for kind, of_kind in by_kind.items():
        if field := KINDS[kind].title_field:
            records = KINDS[kind].model._default_manager.filter(public_id__in=of_kind)
            labels.update(records.values_list("public_id", field))
    return labels
