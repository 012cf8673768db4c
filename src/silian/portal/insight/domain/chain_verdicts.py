"""What people decided of records at chain nodes: it outweighs what is derived, from then on.

A decision is about a thing, not about one of its records: what is refused of an organisation is
refused of all records that are the same organisation.
"""

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Max

from silian.errors import EngineError
from silian.identifiers import UnknownKind, kind_of
from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit.domain import log
from silian.portal.catalogue import KINDS, RecordNotFound, find_record
from silian.portal.insight.domain.chain_placement_files import table_of
from silian.portal.insight.domain.chain_placing import Placement
from silian.portal.insight.domain.chain_sources import PLACED_KINDS
from silian.portal.insight.domain.hidden_ties import hidden_places, hiding_mark
from silian.portal.insight.models import ChainPlacement
from silian.portal.registry.domain.identities import identities_changed_at, records_of, subject_of
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import ChainMember, ChainNode

if TYPE_CHECKING:
    import pyarrow as pa


class VerdictRefused(EngineError, ValueError):
    """A decision on a placement that can't be kept."""

    code = "placement_verdict_refused"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh, self.message_en = message_zh, message_en


def decide_placement(
    subject_id: str, node_id: str, verdict: str, viewer: Viewer, *, note: str = ""
) -> ChainPlacement:
    """Confirm that a record stands at a node, or refuse it; the later decision holds.

    Raises
    ------
    VerdictRefused
        If the verdict, the record or the node is unknown.
    silian.portal.accounts.domain.access.AccessDenied
        If the viewer may not.
    """
    require(viewer, "chain.decide")
    if verdict not in ChainPlacement.Verdict.values:
        allowed = ", ".join(ChainPlacement.Verdict.values)
        raise VerdictRefused(
            f"verdict is {verdict!r}; expected one of {allowed}.",
            message_zh=f"决定为“{verdict}”，应为 {allowed} 之一。",
        )
    node = _decided_about(subject_id, node_id)
    with transaction.atomic():
        made = ChainPlacement.objects.create(
            subject_id=subject_id,
            node=node,
            verdict=verdict,
            note=note.strip()[:500],
            actor_id=viewer.user_id,
        )
        log("chain.decide", viewer, subject_id, node=node_id, verdict=verdict, note=note[:200])
        transaction.on_commit(_let_follow)
    return made


def withdraw_placement(verdict: ChainPlacement, viewer: Viewer) -> None:
    """Take a decision back: what was before it holds again; the audit log keeps both."""
    require(viewer, "chain.decide")
    with transaction.atomic():
        log(
            "chain.decide",
            viewer,
            verdict.subject_id,
            node=verdict.node.public_id,
            withdrawn=verdict.verdict,
        )
        verdict.delete()
        transaction.on_commit(_let_follow)


def _let_follow() -> None:
    """Let the thread that keeps the graph up look at once."""
    from silian.portal.exchange.domain.worker import wake

    wake()


def verdicts_of(subject_id: str, node_id: str) -> tuple[ChainPlacement, ...]:
    """Decisions on a thing at a node, whichever of its records they name, the newest first."""
    subject = subject_of([subject_id]).get(subject_id, subject_id)
    found = ChainPlacement.objects.filter(
        subject_id__in=records_of([subject]), node__public_id=node_id
    )
    return tuple(found.select_related("actor").order_by("-created_at", "-pk"))


def verdicts_version() -> tuple[Any, ...]:
    """Mark of all decisions, of whom they speak, and of what is hidden."""
    held = ChainPlacement.objects.aggregate(n=Count("pk"), newest=Max("pk"))
    hiding = hiding_mark()
    told = held["n"] or hiding[0]
    return held["n"], held["newest"], hiding, identities_changed_at() if told else None


