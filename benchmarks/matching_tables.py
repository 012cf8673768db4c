"""The speed figures as one page of tables, with the ratios that were set as goals."""

from collections.abc import Callable, Mapping
from typing import Any

Figures = Mapping[str, Any]

_ASKED = (
    ("plain_10", "all documents, 10 hits"),
    ("plain_50", "all documents, 50 hits"),
    ("filtered_10", "one kind in one district, 10 hits"),
    ("filtered_50", "one kind in one district, 50 hits"),
)


def as_markdown(results: Figures) -> str:
    """Write the page."""
    about = results["machine"]
    sizes = results["sizes"]
    lines = [
        "# Speed of the matching engine",
        "",
        f"`python -m benchmarks.matching_speed`, commit {about['commit']}, {about['cpu']}, "
        f"{about['cores']} cores, Python {about['python']}, seed {results['seed']}, load average "
        f"{about['load_average']} at the start. Texts are the sample city's, vectors random and "
        "clustered by topic (384 numbers). Times are CPU of all threads of the process, p50 of "
        "200 questions, the question's embedding excluded; wall times depend on what else the "
        "machine does (see the load average). Ours includes ranking and the full explanation of "
        "every hit, by rank fusion and by the trained model that ships; the peers return ids and "
        "scores.",
        *_measured_later(about, sizes),
        "",
        "## One question (CPU p50, ms)",
        "",
        "| documents | question | silian, fusion | silian, trained | LanceDB | ratio | txtai | txtai ratio | hits: silian, "
        "LanceDB, txtai (fewest) |",
        "| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for size, figures in sizes.items():
        lines += [_question_row(size, name, label, figures) for name, label in _ASKED]
    lines += ["", *_goals(sizes), "", *_curve(sizes), ""]
    return "\n".join(lines)


def _measured_later(about: Figures, sizes: Figures) -> list[str]:
    """Where ours was measured after the peers, when and under what load."""
    lines = []
    for size, figures in sizes.items():
        then = figures.get("ours_measured", about)
        if then["commit"] != about["commit"]:
            lines.append(
                f"Ours at {int(size):,}: measured later than the peers, commit {then['commit']}, "
                f"load average {then['load_average']} at the end."
            )
    return ["", *lines] if lines else []


def _trained(ours: Figures, name: str) -> float | str:
    """Time with the trained model, or a dash where it was not measured."""
    trained = ours.get("trained")
    return float(trained[name]["cpu_p50_ms"]) if isinstance(trained, Mapping) else "-"


def _question_row(size: str, name: str, label: str, figures: Figures) -> str:
    ours, lance, txtai = figures["silian"], figures["lancedb"], figures["txtai"]
    mine, bare = ours[name]["cpu_p50_ms"], lance[name]["cpu_p50_ms"]
    theirs = txtai[name]["cpu_p50_ms"] if isinstance(txtai, Mapping) else None
    hits = [ours[name]["fewest_hits"], lance[name]["fewest_hits"]]
    hits += [txtai[name]["fewest_hits"]] if isinstance(txtai, Mapping) else []
    return (
        f"| {int(size):,} | {label} | {mine} | {_trained(ours, name)} | {bare} | {mine / bare:.2f}x | "
        f"{theirs if theirs is not None else '-'} | "
        f"{f'{theirs / mine:.1f}x' if theirs else '-'} | {', '.join(map(str, hits))} |"
    )


def _goals(sizes: Figures) -> list[str]:
    lines = ["## Goals", "", "| goal | reached | |", "| --- | --- | --- |"]
    large, middle = sizes.get("1000000"), sizes.get("100000")

    def add(goal: str, reached: str, good: bool) -> None:
        lines.append(f"| {goal} | {reached} | {'met' if good else 'NOT met'} |")

    if large:
        ratios = [_ratio(large, "silian", "lancedb", name) for name in ("plain_10", "filtered_10")]
        add(
            "1,000,000: at most 1.3x the bare LanceDB query, ranked and explained",
            f"{ratios[0]:.2f}x plain, {ratios[1]:.2f}x filtered",
            max(ratios) <= 1.3,
        )
        batch = large["silian"]["batch_1000_s"]
        cpu = large["silian"]["batch_1000_cpu_s"]
        reached = f"{batch:.1f} s wall, {cpu:.1f} s CPU"
        add("1,000 needs against 1,000,000 documents in under 60 s", reached, batch < 60)
    if middle:
        ours = middle["silian"]
        times = [ours["plain_10"]["cpu_p50_ms"], ours["filtered_10"]["cpu_p50_ms"]]
        add(
            "100,000: under 10 ms CPU p50",
            f"{times[0]} ms plain, {times[1]} ms filtered",
            max(times) < 10,
        )
        if isinstance(ours.get("trained"), Mapping):
            times = [ours["trained"][name]["cpu_p50_ms"] for name in ("plain_10", "filtered_10")]
            add(
                "100,000: under 10 ms CPU p50, ranked by the trained model",
                f"{times[0]} ms plain, {times[1]} ms filtered",
                max(times) < 10,
            )
        if "records" in middle:
            records = middle["records"]
            add(
                "100,000 records loaded into the database and word-indexed in under 30 s",
                f"{records['load_and_index_s']:.1f} s wall, "
                f"{records['load_and_index_cpu_s']:.1f} s CPU",
                records["load_and_index_s"] < 30,
            )
        load = f"{ours['load_cpu_s']:.1f} s CPU, one thread ({ours['load_s']:.1f} s wall)"
        good = ours["load_cpu_s"] < 12
        add("100,000 documents loaded and word-indexed in under 12 s", load, good)
        if isinstance(middle["txtai"], Mapping):
            plain = _ratio(middle, "txtai", "silian", "plain_50")
            kept = _ratio(middle, "txtai", "silian", "filtered_50")
            add("100,000: at least 3x txtai, plain", f"{plain:.1f}x", plain >= 3)
            if isinstance(ours.get("trained"), Mapping):
                trained = (
                    middle["txtai"]["plain_50"]["cpu_p50_ms"]
                    / ours["trained"]["plain_50"]["cpu_p50_ms"]
                )
                goal = "100,000: at least 3x txtai, plain, ranked by the trained model"
                add(goal, f"{trained:.1f}x", trained >= 3)
            found = ours["filtered_50"]["fewest_hits"]
            add(
                "100,000: at least 20x txtai, filtered, with all 50 found",
                f"{kept:.1f}x, {found} found (txtai: "
                f"{middle['txtai']['filtered_50']['median_hits']} in the median)",
                kept >= 20 and found == 50,
            )
    return lines


def _ratio(figures: Figures, above: str, below: str, name: str) -> float:
    return float(figures[above][name]["cpu_p50_ms"] / figures[below][name]["cpu_p50_ms"])


def _curve(sizes: Figures) -> list[str]:
    rows: list[tuple[str, Callable[[Figures], Any]]] = [
        ("load and index words, s wall", lambda one: f"{one['load_s']:.1f}"),
        ("load and index words, s CPU", lambda one: f"{one['load_cpu_s']:.1f}"),
        ("optimise with vectors, s CPU", lambda one: f"{one['optimise_cpu_s']:.1f}"),
        ("search plain, 10 hits, ms CPU", lambda one: one["plain_10"]["cpu_p50_ms"]),
        ("search filtered, 10 hits, ms CPU", lambda one: one["filtered_10"]["cpu_p50_ms"]),
        ("1,000 questions together, s wall", lambda one: f"{one['batch_1000_s']:.1f}"),
        ("1,000 questions together, s CPU", lambda one: f"{one['batch_1000_cpu_s']:.1f}"),
        ("recall of the exact nearest 100, plain", lambda one: one["meaning_recall"]["plain"]),
        ("recall, filtered", lambda one: one["meaning_recall"]["filtered"]),
        ("memory of a searching process, own, MB", lambda one: one["memory"]["own_mb"]),
        ("mapped pages (shared, droppable), MB", lambda one: one["memory"]["mapped_mb"]),
        ("peak memory of building, MB", lambda one: one["build_peak_mb"]),
        ("disk, MB", lambda one: one["disk_mb"]),
        ("one more document: write, ms wall", lambda one: one["one_more_write_ms"]),
        ("one more document: next search, ms wall", lambda one: one["one_more_search_ms"]),
        ("open and first search, s", lambda one: f"{one['first_search_s']:.2f}"),
    ]
    lines = ["## What more documents cost", ""]
    lines.append("| | " + " | ".join(f"{int(size):,}" for size in sizes) + " |")
    lines.append("| --- |" + " ---: |" * len(sizes))
    for label, read in rows:
        cells = [str(read(figures["silian"])) for figures in sizes.values()]
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    disks = [str(figures["lancedb"]["disk_mb"]) for figures in sizes.values()]
    lines.append("| for comparison: LanceDB's disk, MB | " + " | ".join(disks) + " |")
    lines.append("")
    lines.append(
        "Peak memory of building includes the documents as Python objects, which the benchmark "
        "holds so that generating them is not measured."
    )
    return lines
