"""Small graphs that several tests share."""

from datetime import date
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa

from silian.engines.graph import Graph, build_snapshot, load_snapshot

_NUMBERS = count()


def table_of_nodes(nodes):
    return pa.table(
        {
            "node_id": pa.array([one[0] for one in nodes], "string"),
            "kind": pa.array([one[1] for one in nodes], "string"),
            "label": pa.array([one[0].upper() for one in nodes], "string"),
        }
    )


def table_of_edges(edges):
    """Rows of (source, target, type[, weight[, start[, end[, evidence]]]])."""
    rows = [(*one, *(None,) * (7 - len(one))) for one in edges]
    columns = list(zip(*rows, strict=True)) or [()] * 7
    types = ("string", "string", "string", "float64", "date32", "date32", "string")
    names = ("source_id", "target_id", "edge_type", "weight", "start", "end", "evidence")
    return pa.table(
        {
            name: pa.array(column, kind)
            for name, kind, column in zip(names, types, columns, strict=True)
        }
    )


def graph_of(folder: Path, nodes, edges, **kwargs) -> Graph:
    """Build and load; nodes as (id, kind)."""
    place = folder / f"snapshot-{next(_NUMBERS)}"
    build_snapshot(place, nodes=table_of_nodes(nodes), edges=table_of_edges(edges), **kwargs)
    return load_snapshot(place)


def random_graph(folder: Path, seed: int, n_nodes: int = 30, n_edges: int = 60) -> Graph:
    """Two kinds, two types, weights, parallel edges."""
    random = np.random.default_rng(seed)
    nodes = [(f"n{number:03d}", "ab"[number % 2]) for number in range(n_nodes)]
    edges = []
    for _ in range(n_edges):
        source, target = random.integers(0, n_nodes, 2)
        if source != target:
            kind = ("writes", "partner")[random.integers(2)]
            weight = float(random.integers(1, 16)) / 4
            day = date(2015 + int(random.integers(10)), 1, 1)
            edges.append((nodes[source][0], nodes[target][0], kind, weight, day, None, "r"))
    return graph_of(folder, nodes, edges)
