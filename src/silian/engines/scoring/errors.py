"""What the scoring engine refuses, each with a stable code and a remedy."""

from silian.errors import EngineError


class SystemRefused(EngineError, ValueError):
    """An indicator system that can't be compiled.

    ``details``: ``system_id``, ``place`` (``"root.research.intensity.expression"``), and for a
    clause its ``text``, ``position`` and ``suggestion``.
    """

    code = "system_refused"


class SystemNotInForce(EngineError, LookupError):
    """No version of the system is in force on the day."""

    code = "system_not_in_force"


class JudgementsRefused(EngineError, ValueError):
    """A matrix of judgements that is not positive, reciprocal, square and small."""

    code = "judgements_refused"


class JudgementsInconsistent(EngineError, ValueError):
    """Judgements that contradict each other; ``details`` name the one that does most."""

    code = "judgements_inconsistent"


class PopulationTooSmall(EngineError, ValueError):
    """Too few subjects to derive weights or percentiles from."""

    code = "population_too_small"


class PopulationMissing(EngineError, ValueError):
    """The system reads its weights or percentiles off a population, and none was given."""

    code = "population_missing"


class PopulationMismatch(EngineError, ValueError):
    """A population of another system or version."""

    code = "population_mismatch"


class SubjectRepeated(EngineError, ValueError):
    """A subject has several rows, so that ranks would count it several times."""

    code = "subject_repeated"


class UnknownSubject(EngineError, LookupError):
    """No such subject in the table of scores."""

    code = "unknown_subject"


class UnknownIndicator(EngineError, LookupError):
    """No such indicator in the system."""

    code = "unknown_indicator"


class ColumnNotKept(EngineError, LookupError):
    """Peers are asked for by a column that the table of scores does not carry."""

    code = "column_not_kept"


class NotComparable(EngineError, ValueError):
    """Two subjects whose totals don't hang on the same weights."""

    code = "not_comparable"


class SampleOutOfRange(EngineError, ValueError):
    """A number of draws or a concentration that sensitivity can't work with."""

    code = "sample_out_of_range"
