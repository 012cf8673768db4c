"""What a policy is, as data: who may have it, under which clauses, how much, and from when.

Expressions are texts of the clause language (``silian.tables.clauses``) over the facts of a
subject-year, the policy's parameters and its lets. Nothing here is evaluated; ``compile_policies``
does that.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from silian.sources import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterValue:
    """One value of a parameter, from a day on."""

    valid_from: date
    value: float | str | bool | date
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A figure that the issuer may change; expressions name it by ``parameter_id``."""

    parameter_id: str
    label_zh: str
    label_en: str
    unit: str
    values: tuple[ParameterValue, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Let:
    """A named expression that conditions and amounts share; may use earlier lets."""

    let_id: str
    label_zh: str
    label_en: str
    unit: str
    expression: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition with the clause of the document it comes from.

    All conditions of a policy must hold. Alternatives (或) stand inside one expression.

    Attributes
    ----------
    expression
        Boolean; unknown where a fact that decides it is missing.
    changeable
        False where no effort of the subject can change it within a year (region, age, industry):
        such a miss is "far", and no way is sought around it.
    """

    condition_id: str
    label_zh: str
    label_en: str
    expression: str
    source: Source
    changeable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """One step of an amount: the first tier whose ``when`` holds gives the base amount."""

    tier_id: str
    label_zh: str
    label_en: str
    when: str
    amount_cny: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class TopUp:
    """An addition to the base (上浮): ``amount_cny`` may use the name ``base_amount_cny``."""

    top_up_id: str
    label_zh: str
    label_en: str
    when: str
    amount_cny: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """An upper bound of base plus top-ups, as an expression in yuan."""

    cap_id: str
    label_zh: str
    label_en: str
    limit_cny: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountRule:
    """How much: the first fitting tier, plus every fitting top-up, under every cap.

    Rounded down to whole cents once, at the end. No tier fits: the amount is 0.
    """

    tiers: tuple[Tier, ...]
    top_ups: tuple[TopUp, ...] = ()
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Money set apart for one policy and period, and what happens when it is not enough.

    Attributes
    ----------
    rationing
        ``first_come`` by day of application, ``pro_rata`` by amount, ``by_score`` from the
        highest score down; ties by subject id.
    """

    amount_cny: str  # an expression over parameters
    rationing: Literal["first_come", "pro_rata", "by_score"]
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationWindow:
    """Days of the year on which applications are taken, as ``MM-DD``, both included."""

    opens: str
    closes: str
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """What an application needs beside the facts."""

    attachment_id: str
    label_zh: str
    label_en: str
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One dated version of one policy.

    Attributes
    ----------
    policy_id
        Stable over its versions; lower-case words with underscores.
    kind
        ``title``: a recognition, grants ``title_code``; ``money``: pays; ``class``: puts the
        subject in a class other engines read (guarantee sharing).
    valid_from, valid_until
        Both included; ``None``: open.
    step
        Place on the ladder of enterprises (企业梯队), 0 where it is not a step.
    """

    policy_id: str
    label_zh: str
    label_en: str
    kind: Literal["title", "money", "class"]
    source: Source
    valid_from: date
    valid_until: date | None = None
    region_code: str = ""
    title_code: str = ""
    step: int = 0
    summary_zh: str = ""
    summary_en: str = ""
    parameters: tuple[Parameter, ...] = ()
    lets: tuple[Let, ...] = ()
    conditions: tuple[Condition, ...] = ()
    amount: AmountRule | None = None
    budget: Budget | None = None
    window: ApplicationWindow | None = None
    attachments: tuple[Attachment, ...] = ()
    notes_zh: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StackingGroup:
    """Which awards may be had together.

    Attributes
    ----------
    rule
        ``exclusive``: at most one of them (择一); ``at_most``: at most ``count``; ``cap``: their
        sum is cut to ``limit_cny``; ``difference``: of them only the highest counts, and what
        was paid earlier is taken off (就高补差).
    """

    group_id: str
    label_zh: str
    label_en: str
    rule: Literal["exclusive", "at_most", "cap", "difference"]
    policy_ids: tuple[str, ...]
    source: Source
    count: int = 1
    limit_cny: float | None = None


# -- answers ----------------------------------------------------------------------------------

Standing = Literal["met", "unmet", "unknown"]
Entitlement = Literal["entitled", "not_entitled", "unknown", "not_in_force"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionAnswer:
    """How one condition stands for one subject.

    Attributes
    ----------
    values
        Every fact, let and parameter that the expression names, with its value (``None``:
        missing), in the order of the text.
    missing
        Facts without which it can't be decided; empty unless ``standing`` is ``unknown``.
    """

    condition: Condition
    standing: Standing
    values: tuple[tuple[str, float | str | bool | date | None], ...]
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountStep:
    """One line of an amount's trace; ``amount_cny`` adds to (or, for caps, cuts) the sum so far.

    The steps of a trace, read as the decimals they print as, sum to the amount exactly.
    """

    step_id: str
    kind: Literal["tier", "top_up", "cap", "rounding"]
    label_zh: str
    label_en: str
    expression: str
    values: tuple[tuple[str, float | str | bool | date | None], ...]
    amount_cny: float
    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyAnswer:
    """How one policy stands for one subject on one day.

    Attributes
    ----------
    amount_cny
        ``None`` for policies that pay nothing and where the amount is unknown. For a subject
        that is not entitled: what it would get if it were (from the facts as they are).
    missing
        Facts that keep the answer unknown (conditions and amount).
    subject_id
        Whose answer it is, where the caller said so.
    """

    policy: Policy
    as_of: date
    entitlement: Entitlement
    conditions: tuple[ConditionAnswer, ...]
    amount_cny: float | None = None
    trace: tuple[AmountStep, ...] = ()
    missing: tuple[str, ...] = ()
    subject_id: str = ""
