"""What answers of the graph are made of, for pages, API and command line alike."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from silian.errors import EngineError
from silian.portal.bilingual import both, choose

if TYPE_CHECKING:
    from silian.engines.graph import Edge, EdgeFilter, Graph, Node

#: Names of the kinds of things, in the order of legends and filters.
KIND_LABELS: Mapping[str, Any] = {
    "organisation": both("单位", "Organisation"),
    "person": both("人才", "Person"),
    "chain_node": both("产业链环节", "Chain node"),
    "need": both("需求", "Need"),
    "achievement": both("成果", "Achievement"),
    "patent": both("专利", "Patent"),
    "project": both("项目", "Project"),
    "publication": both("论文", "Publication"),
    "platform": both("平台", "Platform"),
    "facility": both("仪器", "Facility"),
    "service_agency": both("服务机构", "Service agency"),
    "policy": both("政策", "Policy"),
    "programme": both("科技计划", "Programme"),
    "region": both("地区", "Region"),
}
#: Which of the four chains a kind belongs to, and so its colour.
CHAINS: Mapping[str, str] = {
    "person": "talent",
    "organisation": "industry",
    "need": "industry",
    "chain_node": "industry",
    "policy": "capital",
    "programme": "capital",
    "region": "place",
}


class GraphNodeNotFound(EngineError, LookupError):
    """Nothing of the graph that the viewer may see has this id."""

    code = "graph_node_not_found"

    def __init__(self, node_id: str) -> None:
        super().__init__(
            f"nothing in the graph has the id {node_id!r}, or you may not see it. Search for it "
            "by name; what was just entered is there within seconds.",
            node_id=node_id,
        )
        self.message_zh = f"图谱中没有编号 {node_id}，或您无权查看。刚录入的记录几秒后即可查到。"
        self.message_en = str(self)


class GraphQuestionRefused(EngineError, ValueError):
    """A question that can't be put so."""

    code = "graph_question_refused"

    def __init__(self, message_en: str, *, message_zh: str) -> None:
        super().__init__(message_en)
        self.message_zh = message_zh
        self.message_en = message_en


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """Which kinds of things and ties, and of which years, a question looks at; empty for all."""

    kinds: tuple[str, ...] = ()
    types: tuple[str, ...] = ()
    since_year: int | None = None
    until_year: int | None = None

    def as_filter(self, graph: "Graph") -> "EdgeFilter":
        """The engine's filter; kinds and types that this graph lacks are passed over."""
        from silian.engines.graph import EdgeFilter

        types = frozenset(self.types) & frozenset(graph.type_names)
        kinds = frozenset(self.kinds) & frozenset(graph.nodes.kinds)
        return EdgeFilter(
            types=types if self.types else None,
            kinds=kinds if self.kinds else None,
            since=None if self.since_year is None else date(self.since_year, 1, 1),
            until=None if self.until_year is None else date(self.until_year, 12, 31),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """A node: a record, or a policy."""

    node_id: str
    kind: str
    label: str

    @property
    def kind_label(self) -> str:
        """Name of its kind in the reader's language."""
        return str(KIND_LABELS.get(self.kind, self.kind))

    @property
    def chain(self) -> str:
        """Which of the four chains it belongs to."""
        return CHAINS.get(self.kind, "innovation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """All that is said in one way about two things.

    Attributes
    ----------
    count
        How many records say it; ``evidence`` names the latest few.
    since, until
        First and last known day; ``None`` where open, unknown, or all happened on the first.
    """

    source_id: str
    target_id: str
    edge_type: str
    words: str
    weight: float
    count: int
    since: date | None
    until: date | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Some things and the ties among them.

    Attributes
    ----------
    more
        Things tied to the one that was asked about and left out, the strongest first; ``n_more``
        counts all of them, ``more_by_kind`` by kind.
    """

    things: tuple[Thing, ...]
    ties: tuple[Tie, ...]
    more: tuple[Thing, ...] = ()
    n_more: int = 0
    more_by_kind: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """For the explorer's script and the API."""
        return {
            "nodes": [as_node(thing) for thing in self.things],
            "edges": [asdict(tie) for tie in self.ties],
            "more": [as_node(thing) for thing in self.more],
            "n_more": self.n_more,
            "more_by_kind": dict(self.more_by_kind),
        }


def as_node(thing: Thing) -> dict[str, str]:
    """A thing as JSON."""
    return {
        "id": thing.node_id,
        "kind": thing.kind,
        "kind_label": thing.kind_label,
        "chain": thing.chain,
        "label": thing.label,
    }


def thing_of(node: "Node") -> Thing:
    """An engine's node for faces."""
    return Thing(node_id=node.node_id, kind=node.kind, label=node.label or node.node_id)


_EVIDENCE_SHOWN = 5


def ties_of(graph: "Graph", edges: Iterable["Edge"]) -> tuple[Tie, ...]:
    """Edges brought together by their ends and type; the strongest first."""
    groups: dict[tuple[str, str, str], list[Edge]] = {}
    for edge in edges:
        groups.setdefault((edge.source_id, edge.target_id, edge.edge_type), []).append(edge)
    language = choose("zh", "en")
    ties = [
        Tie(
            source_id=source,
            target_id=target,
            edge_type=edge_type,
            words=graph.relations[edge_type].reads(forward=True, language=language),
            weight=sum(edge.weight for edge in group),
            count=len(group),
            since=min((edge.start for edge in group if edge.start), default=None),
            until=_until(group),
            evidence=_latest(group),
        )
        for (source, target, edge_type), group in groups.items()
    ]
    return tuple(sorted(ties, key=lambda tie: (-tie.weight, tie.source_id, tie.target_id)))


def until_of(edge: "Edge") -> date | None:
    """Last day of what lasted; what happened on one day has its first."""
    return None if edge.end == edge.start else edge.end


def _until(edges: list["Edge"]) -> date | None:
    last = max((edge.end for edge in edges if edge.end), default=None)
    first = min((edge.start for edge in edges if edge.start), default=None)
    return None if last == first or any(edge.end is None for edge in edges) else last


def _latest(edges: list["Edge"]) -> tuple[str, ...]:
    ordered = sorted(edges, key=lambda edge: edge.start or date.min, reverse=True)
    return tuple(dict.fromkeys(edge.evidence for edge in ordered if edge.evidence))[
        :_EVIDENCE_SHOWN
    ]
