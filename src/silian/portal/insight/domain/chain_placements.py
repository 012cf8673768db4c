"""Who stands at which chain node: derived from the records, kept as a file, made anew in bulk.

What a person decided of a record at a node outweighs what is derived, from the same moment on.
"""

import json
import os
import tempfile
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from silian.errors import EngineError
from silian.identifiers import UnknownKind, kind_of
from silian.portal import work_locks
from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit.domain import log
from silian.portal.catalogue import KINDS, RecordNotFound, find_record
from silian.portal.insight.domain.chain_placing import Agreement, Placement, place_all
from silian.portal.insight.domain.chain_sources import PLACED_KINDS
from silian.portal.insight.models import ChainPlacement
from silian.portal.registry.models import ChainMember, ChainNode

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]

_FILE = "placements.parquet"
_KEPT_IN_FILE = b"silian"
_lock = threading.Lock()


class VerdictRefused(EngineError, ValueError):
    """A decision on a placement that can't be kept."""

    code = "placement_verdict_refused"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh, self.message_en = message_zh, message_en


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementStatus:
    """What is placed.

    Attributes
    ----------
    by_origin
        Placements by origin: register, text, person.
    agreements
        How often each kind of hit and the register agree over organisations that both place.
    behind
        Whether records that are read for it changed since.
    """

    placed_at: datetime
    count: int
    by_origin: dict[str, int]
    by_kind: dict[str, int]
    agreements: tuple[Agreement, ...]
    behind: bool


@dataclass(frozen=True, slots=True)
class _Held:
    version: tuple[Any, ...]
    table: "pa.Table"


_held: dict[str, _Held] = {}  # the one table of this process


def placements() -> "pa.Table":
    """All placements, with what people decided of them.

    Returns
    -------
    pyarrow.Table
        subject_id, node_id, kind, confidence, reason, origin (register, text, person, decision),
        evidence (public id), audience, revenue_share. Without a file, what the register says.
    """
    version = placements_version()
    held = _held.get("table")
    if held is None or held.version != version:
        with _lock:
            held = _held["table"] = _Held(version, _with_verdicts(_read()))
    return held.table


def placements_version() -> tuple[Any, ...]:
    """Mark of what ``placements`` answers; another one after every change."""
    try:
        file = _path().stat()
        mark: tuple[Any, ...] = (str(_path()), file.st_mtime_ns, file.st_size)
    except FileNotFoundError:
        members = ChainMember.objects.aggregate(n=Count("pk"), newest=Max("updated_at"))
        mark = (str(_path()), members["n"], members["newest"])
    verdicts = ChainPlacement.objects.aggregate(n=Count("pk"), newest=Max("pk"))
    return (*mark, verdicts["n"], verdicts["newest"])


def rebuild_placements(progress: Progress | None = None) -> PlacementStatus:
    """Place all records anew, and let that answer.

    Parameters
    ----------
    progress
        Called with (records read, records in all).

    Raises
    ------
    silian.portal.work_locks.WorkTaken
        If another process is at it.
    """
    from silian.portal.insight.domain.chain_assembly import assemble_all  # which reads this

    with work_locks.hold("placements"):
        began, mark = timezone.now(), _records_mark()
        found, agreed = place_all(progress)
        _write(found, began, mark, agreed)
        assemble_all()
    status = placement_status()
    assert status is not None
    return status


def placed_at() -> datetime | None:
    """When records were placed last; ``None`` before the first time."""
    kept = _kept()
    return datetime.fromisoformat(kept["placed_at"]) if kept else None


def placement_status() -> PlacementStatus | None:
    """What is placed and whether it is behind; ``None`` before the first time."""
    kept = _kept()
    if kept is None:
        return None
    return PlacementStatus(
        placed_at=datetime.fromisoformat(kept["placed_at"]),
        count=kept["count"],
        by_origin=kept["by_origin"],
        by_kind=kept["by_kind"],
        agreements=tuple(Agreement(**one) for one in kept["agreements"]),
        behind=kept["mark"] != _records_mark(),
    )


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


def verdicts_of(subject_id: str, node_id: str) -> tuple[ChainPlacement, ...]:
    """Decisions on a record at a node, the newest first."""
    found = ChainPlacement.objects.filter(subject_id=subject_id, node__public_id=node_id)
    return tuple(found.select_related("actor").order_by("-created_at", "-pk"))


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


