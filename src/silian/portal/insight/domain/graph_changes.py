"""What changed in the records since the graph read them, laid over the graph."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.db.models import Count, Max, Q

from silian.identifiers import PREFIX_BY_KIND
from silian.portal.exchange.models import Match
from silian.portal.innovation.models import Contribution, Project
from silian.portal.insight.domain.chain_placements import placements_version
from silian.portal.insight.domain.chain_verdicts import refused_members
from silian.portal.insight.domain.changed_records import (
    OVERLAP,
    record_marks,
    record_models,
)
from silian.portal.insight.domain.graph_edges import placement_edges
from silian.portal.insight.domain.graph_files import BuildState
from silian.portal.insight.domain.graph_projection import project_some
from silian.portal.registry.domain.identities import identities_changed_at
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import Affiliation, IdentityMember, Person, Region

if TYPE_CHECKING:
    from silian.engines.graph import Graph

# Of these the graph says nothing.
_SILENT_KINDS = frozenset({"enterprise_year", "service_agency_year", "facility_year"})
_PLACED = "in_chain_node"


def changed_since(state: BuildState) -> set[str]:
    """Ids of records and matches that changed, came or went and that the graph doesn't hold so."""
    return {one for one, mark in _marks(state.read_at - OVERLAP) if state.recent.get(one) != mark}


def count_changed(state: BuildState) -> int:
    """How many records the graph is behind."""
    return len(changed_since(state))


def recent_changes(moment: datetime) -> dict[str, str]:
    """What changed shortly before a moment, with a mark of each change."""
    return dict(_marks(moment - OVERLAP))


def fingerprints() -> tuple[str, str]:
    """Marks of what is merged and of whom free texts name: another one calls for a new build."""
    try:
        named = (Path(settings.SILIAN_HOME) / "graph" / "affiliations.parquet").stat().st_mtime_ns
    except FileNotFoundError:
        named = 0
    members = IdentityMember.objects.aggregate(n=Count("pk"), newest=Max("pk"))
    merged = f"{identities_changed_at()} {members['n']} {members['newest']}"
    return merged, str(named)


def placed_mark() -> str:
    """Mark of what is placed at chain nodes, by records or by a person's decision."""
    return repr(placements_version())


def placed_otherwise(graph: "Graph", state: BuildState, changed: set[str]) -> set[str]:
    """Records whose ties to chain nodes in a graph are others than what is placed now.

    Parameters
    ----------
    changed
        What else changed: new things and nodes among it may have ties by records that did not.
    """
    from silian.engines.graph import EdgeFilter, edge_table

    held: set[tuple[Any, ...]] = set()
    if _PLACED in graph.type_names:
        table = edge_table(graph, EdgeFilter(types=frozenset({_PLACED})))
        names = ("source_id", "target_id", "weight", "evidence")
        held.update(zip(*(table[name].to_pylist() for name in names), strict=True))
    rows = list(placement_edges(None))
    ends = [_as_known(graph, [row[side] for row in rows], changed) for side in (0, 1)]
    placed = {
        (source, target, row[3], row[6])
        for row, source, target in zip(rows, *ends, strict=True)
        if source and target
    }
    differing = {row[3] for row in held ^ placed}
    return differing | (set(refused_members()) ^ set(state.refused))


def _as_known(graph: "Graph", ids: list[str], changed: set[str]) -> list[str]:
    """Ids as the graph has them, also those about to come; empty for what it doesn't have."""
    distinct = list(dict.fromkeys(ids))
    places = graph.nodes.find_all(distinct)
    known = graph.nodes.node_ids(places[places >= 0])
    named = dict(zip(np.array(distinct, object)[places >= 0].tolist(), known, strict=True))
    return [named.get(one) or (one if one in changed else "") for one in ids]


