"""The graph as one viewer may know it: without what is hidden, so that no answer gives it away.

Questions are asked of this graph alone. A path never leads through a hidden record, nothing is
like another because of one, and no count counts one.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from silian.identifiers import PREFIX_BY_KIND
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.exchange.models import Match
from silian.portal.insight.domain.changed_records import record_models
from silian.portal.insight.domain.graph_projection import NODE_KINDS
from silian.portal.insight.domain.graph_rights import PROGRAMME_PREFIX, visible_ids
from silian.portal.insight.domain.graph_store import (
    GraphStatus,
    current_graph,
    graph_status,
    graph_version,
)
from silian.portal.insight.domain.hidden_ties import hidden_pairs, hidden_places, hiding_mark
from silian.portal.registry.domain.references import portions

if TYPE_CHECKING:
    from silian.engines.graph import Edge, Graph

# Kinds of which the graph says nothing.
_SILENT_KINDS = frozenset({"enterprise_year", "service_agency_year", "facility_year"})
_KEPT = 12

_lock = threading.Lock()
_scopes: "OrderedDict[tuple[object, ...], Graph]" = OrderedDict()


def graph_for(viewer: Viewer) -> "Graph":
    """The current graph without the records, and what they say, that the viewer may not see.

    Made once for everybody with the same rights, and again after every change.

    Raises
    ------
    silian.portal.insight.domain.graph_store.GraphNotBuilt
        If there is no graph.
    """
    if viewer.is_operator:
        return current_graph()
    key = (graph_version(), viewer.role, viewer.organisation_pk, hiding_mark())
    with _lock:
        if key in _scopes:
            _scopes.move_to_end(key)
            return _scopes[key]
    scoped = _without(current_graph(), viewer)
    with _lock:
        _scopes[key] = scoped
        while len(_scopes) > _KEPT:
            _scopes.popitem(last=False)
    return scoped


def status_for(viewer: Viewer, *, count_behind: bool = True) -> GraphStatus:
    """What the graph holds as far as the viewer may know it; how far behind, the operator."""
    if viewer.is_operator:
        return graph_status(count_behind=count_behind)
    summary = graph_for(viewer).summary()
    return replace(
        graph_status(count_behind=False),
        n_nodes=summary.nodes,
        n_edges=summary.edges,
        by_kind={kind: n for kind, n in summary.nodes_by_kind.items() if n},
        by_type={name: n for name, n in summary.edges_by_type.items() if n},
    )


def forget_scopes() -> None:
    """Drop what was made: after a restore, and between tests."""
    with _lock:
        _scopes.clear()


def _without(graph: "Graph", viewer: Viewer) -> "Graph":
    from silian.engines.graph import Changes, Node, with_other_ids

    hidden, unsaid = sorted(_hidden_ids(viewer)), _hidden_edges(graph)
    if not hidden and not unsaid:
        return graph
    places = graph.nodes.find_all(hidden)
    known = [one for one, place in zip(hidden, places.tolist(), strict=True) if place >= 0]
    subjects = graph.nodes.node_ids(places[places >= 0])
    # A thing of several records is hidden only where all of them are; else it goes by one that
    # may be seen.
    others = _seen_members(set(subjects), frozenset(hidden), viewer)
    gone = [
        one
        for one, subject in zip(known, subjects, strict=True)
        if one == subject and one not in others
    ]
    seen = Changes(
        withdrawn_evidence=tuple(hidden),
        withdrawn_edges=tuple(unsaid),
        withdrawn_nodes=(*gone, *_untold_programmes(graph, hidden)),
    ).applied_to(graph)
    renamed = {
        one: Node(node_id=others[one][0], kind=graph.node(one).kind, label=others[one][1])
        for one in known
        if one in others
    }
    return with_other_ids(seen, renamed) if renamed else seen


def _hidden_edges(graph: "Graph") -> "list[Edge]":
    """Ties that their subjects hide, though the records that say them stay."""
    ties = [(tuple(pair), ("partner",)) for pair in hidden_pairs() if len(pair) == 2]
    ties += [(place, ("in_chain_node", "produces")) for place in hidden_places()]
    return [edge for ends, types in ties for edge in _edges_between(graph, ends, types)]


def _edges_between(
    graph: "Graph", ends: tuple[str, ...], types: tuple[str, ...]
) -> "Iterator[Edge]":
    import numpy as np

    from silian.engines.graph import EdgeFilter

    known = frozenset(types) & frozenset(graph.type_names)
    if not known or not all(one in graph.nodes for one in ends):
        return
    first, second = (graph.nodes.position(one) for one in ends)
    chosen = graph.compile_filter(EdgeFilter(types=known))
    met = graph.incident(np.array([first]), "both", chosen)
    for number in met.edges[met.others == second].tolist():
        yield graph.edge(number)


def _untold_programmes(graph: "Graph", hidden: list[str]) -> set[str]:
    """Programmes that only hidden projects name."""
    from silian.engines.graph import EdgeFilter, edge_table

    prefix = f"{PREFIX_BY_KIND['project']}-"
    if "funds" not in graph.type_names or not any(one.startswith(prefix) for one in hidden):
        return set()
    table = edge_table(graph, EdgeFilter(types=frozenset({"funds"})))
    funders = [one for one in table["source_id"].to_pylist() if one.startswith(PROGRAMME_PREFIX)]
    unseen = set(hidden)
    told = {
        funder
        for funder, project in zip(
            *(table[name].to_pylist() for name in ("source_id", "evidence")), strict=True
        )
        if project not in unseen
    }
    return set(funders) - told


def _hidden_ids(viewer: Viewer) -> set[str]:
    """Records of all kinds, and matches, that the viewer may not see."""
    hidden: set[str] = set()
    for kind, model in record_models().items():
        if kind in _SILENT_KINDS:
            continue
        everything = model._default_manager.all()
        seen = visible(everything, viewer)
        if seen.query.where:
            shut = everything.exclude(pk__in=seen.values("pk"))
            hidden.update(shut.values_list("public_id", flat=True))
    matches = set(Match.objects.values_list("public_id", flat=True))
    return hidden | (matches - visible_ids(viewer, matches))


def _seen_members(
    subjects: set[str], hidden: frozenset[str], viewer: Viewer
) -> dict[str, tuple[str, str]]:
    """Id and label of a visible record of each merged thing that has one."""
    from silian.portal.registry.models import IdentityMember

    if not IdentityMember.objects.exists():
        return {}
    pairs = [
        (record, subject)
        for portion in portions(sorted(subjects))
        for record, subject in IdentityMember.objects.filter(subject_id__in=portion).values_list(
            "record_id", "subject_id"
        )
        if record not in hidden
    ]
    seen = visible_ids(viewer, (record for record, _ in pairs))
    labels: dict[str, str] = {}
    for kind in ("organisation", "person"):
        for portion in portions(sorted(seen)):
            found = record_models()[kind]._default_manager.filter(public_id__in=portion)
            labels.update(found.values_list("public_id", NODE_KINDS[kind]))
    return {
        subject: (record, labels[record])
        for record, subject in sorted(pairs, reverse=True)
        if record in labels
    }
