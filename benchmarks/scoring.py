"""How fast whole populations are scored, and one subject.

    python -m benchmarks.scoring                     # 50,000 and 1,000,000 subjects
    python -m benchmarks.scoring --subjects 50000    # print one size, write nothing

Eighteen indicators in three branches with every normalisation, two stages, an alternative, and
weights once given and once derived by CRITIC. Generated, seeded; nothing is downloaded. Each size
runs in a process of its own, so that its peak memory is its own.
"""

import argparse
import json
import math
import subprocess
import sys
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.measuring import Stopwatch, machine, memory_mb, timed_calls
from silian.engines.scoring import (
    Band,
    Branch,
    Indicator,
    IndicatorSystem,
    Normalisation,
    Weighting,
    compile_system,
    score_subject,
    score_subjects,
    sensitivity,
)
from silian.sources import Source
from silian.tables.clauses import FactColumn, FactSchema
from silian.tables.sessions import DuckDBSession

SEED = 20_260_301
SIZES = (50_000, 1_000_000)
FACTS = tuple(f"fact_{number}_cny" for number in range(12))
SCHEMA = FactSchema(
    (
        *(FactColumn(name=name, type="number") for name in FACTS),
        FactColumn(name="employee_count", type="integer"),
        FactColumn(name="listed", type="boolean"),
        FactColumn(name="titles", type="codes"),
    )
)
_HERE = Path(__file__).parent / "results"
_N_DRAWS = 200
_SAMPLE = 200


def facts_table(n_subjects: int) -> pa.Table:
    """Facts of so many subject-years, about one value in fifty missing."""
    random = np.random.default_rng(SEED)
    columns: dict[str, Any] = {
        "subject_id": pa.array([f"s{number:07d}" for number in range(n_subjects)])
    }
    for name in FACTS:
        values = np.round(random.lognormal(12, 2, n_subjects), 2)
        columns[name] = pa.array(values, mask=random.random(n_subjects) < 0.02)
    columns["employee_count"] = pa.array(random.integers(1, 600, n_subjects))
    columns["listed"] = pa.array(random.random(n_subjects) < 0.05)
    codes = np.array([";", ";high_tech;", ";high_tech;giant;"])
    columns["titles"] = pa.array(codes[random.integers(0, 3, n_subjects)])
    return pa.table(columns)


def system(method: str) -> IndicatorSystem:
    """Eighteen indicators; their weights given, or derived."""
    ratios = [f"{FACTS[n]} / {FACTS[n + 1]}" for n in range(0, 10, 2)]
    steps = tuple(
        Band(at_least=bound, points=points)
        for bound, points in ((-math.inf, 0.0), (0.02, 0.2), (0.1, 0.4), (0.5, 0.7), (2.0, 1.0))
    )
    rules = (
        Normalisation(method="bands", bands=steps),
        Normalisation(method="anchored", worst=0.0, best=2.0),
        Normalisation(method="log", best=1e7),
        Normalisation(method="ratio", best=1.0),
        Normalisation(method="percentile"),
    )
    leaves = [_leaf(f"ratio_{n}", text, rules[n], method) for n, text in enumerate(ratios)]
    leaves += [_leaf(f"size_{n}", name, rules[2], method) for n, name in enumerate(FACTS[:8])]
    leaves += [
        _leaf("placed", FACTS[9], rules[4], method),
        _leaf("listed", "listed", Normalisation(method="boolean"), method),
        _leaf("title", "has(titles, 'giant')", Normalisation(method="boolean"), method),
    ]
    best = Branch(
        branch_id="either",
        label_zh="二选一",
        label_en="either",
        combine="best",
        children=(
            _leaf("either_a", f"{FACTS[10]} / {FACTS[11]}", rules[0], method),
            _leaf("either_b", f"{FACTS[11]} / {FACTS[10]}", rules[0], method),
        ),
    )
    branches = tuple(
        Branch(branch_id=f"part_{n}", label_zh="", label_en="", children=tuple(leaves[n::3]))
        for n in range(3)
    )
    return IndicatorSystem(
        system_id="bench",
        label_zh="测",
        label_en="bench",
        version=method,
        subject="enterprise",
        official=False,
        valid_from=date(2026, 1, 1),
        source=Source(title="generated"),
        root=Branch(branch_id="root", label_zh="", label_en="", children=(*branches, best)),
        weighting=Weighting(method=method),  # type: ignore[arg-type]
        stages=(("small", "employee_count < 100"), ("large", "employee_count >= 100")),
        pass_at_least=60.0,
    )


