"""An industry chain: its nodes, what feeds what, and who stands at which node.

The tables are the operator's: nodes (环节), links from upstream to downstream or from a part to its
whole, and members (enterprises, patents, people, platforms) mapped to nodes with a confidence.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy import sparse

from silian.engines.graph.edge_blocks import Bools, Ints
from silian.engines.graph.snapshot_errors import ChainTableRefused, UnknownNode

#: Links of goods and links of kinds: "magnet feeds motor", "servo motor is a motor".
RELATIONS_OF_LINKS: Final = ("upstream", "part_of")
_NODES: Final = (("node_id", "string"), ("label", "string"))
_LINKS: Final = (
    ("source_id", "string"),
    ("target_id", "string"),
    ("relation", "string"),
    ("weight", "float64"),
    ("evidence", "string"),
)
_MEMBERS: Final = (
    ("entity_id", "string"),
    ("node_id", "string"),
    ("kind", "string"),
    ("label", "string"),
    ("local", "bool"),
    ("confidence", "float64"),
    ("size", "float64"),
    ("evidence", "string"),
)
_DEFAULTS: Final[dict[str, Any]] = {
    "label": "",
    "relation": "upstream",
    "weight": 1.0,
    "evidence": "",
    "local": True,
    "confidence": 1.0,
    "size": 1.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainLink:
    """One link of the chain, as evidence."""

    source_id: str
    target_id: str
    relation: str
    weight: float
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainMember:
    """One entity at one node, as evidence."""

    entity_id: str
    node_id: str
    kind: str
    label: str
    local: bool
    confidence: float
    size: float
    evidence: str


class IndustryChain:
    """A chain, checked and numbered; never changed.

    Parameters
    ----------
    nodes
        Columns ``node_id``, and where wanted ``label``.
    links
        Columns ``source_id``, ``target_id``, and where wanted ``relation`` (``upstream``: the
        source feeds the target; ``part_of``: the source is a kind or part of the target),
        ``weight`` (> 0; how much of the target's input it is, relative to the others) and
        ``evidence``.
    members
        Columns ``entity_id``, ``node_id``, ``kind``, and where wanted ``label``, ``local`` (in the
        region or not), ``confidence`` (0 to 1, that it is at this node), ``size`` (> 0; revenue or
        capacity there) and ``evidence``.

    Raises
    ------
    ChainTableRefused
        If a column is missing, an id unknown or repeated, or a number out of range.
    """

    def __init__(self, *, nodes: pa.Table, links: pa.Table, members: pa.Table) -> None:
        self._nodes = _columns(nodes, _NODES, ("node_id",), "nodes")
        self._links = _columns(links, _LINKS, ("source_id", "target_id"), "links")
        self._members = _columns(members, _MEMBERS, ("entity_id", "node_id", "kind"), "members")
        self.node_ids: tuple[str, ...] = tuple(self._nodes["node_id"].to_pylist())
        self._place = {node_id: place for place, node_id in enumerate(self.node_ids)}
        if len(self._place) < len(self.node_ids):
            raise ChainTableRefused("a node_id is given twice; every node needs its own.")
        self.entity_ids: tuple[str, ...] = tuple(
            sorted(set(self._members["entity_id"].to_pylist()))
        )
        self._entity = {entity_id: place for place, entity_id in enumerate(self.entity_ids)}
        self.sources = self._places_of(self._links["source_id"], "links")
        self.targets = self._places_of(self._links["target_id"], "links")
        self.member_nodes = self._places_of(self._members["node_id"], "members")
        self.member_entities = np.array(
            [self._entity[one] for one in self._members["entity_id"].to_pylist()], np.int64
        )
        self.weights = self._links["weight"].to_numpy()
        self.local = self._members["local"].to_numpy(zero_copy_only=False)
        self.confidence = self._members["confidence"].to_numpy()
        self.size = self._members["size"].to_numpy()
        self.member_kinds = np.array(self._members["kind"].to_pylist(), object)
        self._relations = np.array(self._links["relation"].to_pylist(), object)
        self._check()
        # Asked for with every question: comparing a hundred thousand words takes milliseconds.
        self._linked: dict[str, Bools] = {one: self._relations == one for one in RELATIONS_OF_LINKS}
        self._of_kind: dict[str, Bools] = {one: self.member_kinds == one for one in self.kinds}
        self._standing: dict[int, tuple[Ints, Ints]] = {}

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_ids)

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of members."""
        return tuple(sorted(set(self.member_kinds.tolist())))

    def place(self, node_id: str) -> int:
        """Find where a node stands.

        Raises
        ------
        UnknownNode
            If the chain has no such node.
        """
        if node_id not in self._place:
            raise UnknownNode(f"the chain has no node {node_id!r} among its {self.n_nodes:,}.")
        return self._place[node_id]

    def entity_place(self, entity_id: str) -> int:
        """Find where an entity stands among all members.

        Raises
        ------
        UnknownNode
            If the entity is at no node.
        """
        if entity_id not in self._entity:
            raise UnknownNode(f"{entity_id!r} is mapped to no node of the chain.")
        return self._entity[entity_id]

    def label(self, place: int) -> str:
        """Name of a node; its id where it has none."""
        return self._nodes["label"][place].as_py() or self.node_ids[place]

    def of_kind(self, kind: str) -> Bools:
        """Which members are of a kind."""
        return self._of_kind.get(kind, np.zeros(len(self.member_kinds), np.bool_))

    def linked(self, relation: str) -> Bools:
        """Which links are of a relation."""
        return self._linked[relation]

    def member(self, row: int) -> ChainMember:
        """Describe a row of the members."""
        return ChainMember(**{name: self._members[name][row].as_py() for name, _ in _MEMBERS})

    def link(self, row: int) -> ChainLink:
        """Describe a row of the links."""
        return ChainLink(**{name: self._links[name][row].as_py() for name, _ in _LINKS})

    def inputs(self) -> sparse.csr_matrix:
        """Shares of inputs: row a node, column what feeds it; rows add up to 1 or are empty."""
        feeds = self.linked("upstream") & (self.sources != self.targets)
        shape = (self.n_nodes, self.n_nodes)
        matrix = sparse.csr_matrix(
            (self.weights[feeds], (self.targets[feeds], self.sources[feeds])), shape=shape
        )
        whole = np.asarray(matrix.sum(axis=1)).ravel()
        scale = np.divide(1.0, whole, out=np.zeros_like(whole), where=whole > 0)
        return (sparse.diags(scale) @ matrix).tocsr()

    def rolled_up(self, depth: int) -> tuple[Ints, Ints]:
        """Members of parts count for the whole: rows of members, and the nodes they stand at.

        Parameters
        ----------
        depth
            Over so many ``part_of`` links; 0 for the nodes named alone.
        """
        rows, nodes = np.arange(len(self.member_nodes)), self.member_nodes
        upward = self._wholes()
        seen = {*zip(self.member_entities.tolist(), nodes.tolist(), strict=True)}
        all_rows, all_nodes = [rows], [nodes]
        for _ in range(depth):
            owners, wholes = upward[nodes].nonzero()
            fresh = []
            for row, whole in zip(rows[owners].tolist(), wholes.tolist(), strict=True):
                key = (int(self.member_entities[row]), whole)
                if key not in seen:
                    seen.add(key)
                    fresh.append((row, whole))
            if not fresh:
                break
            rows, nodes = (np.array(column, np.int64) for column in zip(*fresh, strict=True))
            all_rows.append(rows)
            all_nodes.append(nodes)
        return np.concatenate(all_rows), np.concatenate(all_nodes)

    def standing_in_wholes(self, depth: int) -> tuple[Ints, Ints]:
        """Every row of the members at its own node and at all wholes of that node.

        Unlike ``rolled_up``, an entity that stands at two parts of a whole stands there twice:
        who loses one of them keeps the other.

        Parameters
        ----------
        depth
            Over so many ``part_of`` links; 0 for the own nodes alone.
        """
        if depth not in self._standing:
            self._standing[depth] = self._read_standing(depth)
        return self._standing[depth]

    def _read_standing(self, depth: int) -> tuple[Ints, Ints]:
        upward, n = self._wholes(), max(1, self.n_nodes)
        keys = fresh = np.arange(len(self.member_nodes)) * n + self.member_nodes
        for _ in range(depth):
            rows, nodes = np.divmod(fresh, n)
            owners, wholes = upward[nodes].nonzero()
            fresh = np.setdiff1d(rows[owners] * n + wholes, keys)
            if not len(fresh):
                break
            keys = np.union1d(keys, fresh)
        return np.divmod(keys, n)

    def _wholes(self) -> sparse.csr_matrix:
        """Row a node, columns what it is a kind or part of."""
        parts = self.linked("part_of")
        shape = (self.n_nodes, self.n_nodes)
        ones = np.ones(int(parts.sum()))
        return sparse.csr_matrix((ones, (self.sources[parts], self.targets[parts])), shape=shape)

    def _places_of(self, ids: pa.Array, table: str) -> Ints:
        unknown = sorted({one for one in ids.to_pylist() if one not in self._place}, key=str)
        if unknown:
            raise ChainTableRefused(
                f"{table} name {len(unknown)} nodes that the table of nodes lacks, such as "
                f"{unknown[:5]}; add them or leave those rows out."
            )
        return np.array([self._place[one] for one in ids.to_pylist()], np.int64)

    def _check(self) -> None:
        wrong = set(self._relations.tolist()) - set(RELATIONS_OF_LINKS)
        if wrong:
            raise ChainTableRefused(
                f"links have relations {sorted(wrong)}; allowed are {list(RELATIONS_OF_LINKS)}."
            )
        for name, values in (("weight", self.weights), ("size", self.size)):
            _in_range(name, values, float("inf"))
        _in_range("confidence", self.confidence, 1.0)


def _in_range(name: str, values: NDArray[np.float64], most: float) -> None:
    bad = values[~((values > 0) & (values <= most) & np.isfinite(values))]
    if len(bad):
        raise ChainTableRefused(f"{name} is {bad[0]}; give numbers above 0 and up to {most}.")


def _columns(
    table: pa.Table,
    wanted: tuple[tuple[str, str], ...],
    needed: tuple[str, ...],
    name: str,
) -> dict[str, pa.Array]:
    missing = [one for one in needed if one not in table.column_names]
    if missing:
        raise ChainTableRefused(
            f"{name} has columns {table.column_names}; it lacks {missing}. It may also have "
            f"{[one for one, _ in wanted if one not in needed]}."
        )
    found = {}
    for column, kind in wanted:
        if column in table.column_names:
            values = table[column].combine_chunks().cast(kind)
            if column not in needed:
                values = values.fill_null(pa.scalar(_DEFAULTS[column], kind))
        else:
            values = pa.array([_DEFAULTS[column]] * table.num_rows, kind)
        if column in needed and values.null_count:
            raise ChainTableRefused(f"{name}: {column} is empty in {values.null_count} rows.")
        found[column] = values
    return found
