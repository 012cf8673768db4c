"""Whether nearness in the graph helps the exchange's ranker: cross-validated with and without.

``python -m benchmarks.graph_feature [--size 0.5] [--seed 7] [--repeats 3]``

Loads a sample city into a folder of its own, builds the graph, and learns from the city's true
levels. Needs are divided between training and test; both rankers see the same needs.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console

from benchmarks.measuring import machine

RESULTS = Path(__file__).parent / "results" / "graph_feature.json"
_FOLDS = 5
_REGISTER = "sample-city"

Floats = NDArray[np.float64]


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, keep the figures; returns 0."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="graph-feature-") as folder:
        home, files = Path(folder) / "home", Path(folder) / "city"
        os.environ |= {
            "SILIAN_HOME": str(home),
            "SILIAN_EMBEDDER": options.embedder,
            "SILIAN_INDEX_THREAD": "0",
            "SILIAN_GRAPH_NEARNESS": "1",
            "DJANGO_SETTINGS_MODULE": "silian.portal.settings",
        }
        silian = [sys.executable, "-m", "silian.cli"]
        made = ["sample", "--size", options.size, "--seed", str(options.seed)]
        subprocess.run([*silian, *made, "--out", str(files), "--load"], check=True)
        if options.embedder != "none":
            subprocess.run([*silian, "build"], check=True)
        values = _measured(files, options)
    Console().print_json(json.dumps(values))
    RESULTS.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="0.5", help="size of the sample city")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--repeats", type=int, default=3, help="divisions of the needs")
    parser.add_argument("--embedder", default="none", help="none: words alone; e5: with meaning")
    return parser.parse_args(arguments)


def _measured(files: Path, options: argparse.Namespace) -> dict[str, Any]:
    import django

    django.setup()
    from silian.portal.exchange.domain.labelled import examples_of_records
    from silian.portal.insight.domain.graph_building import build_graph

    status = build_graph()
    examples = examples_of_records(_levels(files))
    blind = [
        replace(
            one,
            question=replace(one.question, query=replace(one.question.query, nearness=None)),
        )
        for one in examples
    ]
    found = {
        name: _answers(some, options.repeats)
        for name, some in (("with", examples), ("without", blind))
    }
    return {
        "machine": machine(),
        "city": {"size": options.size, "seed": options.seed, "embedder": options.embedder},
        "graph": {"nodes": status.n_nodes, "edges": status.n_edges},
        "needs": len(examples),
        "pairs": sum(len(one.levels) for one in examples),
        "quality": {name: _quality(values) for name, values in found.items()},
        "gain": _gains(found),
        "nearness": _nearness(examples),
    }


def _levels(files: Path) -> dict[str, dict[str, int]]:
    from silian.identifiers import public_id

    levels: dict[str, dict[str, int]] = {}
    with (files / "relevance.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            need = public_id("need", _REGISTER, row["need_key"])
            supply = public_id(row["supply_kind"], _REGISTER, row["supply_key"])
            levels.setdefault(need, {})[supply] = int(row["level"])
    return levels


def _answers(examples: Sequence[Any], repeats: int) -> dict[str, Floats]:
    """nDCG@10 and reciprocal rank of every need, by rankers that never saw it."""
    from silian.engines.matching.evaluation import ndcg_at, reciprocal_rank
    from silian.engines.matching.training import TrainingOptions, fit_ranker

    ndcg = np.zeros((repeats, len(examples)))
    ranks = np.zeros((repeats, len(examples)))
    for repeat in range(repeats):
        fold = np.random.default_rng(repeat).permutation(len(examples)) % _FOLDS
        for number in range(_FOLDS):
            learned = [one for one, at in zip(examples, fold, strict=True) if at != number]
            ranker = fit_ranker(learned, TrainingOptions(seed=repeat))
            for place in np.flatnonzero(fold == number):
                one = examples[place]
                table = ranker.features(one.question, one.candidates)
                scores = ranker.rank(table).scores
                ndcg[repeat, place] = ndcg_at(one.levels, scores)
                ranks[repeat, place] = reciprocal_rank(one.levels, scores)
    return {"ndcg_at_10": ndcg.mean(axis=0), "reciprocal_rank": ranks.mean(axis=0)}


def _quality(values: dict[str, Floats]) -> dict[str, float]:
    return {name: round(float(np.nanmean(each)), 4) for name, each in values.items()}


def _gains(found: dict[str, dict[str, Floats]]) -> dict[str, list[float]]:
    """Mean difference over needs, and its 95 % bootstrap interval."""
    gains = {}
    for name in found["with"]:
        differences = found["with"][name] - found["without"][name]
        differences = differences[~np.isnan(differences)]
        random = np.random.default_rng(0)
        means = [random.choice(differences, len(differences)).mean() for _ in range(2_000)]
        ends = np.quantile(means, [0.025, 0.975])
        gains[name] = [round(float(each), 4) for each in (differences.mean(), *ends)]
    return gains


def _nearness(examples: Sequence[Any]) -> dict[str, Any]:
    """Whether near supplies are better: shares known and mean nearness by true level."""
    near = np.concatenate(
        [
            [
                (one.question.query.nearness or {}).get(each, 0.0)
                for each in one.candidates.document_ids
            ]
            for one in examples
        ]
    )
    levels = np.concatenate([one.levels for one in examples])
    return {
        "share_above_0": round(float((near > 0).mean()), 4),
        "mean_by_level": {
            str(level): round(float(near[levels == level].mean()), 4) for level in (1, 2, 3, 4)
        },
    }


if __name__ == "__main__":
    raise SystemExit(main())
