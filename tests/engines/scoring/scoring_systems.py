"""Systems with every normalisation, missing rule and way to weights, and seeded facts."""

import numpy as np
from scoring_world import TRUTH, UNREAD, bands, branch, compiled, leaf

from silian.engines.scoring import DirectPath, Grade, Normalisation, Weighting

INF = float("inf")
PATH = DirectPath(
    path_id="prize", label_zh="奖", label_en="p", expression="has(titles, 'prize')", source=UNREAD
)
WHOLE = {
    "stages": (("small", "staff_count < 50"), ("large", "staff_count >= 50")),
    "pass_at_least": 45.0,
    "direct_paths": (PATH,),
    "grades": (
        Grade(grade_id="low", label_zh="低", label_en="low", at_least=-INF),
        Grade(grade_id="high", label_zh="高", label_en="high", at_least=50.0),
    ),
}


def all_kinds():
    """Every normalisation, missing rule and combination in one tree."""
    return (
        branch(
            "one",
            leaf(
                "banded",
                "a / b",
                {"small": 20.0, "large": 10.0},
                bands((-INF, 0), (0.5, 0.6), (2, 1)),
            ),
            leaf(
                "anchored",
                "b",
                {"": 13.7},
                Normalisation(method="anchored", worst=-9.0, best=9.0),
                missing="reweigh",
            ),
            leaf(
                "log",
                "c * 100",
                {"": 7.1},
                Normalisation(method="log", best=1e3),
                missing="reweigh",
            ),
            minimum_points=2.0,
        ),
        branch(
            "two",
            leaf("placed", "d", {"": 30.0}, Normalisation(method="percentile"), direction="less"),
            leaf("true", "listed", {"": 30.0}, TRUTH, missing="zero"),
            combine="best",
        ),
        leaf(
            "ratio",
            "research_staff_count / staff_count",
            {"": 29.2},
            Normalisation(method="ratio", best=0.4),
        ),
        leaf("prize", "has(titles, 'prize')", {"": 5.0}, TRUTH, bonus=True, missing="zero"),
    )


DERIVED = (
    leaf("placed", "d", None, Normalisation(method="percentile")),
    branch(
        "two",
        leaf("b", "b", None, Normalisation(method="anchored", worst=0.0, best=9.0)),
        leaf("c", "c", None, Normalisation(method="anchored", worst=0.0, best=9.0)),
        combine="best",
    ),
    leaf(
        "e",
        "e",
        None,
        Normalisation(method="anchored", worst=9.0, best=0.0),
        direction="less",
        missing="zero",
    ),
    leaf("prize", "listed", 5.0, TRUTH, bonus=True, missing="zero"),
)
SYSTEMS = {
    "given": compiled(*all_kinds(), **WHOLE),
    "entropy": compiled(*DERIVED, weighting=Weighting(method="entropy")),
    "critic": compiled(*DERIVED, weighting=Weighting(method="critic")),
}


def seeded_rows(n_rows, seed=1):
    random = np.random.default_rng(seed)
    return [
        {
            **{name: float(random.integers(0, 30)) / 3 for name in "abcde"},
            "staff_count": int(random.integers(1, 90)),
            "research_staff_count": int(random.integers(0, 40)),
            "listed": bool(random.integers(0, 2)),
            "titles": ";prize;" if random.random() < 0.1 else ";",
            "industry": ["39", "40", None][int(random.integers(0, 3))],
            "size": ["small", "large"][int(random.integers(0, 2))],
        }
        for _ in range(n_rows)
    ]
