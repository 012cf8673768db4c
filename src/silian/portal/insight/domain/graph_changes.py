"""What changed in the records since the graph read them, laid over the graph."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count, Max

from silian.identifiers import PREFIX_BY_KIND
from silian.portal.exchange.models import Match
from silian.portal.insight.domain.graph_files import BuildState
from silian.portal.insight.domain.graph_projection import project_some, record_models
from silian.portal.insight.models import ChainPlacement
from silian.portal.registry.domain.identities import identities_changed_at
from silian.portal.registry.models import Affiliation, Person

# Longer than any transaction of ours: what was stamped before the reading and committed after it
# is still met by the next reading.
_OVERLAP = timedelta(minutes=2)
# Of these the graph says nothing.
_SILENT_KINDS = frozenset({"enterprise_year", "service_agency_year", "facility_year"})
_GONE = "-"


def changed_since(state: BuildState) -> set[str]:
    """Ids of records and matches that changed, came or went and that the graph doesn't hold so."""
    return {one for one, mark in _marks(state.read_at - _OVERLAP) if state.recent.get(one) != mark}


def count_changed(state: BuildState) -> int:
    """How many records the graph is behind."""
    return len(changed_since(state))


def recent_changes(moment: datetime) -> dict[str, str]:
    """What changed shortly before a moment, with a mark of each change."""
    return dict(_marks(moment - _OVERLAP))


def fingerprints() -> tuple[str, str]:
    """Marks of what is merged and of what is placed at chain nodes."""
    folder = Path(settings.SILIAN_HOME) / "graph"
    files = [*sorted((folder / "placements").glob("*")), *folder.glob("affiliations.parquet")]
    placed = [f"{path.name} {path.stat().st_mtime_ns}" for path in files]
    decided = ChainPlacement.objects.aggregate(n=Count("pk"), newest=Max("pk"))
    placed += [f"{name} {value}" for name, value in decided.items() if value]
    return str(identities_changed_at() or ""), " ".join(placed)


def lay_over(folder: Path, changed: set[str]) -> int:
    """Record the changes of these records beside a snapshot.

    Returns
    -------
    int
        How many such changes lie over the snapshot now.
    """
    from silian.engines.graph import Changes, load_snapshot, record_changes

    graph = load_snapshot(folder)
    changed = changed | _people_of(changed)
    nodes, edges = project_some(changed)
    # A record merged into another one has no node of its own; its edges find the other.
    own = {node.node_id for node in nodes}
    merged = {
        one
        for one in own
        if one in graph.nodes and graph.nodes.node_id(graph.nodes.position(one)) != one
    }
    gone = {
        one
        for one in changed - own
        if one in graph.nodes and graph.nodes.node_id(graph.nodes.position(one)) == one
    }
    known = [
        edge
        for edge in edges
        if _stands(edge.source_id, own, gone, graph) and _stands(edge.target_id, own, gone, graph)
    ]
    standing = [edge for edge in known if not _is_loop(edge, graph)]
    record_changes(
        folder,
        Changes(
            withdrawn_evidence=tuple(sorted(changed)),
            withdrawn_nodes=tuple(sorted(gone)),
            nodes=tuple(node for node in nodes if node.node_id not in merged),
            edges=tuple(standing),
        ),
    )
    return graph.pending_changes + 1


def _people_of(changed: set[str]) -> set[str]:
    """Whose affiliations changed or went: what they say of themselves counts where none does."""
    ids = [one for one in changed if one.startswith(f"{PREFIX_BY_KIND['affiliation']}-")]
    rows = Affiliation.objects.filter(public_id__in=ids)
    people = set(rows.values_list("person__public_id", flat=True))
    told = Affiliation.history.filter(public_id__in=ids).values("person_id")
    people.update(Person.objects.filter(pk__in=told).values_list("public_id", flat=True))
    return people


def _stands(one: str, own: set[str], gone: set[str], graph: Any) -> bool:
    return one in own or (one not in gone and one in graph.nodes)


def _is_loop(edge: Any, graph: Any) -> bool:
    """Whether both ends were found to be one thing."""
    ends = [
        graph.nodes.position(end) if end in graph.nodes else end
        for end in (edge.source_id, edge.target_id)
    ]
    return ends[0] == ends[1]


def _marks(since: datetime) -> Iterator[tuple[str, str]]:
    """Ids of what changed since, with the time of the change; deletions last."""
    for kind, model in record_models().items():
        if kind in _SILENT_KINDS:
            continue
        rows = model._default_manager.filter(updated_at__gte=since)
        for public_id, moment in rows.values_list("public_id", "updated_at").iterator():
            yield public_id, moment.isoformat()
        history = model.history.filter(history_type=_GONE, history_date__gte=since)  # type: ignore[attr-defined]
        gone = set(history.values_list("public_id", flat=True))
        gone -= set(
            model._default_manager.filter(public_id__in=gone).values_list("public_id", flat=True)
        )
        yield from ((public_id, _GONE) for public_id in gone)
    matches = Match.objects.filter(updated_at__gte=since)
    for public_id, moment in matches.values_list("public_id", "updated_at").iterator():
        yield public_id, moment.isoformat()
