"""Scores subjects by indicator systems that are data; every score decomposes exactly."""

from silian.engines.scoring.errors import (
    JudgementsInconsistent,
    JudgementsRefused,
    NotComparable,
    PopulationMismatch,
    PopulationMissing,
    PopulationTooSmall,
    SampleOutOfRange,
    SubjectRepeated,
    SystemNotInForce,
    SystemRefused,
    UnknownIndicator,
    UnknownSubject,
)
from silian.engines.scoring.judgements import JudgedWeights, consistent_weights, judged_weights
from silian.engines.scoring.ranking import PeerStanding
from silian.engines.scoring.values import (
    Band,
    Branch,
    DirectPath,
    Grade,
    Indicator,
    IndicatorScore,
    IndicatorSystem,
    Normalisation,
    Score,
    Weighting,
)
from silian.engines.scoring.weights import derive_weights

__all__ = [
    "Band",
    "Branch",
    "DirectPath",
    "Grade",
    "Indicator",
    "IndicatorScore",
    "IndicatorSystem",
    "JudgedWeights",
    "JudgementsInconsistent",
    "JudgementsRefused",
    "Normalisation",
    "NotComparable",
    "PeerStanding",
    "PopulationMismatch",
    "PopulationMissing",
    "PopulationTooSmall",
    "SampleOutOfRange",
    "Score",
    "SubjectRepeated",
    "SystemNotInForce",
    "SystemRefused",
    "UnknownIndicator",
    "UnknownSubject",
    "Weighting",
    "consistent_weights",
    "derive_weights",
    "judged_weights",
]
