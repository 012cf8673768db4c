"""The graph built from all records, and brought up to date after changes."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from django.utils import timezone

from silian.portal import work_locks
from silian.portal.insight.domain.graph_changes import (
    changed_since,
    fingerprints,
    lay_over,
    recent_changes,
)
from silian.portal.insight.domain.graph_files import (
    BuildState,
    current_stamp,
    make_current,
    new_stamp,
    read_beside,
    read_state,
    snapshot_folder,
    write_beside,
    write_state,
)
from silian.portal.insight.domain.graph_partners import learn_partners
from silian.portal.insight.domain.graph_projection import project_all
from silian.portal.insight.domain.graph_store import GraphStatus, graph_is_built, graph_status

Progress = Callable[[int, int], None]

_LOCK = "graph"
# Above this a build from the records is less work than changes laid over, opened in every process.
_MANY_CHANGES = 4_000
_MOST_PENDING = 20


def build_graph(progress: Progress | None = None) -> GraphStatus:
    """Build the graph from all records and let it answer.

    Parameters
    ----------
    progress
        Called with (records read, records in all).

    Raises
    ------
    silian.portal.work_locks.WorkTaken
        If another process is building it.
    """
    with work_locks.hold(_LOCK):
        _build(progress)
    return graph_status(count_behind=False)


def refresh_graph(*, rebuild: bool = True) -> GraphStatus:
    """Bring the graph up to the records: laid over where little changed, else built anew.

    Where another process is at it, what it has done so far is told. Where there is no graph yet,
    one is built.

    Parameters
    ----------
    rebuild
        Whether to build anew where that is needed, rather than leave it to another process.
    """
    try:
        with work_locks.hold(_LOCK):
            _refresh(rebuild)
    except work_locks.WorkTaken:
        if not graph_is_built():
            raise
    return graph_status(count_behind=False)


def _refresh(rebuild: bool) -> None:
    stamp = current_stamp()
    state = read_state(stamp) if stamp else None
    if state is None or fingerprints() != (state.identities, state.placements):
        if rebuild:
            _build(None)
        return
    read_at = timezone.now()
    recent = recent_changes(read_at)  # first: what is committed meanwhile is read once more
    changed = changed_since(state)
    if not changed:
        return
    if len(changed) > _MANY_CHANGES:
        if rebuild:
            _build(None)
        return
    pending = lay_over(snapshot_folder(stamp), changed)
    write_state(stamp, replace(state, read_at=read_at, recent=recent))
    if pending >= _MOST_PENDING:
        _merge(stamp)


def _build(progress: Progress | None) -> None:
    from silian.engines.graph import build_snapshot

    stamp, read_at = new_stamp(), timezone.now()
    identities, placements = fingerprints()
    recent = recent_changes(read_at)
    nodes, edges, same_as = project_all(progress)
    build_snapshot(
        snapshot_folder(stamp), nodes=nodes, edges=edges, same_as=same_as, dangling="drop"
    )
    write_state(
        stamp,
        BuildState(
            read_at=read_at,
            built_at=timezone.now(),
            recent=recent,
            identities=identities,
            placements=placements,
        ),
    )
    make_current(stamp)
    learn_partners(stamp)


def _merge(stamp: str) -> None:
    """Make one snapshot of a snapshot and what was laid over it."""
    from silian.engines.graph import rebuild_snapshot

    state = read_state(stamp)
    if state is None:
        return
    merged = new_stamp()
    rebuild_snapshot(snapshot_folder(stamp), snapshot_folder(merged))
    write_state(merged, state)
    with suppress(FileNotFoundError):
        write_beside(merged, "partners", read_beside(stamp, "partners"))
    make_current(merged)
