"""The form of a policy file, and the engine's values made of it."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from silian.engines.rules.values import (
    AmountRule,
    ApplicationWindow,
    Attachment,
    Budget,
    Cap,
    Condition,
    Let,
    Parameter,
    ParameterValue,
    Policy,
    StackingGroup,
    Tier,
    TopUp,
)
from silian.library.ladder import step_of_title
from silian.library.source_model import (
    ClauseSource,
    DocumentSource,
    Expression,
    FileModel,
    Identifier,
    Label,
    Words,
    narrowed,
)
from silian.sources import Source

Figure = bool | int | float | date | str
DayOfYear = Annotated[str, StringConstraints(pattern=r"^\d\d-\d\d$")]
RegionCode = Annotated[str, StringConstraints(pattern=r"^\d{6}$")]
Unit = Literal[
    "cny", "rate", "persons", "items", "years", "points", "hours", "mu", "rank", "date", "text", ""
]


class Labelled(FileModel):
    """Something with a name in both languages."""

    label_zh: Label
    label_en: Label


class ParameterValueFile(FileModel):
    """One value of a parameter, from a day on."""

    valid_from: date
    value: Figure
    source: ClauseSource | None = None


class ParameterFile(Labelled):
    """A figure; ``value`` alone holds from the policy's first day."""

    unit: Unit
    value: Figure | None = None
    values: list[ParameterValueFile] = []
    source: ClauseSource | None = None


class LetFile(Labelled):
    """A named expression; with a source it may hold a published table of figures."""

    unit: Unit
    expression: Expression
    source: ClauseSource | None = None


class ConditionFile(Labelled):
    """One condition; ``changeable: false`` where nobody can change it within a year."""

    expression: Expression
    source: ClauseSource
    changeable: bool = True


class PaymentFile(Labelled):
    """One tier or top-up."""

    when: Expression
    amount_cny: Expression
    source: ClauseSource


class CapFile(Labelled):
    """An upper bound."""

    limit_cny: Expression
    source: ClauseSource


class AmountFile(FileModel):
    """How much."""

    tiers: Annotated[dict[Identifier, PaymentFile], Field(min_length=1)]
    top_ups: dict[Identifier, PaymentFile] = {}
    caps: dict[Identifier, CapFile] = {}


class BudgetFile(FileModel):
    """Money set apart."""

    amount_cny: Expression
    rationing: Literal["first_come", "pro_rata", "by_score"]
    source: ClauseSource


class WindowFile(FileModel):
    """Days of the year on which applications are taken."""

    opens: DayOfYear
    closes: DayOfYear
    source: ClauseSource


class AttachmentFile(Labelled):
    """What an application needs beside the facts."""

    required: bool = True


class PolicyFile(Labelled):
    """One dated version of one policy."""

    policy_id: Identifier
    kind: Literal["title", "money", "class"]
    valid_from: date
    valid_until: date | None = None
    region_code: RegionCode | None = None
    title_code: Identifier | None = None
    summary_zh: str = ""
    summary_en: str = ""
    source: DocumentSource
    parameters: dict[Identifier, ParameterFile] = {}
    lets: dict[Identifier, LetFile] = {}
    conditions: Annotated[dict[Identifier, ConditionFile], Field(min_length=1)]
    amount: AmountFile | None = None
    budget: BudgetFile | None = None
    window: WindowFile | None = None
    attachments: dict[Identifier, AttachmentFile] = {}
    notes_zh: list[Words] = []

    def value(self) -> Policy:
        """The engine's value."""
        source = self.source.value()
        return Policy(
            policy_id=self.policy_id,
            label_zh=self.label_zh,
            label_en=self.label_en,
            kind=self.kind,
            source=source,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            region_code=self.region_code or "",
            title_code=self.title_code or "",
            step=step_of_title(self.title_code),
            summary_zh=self.summary_zh,
            summary_en=self.summary_en,
            parameters=tuple(
                _parameter(name, one, source, self.valid_from)
                for name, one in self.parameters.items()
            ),
            lets=tuple(
                Let(let_id=name, **one.model_dump(exclude={"source"}))
                for name, one in self.lets.items()
            ),
            conditions=tuple(
                _condition(name, one, source) for name, one in self.conditions.items()
            ),
            amount=_amount(self.amount, source) if self.amount else None,
            budget=_budget(self.budget, source) if self.budget else None,
            window=_window(self.window, source) if self.window else None,
            attachments=tuple(
                Attachment(attachment_id=name, **one.model_dump())
                for name, one in self.attachments.items()
            ),
            notes_zh=tuple(self.notes_zh),
        )


