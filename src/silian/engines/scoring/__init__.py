"""Scores subjects by indicator systems that are data; every score decomposes exactly."""

from silian.engines.scoring.compiling import (
    CompiledLeaf,
    CompiledSystem,
    compile_system,
    system_in_force,
)
from silian.engines.scoring.errors import (
    ColumnNotKept,
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
from silian.engines.scoring.next_steps import NextStep, next_steps
from silian.engines.scoring.population import Population
from silian.engines.scoring.ranking import PeerStanding
from silian.engines.scoring.scoretable import ScoreTable, score_subjects
from silian.engines.scoring.sensitivity import (
    RankSensitivity,
    SwapWeight,
    sensitivity,
    swap_weights,
)
from silian.engines.scoring.subjects import score_subject
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
from silian.engines.scoring.verdict import WITHHELD
from silian.engines.scoring.weighting import Criterion
from silian.engines.scoring.weights import derive_weights

__all__ = [
    "WITHHELD",
    "Band",
    "Branch",
    "ColumnNotKept",
    "CompiledLeaf",
    "CompiledSystem",
    "Criterion",
    "DirectPath",
    "Grade",
    "Indicator",
    "IndicatorScore",
    "IndicatorSystem",
    "JudgedWeights",
    "JudgementsInconsistent",
    "JudgementsRefused",
    "NextStep",
    "Normalisation",
    "NotComparable",
    "PeerStanding",
    "Population",
    "PopulationMismatch",
    "PopulationMissing",
    "PopulationTooSmall",
    "RankSensitivity",
    "SampleOutOfRange",
    "Score",
    "ScoreTable",
    "SubjectRepeated",
    "SwapWeight",
    "SystemNotInForce",
    "SystemRefused",
    "UnknownIndicator",
    "UnknownSubject",
    "Weighting",
    "compile_system",
    "consistent_weights",
    "derive_weights",
    "judged_weights",
    "next_steps",
    "score_subject",
    "score_subjects",
    "sensitivity",
    "swap_weights",
    "system_in_force",
]