def _leaf(leaf_id: str, text: str, rule: Normalisation, method: str) -> Indicator:
    return Indicator(
        indicator_id=leaf_id,
        label_zh=leaf_id,
        label_en=leaf_id,
        expression=text,
        unit="",
        direction="more",
        normalisation=rule,
        source=Source(title="generated"),
        full_score={"small": 6.5, "large": 5.9} if method == "given" else None,
        missing="zero",
    )


def measure(n_subjects: int) -> dict[str, Any]:
    """Figures of one size, in this process."""
    facts = facts_table(n_subjects)
    session = DuckDBSession(threads=1)
    session.register("facts", facts)
    figures: dict[str, Any] = {"subjects": n_subjects}
    for method in ("given", "critic"):
        compiled = compile_system(system(method), SCHEMA, as_of=date(2026, 3, 1))
        with Stopwatch() as watch:
            table = score_subjects(compiled, session, "facts")
        figures[f"{method}_wall_s"], figures[f"{method}_cpu_s"] = watch.wall_s, watch.cpu_s
    with Stopwatch() as watch:
        scores = table.arrow()
    figures["arrow_wall_s"] = watch.wall_s
    with Stopwatch() as watch:
        population = table.population()
    figures["population_wall_s"] = watch.wall_s
    places = np.random.default_rng(SEED).choice(n_subjects, _SAMPLE, replace=False)
    rows = facts.take(pa.array(places)).to_pylist()
    kept = scores.take(pa.array(places)).select(["total", "rank"]).to_pylist()
    alone = [score_subject(compiled, row, population=population) for row in rows]
    figures["one_by_one_equal"] = sum(
        {"total": one.total, "rank": one.rank} == record
        for one, record in zip(alone, kept, strict=True)
    )
    one = timed_calls(
        [lambda r=row: score_subject(compiled, r, population=population) for row in rows]
    )
    figures |= {f"one_subject_{key}": value for key, value in one.items()}
    chosen = None if n_subjects * _N_DRAWS < 2**27 else [f"s{place:07d}" for place in places]
    started = time.perf_counter()
    sensitivity(table, seed=SEED, n_draws=_N_DRAWS if chosen is None else 20, subjects=chosen)
    draws = _N_DRAWS if chosen is None else 20
    figures["sensitivity_ms_per_draw"] = round(1e3 * (time.perf_counter() - started) / draws, 1)
    figures["peak_mb"] = memory_mb()["peak_mb"]
    return figures


def as_markdown(values: dict[str, Any]) -> str:
    """Write the page."""
    about = values["machine"]
    names = {
        "given_wall_s": "weights given, s",
        "given_cpu_s": "CPU, s",
        "critic_wall_s": "weights by CRITIC, s",
        "critic_cpu_s": "CPU, s",
        "arrow_wall_s": "as Arrow, s",
        "one_subject_cpu_p50_ms": "one subject, ms CPU p50",
        "one_subject_cpu_p95_ms": "p95",
        "one_by_one_equal": f"of {_SAMPLE} equal one by one",
        "sensitivity_ms_per_draw": "sensitivity, ms a draw",
        "peak_mb": "peak MB",
    }
    lines = [
        "# Speed of scoring",
        "",
        f"`python -m benchmarks.scoring`, commit {about['commit']}, {about['cpu']}, "
        f"{about['cores']} cores, Python {about['python']}, load average {about['load_average']}. "
        "Eighteen indicators, two stages, DuckDB on one thread; facts in memory, generating them "
        "not counted. One subject: score, rank and percentile of every part, population loaded.",
        "",
        f"| subjects | {' | '.join(names.values())} |",
        f"| ---: |{' ---: |' * len(names)}",
    ]
    for row in values["sizes"]:
        cells = " | ".join(
            f"{row[key]:.2f}" if isinstance(row[key], float) else str(row[key]) for key in names
        )
        lines.append(f"| {row['subjects']:,} | {cells} |")
    return "\n".join(lines) + "\n"


def main(arguments: list[str]) -> int:
    """Measure every size in a process of its own, or one here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int)
    chosen = parser.parse_args(arguments)
    if chosen.subjects:
        print(json.dumps(measure(chosen.subjects)))
        return 0
    sizes = []
    for size in SIZES:
        command = [sys.executable, "-m", "benchmarks.scoring", "--subjects", str(size)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        sizes.append(json.loads(done.stdout))
    values = {"machine": machine(), "sizes": sizes}
    (_HERE / "scoring.json").write_text(json.dumps(values, indent=2) + "\n", "utf-8")
    page = as_markdown(values)
    (_HERE / "scoring.md").write_text(page, "utf-8")
    print(page)
    return 0 if all(row["one_by_one_equal"] == _SAMPLE for row in sizes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
