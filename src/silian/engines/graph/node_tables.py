"""The nodes of a graph: found by id, described by position."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from silian.engines.graph.snapshot_errors import UnknownNode, UnknownNodeKind
from silian.engines.graph.snapshot_values import Node

#: Above so many ids, one hash of all nodes costs less than a search for each.
_FEW = 64


class NodeTable:
    """Mapped nodes sorted by id, and those that changes added or renamed.

    Parameters
    ----------
    named
        Columns ``node_id`` (sorted by code point) and ``label``.
    kind_codes
        Shape (n_nodes,): codes into ``kinds``.
    kinds
        Names of the kinds.
    aliases
        Columns ``node_id`` (sorted) and ``canonical_id``: ids of nodes merged into others.
    """

    def __init__(
        self,
        named: pa.Table,
        kind_codes: NDArray[Any],
        kinds: Sequence[str],
        aliases: pa.Table,
    ) -> None:
        self._ids = _Column(named["node_id"])
        self._labels = _Column(named["label"])
        self._alias_ids = _Column(aliases["node_id"])
        self._alias_targets = _Column(aliases["canonical_id"])
        self.kind_codes = kind_codes
        self.kinds = tuple(kinds)
        self._added: dict[str, int] = {}
        self._changed: dict[int, Node] = {}
        self._withdrawn: frozenset[int] = frozenset()
        self._forgotten: frozenset[str] = frozenset()

    def __len__(self) -> int:
        """Give the number of positions, those of withdrawn nodes among them."""
        return len(self.kind_codes)

    @property
    def withdrawn(self) -> frozenset[int]:
        """Positions of nodes that are no more."""
        return self._withdrawn

    def position(self, node_id: str) -> int:
        """Find where a node stands; ids merged into another find that other.

        Raises
        ------
        UnknownNode
            If no node has the id.
        """
        found = self._find(node_id)
        if found is None:
            raise UnknownNode(f"no node {node_id!r} in the graph of {len(self):,} nodes.")
        return found

    def positions(self, node_ids: Iterable[str]) -> NDArray[np.int64]:
        """Find where several stand.

        Raises
        ------
        UnknownNode
            If no node has one of the ids.
        """
        wanted = list(node_ids)
        if len(wanted) <= _FEW:
            return np.fromiter((self.position(one) for one in wanted), np.int64)
        found = self.find_all(wanted)
        if len(missing := np.flatnonzero(found < 0)):
            raise UnknownNode(
                f"no node {wanted[int(missing[0])]!r} in the graph of {len(self):,} nodes."
            )
        return found

    def find_all(self, node_ids: Sequence[str]) -> NDArray[np.int64]:
        """Find where many stand at once; -1 for those that no node has."""
        found = self._ids.places_of(node_ids)
        merged = self._alias_ids.places_of(node_ids)
        if (is_merged := (found < 0) & (merged >= 0)).any():
            targets = self._alias_targets.take(merged[is_merged])
            found[is_merged] = self._ids.places_of(targets)
        if self._added:
            for place, node_id in enumerate(node_ids):
                found[place] = self._added.get(node_id, found[place])
        if self._withdrawn:
            found[np.isin(found, list(self._withdrawn))] = -1
        if self._forgotten:
            found[[node_id in self._forgotten for node_id in node_ids]] = -1
        return found

    def __contains__(self, node_id: str) -> bool:
        """Tell whether an id, or an id merged into another, is known."""
        return self._find(node_id) is not None

    def node(self, position: int) -> Node:
        """Describe the node at a position."""
        changed = self._changed.get(position)
        if changed is not None:
            return changed
        return Node(
            node_id=self._ids[position],
            kind=self.kinds[self.kind_codes[position]],
            label=self._labels[position],
        )

    def node_id(self, position: int) -> str:
        """Give the id of the node at a position."""
        changed = self._changed.get(position)
        return self._ids[position] if changed is None else changed.node_id

    def node_ids(self, positions: NDArray[Any]) -> list[str]:
        """Ids of many positions at once."""
        if not self._changed:
            return self._ids.take(positions)
        kept = np.minimum(positions, max(len(self._ids) - 1, 0))
        found = self._ids.take(kept) if len(self._ids) else [""] * len(positions)
        for place in np.flatnonzero(np.isin(positions, list(self._changed))).tolist():
            found[place] = self._changed[int(positions[place])].node_id
        return found

    def kind_code(self, kind: str) -> int:
        """Give the code of a kind.

        Raises
        ------
        UnknownNodeKind
            If no node is of that kind.
        """
        if kind not in self.kinds:
            raise UnknownNodeKind(f"no node is of kind {kind!r}; there are {list(self.kinds)}.")
        return self.kinds.index(kind)

    def of_kind(self, kind: str) -> NDArray[np.int64]:
        """Positions of all nodes of a kind."""
        found = np.flatnonzero(self.kind_codes == self.kind_code(kind))
        if self._withdrawn:
            found = found[~np.isin(found, list(self._withdrawn))]
        return found

    def columns(self) -> dict[str, list[Any]]:
        """All nodes that stand, as columns, for exports and rebuilding."""
        ids, labels = self._ids.all(), self._labels.all()
        kinds = [self.kinds[code] for code in self.kind_codes]
        for position, node in sorted(self._changed.items()):
            if position < len(ids):
                ids[position], labels[position] = node.node_id, node.label
            else:
                ids.append(node.node_id)
                labels.append(node.label)
        keep = [place for place in range(len(ids)) if place not in self._withdrawn]
        return {
            "node_id": [ids[place] for place in keep],
            "kind": [kinds[place] for place in keep],
            "label": [labels[place] for place in keep],
        }

    def alias_table(self) -> pa.Table:
        """Ids merged into others, with those others."""
        return pa.table(
            {"node_id": self._alias_ids.all(), "canonical_id": self._alias_targets.all()},
            schema=pa.schema([("node_id", "string"), ("canonical_id", "string")]),
        )

    def with_changes(self, nodes: Iterable[Node], withdrawn: Iterable[str]) -> "NodeTable":
        """Give a table with nodes added, described anew or gone; this one stays as it is."""
        other = object.__new__(NodeTable)
        other.__dict__.update(self.__dict__)
        other._added, other._changed = dict(self._added), dict(self._changed)
        gone = set(self._withdrawn)
        codes, kinds = list[int](), list(self.kinds)
        base = self.kind_codes.copy()
        for node in nodes:
            if node.kind not in kinds:
                kinds.append(node.kind)
            position = other._place(node.node_id)
            if position is None:
                position = len(base) + len(codes)
                codes.append(kinds.index(node.kind))
                other._added[node.node_id] = position
            elif position < len(base):
                base[position] = kinds.index(node.kind)
            else:
                codes[position - len(base)] = kinds.index(node.kind)
            other._changed[position] = node
            gone.discard(position)
        other.kinds = tuple(kinds)
        other.kind_codes = np.concatenate([base, np.array(codes, np.uint16)])
        other._withdrawn = frozenset(gone)
        other._withdrawn |= frozenset(other.positions(withdrawn).tolist())
        return other

    def with_other_ids(self, nodes: Mapping[str, Node]) -> "NodeTable":
        """Give a table where some nodes go by another id, and the former one finds nothing.

        Ids merged into a former one go on finding the node.
        """
        other = object.__new__(NodeTable)
        other.__dict__.update(self.__dict__)
        other._added, other._changed = dict(self._added), dict(self._changed)
        for former, node in nodes.items():
            position = self.position(former)
            other._added[node.node_id] = position
            other._changed[position] = node
        other._forgotten = self._forgotten | nodes.keys()
        return other

    def _find(self, node_id: str) -> int | None:
        if node_id in self._forgotten:
            return None
        position = self._place(node_id)
        if position is None:
            alias = self._alias_ids.find(node_id)
            position = None if alias is None else self._place(self._alias_targets[alias])
        return None if position in self._withdrawn else position

    def _place(self, node_id: str) -> int | None:
        found = self._added.get(node_id)
        return self._ids.find(node_id) if found is None else found


class _Column:
    """A mapped column of texts, read one at a time."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._values: Any = column.chunk(0) if column.num_chunks else pa.array([], "large_string")

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, place: int) -> str:
        text: str | None = self._values[int(place)].as_py()
        return text or ""

    def take(self, places: NDArray[Any]) -> list[str]:
        taken: list[str] = self._values.take(pa.array(places)).to_pylist()
        return taken

    def places_of(self, texts: Sequence[str]) -> NDArray[np.int64]:
        """Places of many texts; -1 for those that are not there."""
        found = pc.index_in(pa.array(texts, self._values.type), value_set=self._values)
        places: NDArray[np.int64] = pc.fill_null(found, -1).to_numpy().astype(np.int64)
        return places

    def find(self, text: str) -> int | None:
        """Place of a text in a sorted column."""
        place = bisect_left(self, text)
        return place if place < len(self) and self[place] == text else None

    def all(self) -> list[str]:
        return [value or "" for value in self._values.to_pylist()]
