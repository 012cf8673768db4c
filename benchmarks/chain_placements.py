"""Where texts place records at chain nodes, held against truths that they were not made from.

``python -m benchmarks.chain_placements [--data FOLDER]``

The sample city knows what every enterprise makes and what every work is about, however its texts
word it; here texts alone speak, the whole register is hidden. Beside it, plain search for the
nodes' names. Of real products (``chain_kg_full``) whose name ends with, or holds, another
product's, it is told how many the published chain calls a kind of that one.
"""

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measuring import Stopwatch, machine
from silian.portal.insight.domain.chain_rules import placement_rules, thresholds
from silian.portal.insight.domain.chain_texts import Hit, NodeNames, RecordTexts
from silian.sample import generate_city, scaled_size
from silian.sample.setting import Setting

DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
RESULT = Path(__file__).parent / "results" / "chain_placements.json"
SEED = 7
Told = Callable[[RecordTexts], set[int]]
console = Console()


def main(arguments: list[str]) -> int:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--data", type=Path, default=Path(os.environ.get("SILIAN_REAL_DATA", DEFAULT_DATA))
    )
    given = parser.parse_args(arguments)
    figures: dict[str, Any] = {"machine": machine(), "seed": SEED, "sample_city": sample_city()}
    folder = given.data / "chain_kg_full"
    if folder.exists():
        figures["published_chain"] = published_chain(folder)
    else:
        console.print(f"no chain at {folder}: set SILIAN_REAL_DATA or --data; that part is skipped")
    RESULT.write_text(json.dumps(figures, ensure_ascii=False, indent=2) + "\n", "utf-8")
    console.print_json(json.dumps(figures, ensure_ascii=False))
    return 0


def sample_city() -> dict[str, Any]:
    """Precision and recall of placing enterprises and works at products."""
    size = scaled_size(1)
    city, setting = generate_city(size, SEED), Setting(size, SEED)
    nodes = list(city.rows("chain_node"))
    number = {row["name"]: n for n, row in enumerate(nodes)}
    products = {number[things[0]] for trade in setting.frame.trades for things in trade.objects}
    names = NodeNames(
        [(row["name"], n) for n, row in enumerate(nodes)]
        + [(word, n) for n, row in enumerate(nodes) for word in row["keywords"]]
    )
    with Stopwatch() as watch:
        told = {
            kind: {
                "silian": judged(cases, lambda texts: placed(names, texts) & products),
                "names alone": judged(cases, lambda texts: plain(nodes, texts) & products),
            }
            for kind, cases in _cases(city, setting, number).items()
        }
    return {**told, "wall_s": watch.wall_s}


def placed(names: NodeNames, texts: RecordTexts) -> set[int]:
    """Nodes at which a record counts, by the confidences that are assumed beforehand."""
    sure, rules = thresholds().least_confidence, placement_rules()

    def confidence(hit: Hit) -> float:
        short = len(hit.words) <= rules.least_name_length and hit.how != "product"
        return rules.confidence[hit.how] * (rules.short_name_factor if short else 1.0)

    return {hit.node for hit in names.hits(texts) if confidence(hit) >= sure}


def plain(nodes: list[dict[str, Any]], texts: RecordTexts) -> set[int]:
    """Nodes whose name stands anywhere in the texts."""
    whole = "\n".join((*texts.products, *texts.keywords, *texts.titles, *texts.names))
    return {n for n, row in enumerate(nodes) if row["name"] in whole}


def judged(cases: list[tuple[RecordTexts, set[int]]], told: Told) -> dict[str, Any]:
    """Precision, recall and F1 over all pairs of record and node."""
    right = said = true = 0
    for texts, truth in cases:
        found = told(texts)
        right, said, true = right + len(found & truth), said + len(found), true + len(truth)
    precision, recall = right / max(1, said), right / max(1, true)
    return {
        "records": len(cases),
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * precision * recall / max(1e-9, precision + recall), 3),
    }


def _cases(
    city: Any, setting: Setting, number: dict[str, int]
) -> dict[str, list[tuple[RecordTexts, set[int]]]]:
    frame = setting.frame

    def node(industry: int, thing: int) -> int:
        return number[frame.trades[industry].objects[thing][0]]

    makers = [
        (
            RecordTexts(
                products=tuple(row["main_products"]),
                keywords=tuple(row["keywords"]),
                names=(row["name"],),
            ),
            {node(owner.industry, thing) for thing in owner.products},
        )
        for row, owner in zip(city.rows("organisation"), frame.organisations, strict=True)
        if owner.kind == "enterprise"
    ]
    found = {"enterprises": makers}
    for kind, works in (
        ("achievement", frame.achievements),
        ("patent", frame.patents),
        ("project", frame.projects),
        ("publication", frame.publications),
    ):
        found[f"{kind}s"] = [
            (
                RecordTexts(titles=(row["title"],), keywords=tuple(row.get("keywords") or ())),
                {node(work.industry, work.competence.thing)},
            )
            for row, work in zip(city.rows(kind), works, strict=True)
        ]
    return found


def published_chain(folder: Path) -> dict[str, Any]:
    """Of products that end with or hold another's name, how many the chain calls its kinds."""
    names = [row["name"] for row in _rows(folder / "product.jsonl")]
    number = {name: n for n, name in enumerate(names)}
    kinds = {
        (number.get(row["to_entity"]), number.get(row["from_entity"]))
        for row in _rows(folder / "product_product.jsonl")
        if row["rel"] == "产品小类"
    }
    hits: Counter[str] = Counter()
    agreed: Counter[str] = Counter()
    known = NodeNames([(name, n) for n, name in enumerate(names) if len(name) > 2])
    with Stopwatch() as watch:
        for n, name in enumerate(names):
            for how, other in known.within(name):
                hits[how] += 1
                agreed[how] += (n, other) in kinds
    told = {
        how: {"hits": count, "linked": agreed[how], "share": round(agreed[how] / count, 3)}
        for how, count in sorted(hits.items())
    }
    return {**told, "wall_s": watch.wall_s}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


if __name__ == "__main__":
    raise SystemExit(main([]))
