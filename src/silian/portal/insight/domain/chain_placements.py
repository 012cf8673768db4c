"""Who stands at which chain node: derived from the records, kept as files, and brought up to them.

What a person decided of a record at a node outweighs what is derived, from the same moment on.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Count, Max
from django.utils import timezone

from silian.portal import work_locks
from silian.portal.insight.domain.chain_placement_files import (
    PlacingState,
    all_files_stand,
    read_names,
    read_parts,
    read_rows,
    read_state,
    rows_path,
    table_of,
    write_names,
    write_parts,
    write_rows,
    write_state,
)
from silian.portal.insight.domain.chain_placing import (
    Agreement,
    NamedNodes,
    place_all,
    register_placements,
    turned_members,
)
from silian.portal.insight.domain.chain_replacing import names_table, parts_table, place_changed
from silian.portal.insight.domain.chain_rules import placement_rules
from silian.portal.insight.domain.chain_sources import PLACED_KINDS
from silian.portal.insight.domain.chain_verdicts import (
    verdicts_version,
    with_hidden,
    with_verdicts,
)
from silian.portal.insight.domain.changed_records import OVERLAP, record_marks
from silian.portal.registry.models import ChainMember, ChainNode

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int], None]

_LOCK = "placements"
_FOLLOWED = (*PLACED_KINDS, "chain_member")
# From then on what was learned over all records may have shifted: all are placed anew.
_LEAST_CHANGED, _CHANGED_SHARE = 2_000, 0.2
_lock = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementStatus:
    """What is placed.

    Attributes
    ----------
    placed_at
        When all records were placed anew.
    read_at
        Up to when changes are in.
    by_origin
        Placements by origin: register, text, person.
    agreements
        How often each kind of hit and the register agree over organisations that both place.
    behind
        Whether records that are read for it changed since.
    """

    placed_at: datetime
    read_at: datetime
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
            rows = read_rows()
            table = table_of(register_placements()) if rows is None else rows
            held = _held["table"] = _Held(version, with_hidden(with_verdicts(table)))
    return held.table


def placements_version() -> tuple[Any, ...]:
    """Mark of what ``placements`` answers; another one after every change."""
    path = rows_path()
    try:
        file = path.stat()
        mark: tuple[Any, ...] = (str(path), file.st_mtime_ns, file.st_size)
    except FileNotFoundError:
        members = ChainMember.objects.aggregate(n=Count("pk"), newest=Max("updated_at"))
        mark = (str(path), members["n"], members["newest"], timezone.localdate())
    return (*mark, *verdicts_version())


def rebuild_placements(progress: Progress | None = None) -> PlacementStatus:
    """Place all records anew, learn from them, and let that answer.

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

    with work_locks.hold(_LOCK):
        _place_anew(progress)
        assemble_all()
    status = placement_status()
    assert status is not None
    return status


def follow_records(*, anew: bool = False) -> bool:
    """Bring placements up to the records, where they were ever placed.

    Parameters
    ----------
    anew
        Whether to place all anew where that is needed, rather than leave it to another process:
        where names of nodes or rules changed, and where so many records did that what was
        learned over all of them may have shifted.

    Returns
    -------
    bool
        Whether placements are as the records say now.

    Raises
    ------
    silian.portal.work_locks.WorkTaken
        If another process is at it.
    """
    state = read_state()
    if state is None:
        return True
    if not _changed_since(state) and not _shape_differs(state):
        return True
    with work_locks.hold(_LOCK):
        state = read_state()
        if state is not None and _follow(state):
            return True
        if anew:
            _place_anew(None)
        return anew


def placed_at() -> datetime | None:
    """When records were placed last; ``None`` before the first time."""
    state = read_state()
    return state.placed_at if state else None


def placement_status() -> PlacementStatus | None:
    """What is placed and whether it is behind; ``None`` before the first time."""
    state, table = read_state(), read_rows()
    if state is None or table is None:
        return None
    return PlacementStatus(
        placed_at=state.placed_at,
        read_at=state.read_at,
        count=table.num_rows,
        by_origin=_counts(table, "origin"),
        by_kind=_counts(table, "kind"),
        agreements=state.learned.agreements,
        behind=bool(_changed_since(state)) or _shape_differs(state),
    )


def _place_anew(progress: Progress | None) -> None:
    read_at = timezone.now()
    recent, nodes = dict(record_marks(read_at - OVERLAP, _FOLLOWED)), _nodes_mark()
    placed = place_all(progress)
    write_names(names_table(placed.names))
    write_parts(parts_table(placed.parts))
    write_rows(table_of(placed.placements))
    write_state(
        PlacingState(
            placed_at=read_at,
            read_at=read_at,
            recent=recent,
            nodes=nodes,
            rules=_rules_mark(),
            learned=placed.learned,
        )
    )


def _follow(state: PlacingState) -> bool:
    """Place again what changed since; whether that was enough."""
    rows, parts, names = read_rows(), read_parts(), read_names()
    if rows is None or parts is None or names is None or state.rules != _rules_mark():
        return False
    nodes = _nodes_mark()
    if nodes != state.nodes and not names_table(NamedNodes.read()).equals(names):
        return False
    read_at = timezone.now()
    recent = dict(record_marks(read_at - OVERLAP, _FOLLOWED))
    changed = _changed_since(state)
    most = max(_LEAST_CHANGED, round(_CHANGED_SHARE * state.learned.n_records))
    if state.n_changed + len(changed) > most:
        return False
    placed = place_changed(changed, rows=rows, parts=parts, names=names, learned=state.learned)
    if not placed.parts.equals(parts):
        write_parts(placed.parts)
    if placed.differs:
        write_rows(placed.rows)
    n_changed = state.n_changed + len(changed)
    write_state(replace(state, read_at=read_at, recent=recent, nodes=nodes, n_changed=n_changed))
    return True


def _changed_since(state: PlacingState) -> set[str]:
    marks = record_marks(state.read_at - OVERLAP, _FOLLOWED)
    changed = {one for one, mark in marks if state.recent.get(one) != mark}
    return changed | turned_members(timezone.localdate(state.read_at), timezone.localdate())


def _shape_differs(state: PlacingState) -> bool:
    if state.nodes != _nodes_mark() or state.rules != _rules_mark():
        return True
    return not all_files_stand()


def _nodes_mark() -> str:
    held = ChainNode.objects.aggregate(n=Count("pk"), newest=Max("updated_at"))
    return f"{held['n']} {held['newest']}"


def _rules_mark() -> str:
    return hashlib.sha256(repr(placement_rules()).encode()).hexdigest()[:16]


def _counts(table: "pa.Table", column: str) -> dict[str, int]:
    return {pair["values"]: pair["counts"] for pair in table[column].value_counts().to_pylist()}
