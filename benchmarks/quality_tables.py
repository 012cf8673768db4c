"""The quality figures as a table in a terminal and as a page."""

from typing import Any

from rich.table import Table

WANTED = {"ndcg_at_10": 0.74, "level_score": 0.72, "pair_level_score": 0.795, "recall_at_50": 0.55}
COLUMNS = {
    "ndcg_at_10": "nDCG@10",
    "level_score": "score",
    "pair_level_score": "score, pairs",
    "recall_at_50": "recall@50, all",
    "recall_at_50_distinct": "copies as one",
    "recall_at_50_judged": "recall@50, judged",
    "recall_at_50_judged_distinct": "copies as one",
}


def _rows(figures: dict[str, dict[str, Any]]) -> list[list[str]]:
    rows = [
        [name, *(f"{row[key]:.3f}" if key in row else "-" for key in COLUMNS)]
        for name, row in figures.items()
    ]
    return [*rows, ["wanted", *(f"{WANTED[key]:.3f}" if key in WANTED else "" for key in COLUMNS)]]


def as_table(figures: dict[str, dict[str, Any]]) -> Table:
    """Lay the figures out for a terminal."""
    table = Table(title="Needs unseen in training (score, pairs: other pairs of the need seen)")
    table.add_column("ranker")
    for label in COLUMNS.values():
        table.add_column(label, justify="right")
    for row in _rows(figures):
        table.add_row(*row)
    return table


def as_markdown(values: dict[str, Any]) -> str:
    """Write the page."""
    about, cost = values["machine"], values["rank_150_candidates"]
    head = ["ranker", *COLUMNS.values()]
    lines = [
        "# Quality of ranking",
        "",
        f"`python -m benchmarks.matching_quality --seeds {values['seeds']}`, commit "
        f"{about['commit']}, {about['cpu']}, {about['cores']} cores, Python {about['python']}, load "
        f"average {about['load_average']}, data {values['data_sha256']}. Five folds; mean over "
        f'{values["seeds"]} divisions. All columns but one: needs unseen in training. "Score, '
        'pairs": other pairs of the same need are known and remembered. "All" is everything in '
        'the index, "judged" the supplies judged for any need; "copies as one" gives all supplies '
        "with the same text one of the 50 places.",
        "",
        f"| {' | '.join(head)} |",
        f"| --- |{' ---: |' * len(COLUMNS)}",
        *(f"| {' | '.join(row)} |" for row in _rows(values["figures"])),
        "",
        *_spread_lines(values["figures"]),
        f"Features and ranking of 150 candidates: {cost['cpu_p50_ms']} ms CPU (p50), "
        f"{cost['cpu_p95_ms']} ms (p95).",
    ]
    return "\n".join(lines) + "\n"


def _spread_lines(figures: dict[str, dict[str, Any]]) -> list[str]:
    """How far the trained ranker's figures differ from fold to fold."""
    name, row = list(figures.items())[-1]
    spread = row.get("spread_over_folds", {})
    told = ", ".join(
        f"{COLUMNS[key]} {spread[key]:.3f}"
        for key in ("ndcg_at_10", "level_score", "recall_at_50")
        if key in spread
    )
    return [f"Standard deviation over the folds, {name}: {told}.", ""] if told else []
