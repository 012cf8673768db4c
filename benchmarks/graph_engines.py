"""The same questions to silian, igraph, networkx and recursive SQL; one engine a process.

    python -m benchmarks.graph_engines silian FOLDER

Every line printed is one figure as JSON, so that an engine that is stopped leaves what it had.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from benchmarks.graph_cases import Questions, questions
from benchmarks.measuring import memory_mb

HOPS = 2
DAMPING = 0.85
TOLERANCE = 1e-6


def told(name: str, call: Callable[[], Any], each: int = 1) -> Any:
    """Time a call and print what it took; returns what it gave."""
    started, started_cpu = time.perf_counter(), time.process_time()
    answer = call()
    figure = {
        "question": name,
        "wall_s": (time.perf_counter() - started) / each,
        "cpu_s": (time.process_time() - started_cpu) / each,
    }
    print(json.dumps(figure), flush=True)
    return answer


def answered(name: str, answer: Any) -> None:
    """Print what was found, for comparison over engines."""
    print(json.dumps({"answer": name, "value": answer}), flush=True)


def silian(folder: Path, asked: Questions) -> None:
    """Build, map and ask our own."""
    from silian.engines.graph import (
        PathCosts,
        build_snapshot,
        components,
        load_snapshot,
        nodes_within,
        pagerank,
        shortest_path,
    )

    place = folder / f"snapshot-{os.getpid()}"
    told(
        "build",
        lambda: build_snapshot(
            place, nodes=folder / "nodes.parquet", edges=folder / "edges.parquet"
        ),
    )
    graph = told("load", lambda: load_snapshot(place))
    near = told(
        "neighbourhood",
        lambda: [len(nodes_within(graph, one, HOPS)) for one in asked.centres],
        len(asked.centres),
    )
    answered("neighbourhood", near)
    for name, costs in (("hops", PathCosts(by_strength=False)), ("path", PathCosts())):
        found = told(
            name,
            lambda costs=costs: [shortest_path(graph, *pair, costs=costs) for pair in asked.pairs],
            len(asked.pairs),
        )
        answered(name, [round(path.cost, 9) if path else None for path in found])
    ranks = told(
        "pagerank",
        lambda: pagerank(graph, directed=True, weighted=False, tolerance=TOLERANCE).top(5),
    )
    answered("pagerank", [one.node.node_id for one in ranks])
    parts = told("components", lambda: components(graph))
    answered("components", len(parts.sizes))


def igraph(folder: Path, asked: Questions) -> None:
    """Load through DuckDB, which is the fastest way into igraph that we know."""
    import igraph as peer

    def build() -> tuple[Any, dict[str, int], Any]:
        ids, sources, targets, weights = _numbered(folder)
        made = peer.Graph(n=len(ids), edges=np.column_stack([sources, targets]), directed=True)
        return made, {one: place for place, one in enumerate(ids)}, weights

    graph, place, weights = told("build", build)
    path = folder / "igraph.pickle"
    graph.write_pickle(str(path))
    told("load", lambda: peer.Graph.Read_Pickle(str(path)))
    near = told(
        "neighbourhood",
        lambda: [
            len(graph.neighborhood(place[one], order=HOPS, mode="all")) - 1 for one in asked.centres
        ],
        len(asked.centres),
    )
    answered("neighbourhood", near)
    costs = (1.0 / weights).tolist()
    for name, used in (("hops", None), ("path", costs)):
        found = told(
            name,
            lambda used=used: [
                graph.distances(place[start], place[end], weights=used, mode="all")[0][0]
                for start, end in asked.pairs
            ],
            len(asked.pairs),
        )
        answered(name, [None if value == float("inf") else round(value, 9) for value in found])
    simple = graph.copy().simplify()
    ranks = told("pagerank", lambda: np.array(simple.pagerank(damping=DAMPING)))
    ids = list(place)
    answered("pagerank", [ids[one] for one in np.argsort(-ranks, kind="stable")[:5]])
    parts = told("components", lambda: graph.connected_components(mode="weak"))
    answered("components", len(parts))


def networkx(folder: Path, asked: Questions) -> None:
    """Load as its users do: an edge at a time, the strongest of parallel ones."""
    import pickle

    import networkx as peer
    import pyarrow.parquet as pq

    def build() -> tuple[Any, Any]:
        directed = peer.DiGraph()
        directed.add_nodes_from(pq.read_table(folder / "nodes.parquet")["node_id"].to_pylist())
        table = pq.read_table(folder / "edges.parquet")
        columns = [table[name].to_pylist() for name in ("source_id", "target_id", "weight")]
        for source, target, weight in zip(*columns, strict=True):
            known = directed.get_edge_data(source, target)
            if source != target and (known is None or known["cost"] > 1 / weight):
                directed.add_edge(source, target, cost=1 / weight)
        both = peer.Graph(directed.edges())
        for source, target, cost in directed.edges(data="cost"):
            held = both[source][target]
            held["cost"] = min(cost, held.get("cost", cost))
        both.add_nodes_from(directed)
        return directed, both

    directed, both = told("build", build)
    path = folder / "networkx.pickle"
    path.write_bytes(pickle.dumps((directed, both)))
    told("load", lambda: pickle.loads(path.read_bytes()))
    near = told(
        "neighbourhood",
        lambda: [
            len(peer.single_source_shortest_path_length(both, one, cutoff=HOPS)) - 1
            for one in asked.centres
        ],
        len(asked.centres),
    )
    answered("neighbourhood", near)
    for name, call in (
        ("hops", lambda pair: peer.bidirectional_shortest_path(both, *pair)),
        ("path", lambda pair: peer.bidirectional_dijkstra(both, *pair, weight="cost")),
    ):

        def asks(call: Any = call) -> list[Any]:
            found = []
            for pair in asked.pairs:
                try:
                    found.append(call(pair))
                except peer.NetworkXNoPath:
                    found.append(None)
            return found

        found = told(name, asks, len(asked.pairs))
        lengths = [
            None if one is None else float(len(one) - 1) if name == "hops" else round(one[0], 9)
            for one in found
        ]
        answered(name, lengths)
    ranks = told("pagerank", lambda: peer.pagerank(directed, alpha=DAMPING, weight=None, tol=1e-9))
    answered("pagerank", sorted(ranks, key=lambda one: -ranks[one])[:5])
    parts = told("components", lambda: peer.number_connected_components(both))
    answered("components", parts)


def sql(folder: Path, asked: Questions) -> None:
    """Recursive queries in DuckDB over a table of both directions."""
    connection = duckdb.connect(str(folder / f"sql-{os.getpid()}.duckdb"))
    nodes, edges = folder / "nodes.parquet", folder / "edges.parquet"

    def build() -> None:
        connection.execute(f"CREATE TABLE nodes AS FROM read_parquet('{nodes}')")
        connection.execute(
            f"CREATE TABLE edges AS FROM (SELECT source_id AS a, target_id AS b, weight, true AS f"
            f" FROM read_parquet('{edges}') UNION ALL SELECT target_id, source_id, weight, false"
            f" FROM read_parquet('{edges}')) WHERE a <> b ORDER BY a"
        )
        connection.execute("CHECKPOINT")

    told("build", build)
    connection.close()
    connection = told("load", lambda: duckdb.connect(str(folder / f"sql-{os.getpid()}.duckdb")))
    centres = asked.centres[:5]
    near = told(
        "neighbourhood",
        lambda: [
            connection.execute(
                "WITH RECURSIVE near(id, hops) AS (SELECT ?, 0 UNION SELECT b, hops + 1 FROM near"
                f" JOIN edges ON a = id WHERE hops < {HOPS})"
                " SELECT count(DISTINCT id) - 1 FROM near",
                [one],
            ).fetchone()[0]
            for one in centres
        ],
        len(centres),
    )
    answered("neighbourhood", near)
    pairs = asked.pairs[:3]
    found = told(
        "hops",
        lambda: [
            connection.execute(
                "WITH RECURSIVE near(id, hops) USING KEY (id) AS (SELECT ?::VARCHAR, 0 UNION"
                " SELECT b, min(near.hops) + 1 FROM near JOIN edges ON a = near.id"
                " WHERE b NOT IN (SELECT id FROM recurring.near)"
                " AND NOT EXISTS (SELECT 1 FROM recurring.near WHERE id = ?) GROUP BY b)"
                " SELECT hops FROM near WHERE id = ?",
                [start, end, end],
            ).fetchone()
            for start, end in pairs
        ],
        len(pairs),
    )
    answered("hops", [float(one[0]) if one else None for one in found])
    parts = told("components", lambda: _sql_components(connection))
    answered("components", parts)
    told("pagerank", lambda: _sql_pagerank(connection))
    top = connection.execute("SELECT id FROM ranks ORDER BY rank DESC LIMIT 5").fetchall()
    answered("pagerank", [row[0] for row in top])


def _sql_components(connection: duckdb.DuckDBPyConnection) -> int:
    row = connection.execute(
        "WITH RECURSIVE part(id, label) USING KEY (id) AS (SELECT node_id, node_id FROM nodes UNION"
        " SELECT b, min(part.label) FROM part JOIN edges ON a = part.id"
        " JOIN recurring.part AS known ON known.id = b WHERE part.label < known.label GROUP BY b)"
        " SELECT count(DISTINCT label) FROM part"
    ).fetchone()
    return int(row[0]) if row else 0


def _sql_pagerank(connection: duckdb.DuckDBPyConnection) -> None:
    """The recursion as rounds of one statement, which can stop when the ranks stand still."""
    connection.execute(
        "CREATE TEMP TABLE steps AS SELECT a, b, 1.0 / count(*) OVER (PARTITION BY a) AS share"
        " FROM (SELECT DISTINCT a, b FROM edges WHERE f)"
    )
    connection.execute(
        "CREATE TEMP TABLE ranks AS SELECT node_id AS id, 1.0 / count(*) OVER () AS rank,"
        " node_id IN (SELECT a FROM steps) AS leads FROM nodes"
    )
    for _ in range(100):
        connection.execute(
            "CREATE OR REPLACE TEMP TABLE after AS WITH lost AS ("
            "SELECT coalesce(sum(rank) FILTER (NOT leads), 0) / count(*) AS each, count(*) AS n"
            f" FROM ranks) SELECT r.id, {DAMPING} * (coalesce(s.flow, 0) + any_value(each))"
            f" + {1 - DAMPING} / any_value(n) AS rank, r.leads FROM ranks AS r CROSS JOIN lost"
            " LEFT JOIN (SELECT b, sum(rank * share) AS flow FROM steps JOIN ranks ON id = a"
            " GROUP BY b) AS s ON s.b = r.id GROUP BY r.id, r.leads, s.flow"
        )
        row = connection.execute(
            "SELECT sum(abs(x.rank - y.rank)) FROM ranks AS x JOIN after AS y USING (id)"
        ).fetchone()
        connection.execute("CREATE OR REPLACE TEMP TABLE ranks AS FROM after")
        if row and row[0] < TOLERANCE:
            return


def _numbered(folder: Path) -> tuple[list[str], Any, Any, Any]:
    connection = duckdb.connect()
    nodes, edges = folder / "nodes.parquet", folder / "edges.parquet"
    connection.execute(
        "CREATE TABLE n AS SELECT node_id, row_number() OVER (ORDER BY node_id) - 1 AS place"
        f" FROM read_parquet('{nodes}')"
    )
    columns = connection.sql(
        "SELECT s.place AS source, t.place AS target, weight"
        f" FROM read_parquet('{edges}') JOIN n AS s ON s.node_id = source_id"
        " JOIN n AS t ON t.node_id = target_id WHERE source_id <> target_id"
    ).fetchnumpy()
    ids = [row[0] for row in connection.execute("SELECT node_id FROM n ORDER BY place").fetchall()]
    return ids, columns["source"], columns["target"], columns["weight"]


ENGINES = {"silian": silian, "igraph": igraph, "networkx": networkx, "sql": sql}


def main(arguments: list[str]) -> int:
    """Ask one engine."""
    name, folder = arguments[0], Path(arguments[1])
    ENGINES[name](folder, questions(folder / "nodes.parquet"))
    print(json.dumps({"question": "peak_mb", "wall_s": memory_mb()["peak_mb"]}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