def lay_over(folder: Path, changed: set[str]) -> int:
    """Record the changes of these records beside a snapshot.

    Returns
    -------
    int
        How many such changes lie over the snapshot now.
    """
    from silian.engines.graph import Changes, load_snapshot, record_changes

    graph = load_snapshot(folder)
    changed = changed | _people_of(changed) | _regions_in(changed)
    changed |= _works_of(changed) | _matches_of(changed) | _told_of(graph, changed)
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
    gone |= _idle_programmes(graph, changed)
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
    ids = _of_kind(changed, "affiliation")
    rows = Affiliation.objects.filter(public_id__in=ids)
    people = set(rows.values_list("person__public_id", flat=True))
    told = Affiliation.history.filter(public_id__in=ids).values("person_id")
    people.update(Person.objects.filter(pk__in=told).values_list("public_id", flat=True))
    return people


def _works_of(changed: set[str]) -> set[str]:
    """Works of people who changed: an employer partners with those of the people beside them."""
    people = _of_kind(changed, "person")
    found: set[str] = set()
    for portion in portions(people):
        parts = Contribution.objects.filter(person__public_id__in=portion)
        found.update(parts.values_list("subject_id", flat=True))
    return found


def _matches_of(changed: set[str]) -> set[str]:
    """Matches of changed needs and supplies: whose they are says who supplies whom."""
    found: set[str] = set()
    for portion in portions(changed):
        rows = Match.objects.filter(Q(need__public_id__in=portion) | Q(supply_id__in=portion))
        found.update(rows.values_list("public_id", flat=True))
    return found


def _regions_in(changed: set[str]) -> set[str]:
    """Parts of changed regions: they name what they belong to by its code."""
    found: set[str] = set()
    for portion in portions(_of_kind(changed, "region")):
        codes = Region.objects.filter(public_id__in=portion).values("adcode")
        parts = Region.objects.filter(parent_adcode__in=codes)
        found.update(parts.values_list("public_id", flat=True))
    return found


def _told_of(graph: "Graph", changed: set[str]) -> set[str]:
    """What says something of a thing that is gone, or of a person who changed, in the graph.

    A thing may have gone on under another id, which its evidence names; of a person whose works
    were taken away the graph alone knows them.
    """
    known = [one for one in changed if one in graph.nodes]
    present = {one for portion in portions(known) for one in _present(portion)}
    asked = set(known) - present | (set(known) & set(_of_kind(changed, "person")))
    if not asked:
        return set()
    met = graph.incident(graph.nodes.positions(sorted(asked)))
    return {evidence for number in met.edges.tolist() if (evidence := graph.edge(number).evidence)}


def _idle_programmes(graph: "Graph", changed: set[str]) -> set[str]:
    """Programmes that paid for changed projects, and that no project names any more."""
    projects = [one for one in _of_kind(changed, "project") if one in graph.nodes]
    if not projects or "programme" not in graph.nodes.kinds:
        return set()
    met = graph.incident(graph.nodes.positions(sorted(projects)), "in")
    others = {graph.nodes.node(place) for place in set(met.others.tolist())}
    return {
        node.node_id
        for node in others
        if node.kind == "programme" and not Project.objects.filter(programme=node.label).exists()
    }


def _present(ids: list[str]) -> Iterator[str]:
    for kind in record_models():
        if of_kind := _of_kind(ids, kind):
            rows = record_models()[kind]._default_manager.filter(public_id__in=of_kind)
            yield from rows.values_list("public_id", flat=True)


def _of_kind(ids: Iterable[str], kind: str) -> list[str]:
    prefix = f"{PREFIX_BY_KIND[kind]}-"
    return [one for one in ids if one.startswith(prefix)]


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
    yield from record_marks(since, [kind for kind in record_models() if kind not in _SILENT_KINDS])
    matches = Match.objects.filter(updated_at__gte=since)
    for public_id, moment in matches.values_list("public_id", "updated_at").iterator():
        yield public_id, moment.isoformat()