class StackingGroupFile(Labelled):
    """Which awards may be had together."""

    rule: Literal["exclusive", "at_most", "cap", "difference"]
    policy_ids: Annotated[list[Identifier], Field(min_length=1)]
    source: DocumentSource
    count: Annotated[int, Field(ge=1)] | None = None
    limit_cny: Annotated[float, Field(ge=0)] | None = None
    notes_zh: list[Words] = []


class StackingFile(FileModel):
    """The stacking groups of the library."""

    groups: dict[Identifier, StackingGroupFile]

    def values(self) -> tuple[StackingGroup, ...]:
        """The engine's values."""
        return tuple(
            StackingGroup(
                group_id=name,
                label_zh=group.label_zh,
                label_en=group.label_en,
                rule=group.rule,
                policy_ids=tuple(group.policy_ids),
                source=group.source.value(),
                count=group.count or 1,
                limit_cny=group.limit_cny,
            )
            for name, group in self.groups.items()
        )


def _parameter(name: str, one: ParameterFile, source: Source, first: date) -> Parameter:
    own = narrowed(source, one.source)
    if one.value is not None:
        values: tuple[ParameterValue, ...] = (
            ParameterValue(valid_from=first, value=one.value, source=own),
        )
    else:
        values = tuple(
            ParameterValue(
                valid_from=dated.valid_from,
                value=dated.value,
                source=narrowed(own, dated.source),
            )
            for dated in one.values
        )
    return Parameter(
        parameter_id=name,
        label_zh=one.label_zh,
        label_en=one.label_en,
        unit=one.unit,
        values=values,
    )


def _condition(name: str, one: ConditionFile, source: Source) -> Condition:
    return Condition(
        condition_id=name,
        label_zh=one.label_zh,
        label_en=one.label_en,
        expression=one.expression,
        source=narrowed(source, one.source),
        changeable=one.changeable,
    )


def _amount(rule: AmountFile, source: Source) -> AmountRule:
    def shared(one: PaymentFile) -> dict[str, str]:
        return {
            "label_zh": one.label_zh,
            "label_en": one.label_en,
            "when": one.when,
            "amount_cny": one.amount_cny,
        }

    return AmountRule(
        tiers=tuple(
            Tier(tier_id=name, source=narrowed(source, one.source), **shared(one))
            for name, one in rule.tiers.items()
        ),
        top_ups=tuple(
            TopUp(top_up_id=name, source=narrowed(source, one.source), **shared(one))
            for name, one in rule.top_ups.items()
        ),
        caps=tuple(
            Cap(
                cap_id=name,
                label_zh=one.label_zh,
                label_en=one.label_en,
                limit_cny=one.limit_cny,
                source=narrowed(source, one.source),
            )
            for name, one in rule.caps.items()
        ),
    )


def _budget(budget: BudgetFile, source: Source) -> Budget:
    return Budget(
        amount_cny=budget.amount_cny,
        rationing=budget.rationing,
        source=narrowed(source, budget.source),
    )


def _window(window: WindowFile, source: Source) -> ApplicationWindow:
    return ApplicationWindow(
        opens=window.opens, closes=window.closes, source=narrowed(source, window.source)
    )
