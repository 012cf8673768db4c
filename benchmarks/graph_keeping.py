"""How long placements and graph take to follow one change, beside placing and building anew.

``python -m benchmarks.graph_keeping [--size 1] [--seed 7] [--home FOLDER]``

Loads a sample city into a folder of its own. ``--home`` measures another installation's records
in a copy of its database (SQLite), which stays as it is.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measuring import machine

RESULTS = Path(__file__).parent / "results" / "graph_keeping.json"
_CHANGES = 5


def main(arguments: list[str] | None = None) -> int:
    """Measure, print, keep the figures; returns 0."""
    options = _options(arguments)
    with tempfile.TemporaryDirectory(prefix="graph-keeping-") as folder:
        os.environ |= {
            "SILIAN_HOME": folder,
            "SILIAN_EMBEDDER": "none",
            "SILIAN_INDEX_THREAD": "0",
            "DJANGO_SETTINGS_MODULE": "silian.portal.settings",
        }
        silian = [sys.executable, "-m", "silian.cli"]
        if options.home:
            shutil.copy(Path(options.home) / "silian.sqlite3", folder)
            subprocess.run([*silian, "init", "--without-operator"], check=True)
        else:
            made = ["sample", "--size", options.size, "--seed", str(options.seed), "--load"]
            subprocess.run([*silian, *made], check=True)
        values = {"machine": machine(), "cpu_seconds": _measured()}
    Console().print_json(json.dumps(values, ensure_ascii=False))
    RESULTS.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="1", help="size of the sample city")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--home", default="", help="data folder of another installation")
    return parser.parse_args(arguments)


def _measured() -> dict[str, Any]:
    import django

    django.setup()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.innovation.models import Patent
    from silian.portal.insight.domain import chain_placements
    from silian.portal.insight.domain.chain_verdicts import decide_placement
    from silian.portal.insight.domain.graph_building import bring_up, build_graph
    from silian.portal.registry.models import ChainNode

    placing = _timed(chain_placements.rebuild_placements)
    building = _timed(build_graph)
    bring_up(rebuild=True)  # what is imported and opened with the first use
    name = max(ChainNode.objects.values_list("name", flat=True)[:500], key=len)
    patents = list(Patent.objects.order_by("pk")[:_CHANGES])
    following, carrying, deciding = [], [], []
    for patent in patents:
        patent.title = f"一种{name}"
        patent.save()
        following.append(_timed(chain_placements.follow_records))
        carrying.append(_timed(lambda: bring_up(rebuild=True)))
    [row] = chain_placements.placements().slice(0, 1).to_pylist()
    for verdict in ("refused", "confirmed") * 2:
        decide_placement(row["subject_id"], row["node_id"], verdict, SYSTEM)
        deciding.append(_timed(lambda: bring_up(rebuild=True)))
    status = chain_placements.placement_status()
    return {
        "records_read": _read_count(),
        "placements": status.count if status else 0,
        "place all, and put the chains together": placing,
        "place one changed record": min(following),
        "build the graph": building,
        "carry one changed record and its placements into the graph": min(carrying),
        "carry a decision into the graph": min(deciding),
    }


def _read_count() -> int:
    from silian.portal.insight.domain.chain_sources import count_records

    return count_records()


def _timed(work: Callable[[], Any]) -> float:
    began = time.process_time()
    work()
    return round(time.process_time() - began, 3)


if __name__ == "__main__":
    sys.exit(main())
