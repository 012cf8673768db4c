"""How near supplies are to who needs them, in the network of who works with whom.

A walk that leaves the organisation and may stop at every step: what it meets often is near. Ties
that say what became of needs are left aside (they are what a ranker is to foretell), and so are
places, policies and hubs' shares, which the walk divides among all their ties.
"""

import threading
from typing import TYPE_CHECKING, Any

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER
from silian.portal.insight.domain.graph_scope import graph_for
from silian.portal.insight.domain.graph_store import GraphNotBuilt

if TYPE_CHECKING:
    from silian.engines.graph import Graph

_LEFT_ASIDE = frozenset(
    {"matched", "contracted", "supplies", "books", "needs", "located_in", "part_of", "funds"}
)
_STEPS = 4
_GOES_ON = 0.5
# So small a share is next to nothing; the scale is its logarithm.
_LEAST_SHARE = 1e-4

_lock = threading.Lock()
_walks: "tuple[Graph, Any] | None" = None


def nearness_to(organisation_id: str) -> dict[str, float] | None:
    """How near everything is that a few steps reach, 0 to 1 by public id.

    Only what everybody may see counts, so that no order of results tells of what is hidden.

    Returns
    -------
    dict or None
        ``None`` where there is no graph, or the organisation is not in it.
    """
    import numpy as np

    try:
        graph = graph_for(ANONYMOUS_VIEWER)
    except GraphNotBuilt:
        return None
    if not organisation_id or organisation_id not in graph.nodes:
        return None
    walk = _walk_of(graph)
    share = np.zeros(graph.n_nodes)
    share[graph.nodes.position(organisation_id)] = 1.0
    met = np.zeros(graph.n_nodes)
    for step in range(1, _STEPS + 1):
        share = walk @ share
        met += _GOES_ON**step * share
    places = np.flatnonzero(met > _LEAST_SHARE)
    near = 1.0 - np.log(np.minimum(met[places], 1.0)) / np.log(_LEAST_SHARE)
    return dict(zip(graph.nodes.node_ids(places), near.tolist(), strict=True))


def _walk_of(graph: "Graph") -> Any:
    """Shape (n_nodes, n_nodes): column j holds where a step from node j leads."""
    global _walks  # noqa: PLW0603  one matrix a process is the point
    kept = _walks
    if kept is not None and kept[0] is graph:
        return kept[1]
    import numpy as np
    from scipy import sparse

    from silian.engines.graph import EdgeFilter

    types = frozenset(graph.type_names) - _LEFT_ASIDE
    ties = graph.adjacency(EdgeFilter(types=types), weighted=False)
    degrees = np.asarray(ties.sum(axis=0)).ravel()
    walk = (ties @ sparse.diags(1.0 / np.maximum(degrees, 1.0))).tocsr()
    with _lock:
        _walks = (graph, walk)
    return walk
