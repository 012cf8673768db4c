"""How long a region takes to learn who bridges it: ``python -m benchmarks.graph_standing``.

Invented organisations and people: everybody has an employer (few have many), partners beside them,
and some partner far away. Seeded; prints one line of JSON.
"""

import argparse
import json
import os
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa


def invented(n_things: int, seed: int) -> tuple[pa.Table, pa.Table]:
    """A fifth organisations, the rest people, with posts and joint works."""
    chance = np.random.default_rng(seed)
    n_firms = n_things // 5
    n_people = n_things - n_firms
    ids = np.array([f"org-{n}" for n in range(n_firms)] + [f"per-{n}" for n in range(n_people)])
    kinds = ["organisation"] * n_firms + ["person"] * n_people
    employers = (chance.pareto(1.2, n_people) * 50).astype(np.int64) % n_firms
    people = np.arange(n_people) + n_firms
    by_employer = np.argsort(employers, kind="stable") + n_firms
    far = chance.integers(0, n_people, (n_people // 4, 2)) + n_firms
    pairs = [(people, employers), (far[:, 0], far[:, 1])]
    pairs += [(by_employer[:-apart], by_employer[apart:]) for apart in (1, 2, 3)]
    types = np.repeat(["works_at"] + ["partner"] * 4, [len(one) for one, _ in pairs])
    sources, targets = (np.concatenate([pair[end] for pair in pairs]) for end in (0, 1))
    real = sources != targets
    n_ties = int(real.sum())
    ties = {
        "source_id": ids[sources[real]],
        "target_id": ids[targets[real]],
        "edge_type": types[real],
        "weight": np.ones(n_ties),
        "start": pa.nulls(n_ties, pa.date32()),
        "end": pa.nulls(n_ties, pa.date32()),
        "evidence": [""] * n_ties,
    }
    return pa.table({"node_id": ids, "kind": kinds, "label": ids}), pa.table(ties)


def main() -> None:
    """Build, learn, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--things", type=int, default=250_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="standing-") as folder:
        os.environ["SILIAN_HOME"] = folder
        from silian.cli import runtime

        runtime.start()
        from silian.engines.graph import build_snapshot, load_snapshot
        from silian.portal.insight.domain.graph_standing import learned_of

        nodes, edges = invented(asked.things, asked.seed)
        build_snapshot(Path(folder) / "snapshot", nodes=nodes, edges=edges)
        graph = load_snapshot(Path(folder) / "snapshot")
        before = time.process_time()
        found = learned_of(graph)
        seconds = time.process_time() - before
    print(
        json.dumps(
            {
                "things": asked.things,
                "ties": edges.num_rows,
                "tied": found["n_things"],
                "starts": found["n_starts"],
                "communities": len(found["communities"]),
                "cpu_seconds": round(seconds, 2),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
