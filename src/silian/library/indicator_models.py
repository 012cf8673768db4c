"""The form of a file with an indicator system, and the engine's values made of it."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, StringConstraints, Tag

from silian.engines.scoring.values import (
    Band,
    Branch,
    DirectPath,
    Grade,
    Indicator,
    IndicatorSystem,
    Normalisation,
    Weighting,
)
from silian.library.facts import SUBJECTS
from silian.library.policy_models import Labelled
from silian.library.source_model import (
    ClauseSource,
    DocumentSource,
    Expression,
    FileModel,
    Identifier,
    Words,
    narrowed,
)
from silian.sources import Source

ROOT_ID = "total"
Version = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.\-]{0,19}$")]
Subject = Literal["enterprise", "service_agency", "facility"]
assert set(SUBJECTS) == set(Subject.__args__)  # type: ignore[attr-defined]


class BandFile(FileModel):
    """One band; without ``at_least`` the lowest. Either ``points`` of the full score, or ``share``."""

    at_least: float | None = None
    points: float | None = None
    share: Annotated[float, Field(ge=0, le=1)] | None = None
    label_zh: str = ""
    label_en: str = ""


class NormalisationFile(FileModel):
    """How a raw value becomes 0 to 1."""

    method: Literal["bands", "anchored", "percentile", "log", "ratio", "boolean", "given"]
    bands: list[BandFile] = []
    worst: float | None = None
    best: float | None = None


class IndicatorFile(Labelled):
    """One leaf; without an expression its structure is known, but no fact holds it yet."""

    expression: Expression | None = None
    unit: str
    direction: Literal["more", "less"] = "more"
    normalisation: NormalisationFile
    full_score: float | dict[Identifier, float] | None = None
    missing: Literal["zero", "unknown", "reweigh"] = "unknown"
    minimum_points: float | None = None
    bonus: bool = False
    source: ClauseSource


class BranchFile(Labelled):
    """One inner node."""

    children: Annotated[dict[Identifier, "NodeFile"], Field(min_length=1)]
    combine: Literal["sum", "best"] = "sum"
    minimum_points: float | None = None
    source: ClauseSource | None = None


def _node_kind(node: Any) -> str:
    if isinstance(node, BranchFile):
        return "branch"
    return "branch" if isinstance(node, dict) and "children" in node else "indicator"


NodeFile = Annotated[
    Annotated[BranchFile, Tag("branch")] | Annotated[IndicatorFile, Tag("indicator")],
    Discriminator(_node_kind),
]


class WeightingFile(FileModel):
    """Where weights come from; ``judgements`` are rows of a positive reciprocal matrix."""

    method: Literal["given", "ahp", "entropy", "critic"] = "given"
    judgements: dict[Identifier, list[list[float]]] = {}
    total_score: Annotated[float, Field(gt=0)] = 100.0
    source: ClauseSource | None = None


class SystemLetFile(Labelled):
    """A named expression of a system."""

    unit: str
    expression: Expression


class GradeFile(Labelled):
    """A named range of totals."""

    at_least: float


class DirectPathFile(Labelled):
    """A condition that passes whatever the score."""

    expression: Expression
    source: ClauseSource


class SystemFile(Labelled):
    """One dated version of one indicator system."""

    system_id: Identifier
    version: Version
    subject: Subject
    official: bool
    valid_from: date
    valid_until: date | None = None
    source: DocumentSource
    weighting: WeightingFile = WeightingFile()
    lets: dict[Identifier, SystemLetFile] = {}
    stages: dict[Identifier, Expression] = {}
    pass_at_least: float | None = None
    least_known_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    grades: dict[Identifier, GradeFile] = {}
    direct_paths: dict[Identifier, DirectPathFile] = {}
    indicators: Annotated[dict[Identifier, NodeFile], Field(min_length=1)]
    notes_zh: list[Words] = []

    def value(self) -> IndicatorSystem:
        """The engine's value."""
        source = self.source.value()
        return IndicatorSystem(
            system_id=self.system_id,
            label_zh=self.label_zh,
            label_en=self.label_en,
            version=self.version,
            subject=self.subject,
            official=self.official,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            source=source,
            root=Branch(
                branch_id=ROOT_ID,
                label_zh="总分",
                label_en="Total",
                children=_nodes(self.indicators, source),
            ),
            weighting=Weighting(
                method=self.weighting.method,
                judgements={
                    name: tuple(tuple(row) for row in matrix)
                    for name, matrix in self.weighting.judgements.items()
                },
                total_score=self.weighting.total_score,
                source=narrowed(source, self.weighting.source) if self.weighting.source else None,
            ),
            lets=tuple((name, let.expression) for name, let in self.lets.items()),
            stages=tuple(self.stages.items()),
            grades=tuple(
                Grade(grade_id=name, **grade.model_dump()) for name, grade in self.grades.items()
            ),
            pass_at_least=self.pass_at_least,
            least_known_share=self.least_known_share,
            direct_paths=tuple(
                DirectPath(
                    path_id=name,
                    label_zh=path.label_zh,
                    label_en=path.label_en,
                    expression=path.expression,
                    source=narrowed(source, path.source),
                )
                for name, path in self.direct_paths.items()
            ),
            notes_zh=tuple(self.notes_zh),
        )


def _nodes(
    nodes: dict[str, BranchFile | IndicatorFile], source: Source
) -> tuple[Branch | Indicator, ...]:
    return tuple(
        _branch(name, node, source)
        if isinstance(node, BranchFile)
        else _indicator(name, node, source)
        for name, node in nodes.items()
    )


def _branch(name: str, node: BranchFile, source: Source) -> Branch:
    own = narrowed(source, node.source) if node.source else None
    return Branch(
        branch_id=name,
        label_zh=node.label_zh,
        label_en=node.label_en,
        children=_nodes(node.children, source),
        combine=node.combine,
        minimum_points=node.minimum_points,
        source=own,
    )


def _indicator(name: str, node: IndicatorFile, source: Source) -> Indicator:
    full = node.full_score
    return Indicator(
        indicator_id=name,
        label_zh=node.label_zh,
        label_en=node.label_en,
        expression=node.expression or "",
        unit=node.unit,
        direction=node.direction,
        normalisation=Normalisation(
            method=node.normalisation.method,
            bands=tuple(_band(band, full) for band in node.normalisation.bands),
            worst=node.normalisation.worst,
            best=node.normalisation.best,
        ),
        source=narrowed(source, node.source),
        full_score=full if isinstance(full, dict) or full is None else {"": full},
        missing=node.missing,
        minimum_points=node.minimum_points,
        bonus=node.bonus,
    )


def _band(band: BandFile, full_score: float | dict[str, float] | None) -> Band:
    share = band.share
    if share is None:  # the linter has made sure that both are there
        points = band.points or 0.0
        share = points / full_score if isinstance(full_score, int | float) and full_score else 0.0
    return Band(
        at_least=float("-inf") if band.at_least is None else band.at_least,
        points=share,
        label_zh=band.label_zh,
        label_en=band.label_en,
    )
