"""How long one enterprise's page and a city's diagnoses take.

    python -m benchmarks.diagnosis                        # a city of 5,000, 400 of them in the run
    python -m benchmarks.diagnosis --firms 20000 --run 2000

Generated, seeded, in a throw-away database. Page times are warm: policies compiled and the city's
tables read once. The run is cancelled after some chunks, and its rate is extrapolated to 50,000.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.measuring import Stopwatch, folder_mb, machine, timed_calls

DAY = date(2026, 3, 2)
PAGES = 60
CITY = 50_000
RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] = ()) -> int:
    """Measure and write ``benchmarks/results/diagnosis.{json,md}``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--firms", type=int, default=5_000)
    parser.add_argument("--run", type=int, default=400)
    options = parser.parse_args(list(arguments))
    with tempfile.TemporaryDirectory(prefix="silian-bench-") as home:
        figures = _measured(Path(home), options.firms, options.run)
    (RESULTS / "diagnosis.json").write_text(
        json.dumps(figures, ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    text = _as_text(figures)
    (RESULTS / "diagnosis.md").write_text(text, encoding="utf-8")
    print(text)
    return 0 if figures["page"]["wall_p50_ms"] < figures["wanted_page_ms"] else 1


def _measured(home: Path, n_firms: int, n_run: int) -> dict[str, Any]:
    _set_up(home)
    from benchmarks.diagnosis_city import SEED, fill

    fill(n_firms)
    with Stopwatch() as snapshot:
        _snapshot()
    city = _city()  # before anything is kept
    return {
        "machine": machine(),
        "seed": SEED,
        "firms": n_firms,
        "policies": _policy_count(),
        "wanted_page_ms": 100,
        "snapshot_s": snapshot.wall_s,
        "page": timed_calls(_calls(_page)),
        "guidance": timed_calls(_calls(_guidance)),
        "pdf": timed_calls(_pdf_calls()),
        "city": city,
        "lists": timed_calls([_lists] * 10),
        "run": _run(n_run, home),
    }


def _set_up(home: Path) -> None:
    os.environ["SILIAN_HOME"] = str(home)
    os.environ["SILIAN_INDEX_THREAD"] = "0"
    os.environ["SILIAN_EMBEDDER"] = "none"
    os.environ.pop("SILIAN_DATABASE_URL", None)
    os.environ["DJANGO_SETTINGS_MODULE"] = "silian.portal.settings"
    from silian.cli import runtime

    runtime.migrate()


def _snapshot() -> None:
    from silian.portal.industry.domain.facts import rebuild

    rebuild()


def _policy_count() -> int:
    from silian.portal.industry.domain.policies import policies_in_force

    return len(policies_in_force(DAY))


def _calls(work: Callable[[Any], object]) -> list[Callable[[], object]]:
    from silian.portal.registry.models import Organisation

    firms = list(Organisation.objects.select_related("region").order_by("pk")[:PAGES])
    return [lambda firm=firm: work(firm) for firm in firms]


def _page(firm: Any) -> object:
    """All that the enterprise's page shows: every policy, gaps, scores, position, findings."""
    from silian.portal.exchange.domain.diagnosis import preview

    return preview(firm, as_of=DAY, with_matches=False)


def _guidance(firm: Any) -> object:
    """The cheapest changes to one policy, which the page asks for on a click."""
    from silian.portal.industry.domain.planning import guidance_for

    return guidance_for(firm, "technology_sme", as_of=DAY)


def _pdf_calls() -> list[Callable[[], object]]:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain.diagnosis import diagnose
    from silian.portal.exchange.interfaces.diagnosis_report import as_pdf
    from silian.portal.registry.models import Organisation

    firms = Organisation.objects.order_by("pk")[:20]
    made = [diagnose(firm, as_of=DAY, viewer=SYSTEM, with_matches=False) for firm in firms]
    return [lambda one=one: as_pdf(one) for one in made]


def _city() -> dict[str, float]:
    """Every policy and every indicator system over all enterprises at once, nothing kept yet."""
    from silian.portal.industry.domain.city_lists import policy_counts
    from silian.portal.industry.domain.facts import latest_year
    from silian.portal.industry.domain.indicator_systems import systems_in_force
    from silian.portal.industry.domain.scores import city_scores

    year = latest_year() or DAY.year - 1
    systems = systems_in_force(DAY)
    with Stopwatch() as policies:
        policy_counts(as_of=DAY, year=year)
    with Stopwatch() as scores:
        for system in systems:
            city_scores(system.system_id, as_of=DAY, year=year)
    return {
        "systems": len(systems),
        "policies_s": policies.wall_s,
        "policies_cpu_s": policies.cpu_s,
        "scores_s": scores.wall_s,
        "scores_cpu_s": scores.cpu_s,
    }


def _lists() -> object:
    """Who is entitled under one policy, in the whole city; kept while the city stays as it is."""
    from silian.portal.industry.domain.city_lists import entitled_list

    return entitled_list("innovative_sme", as_of=DAY)


def _run(n_run: int, home: Path) -> dict[str, Any]:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain import diagnosis_runs
    from silian.portal.exchange.models import Diagnosis

    run = diagnosis_runs.create_run(as_of=DAY, viewer=SYSTEM)
    before = folder_mb(home)

    def stop(done: int, total: int | None) -> None:
        if done >= n_run:
            diagnosis_runs.cancel(run, viewer=SYSTEM)

    with Stopwatch() as watch:
        diagnosis_runs.run_by_id(run.pk, stop)
    made = Diagnosis.objects.filter(run=run)
    count = made.count()
    sizes = [len(content) for content in made.values_list("content", flat=True)]
    return {
        "made": count,
        "wall_s": watch.wall_s,
        "cpu_s": watch.cpu_s,
        "per_cpu_s": round(count / watch.cpu_s, 1),
        "per_wall_s": round(count / watch.wall_s, 1),
        "city_cpu_minutes": round(CITY * watch.cpu_s / count / 60, 1),
        "mean_kb": round(sum(sizes) / len(sizes) / 1024, 1),
        "city_gb": round(CITY * sum(sizes) / len(sizes) / 1e9, 2),
        "grown_mb": folder_mb(home) - before,
    }


def _as_text(figures: dict[str, Any]) -> str:
    run, where, city = figures["run"], figures["machine"], figures["city"]
    rows = [
        ("one enterprise's page: every policy, gaps, scores, position, findings", figures["page"]),
        ("the cheapest changes to one policy (on a click)", figures["guidance"]),
        ("the report as PDF", figures["pdf"]),
        (f"who is entitled under one policy, of {figures['firms']:,}, kept", figures["lists"]),
    ]
    lines = [
        "# Diagnoses",
        "",
        f"`python -m benchmarks diagnosis` · {figures['firms']:,} generated enterprises, three "
        f"years, {figures['policies']} policies · commit {where['commit']} · {where['cpu']}, "
        f"{where['cores']} cores, load {where['load_average']}",
        "",
        "| what | CPU p50 ms | CPU p95 ms | wall p50 ms |",
        "| --- | ---: | ---: | ---: |",
        *(
            f"| {label} | {row['cpu_p50_ms']} | {row['cpu_p95_ms']} | {row['wall_p50_ms']} |"
            for label, row in rows
        ),
        "",
        f"Wanted of a page: under {figures['wanted_page_ms']} ms, warm. The first page of a process "
        "also compiles policies and reads the city's tables.",
        "",
        f"The whole city at once ({figures['firms']:,} enterprises, cold): {figures['policies']} "
        f"policies clause by clause with amounts in {city['policies_s']:.1f} s "
        f"({city['policies_cpu_s']:.1f} s of CPU), {city['systems']} indicator systems with ranks "
        f"in {city['scores_s']:.1f} s ({city['scores_cpu_s']:.1f} s of CPU).",
        "",
        f"Batch: {run['made']:,} diagnoses made and kept in {run['cpu_s']:.0f} s of CPU "
        f"({run['wall_s']:.0f} s of wall): {run['per_cpu_s']} a CPU second. Extrapolated, 50,000 "
        f"take {run['city_cpu_minutes']} CPU minutes in one process and {run['city_gb']} GB "
        f"({run['mean_kb']} KB each, compressed).",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    import sys

    sys.exit(main(sys.argv[1:]))
