"""Questions about the industry chains, answered for one viewer.

Signatures first; the answers follow.
"""

from collections.abc import Sequence

from silian.portal.accounts.domain.access import Viewer
from silian.portal.insight.domain.chain_values import (
    ChainScope,
    ChainsStatus,
    ChainView,
    FillersView,
    GapView,
    NodeDetail,
    NodeHit,
    PlaceView,
    ScenarioView,
)


def find_nodes(
    text: str, viewer: Viewer, *, node_kind: str = "", limit: int = 20
) -> tuple[NodeHit, ...]:
    """Nodes by name, code or keyword; the best known first."""
    raise NotImplementedError


def chain_view(scope: ChainScope, viewer: Viewer) -> ChainView:
    """Part of the chains, each node as it stands; raises ``NodeUnknown``."""
    raise NotImplementedError


def node_detail(node_id: str, viewer: Viewer, *, most: int = 50) -> NodeDetail:
    """A node with its neighbours and members."""
    raise NotImplementedError


def gaps(
    scope: ChainScope,
    viewer: Viewer,
    *,
    statuses: Sequence[str] = ("missing", "weak"),
    limit: int = 50,
    offset: int = 0,
) -> tuple[GapView, ...]:
    """Weak and missing nodes that enterprises here need, the most needed first."""
    raise NotImplementedError


def gap(node_id: str, viewer: Viewer, *, most: int = 10) -> GapView:
    """What the standing of one node rests on."""
    raise NotImplementedError


def fillers(node_id: str, viewer: Viewer, *, limit: int = 10) -> FillersView:
    """Who could fill a gap."""
    raise NotImplementedError


def scenario(
    viewer: Viewer,
    *,
    node_ids: Sequence[str] = (),
    organisation_ids: Sequence[str] = (),
    within_region: bool = False,
    substitution: str = "shares",
    limit: int = 100,
) -> ScenarioView:
    """What hangs on nodes or enterprises."""
    raise NotImplementedError


def places_of(subject_id: str, viewer: Viewer, *, most: int = 20) -> tuple[PlaceView, ...]:
    """Nodes at which a record stands, the surest first."""
    raise NotImplementedError


def chains_status() -> ChainsStatus:
    """Counts of nodes, links, members and placements."""
    raise NotImplementedError
