"""What an indicator system is, as data, and what a score is, decomposed.

Expressions are texts of the clause language (``silian.tables.clauses``) over the facts of a
subject-year and the system's lets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from silian.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """``points`` (0 to 1 of the indicator's full score) from ``at_least`` up.

    A value on the bound belongs to the better side: where more is better the band begins at
    ``at_least``, where less is better just above it ("≤55 %: 10, 55 % to 75 %: 5" is ``-inf``,
    ``0.55``, and 0.55 itself scores 10).
    """

    at_least: float  # -inf for the lowest band
    points: float
    label_zh: str = ""
    label_en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Normalisation:
    """How a raw value becomes 0 to 1.

    Attributes
    ----------
    method
        ``bands``; ``anchored`` min-max between ``worst`` and ``best`` (fixed anchors, clipped,
        never the sample's own range); ``percentile`` among peers; ``log`` (anchored on the
        logarithm of 1 + value, ``worst`` 0 where left out); ``ratio``: value divided by ``best``,
        clipped to 0 and 1; ``boolean``: 1 where true; ``given``: the expression answers 0 to 1
        itself, clipped.
    """

    method: Literal["bands", "anchored", "percentile", "log", "ratio", "boolean", "given"]
    bands: tuple[Band, ...] = ()
    worst: float | None = None
    best: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One leaf of the tree.

    Attributes
    ----------
    expression
        Raw value; empty where the structure is known but no fact holds it yet: always missing.
    unit, direction
        Unit of the raw value; whether more is better.
    full_score
        Points at 1, by stage (``""``: every stage); ``None``: weight not verified or derived.
    missing
        ``zero``: counts 0; ``unknown``: the score is unknown; ``reweigh``: its weight goes to its
        siblings in proportion to theirs (to its branch's siblings where all of a branch is gone).
    minimum_points
        Fewer points than this fail the whole system ("科技人员分不为 0").
    bonus
        Comes on top of ``Weighting.total_score``: never derived, never takes a sibling's weight.
    """

    indicator_id: str
    label_zh: str
    label_en: str
    expression: str
    unit: str
    direction: Literal["more", "less"]
    normalisation: Normalisation
    source: Source
    full_score: Mapping[str, float] | None = None
    missing: Literal["zero", "unknown", "reweigh"] = "unknown"
    minimum_points: float | None = None
    bonus: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """An inner node; its points are the sum (or the best, for 二选一) of its children's."""

    branch_id: str
    label_zh: str
    label_en: str
    children: tuple["Branch | Indicator", ...]
    combine: Literal["sum", "best"] = "sum"
    minimum_points: float | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighting:
    """Where weights come from.

    Attributes
    ----------
    method
        ``given`` full scores; ``ahp`` from ``judgements`` (branch id to a positive reciprocal
        matrix over its children, bonus indicators left out); ``entropy`` or ``critic`` from the
        reference population. The alternatives of a ``best`` branch share one weight.
    """

    method: Literal["given", "ahp", "entropy", "critic"]
    judgements: Mapping[str, tuple[tuple[float, ...], ...]] = field(default_factory=dict)
    total_score: float = 100.0
    source: Source | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """A named range of totals, from ``at_least`` up."""

    grade_id: str
    label_zh: str
    label_en: str
    at_least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectPath:
    """A condition that passes whatever the score (直通条件)."""

    path_id: str
    label_zh: str
    label_en: str
    expression: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorSystem:
    """One dated version of one indicator system.

    Attributes
    ----------
    official
        Whether an authority issued it. An official system with any unverified figure never
        shows a total: ``Score.total`` is ``None`` and ``provisional_total`` says why it is apart.
    stages
        ``stage id -> boolean expression``, first that holds; empty: one stage, ``""``.
    least_known_share
        Share of the full points (bonus apart) whose indicators must be known for a total, a grade
        and a rank; below it a score says ``too_little_known``. Where missing values are reweighed
        this keeps a subject from the top of a ranking by the one figure that it reports.
    subject
        What is scored: ``enterprise``, ``service_agency``, ``facility``, ...
    """

    system_id: str
    label_zh: str
    label_en: str
    version: str
    subject: str
    official: bool
    valid_from: date
    source: Source
    root: Branch
    weighting: Weighting
    valid_until: date | None = None
    lets: tuple[tuple[str, str], ...] = ()
    stages: tuple[tuple[str, str], ...] = ()
    grades: tuple[Grade, ...] = ()
    pass_at_least: float | None = None
    least_known_share: float = 0.0
    direct_paths: tuple[DirectPath, ...] = ()
    notes_zh: tuple[str, ...] = ()


# -- answers ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorScore:
    """One leaf of one subject's score.

    ``points`` is ``normalised * weight`` on a grid of 2**-30 points (about a billionth). Sums on
    that grid are exact in any order, so the points that count sum to the total with ``==``,
    branch by branch.

    Attributes
    ----------
    weight
        Full points of this leaf for this subject: of its stage, after reweighing.
    counted
        False where another alternative of a ``best`` branch is the better one, and where the
        weight went to the siblings.
    missing
        Facts that are missing; empty where the raw value is known.
    rank, percentile, n_ranked
        Of the raw value among the population, in the indicator's direction; also there where the
        total is withheld.
    """

    indicator: Indicator
    path: tuple[str, ...]
    raw: float | None
    normalised: float | None
    weight: float | None
    points: float | None
    counted: bool
    missing: tuple[str, ...] = ()
    rank: int | None = None
    percentile: float | None = None
    n_ranked: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One subject's score under one system on one day.

    Attributes
    ----------
    total
        ``None`` where it is unknown, or withheld: then ``withheld`` says why. In both cases
        ``provisional_total`` holds the sum of what stands, never to be shown as official.
    withheld
        ``unverified_figures`` (an official system with any), ``weights_unknown`` (a full score
        that nobody has read), ``no_stage`` (no stage holds for the subject), ``too_little_known``
        (fewer indicators are known than ``least_known_share`` asks), or empty.
    percentile
        Share of the population below, ties counted half (mid-rank); 0 to 1.
    failed_minima
        Ids of indicators and branches surely under their minimum.
    passed
        ``None`` where it can't be said. Said also of an unknown total, where nothing that is
        missing could change it.
    missing
        Facts that keep the total unknown.
    """

    system_id: str
    version: str
    subject_id: str
    as_of: date
    stage: str
    leaves: tuple[IndicatorScore, ...]
    branches: tuple[tuple[str, float | None], ...]
    total: float | None
    provisional_total: float | None = None
    withheld: str = ""
    grade: str = ""
    rank: int | None = None
    percentile: float | None = None
    n_ranked: int = 0
    failed_minima: tuple[str, ...] = ()
    direct_path: str = ""
    passed: bool | None = None
    missing: tuple[str, ...] = ()
