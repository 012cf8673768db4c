"""What the resolution refuses, each with a stable code and a remedy."""

from silian.errors import EngineError


class DuplicateRecord(EngineError, ValueError):
    """Two records with one id."""

    code = "duplicate_record"


class InvalidDecision(EngineError, ValueError):
    """A decision that names too few records, or one of an unknown kind."""

    code = "invalid_decision"


class ContradictingDecision(EngineError, ValueError):
    """A decision that would merge two unified codes."""

    code = "contradicting_decision"


class ThresholdOutOfRange(EngineError, ValueError):
    """Thresholds that aren't 0 < review <= link <= 1."""

    code = "threshold_out_of_range"


class LabelsInsufficient(EngineError, ValueError):
    """Too few labelled pairs to learn from."""

    code = "labels_insufficient"
