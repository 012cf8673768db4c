"""Who will write with whom: learned on earlier papers, judged on later ones.

``python -m benchmarks.graph_links [--data FOLDER]``

Authors and institutions are read from the bylines of real papers (``chinaxiv_papers``); the month
of a paper stands in its id. An author is a name at an institution. Everything known up to the end
of one year foretells the new co-authors, and the new partners of institutions, in later months, beside common neighbours and Adamic-Adar.
"""

import argparse
import hashlib
import json
import os
import re
import tempfile
from dataclasses import asdict
from datetime import date
from itertools import combinations
from pathlib import Path
from typing import Any

import pyarrow as pa
from rich.console import Console

from benchmarks.measuring import Stopwatch, machine
from silian.engines.graph import (
    LinkTask,
    build_snapshot,
    evaluate_links,
    learn_links,
    load_snapshot,
)
from silian.engines.graph.snapshot_errors import EvaluationImpossible
from silian.portal.registry.interfaces.bylines import read_byline

RESULTS = Path(__file__).parent / "results" / "graph_links.json"
DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
_MONTH = re.compile(r"-(\d{4})(\d{2})\.")
_MOST_AUTHORS = 15
_JUDGED = {"known_until": date(2020, 12, 31), "judge_until": date(2022, 12, 31)}
_LEARNED = {"known_until": date(2019, 6, 30), "learn_until": date(2020, 12, 31)}
_TASKS = {
    "people: ties alone": ("person", ()),
    "people: ties, employer": ("person", ("works_at",)),
    "people: ties, employer, keywords": ("person", ("works_at", "about")),
    "institutions: ties alone": ("organisation", ()),
    "institutions: ties, keywords": ("organisation", ("about",)),
}


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, keep the figures; returns 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("SILIAN_REAL_DATA", DEFAULT_DATA))
    )
    path = parser.parse_args(arguments).data / "chinaxiv_papers" / "papers_zh.jsonl"
    console = Console()
    if not path.is_file():
        console.print(f"no papers at {path}: set SILIAN_REAL_DATA or --data; skipped")
        return 0
    nodes, edges = _tables(path)
    with tempfile.TemporaryDirectory() as folder:
        place = build_snapshot(Path(folder) / "graph", nodes=nodes, edges=edges)
        graph = load_snapshot(place)
        values = {
            "machine": machine(),
            "data_sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
            "days": {name: str(day) for name, day in (_JUDGED | _LEARNED).items()},
            "graph": asdict(graph.summary()),
            "tasks": {name: _judged(graph, *task) for name, task in _TASKS.items()},
        }
    console.print_json(json.dumps(values))
    RESULTS.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


def _tables(path: Path) -> tuple[pa.Table, pa.Table]:
    kinds: dict[str, str] = {}
    edges: dict[tuple[str, str, str, date], None] = {}
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        month = _MONTH.search(row["id"])
        if month is None:
            continue
        day = date(int(month[1]), int(month[2]), 1)
        byline = read_byline(row["author_affiliation_text"] or "")
        words = [f"k {word.strip()}" for word in row["keywords"] or () if word.strip()]
        people = {
            f"p {one.organisation} {one.name}": f"o {one.organisation}"
            for one in byline.authors
            if one.organisation
        }
        places = {f"o {one}" for one in byline.organisations if one} | set(people.values())
        kinds |= dict.fromkeys(people, "person") | dict.fromkeys(places, "organisation")
        kinds |= dict.fromkeys(words, "topic")
        for person, place in people.items():
            edges[person, place, "works_at", day] = None
        for one in (*people, *places):
            edges |= {(one, word, "about", day): None for word in words}
        for members in (people, places):
            if len(members) <= _MOST_AUTHORS:
                for one, other in combinations(sorted(members), 2):
                    edges[one, other, "partner", day] = None
    columns: list[Any] = [list(column) for column in zip(*edges, strict=True)]
    names = ("source_id", "target_id", "edge_type", "start")
    return (
        pa.table({"node_id": list(kinds), "kind": list(kinds.values())}),
        pa.table(dict(zip(names, columns, strict=True))),
    )


def _judged(graph: Any, kind: str, context: tuple[str, ...]) -> dict[str, Any]:
    task = LinkTask(edge_type="partner", kind=kind, context=context)
    with Stopwatch() as watch:
        try:
            model = learn_links(graph, task, **_LEARNED)
            found = evaluate_links(graph, model, **_JUDGED)
        except EvaluationImpossible as error:
            return {"impossible": str(error)}
    return {
        "quality": {
            name: {"auc": round(one.auc, 4), "hits_at_10": round(one.hits_at_10, 4)}
            for name, one in found.quality.items()
        },
        "judged_pairs": found.judged_pairs,
        "strangers": found.strangers,
        "weights": dict(zip(task.features, (round(one, 3) for one in model.weights), strict=True)),
        "wall_s": round(watch.wall_s, 1),
    }


if __name__ == "__main__":
    raise SystemExit(main())
