"""Records of the exchange: matches, diagnoses, what came of them, and the index's outbox."""

from silian.portal.exchange.models.diagnosis import (
    Advice,
    Diagnosis,
    DiagnosisRun,
    Finding,
    LookBack,
    Visit,
)
from silian.portal.exchange.models.indexing import IndexTask
from silian.portal.exchange.models.listing import ListEntry
from silian.portal.exchange.models.match import Match, Outcome, SavedFilter

__all__ = [
    "Advice",
    "Diagnosis",
    "DiagnosisRun",
    "Finding",
    "IndexTask",
    "ListEntry",
    "LookBack",
    "Match",
    "Outcome",
    "SavedFilter",
    "Visit",
]
