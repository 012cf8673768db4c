"""Worked cases beside the policies: a person's answer, that the engine's is held against."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from silian.engines.rules.compiling import compile_policies
from silian.engines.rules.subjects import answer_policy
from silian.engines.rules.values import Policy
from silian.library.facts import fact_schema
from silian.library.marked_yaml import read_marked, text_of
from silian.library.model_problems import checked
from silian.library.policy_files import CASES_ENDING
from silian.library.problems import FileRefused
from silian.library.source_model import FileModel, Identifier, Words

FactValue = bool | int | float | date | str | list[str] | None


class PolicyCaseFile(FileModel):
    """One worked case; ``facts`` go over the file's ``base``, ``null`` takes a fact away."""

    name_zh: Words
    facts: dict[str, FactValue] = {}
    entitlement: Literal["entitled", "not_entitled", "unknown"]
    amount_cny: float | None = None
    unmet: list[Identifier] = []
    missing: list[str] = []
    as_of: date | None = None


class PolicyCasesFile(FileModel):
    """The worked cases of one policy version."""

    policy_id: Identifier
    as_of: date
    base: dict[str, FactValue]
    cases: Annotated[list[PolicyCaseFile], Field(min_length=3)]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCase:
    """One worked case, ready to be asked.

    Attributes
    ----------
    row
        Facts as the engine reads them.
    unmet, missing
        Conditions that must be unmet, and facts that must be named as missing; exactly these.
    """

    path: Path
    name_zh: str
    policy_id: str
    as_of: date
    row: Mapping[str, Any]
    entitlement: str
    amount_cny: float | None
    unmet: tuple[str, ...]
    missing: tuple[str, ...]

    def differences(self, policies: tuple[Policy, ...]) -> tuple[str, ...]:
        """What the engine answers otherwise; empty where it agrees."""
        compiled = compile_policies(
            [one for one in policies if one.policy_id == self.policy_id],
            fact_schema(),
            as_of=self.as_of,
        )
        if not compiled.policies:
            return (f"no version of {self.policy_id} is in force on {self.as_of}",)
        answer = answer_policy(compiled.policies[0], self.row)
        unmet = tuple(
            one.condition.condition_id for one in answer.conditions if one.standing == "unmet"
        )
        found = {
            "entitlement": (answer.entitlement, self.entitlement),
            "unmet": (unmet, self.unmet),
            "missing": (tuple(sorted(answer.missing)), tuple(sorted(self.missing))),
        }
        if self.amount_cny is not None or self.entitlement == "entitled":
            found["amount_cny"] = (answer.amount_cny, self.amount_cny)
        return tuple(
            f"{name}: the engine says {got!r}, the case {wanted!r}"
            for name, (got, wanted) in found.items()
            if got != wanted
        )


def cases_path(policy_path: Path) -> Path:
    """Where the cases of a policy file stand."""
    return policy_path.with_name(policy_path.stem + CASES_ENDING)


def load_cases(path: Path) -> tuple[PolicyCase, ...]:
    """Read one file of worked cases.

    Raises
    ------
    FileRefused
        With every problem, its line and its remedy.
    """
    document = read_marked(text_of(path), str(path))
    cases = checked(PolicyCasesFile, document)
    if cases is None:
        raise FileRefused(path, document.problems)
    return tuple(
        PolicyCase(
            path=path,
            name_zh=one.name_zh,
            policy_id=cases.policy_id,
            as_of=one.as_of or cases.as_of,
            row={name: as_fact(value) for name, value in {**cases.base, **one.facts}.items()},
            entitlement=one.entitlement,
            amount_cny=one.amount_cny,
            unmet=tuple(one.unmet),
            missing=tuple(one.missing),
        )
        for one in cases.cases
    )


def as_fact(value: FactValue) -> Any:
    """A fact as the engines read it: a list of codes as ``;a;b;``.

    Examples
    --------
    >>> as_fact(["little_giant", "innovative_sme"]), as_fact([])
    (';innovative_sme;little_giant;', ';')
    """
    if isinstance(value, list):
        return ";" + "".join(f"{code};" for code in sorted(value))
    return value