def _path() -> Path:
    return Path(settings.SILIAN_HOME) / "graph" / "placements" / _FILE


def _kept() -> dict[str, Any] | None:
    import pyarrow.parquet as pq

    try:
        kept: dict[str, Any] = json.loads(pq.read_metadata(_path()).metadata[_KEPT_IN_FILE])
    except FileNotFoundError:
        return None
    return kept


def _records_mark() -> list[str]:
    """Mark of the records that placements are made of."""
    marks = []
    for kind in (*PLACED_KINDS, "chain_node", "chain_member"):
        held = KINDS[kind].model._default_manager.aggregate(n=Count("pk"), newest=Max("updated_at"))
        marks.append(f"{kind} {held['n']} {held['newest']}")
    return marks


def _schema() -> "pa.Schema":
    import pyarrow as pa

    return pa.schema(
        {
            "subject_id": pa.string(),
            "node_id": pa.string(),
            "kind": pa.string(),
            "confidence": pa.float64(),
            "reason": pa.string(),
            "origin": pa.string(),
            "evidence": pa.string(),
            "audience": pa.string(),
            "revenue_share": pa.float64(),
        }
    )


def _table(found: list[Placement]) -> "pa.Table":
    import pyarrow as pa

    schema = _schema()
    return pa.table(
        {name: [getattr(one, name) for one in found] for name in schema.names}, schema=schema
    )


def _counts(table: "pa.Table", column: str) -> dict[str, int]:
    return {pair["values"]: pair["counts"] for pair in table[column].value_counts().to_pylist()}


def _write(
    found: list[Placement], placed_at: datetime, mark: list[str], agreed: tuple[Agreement, ...]
) -> None:
    import pyarrow.parquet as pq

    table = _table(found)
    kept = {
        "placed_at": placed_at.isoformat(),
        "count": table.num_rows,
        "by_origin": _counts(table, "origin"),
        "by_kind": _counts(table, "kind"),
        "agreements": [asdict(one) for one in agreed],
        "mark": mark,
    }
    table = table.replace_schema_metadata({_KEPT_IN_FILE: json.dumps(kept).encode()})
    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the folder, whose files tell the graph that something changed.
    handle, temporary = tempfile.mkstemp(dir=path.parent.parent, prefix="placements-")
    os.close(handle)
    try:
        pq.write_table(table, temporary, compression="zstd")
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _read() -> "pa.Table":
    import pyarrow.parquet as pq

    from silian.portal.insight.domain.chain_placing import register_placements

    try:
        return pq.read_table(_path()).replace_schema_metadata(None)
    except FileNotFoundError:
        return _table(register_placements())


def _with_verdicts(table: "pa.Table") -> "pa.Table":
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = ChainPlacement.objects.order_by("created_at", "pk")
    last = {
        (subject, node): (verdict, note)
        for subject, node, verdict, note in rows.values_list(
            "subject_id", "node__public_id", "verdict", "note"
        )
    }
    if not last:
        return table
    keys = pc.binary_join_element_wise(table["subject_id"], table["node_id"], " ")
    decided = pa.array([f"{subject} {node}" for subject, node in last])
    kept = table.filter(pc.invert(pc.is_in(keys, value_set=decided)))
    before = {
        (row["subject_id"], row["node_id"]): row
        for row in table.filter(pc.is_in(keys, value_set=decided)).to_pylist()
    }
    confirmed = [
        _confirmed(subject, node, note, before.get((subject, node)))
        for (subject, node), (verdict, note) in last.items()
        if verdict == ChainPlacement.Verdict.CONFIRMED
    ]
    confirmed = [one for one in confirmed if one is not None]
    return pa.concat_tables([kept, _table(confirmed)]) if confirmed else kept


def _confirmed(
    subject: str, node: str, note: str, before: dict[str, Any] | None
) -> Placement | None:
    if before is None:
        kind = kind_of(subject)
        manager = KINDS[kind].model._default_manager
        audience = manager.filter(public_id=subject).values_list("audience", flat=True).first()
        if audience is None:  # the record is gone
            return None
        before = {"kind": kind, "audience": audience, "revenue_share": None, "reason": ""}
    return Placement(
        subject_id=subject,
        node_id=node,
        kind=before["kind"],
        confidence=1.0,
        reason=note or before["reason"],
        origin="decision",
        evidence=subject,
        audience=before["audience"],
        revenue_share=before["revenue_share"],
    )
