"""How fast enterprise-years load, become tables, and follow changes.

    python -m benchmarks.facts_city                        # 50,000 enterprises, four years each
    python -m benchmarks.facts_city --enterprises 2000

The sample city's enterprises and their years are loaded as files are, into an empty database in
a temporary folder; everything is generated from a seed.
"""

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine

SEED = 7
CHANGED = 100
_ENTERPRISES = 50_000
_RESULTS = Path(__file__).parent / "results" / "facts.json"


def main(arguments: list[str]) -> int:
    """Measure, print, and keep the whole city's figures in ``benchmarks/results/facts.json``."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.facts_city")
    parser.add_argument("--enterprises", type=int, default=_ENTERPRISES)
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="silian-facts-") as folder:
        figures = _measured(Path(folder), options.enterprises)
    report = {"machine": machine(), "seed": SEED, **figures}
    text = json.dumps(report, ensure_ascii=False, indent=2, default=str)
    print(text)
    if options.enterprises == _ENTERPRISES:
        _RESULTS.write_text(text + "\n", encoding="utf-8")
    return 0


def _timed(run: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return run(), round(time.perf_counter() - began, 3)


def _measured(folder: Path, enterprise_count: int) -> dict[str, Any]:
    os.environ["SILIAN_HOME"] = str(folder)
    os.environ["DJANGO_SETTINGS_MODULE"] = "silian.portal.settings"
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    settings.INDEX_THREAD = False
    call_command("migrate", verbosity=0)
    figures = _loaded(folder, enterprise_count)
    from silian.portal.industry.domain import facts

    _age()
    built = _run(figures, "rebuild", facts.rebuild)
    figures |= {
        "enterprise_years": built.row_count,
        "files": built.file_count,
        "parquet_mb": round(_size(folder / "tables" / "facts") / 1e6, 1),
    }
    _run(figures, "refresh_unchanged", facts.refresh)
    _change(CHANGED)
    report = _run(figures, f"refresh_of_{CHANGED}_changed", facts.refresh)
    figures["files_written"] = report.file_count
    return {**figures, **_asked(), **_asked_of_the_past()}


def _run(figures: dict[str, Any], name: str, work: Callable[[], Any]) -> Any:
    """Wall and processor seconds of one step; others may use the machine at the same time."""
    cpu = time.process_time()
    result, figures[f"{name}_s"] = _timed(work)
    figures[f"{name}_cpu_s"] = round(time.process_time() - cpu, 3)
    return result


def _age() -> None:
    """Let the load lie an hour back, as it does for all but the first minutes of a city."""
    from datetime import timedelta

    from django.db.models import F

    from silian.portal.industry.models import EnterpriseYear
    from silian.portal.registry.models import Organisation

    for model in (EnterpriseYear, Organisation):
        model._default_manager.update(updated_at=F("updated_at") - timedelta(hours=1))


def _loaded(folder: Path, enterprise_count: int) -> dict[str, Any]:
    from silian.portal.registry.domain.intake import create_job, run_job
    from silian.sample import generate_city, scaled_size

    city = generate_city(scaled_size(enterprise_count / 2_000), SEED)
    figures: dict[str, Any] = {}
    for kind in ("region", "organisation", "enterprise_year"):
        path = folder / f"{kind}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in city.rows(kind))
        job = create_job(path, f"template:{kind}", register_code="bench")
        job, seconds = _timed(lambda job=job: run_job(job.pk))
        if job.rejected_count:
            raise RuntimeError(f"{kind}: {job.rejected_count} rows refused")
        figures[f"{kind}_rows"] = job.row_count
        figures[f"load_{kind}_s"] = seconds
    return figures


def _change(count: int) -> None:
    """Change one year of so many enterprises all over the city."""
    from silian.portal.industry.models import EnterpriseYear

    keys = list(EnterpriseYear.objects.filter(year=2025).values_list("pk", flat=True))
    for row in EnterpriseYear.objects.filter(pk__in=random.Random(SEED).sample(keys, count)):
        row.facts["revenue_cny"] = (row.facts.get("revenue_cny") or 0) + 1000
        row.save()


def _asked() -> dict[str, Any]:
    from silian.portal.industry.domain import facts, ladder
    from silian.portal.registry.models import Organisation

    def opened() -> None:
        session = facts.facts_session()
        session.query("SELECT count(*), avg(revenue_cny_growth_rate) FROM facts WHERE year = 2025")
        session.close()

    opened()
    keys = list(Organisation.objects.filter(organisation_kind="enterprise")[:200])
    single = [_timed(lambda one=one: facts.facts_of(one))[1] for one in keys]
    return {
        "session_and_one_question_s": statistics.median(_timed(opened)[1] for _ in range(5)),
        "ladder_s": statistics.median(_timed(ladder.ladder)[1] for _ in range(3)),
        "facts_of_one_enterprise_ms": round(statistics.median(single) * 1000, 2),
    }


def _asked_of_the_past() -> dict[str, Any]:
    """The same as of yesterday, once the city has two days of history."""
    from datetime import timedelta

    from django.utils import timezone

    from silian.portal.industry.domain import facts
    from silian.portal.industry.models import EnterpriseYear
    from silian.portal.registry.models import Organisation

    for model in (EnterpriseYear, Organisation):
        model.history.update(history_date=timezone.now() - timedelta(days=2))
    _change(CHANGED)
    day = timezone.localdate() - timedelta(days=1)
    figures: dict[str, Any] = {}
    _run(figures, "past_city_made", lambda: facts.city_facts(day).close())
    _run(figures, "past_city_opened", lambda: facts.city_facts(day).close())
    keys = list(Organisation.objects.filter(organisation_kind="enterprise")[:200])
    single = [_timed(lambda one=one: facts.facts_of(one, known_on=day))[1] for one in keys]
    return {
        **figures,
        "past_facts_of_one_enterprise_ms": round(statistics.median(single) * 1000, 2),
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*.parquet"))


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