def refused_members() -> list[str]:
    """Public ids of the register's memberships that somebody refused."""
    refused = {
        key for key, row in _latest().items() if row.verdict == ChainPlacement.Verdict.REFUSED
    }
    records = records_of(subject for subject, _ in refused)
    columns = ("public_id", "organisation__public_id", "node__public_id")
    return [
        public_id
        for portion in portions(records)
        for public_id, organisation, node in ChainMember.objects.filter(
            organisation__public_id__in=portion
        ).values_list(*columns)
        if (records[organisation], node) in refused
    ]


def with_verdicts(table: "pa.Table") -> "pa.Table":
    """Placements as people decided them."""
    import pyarrow as pa
    import pyarrow.compute as pc

    latest = _latest()
    if not latest:
        return table
    subjects = records_of(subject for subject, _ in latest)
    touched = pc.is_in(table["subject_id"], value_set=pa.array(list(subjects)))
    kept: list[Placement] = []
    before: dict[tuple[str, str], Placement] = {}
    for row in table.filter(touched).to_pylist():
        one = Placement(**row)
        decided = latest.get((subjects[one.subject_id], one.node_id))
        if decided is None:
            kept.append(one)
        elif decided.verdict == ChainPlacement.Verdict.CONFIRMED:
            before[one.subject_id, one.node_id] = one
    for row in latest.values():
        if row.verdict == ChainPlacement.Verdict.CONFIRMED:
            held = before.pop((row.subject_id, row.node.public_id), None)
            confirmed = _confirmed(row, held)
            kept += [confirmed] if confirmed else []
    kept += before.values()  # what the other records of a confirmed thing say
    return pa.concat_tables([table.filter(pc.invert(touched)), table_of(kept)])


def with_hidden(table: "pa.Table") -> "pa.Table":
    """Placements that their subject hides, for the operator only."""
    import pyarrow as pa
    import pyarrow.compute as pc

    hidden = hidden_places()
    if not hidden:
        return table
    subjects = records_of(subject for subject, _ in hidden)
    touched = pc.is_in(table["subject_id"], value_set=pa.array(list(subjects)))
    rows = table.filter(touched).to_pylist()
    for row in rows:
        if (subjects[row["subject_id"]], row["node_id"]) in hidden:
            row["audience"] = "owner"
    shut = table_of(Placement(**row) for row in rows)
    return pa.concat_tables([table.filter(pc.invert(touched)), shut])


def _latest() -> dict[tuple[str, str], ChainPlacement]:
    """The decision that holds, by subject and node."""
    rows = list(ChainPlacement.objects.select_related("node").order_by("created_at", "pk"))
    subjects = subject_of({row.subject_id for row in rows})
    return {(subjects.get(row.subject_id, row.subject_id), row.node.public_id): row for row in rows}


def _confirmed(decided: ChainPlacement, before: Placement | None) -> Placement | None:
    subject = decided.subject_id
    kind = kind_of(subject)
    records = KINDS[kind].model._default_manager.filter(public_id=subject)
    audience = records.values_list("audience", flat=True).first()
    if audience is None:  # the record is gone
        return None
    return Placement(
        subject_id=subject,
        node_id=decided.node.public_id,
        kind=kind,
        confidence=1.0,
        reason=decided.note or (before.reason if before else ""),
        origin="decision",
        # What a work says that not everybody sees stays with those who see the work.
        evidence=before.evidence if before and before.origin == "person" else subject,
        audience=before.audience if before else audience,
        revenue_share=before.revenue_share if before else None,
    )


def _decided_about(subject_id: str, node_id: str) -> ChainNode:
    node = ChainNode.objects.filter(public_id=node_id).first()
    if node is None:
        raise VerdictRefused(
            f"no chain node {node_id!r} is kept.", message_zh=f"没有产业链环节“{node_id}”。"
        )
    try:
        if kind_of(subject_id) in PLACED_KINDS:
            find_record(subject_id)
            return node
    except (UnknownKind, RecordNotFound):
        pass
    raise VerdictRefused(
        f"no record {subject_id!r} of a kind that stands at nodes ({', '.join(PLACED_KINDS)}).",
        message_zh=f"没有可归入环节的记录“{subject_id}”。",
    )
