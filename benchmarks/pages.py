"""How long pages take on the city that is loaded: ``SILIAN_HOME=FOLDER python -m benchmarks pages``.

Asks pages in process, as a web worker does, in each role's name, for the records that are the
hardest: those with most ties, the longest lists, the largest chains. A page's first answer is
told beside its later ones, since the first one of a process makes what the others find made.
Needs a home with a loaded city: ``silian sample --size large --load``.
"""

import argparse
import json
import logging
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.measuring import machine, memory_mb

RESULTS = Path(__file__).parent / "results"
ROLES = ("operator", "enterprise", "viewer", "")


def main(arguments: list[str]) -> int:
    """Measure every page for every role; returns 1 where nothing is loaded."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks pages", description=__doc__)
    parser.add_argument("--repeats", type=int, default=7, help="answers after the first")
    parser.add_argument("--slowest", type=int, default=25, help="how many rows to print")
    parser.add_argument("--within", type=float, default=300.0, help="what a page may take, ms")
    options = parser.parse_args(arguments)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "silian.portal.settings")
    import django

    django.setup()
    logging.getLogger("django.request").setLevel(logging.ERROR)  # closed pages are no news
    from benchmarks.pages_asked import asked_pages, city_counts
    from silian.portal.exchange.domain.list_words import index_words

    counts = city_counts()
    if not counts["organisation"]:
        print("nothing is loaded in this home: silian sample --size large --load", file=sys.stderr)
        return 1
    print(f"records: {counts}")
    index_words()  # as the worker does after a load
    rows = list(_measured(asked_pages(), options.repeats))
    _tell(rows, options.slowest, options.within)
    kept = {**machine(), **memory_mb(), "records": counts, "pages": rows}
    (RESULTS / "pages.json").write_text(json.dumps(kept, ensure_ascii=False, indent=1) + "\n")
    (RESULTS / "pages.md").write_text(_table(kept, options.within), "utf-8")
    return 0


def _measured(pages: Iterable[tuple[str, str]], repeats: int) -> Iterator[dict[str, Any]]:
    from django.contrib.auth import get_user_model
    from django.test import Client

    pages = list(pages)
    for role in ROLES:
        client = Client(raise_request_exception=False, SERVER_NAME="localhost")
        if role:
            user = get_user_model().objects.filter(role=role, is_active=True).first()
            if user is None:
                continue
            client.force_login(user)
        for name, address in pages:
            first = _ask(client, address)
            if first["status"] != 200:
                continue  # closed to this role, or elsewhere: nothing to measure
            later = [_ask(client, address) for _ in range(repeats)]
            yield {
                "page": name,
                "role": role or "visitor",
                "first_ms": first["wall"],
                "cpu_p50_ms": sorted(answer["cpu"] for answer in later)[repeats // 2],
                "wall_p50_ms": sorted(answer["wall"] for answer in later)[repeats // 2],
                "wall_worst_ms": max(answer["wall"] for answer in later),
                "kilobytes": round(first["bytes"] / 1000),
            }


def _ask(client: Any, address: str) -> dict[str, Any]:
    wall, cpu = time.perf_counter(), time.process_time()
    response = client.get(address)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    return {
        "status": response.status_code,
        "bytes": len(body),
        "cpu": round(1e3 * (time.process_time() - cpu), 1),
        "wall": round(1e3 * (time.perf_counter() - wall), 1),
    }


def _tell(rows: list[dict[str, Any]], slowest: int, within: float) -> None:
    late = [row for row in rows if row["cpu_p50_ms"] > within]
    print(f"{len(rows)} pages asked, {len(late)} took more than {within:.0f} ms of CPU")
    for row in sorted(rows, key=lambda row: -row["cpu_p50_ms"])[:slowest]:
        print(
            f"{row['cpu_p50_ms']:8.1f} ms CPU {row['wall_p50_ms']:8.1f} wall "
            f"{row['first_ms']:9.1f} first  {row['kilobytes']:5} kB  "
            f"{row['role']:10} {row['page']}"
        )


def _table(kept: dict[str, Any], within: float) -> str:
    pages: dict[str, list[dict[str, Any]]] = {}
    for row in kept["pages"]:
        pages.setdefault(row["page"], []).append(row)
    lines = [
        "# Pages",
        "",
        f"`python -m benchmarks pages`, commit {kept['commit']}, cpu {kept['cpu']}, cores "
        f"{kept['cores']}, load_average {kept['load_average']}. Milliseconds, the slowest role of "
        f"each page; *first* is the first answer of the process to that role. "
        f"Own memory at the end {kept['own_mb']} MB.",
        "",
        "Records: " + ", ".join(f"{count:,} {kind}" for kind, count in kept["records"].items()),
        "",
        f"{sum(row['cpu_p50_ms'] <= within for row in kept['pages'])} of {len(kept['pages'])} "
        f"answers within {within:.0f} ms of CPU.",
        "",
        "| page | role | cpu p50 | wall p50 | worst | first | kB |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for name, rows in pages.items():
        row = max(rows, key=lambda row: row["cpu_p50_ms"])
        lines.append(
            f"| {name} | {row['role']} | {row['cpu_p50_ms']} | {row['wall_p50_ms']} | "
            f"{row['wall_worst_ms']} | {max(r['first_ms'] for r in rows)} | {row['kilobytes']} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
