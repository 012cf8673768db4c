"""The ladder of enterprises and the plans that measure it, from ``ladder.yaml``."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from silian.errors import EngineError
from silian.library.facts import codes
from silian.library.loading import read_library_yaml
from silian.sources import Source


class LadderFault(EngineError, ValueError):
    """``ladder.yaml`` names a title that the library doesn't have, or repeats a step."""

    code = "ladder_fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step.

    Attributes
    ----------
    titles
        Codes of ``codes/titles.yaml``; any of them puts an enterprise on the step.
    policy_id
        Policy whose conditions lead here, or empty.
    """

    step: int
    code: str
    titles: tuple[str, ...]
    policy_id: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """How many enterprises are to hold one of some titles: ``factor`` times those of the base."""

    code: str
    titles: tuple[str, ...]
    factor: float
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A plan with its targets; the base year is chosen where it is measured."""

    code: str
    label_zh: str
    label_en: str
    span_years: int
    source: Source
    targets: tuple[Target, ...]


@cache
def ladder_steps() -> tuple[Step, ...]:
    """Steps, lowest first.

    Examples
    --------
    >>> [step.code for step in ladder_steps()][:3]
    ['technology_sme', 'innovative_sme', 'high_tech_enterprise']
    """
    steps = tuple(
        Step(titles=_known(row.pop("titles")), policy_id=row.pop("policy"), **row)
        for row in map(dict, _document()["steps"])
    )
    if [step.step for step in steps] != list(range(1, len(steps) + 1)):
        raise LadderFault("the steps of ladder.yaml are not 1, 2, 3 ...; number them in order.")
    return steps


def step_of_title(title: str | None) -> int:
    """Step on which a title puts an enterprise, 0 for one that is on none.

    Examples
    --------
    >>> step_of_title("high_tech_enterprise"), step_of_title("city_patent_pilot")
    (3, 0)
    """
    return next((step.step for step in ladder_steps() if title in step.titles), 0)


@cache
def ladder_plans() -> tuple[Plan, ...]:
    """Plans, in the order of the file.

    Examples
    --------
    >>> [(plan.code, plan.source.verified) for plan in ladder_plans()]
    [('double_growth', False)]
    """
    return tuple(_plan(dict(row)) for row in _document()["plans"])


@cache
def ladder_source() -> Source:
    """Where the order of the steps comes from."""
    return Source(**_document()["source"])


def _plan(row: dict[str, Any]) -> Plan:
    targets = tuple(
        Target(titles=_known(target.pop("titles")), **target)
        for target in map(dict, row.pop("targets"))
    )
    return Plan(source=Source(**row.pop("source")), targets=targets, **row)


def _known(titles: list[str]) -> tuple[str, ...]:
    for code in titles:
        if code not in codes("titles"):
            raise LadderFault(
                f"ladder.yaml names the title {code!r}, which codes/titles.yaml doesn't have."
            )
    return tuple(titles)


@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = read_library_yaml("ladder.yaml")
    return document
