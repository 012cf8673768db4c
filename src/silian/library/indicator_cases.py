"""Worked cases beside the indicator systems: scores that a person has added up."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from silian.engines.scoring.compiling import compile_system, system_in_force
from silian.engines.scoring.subjects import score_subject
from silian.engines.scoring.values import IndicatorSystem
from silian.library.cases import FactValue, as_fact
from silian.library.facts import fact_schema
from silian.library.marked_yaml import read_marked, text_of
from silian.library.model_problems import checked
from silian.library.problems import FileRefused
from silian.library.source_model import FileModel, Identifier, Words


class ScoreCaseFile(FileModel):
    """One worked score; ``null`` takes a fact away, ``points`` may name some leaves only."""

    name_zh: Words
    facts: dict[str, FactValue] = {}
    points: dict[Identifier, float | None] = {}
    total: float | None
    provisional_total: float | None = None
    passed: bool | None
    withheld: str = ""
    direct_path: str = ""
    failed_minima: list[Identifier] = []
    missing: list[str] = []


class ScoreCasesFile(FileModel):
    """The worked scores of one version of a system."""

    system_id: Identifier
    as_of: date
    base: dict[str, FactValue]
    cases: Annotated[list[ScoreCaseFile], Field(min_length=2)]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreCase:
    """One worked score, ready to be asked."""

    path: Path
    system_id: str
    as_of: date
    row: Mapping[str, Any]
    expected: ScoreCaseFile

    def differences(self, systems: tuple[IndicatorSystem, ...]) -> tuple[str, ...]:
        """What the engine answers otherwise; empty where it agrees."""
        system = system_in_force(systems, self.system_id, self.as_of)
        compiled = compile_system(system, fact_schema(system.subject), as_of=self.as_of)
        score = score_subject(compiled, self.row)
        wanted = self.expected
        points = {leaf.indicator.indicator_id: leaf.points for leaf in score.leaves}
        found: dict[str, tuple[Any, Any]] = {
            "total": (score.total, wanted.total),
            "passed": (score.passed, wanted.passed),
            "withheld": (score.withheld, wanted.withheld),
            "direct_path": (score.direct_path, wanted.direct_path),
            "failed_minima": (score.failed_minima, tuple(wanted.failed_minima)),
            "missing": (tuple(sorted(score.missing)), tuple(sorted(wanted.missing))),
        }
        if wanted.provisional_total is not None:
            found["provisional_total"] = (score.provisional_total, wanted.provisional_total)
        for name, expected in wanted.points.items():
            found[f"points of {name}"] = (points.get(name), expected)
        return tuple(
            f"{name}: the engine says {got!r}, the case {expected!r}"
            for name, (got, expected) in found.items()
            if _in_millionths(got) != _in_millionths(expected)
        )


def _in_millionths(value: Any) -> Any:
    """Figures as marks compare them: the engine's grid differs from decimals by a billionth."""
    return round(value, 6) if isinstance(value, float) else value


def load_score_cases(path: Path) -> tuple[ScoreCase, ...]:
    """Read one file of worked scores.

    Raises
    ------
    FileRefused
        With every problem, its line and its remedy.
    """
    document = read_marked(text_of(path), str(path))
    cases = checked(ScoreCasesFile, document)
    if cases is None:
        raise FileRefused(path, document.problems)
    return tuple(
        ScoreCase(
            path=path,
            system_id=cases.system_id,
            as_of=cases.as_of,
            row={name: as_fact(value) for name, value in {**cases.base, **one.facts}.items()},
            expected=one,
        )
        for one in cases.cases
    )
