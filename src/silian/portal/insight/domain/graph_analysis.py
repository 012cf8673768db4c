"""Who bridges among the things shown, and which of them belong together."""

from collections.abc import Sequence
from dataclasses import dataclass

from silian.portal.accounts.domain.access import Viewer
from silian.portal.insight.domain.graph_exploring import EVERYTHING, MOST_SHOWN
from silian.portal.insight.domain.graph_rights import visible_ids
from silian.portal.insight.domain.graph_scope import graph_for
from silian.portal.insight.domain.graph_values import Narrowing, Thing, thing_of

_MOST_BRIDGES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A thing that many shortest connections of the others lead through.

    Attributes
    ----------
    share
        Share of these connections, 0 to 1.
    """

    thing: Thing
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """The shown part, looked at as a whole.

    Attributes
    ----------
    groups
        Things that are tied more among themselves than with the rest; the largest first.
    """

    bridges: tuple[Bridge, ...]
    groups: tuple[tuple[Thing, ...], ...]


def analyse(
    viewer: Viewer, node_ids: Sequence[str], *, narrowing: Narrowing = EVERYTHING
) -> Analysis:
    """Find who bridges and what belongs together among these things alone."""
    from silian.engines.graph import betweenness, find_communities

    graph = graph_for(viewer)
    known = [graph.node(one).node_id for one in node_ids if one in graph.nodes]
    seen = visible_ids(viewer, known)
    ids = [one for one in dict.fromkeys(known) if one in seen][:MOST_SHOWN]
    if not ids:
        return Analysis(bridges=(), groups=())
    chosen = Narrowing(
        types=narrowing.types, since_year=narrowing.since_year, until_year=narrowing.until_year
    ).as_filter(graph)
    scores = betweenness(graph, chosen, among=ids)
    bridges = sorted(((scores.of(one), one) for one in ids), key=lambda pair: (-pair[0], pair[1]))
    divided = find_communities(graph, chosen, among=ids)
    groups: dict[int, list[Thing]] = {}
    for one in ids:
        groups.setdefault(divided.of(one), []).append(thing_of(graph.node(one)))
    groups.pop(-1, None)  # tied to nothing that is shown
    return Analysis(
        bridges=tuple(
            Bridge(thing=thing_of(graph.node(one)), share=share)
            for share, one in bridges[:_MOST_BRIDGES]
            if share > 0
        ),
        groups=tuple(tuple(groups[number]) for number in sorted(groups)),
    )
