"""The graph built from all records, and brought up to date after changes."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from django.utils import timezone

from silian.portal import work_locks
from silian.portal.insight.domain.chain_placements import follow_records
from silian.portal.insight.domain.chain_verdicts import refused_members
from silian.portal.insight.domain.graph_changes import (
    changed_since,
    fingerprints,
    lay_over,
    placed_mark,
    placed_otherwise,
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
from silian.portal.insight.domain.graph_standing import learn_standing
from silian.portal.insight.domain.graph_store import GraphStatus, graph_is_built, graph_status
from silian.portal.registry.domain.identity_affiliations import follow_affiliations

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
        bring_up(rebuild=rebuild)
    except work_locks.WorkTaken:
        if not graph_is_built():
            raise
    return graph_status(count_behind=False)


def bring_up(*, rebuild: bool) -> bool:
    """Bring placements at chain nodes, what texts name, and the graph up to the records.

    Returns
    -------
    bool
        Whether they are; ``False`` where a new build is left to another process.

    Raises
    ------
    silian.portal.work_locks.WorkTaken
        If another process is at it: it may have read the records before the latest change.
    """
    with work_locks.hold(_LOCK):
        followed = follow_records(anew=rebuild)
        if rebuild:
            follow_affiliations()
        return _refresh(rebuild) and followed


def _refresh(rebuild: bool) -> bool:
    from silian.engines.graph import load_snapshot

    stamp = current_stamp()
    state = read_state(stamp) if stamp else None
    if state is None or fingerprints() != (state.identities, state.affiliations):
        return _build_if(rebuild)
    read_at, placed, refused = timezone.now(), placed_mark(), refused_members()
    recent = recent_changes(read_at)  # first: what is committed meanwhile is read once more
    changed = changed_since(state)
    if placed != state.placements:
        changed |= placed_otherwise(load_snapshot(snapshot_folder(stamp)), state, changed)
    elif not changed:
        return True
    if len(changed) > _MANY_CHANGES:
        return _build_if(rebuild)
    pending = lay_over(snapshot_folder(stamp), changed) if changed else 0
    write_state(
        stamp,
        replace(state, read_at=read_at, recent=recent, placements=placed, refused=refused),
    )
    if pending >= _MOST_PENDING:
        _merge(stamp)
    return True


def _build_if(allowed: bool) -> bool:
    if allowed:
        _build(None)
    return allowed


def _build(progress: Progress | None) -> None:
    from silian.engines.graph import build_snapshot

    stamp, read_at = new_stamp(), timezone.now()
    identities, affiliations = fingerprints()
    placements, refused = placed_mark(), refused_members()
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
            affiliations=affiliations,
            placements=placements,
            refused=refused,
        ),
    )
    make_current(stamp)
    learn_partners(stamp)
    learn_standing(stamp)


def _merge(stamp: str) -> None:
    """Make one snapshot of a snapshot and what was laid over it."""
    from silian.engines.graph import rebuild_snapshot

    state = read_state(stamp)
    if state is None:
        return
    merged = new_stamp()
    rebuild_snapshot(snapshot_folder(stamp), snapshot_folder(merged))
    write_state(merged, state)
    for name in ("partners", "standing"):  # changes so small teach nothing new
        with suppress(FileNotFoundError):
            write_beside(merged, name, read_beside(stamp, name))
    make_current(merged)
