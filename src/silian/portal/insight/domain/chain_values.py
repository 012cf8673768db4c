"""What the questions about industry chains answer with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from silian.portal.bilingual import both


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainScope:
    """A part of all chains: what is needed for some end products.

    Attributes
    ----------
    roots
        Public ids of the end products; empty for everything.
    up, down
        So many links upstream and downstream of them; kinds and parts are taken along.
    most
        At most so many nodes, those that matter most.
    """

    roots: tuple[str, ...] = ()
    up: int = 3
    down: int = 0
    most: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHit:
    """A node that a search found."""

    node_id: str
    name: str
    node_kind: str  # industry, product, stage
    code: str
    member_count: int
    link_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """One node as it stands in the region.

    Attributes
    ----------
    layer
        Links from the end products: 0 for them, 1 for what feeds them, -1 for what they feed.
        Kinds and parts stand where their whole stands.
    status
        sound, concentrated, weak, missing, unknown.
    presence
        By kind of record: how many here and how many elsewhere. Organisations are ``enterprise``
        or ``institution``.
    local_share
        Of the capacity known, what is here; ``None`` where no enterprise is known.
    concentration
        Herfindahl-Hirschman index of capacity here, 0 to 1.
    input_dependence
        Share of its inputs that comes from elsewhere, by those of which an enterprise is known:
        ``known_inputs`` of ``input_count``.
    waiting
        Enterprises here at the nodes that it feeds.
    """

    node_id: str
    name: str
    node_kind: str
    code: str = ""
    layer: int | None = None
    is_root: bool = False
    status: str = "unknown"
    presence: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    local_count: int = 0
    outside_count: int = 0
    local_share: float | None = None
    specialisation: float | None = None
    concentration: float | None = None
    effective_enterprises: float | None = None
    input_dependence: float | None = None
    input_count: int = 0
    known_inputs: int = 0
    waiting: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """One link: the source feeds the target (``upstream``), or is part or a kind of it."""

    link_id: str  # public id of the record that says so
    source_id: str
    source_name: str
    target_id: str
    target_name: str
    relation: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """A part of the chains, to be drawn or listed.

    Attributes
    ----------
    hidden_count
        Nodes of the scope that ``most`` left out.
    by_status
        Nodes of the whole scope by status.
    region_code, region_name
        What counts as here; empty where the installation doesn't say.
    """

    scope: ChainScope
    nodes: tuple[NodeView, ...]
    links: tuple[LinkView, ...]
    hidden_count: int
    by_status: Mapping[str, int]
    region_code: str
    region_name: str
    built_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberPlace:
    """A node at which a member stands, and its ``NearPlace.relation`` to the node asked about."""

    node_id: str
    name: str
    relation: str


_PLACE_WORDS: Mapping[str, Any] = {
    "address": both("据地址", "by its address"),
    "name": both("据名称", "by its name"),
    "code": both("据统一社会信用代码的登记机关", "by the authority in its credit code"),
    "sites": both("据其平台、仪器所在地", "by where its platforms and facilities are"),
    "": both("所在地不详", "its place is not known"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberView:
    """A record at a node.

    Attributes
    ----------
    confidence
        That it belongs there, 0 to 1.
    size
        Weight among the node's enterprises.
    reason
        Words by which it was placed, or what the register says.
    origin
        register, text, person (through somebody's works), decision.
    evidence
        Public id of the record that says so.
    place_known_by
        Of an organisation, what tells whether it is here: region, address, name, code (of the
        authority that registered it), sites (where its platforms and facilities are), all (no
        region is set), or ``""`` where nothing does: then it counts as elsewhere.
    at
        Where it stands, among those who could help to fill a gap: beside it.
    """

    subject_id: str
    kind: str
    label: str
    local: bool
    confidence: float
    size: float
    revenue_share: float | None
    reason: str
    origin: str
    evidence: str
    at: MemberPlace | None = None
    place_known_by: str = ""

    @property
    def place_words(self) -> str:
        """How its place is known, where that isn't plain, in the reader's language."""
        if self.kind not in ("enterprise", "institution"):
            return ""
        return str(_PLACE_WORDS.get(self.place_known_by, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """A node beside another, and the link between them."""

    node: NodeView
    link: LinkView


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeDetail:
    """A node with all that hangs on it.

    Attributes
    ----------
    members
        By kind of record, those here first, the largest or surest first.
    member_counts
        By kind, how many there are in all.
    """

    node: NodeView
    name_en: str
    description: str
    keywords: tuple[str, ...]
    inputs: tuple[Neighbour, ...]
    outputs: tuple[Neighbour, ...]
    parts: tuple[Neighbour, ...]
    wholes: tuple[Neighbour, ...]
    members: Mapping[str, tuple[MemberView, ...]]
    member_counts: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class InputView:
    """What feeds a node, and where that comes from.

    Attributes
    ----------
    share
        Of all the node's inputs, by the weights of the links.
    suppliers
        Enterprises elsewhere that make it, the largest first.
    """

    node: NodeView
    link: LinkView
    share: float
    suppliers: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GapView:
    """A weak, missing or dependent node, and what that rests on.

    Attributes
    ----------
    links
        To the nodes that need it and have enterprises here.
    waiting
        Enterprises there, the largest first.
    suppliers
        Enterprises at the node itself, those here first.
    inputs
        What feeds the node and comes from elsewhere at least in part, the largest share first; in
        lists only where dependence is asked about.
    """

    node: NodeView
    links: tuple[LinkView, ...]
    waiting: tuple[MemberView, ...]
    suppliers: tuple[MemberView, ...]
    inputs: tuple[InputView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GapsView:
    """Some of the gaps, and how many there are."""

    gaps: tuple[GapView, ...]
    total_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPlace:
    """A node where a candidate stands already, and what that says of the gap.

    Attributes
    ----------
    proximity
        Of the enterprises at the node with fewer of both, the share that is at the other too.
    together
        How many enterprises that is.
    relation
        kind (a kind, a whole, or another kind of the same), input, beside (feeds the same as the
        gap does), output (what the gap feeds); empty where the chain doesn't join the two.
    """

    node_id: str
    name: str
    proximity: float
    linked: bool
    relation: str = ""
    together: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An enterprise here that could take up what is missing, and what speaks for it.

    Attributes
    ----------
    is_customer
        Hardly anything speaks for it but that it makes what the gap feeds: it could extend
        upstream.
    """

    subject_id: str
    kind: str
    label: str
    score: float
    near: tuple[NearPlace, ...]
    is_customer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FillersView:
    """Who could fill a gap.

    Attributes
    ----------
    local
        Enterprises here that make what lies near.
    outside
        Enterprises elsewhere that make it already: to be attracted.
    achievements, experts, others
        Records here (and of nobody's region) at the node or next to it: achievements with
        patents and projects, people, platforms.
    """

    node: NodeView
    local: tuple[Candidate, ...]
    outside: tuple[MemberView, ...]
    achievements: tuple[MemberView, ...]
    experts: tuple[MemberView, ...]
    others: tuple[MemberView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLossView:
    """What a node loses: ``direct`` of its capacity, ``loss`` with its inputs considered."""

    node: NodeView
    direct: float
    loss: float
    steps: int
    through_id: str
    through_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationLossView:
    """What an enterprise stands to lose, as a share of what it makes."""

    subject_id: str
    label: str
    local: bool
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioView:
    """What hangs on nodes or enterprises that are taken away."""

    removed_nodes: tuple[NodeView, ...]
    removed_organisations: tuple[tuple[str, str], ...]  # public id and name
    within_region: bool
    substitution: str  # shares, none
    nodes: tuple[NodeLossView, ...]
    organisations: tuple[OrganisationLossView, ...]
    node_count: int
    organisation_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceView:
    """A node at which a record stands."""

    node_id: str
    name: str
    node_kind: str
    confidence: float
    revenue_share: float | None
    reason: str
    origin: str
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainsStatus:
    """What is known of the chains as a whole; ``placed_at`` is ``None`` before the first time."""

    node_count: int
    link_count: int
    member_count: int
    placement_count: int
    placed_at: datetime | None
