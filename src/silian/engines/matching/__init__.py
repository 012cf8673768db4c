"""Finds for any need who can meet it, ranks the answers and gives the reasons.

Importing this is cheap: the index and its libraries load with the first use of ``Matcher``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from silian.engines.matching.values import (
    Absence,
    ConstraintCheck,
    Constraints,
    Contribution,
    Document,
    Hit,
    Query,
    SearchResult,
)

if TYPE_CHECKING:
    from silian.engines.matching.candidates import (
        CandidateBatch,
        FeatureTable,
        Question,
        Ranker,
        Ranking,
    )
    from silian.engines.matching.fusion import FusionRanker
    from silian.engines.matching.matcher import Matcher
    from silian.engines.matching.statistics import Changes, Statistics

_PLACES = {
    "CandidateBatch": "candidates",
    "Changes": "statistics",
    "FeatureTable": "candidates",
    "FusionRanker": "fusion",
    "Matcher": "matcher",
    "Question": "candidates",
    "Ranker": "candidates",
    "Ranking": "candidates",
    "Statistics": "statistics",
}

__all__ = [
    "Absence",
    "CandidateBatch",
    "Changes",
    "ConstraintCheck",
    "Constraints",
    "Contribution",
    "Document",
    "FeatureTable",
    "FusionRanker",
    "Hit",
    "Matcher",
    "Query",
    "Question",
    "Ranker",
    "Ranking",
    "SearchResult",
    "Statistics",
]


def __getattr__(name: str) -> Any:
    """Load a heavy part with its first use."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
