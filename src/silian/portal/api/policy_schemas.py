"""What the API's operations on policies, facts, scores and diagnoses take and give."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import Field

from silian.portal.api.schemas import Day, Input

YEAR = Field(None, ge=1950, le=2100, description="Year of the facts, the latest by default（年度）")
AS_OF = Field(None, description="Day as of which all is told, today by default（基准日）")
EXAMPLE_ORGANISATION = "org-gr5qcddxwxn3z7gw"


class DayQuery(Schema):
    """On which day, and by which year's facts.

    A past day is answered as it was known at its end: the versions of policies and systems, the
    facts, ranks and peers of that day. Days before any facts came: those of the first day.
    """

    as_of: Day | None = AS_OF
    year: int | None = YEAR


class JointQuery(DayQuery):
    """Policies that are wanted together."""

    policy: list[str] = Field(
        [], max_length=12, description="Ids of policies, repeated（政策编号，可多个）"
    )
    step: str = Field(
        "",
        max_length=40,
        description="A step of the ladder: its policy, and what is near and asks for its titles"
        "（梯队层级）",
    )


class CityQuery(DayQuery):
    """A page of a city-wide list."""

    limit: int = Field(50, ge=1, le=200)
    offset: int = Field(0, ge=0, le=1_000_000)


class RankingQuery(CityQuery):
    """A page of a ranking, of a part of the city."""

    region: str = Field("", max_length=12, description="Region code or its beginning（地区代码）")
    industry: str = Field("", max_length=8, description="Industry code's beginning（行业代码）")


class PolicyBriefOut(Schema):
    """A policy by name, and where it is written."""

    policy_id: str = Field(examples=["technology_sme"])
    label_zh: str
    label_en: str
    kind: Literal["title", "money", "class"]
    valid_from: date
    source: dict[str, Any] = Field(description="Title, issuer, number, link, whether verified.")


class PolicyOut(PolicyBriefOut):
    """One policy in full: figures, conditions with clauses, amount, window, versions."""

    as_of: date
    in_force: bool
    published_here: bool = Field(description="From a draft of the portal, not shipped with it.")
    valid_until: date | None
    region_code: str
    summary_zh: str
    summary_en: str
    parameters: list[dict[str, Any]]
    conditions: list[dict[str, Any]]
    amount: dict[str, Any] | None
    window: dict[str, Any] | None
    attachments: list[dict[str, Any]]
    groups: list[dict[str, Any]] = Field(description="Stacking groups that it stands in.")
    versions: list[dict[str, Any]]
    notes_zh: list[str]


class ListedOut(Schema):
    """An enterprise in a city-wide list."""

    organisation_id: str
    name: str
    region_code: str
    region_name: str = Field("", description="Empty where no region has the code（地区名称）")
    industry_code: str
    amount_cny: float | None
    on_declared: bool = Field(
        False, description="Whether the answer rests on facts that are declared alone（依申报）"
    )


class EntitledOut(Schema):
    """Who is entitled under a policy, the largest amount first."""

    policy_id: str
    as_of: date
    year: int
    rows: list[ListedOut]
    entitled_count: int
    near_count: int
    unknown_count: int
    not_entitled_count: int
    total_cny: float
    declared_count: int = Field(description="Of them on declared facts, verified by nobody")
    declared_cny: float


class NearMissOut(ListedOut):
    """One who fails a single changeable condition, and by how much."""

    condition_id: str
    label_zh: str
    label_en: str
    distance_rate: float | None
    gaps: list[dict[str, Any]]


class NearMissesOut(Schema):
    """Who narrowly misses a policy, the nearest first."""

    policy_id: str
    as_of: date
    year: int
    rows: list[NearMissOut]
    total_count: int
    counts_by_condition: dict[str, int]


class FactOut(Schema):
    """One fact with where it comes from."""

    code: str
    label_zh: str
    label_en: str
    unit: str
    value: Any
    status: str
    register_code: str
    record_id: str


class FactsOut(Schema):
    """What is known of an enterprise in one year; what is not listed is unknown."""

    organisation_id: str
    year: int
    years: list[int]
    facts: list[FactOut]


class FactsIn(Input):
    """Facts to declare, by code; one that is null or empty is unknown again."""

    values: dict[str, Any] = Field(
        max_length=200, examples=[{"revenue_cny": "52000000", "employee_count": 86}]
    )


class VerificationIn(Input):
    """Facts that hold, with the values that were read, and those found to be otherwise."""

    shown: dict[str, Any] = Field(
        max_length=200,
        examples=[{"revenue_cny": 52000000, "employee_count": 86}],
        description="Values as they were read; refused with 409 where one is another now.",
    )
    corrected: dict[str, Any] = Field({}, max_length=200, examples=[{"export_cny": 0}])


class EntitlementsOut(Schema):
    """How an enterprise stands under every policy in force."""

    organisation_id: str
    as_of: date
    year: int
    total_cny: float = Field(
        description="Of the best lawful combination, as far as amounts are known（最优组合，元）"
    )
    total_unverified_cny: float = Field(
        description="What of it rests on policies, clauses or figures that nobody has read in a "
        "published copy（其中未核对来源）"
    )
    unknown_amounts: list[str] = Field(
        description="Policies that it may have, with an amount that facts are missing for; in no "
        "total（金额待补数据）"
    )
    paid_earlier_cny: dict[str, float] = Field(
        description="Paid for earlier years, by policy id; taken off where only the difference is "
        "paid: `stacking.kept[].deductions` of kind `paid_earlier`（以前年度已付）"
    )
    unverified: list[str] = Field(description="Policies whose answer rests on something unverified")
    total_declared_cny: float = Field(
        description="What of the total rests on facts that are declared and verified by nobody"
        "（其中依企业申报数据）"
    )
    declared: dict[str, list[str]] = Field(
        description="By policy id the facts behind its answer that are declared alone"
    )
    entitled: list[dict[str, Any]]
    near: list[dict[str, Any]]
    far: list[dict[str, Any]]
    unknown: list[dict[str, Any]]
    stacking: dict[str, Any]
    calendar: list[dict[str, Any]]


class GuidanceOut(PolicyBriefOut):
    """One policy for one enterprise: conditions, gaps, and the cheapest changes."""

    entitlement: str
    amount_cny: float | None = Field(description="By the policy itself（政策测算）")
    payable_cny: float | None = Field(
        description="What is left of it where only the difference to earlier payments is paid "
        "（扣除以前年度已付后）"
    )
    conditions: list[dict[str, Any]]
    trace: list[dict[str, Any]] = Field(
        description="Steps of the amount, last what earlier payments take off (`paid_earlier`)."
    )
    missing: list[dict[str, Any]]
    attachments: list[dict[str, Any]]
    gaps: list[dict[str, Any]]
    plan: dict[str, Any] | None = Field(
        description="Changes with their cost, or `reason` and `message` where there are none."
    )
    assumptions_verified: bool


class JointPlanOut(Schema):
    """One set of changes that leads to several policies."""

    organisation_id: str
    as_of: str
    year: int
    step: str
    wanted: list[dict[str, Any]] = Field(description="Asked for and not met yet（待达到）")
    held: list[dict[str, Any]] = Field(description="Asked for and met already（已符合）")
    plan: dict[str, Any] | None = Field(
        description="Changes, each with its cost and `needed_by`, and what they unlock; or "
        "`reason` and `obstacles`; null where all are met（路径）"
    )
    total_cny: float = Field(description="Best lawful combination now（现在的最优组合，元）")
    total_after_cny: float | None = Field(description="The same after the changes（改变之后，元）")
    unknown_after: list[str]
    assumptions_verified: bool


class ScoreOut(Schema):
    """A score, decomposed; ``total`` is null where it is withheld or unknown."""

    system_id: str
    label_zh: str
    label_en: str
    version: str
    official: bool
    year: int
    stage: str
    total: float | None
    provisional_total: float | None = Field(description="Never to be shown as official.")
    withheld: str
    grade: str
    rank: int | None = Field(description="Null also where too few are ranked to tell.")
    percentile: float | None
    n_ranked: int
    passed: bool | None
    failed_minima: list[str]
    missing: list[str]
    branches: list[dict[str, Any]]
    leaves: list[dict[str, Any]]
    peers: dict[str, Any] | None = Field(
        description="Null where too few peers tell; the median is nobody's own figure."
    )


class SystemOut(Schema):
    """An indicator system by name and version."""

    system_id: str
    label_zh: str
    label_en: str
    version: str
    official: bool
    valid_from: date
    source: dict[str, Any]


class RankedOut(Schema):
    """One line of a ranking."""

    organisation_id: str
    name: str
    total: float | None
    provisional_total: float | None
    grade: str
    rank: int | None
    stage: str


class RankingOut(Schema):
    """Enterprises by their totals, the best first."""

    system_id: str
    year: int
    rows: list[RankedOut]
    total_count: int
    ranked_count: int
    counts_by_grade: dict[str, int]
    withheld: str


class DiagnosisIn(Input):
    """What to make a diagnosis of."""

    as_of: Day | None = AS_OF
    year: int | None = YEAR


class DiagnosisBriefOut(Schema):
    """A diagnosis in a list."""

    public_id: UUID
    organisation_id: str
    year: int
    as_of: date
    state: str
    entitled_count: int
    near_count: int
    unknown_count: int
    amount_cny: str | None
    created_at: Any
    signed_at: Any


class AdviceIn(Input):
    """Which finding to act on, and how."""

    finding_code: str = Field(max_length=200, examples=["policy.near.technology_sme"])
    kind: Literal["need", "position", "application"]
    title: str = Field("", max_length=300)
    text: str = Field("", max_length=20_000)


class AdviceOut(Schema):
    """What was made of a finding."""

    finding_code: str
    kind: str
    target_id: str = Field(description="Public id of the need, or of the application.")


class ScenarioIn(Input):
    """Changed parameters of a policy, tried on the city."""

    name: str = Field("", max_length=200)
    policy_id: str = Field(max_length=100, examples=["chengyu_research_subsidy"])
    overrides: dict[str, str | float | bool] = Field(
        min_length=1, max_length=50, examples=[{"large_research_cny": 5_000_000}]
    )
    as_of: Day | None = AS_OF
    year: int | None = YEAR


class ScenarioOut(Schema):
    """A scenario; ``result`` once it is done."""

    public_id: UUID
    name: str
    policy_id: str
    year: int
    as_of: date
    overrides: dict[str, Any]
    state: str
    error_message: str
    result: dict[str, Any] = Field(description="Winners, losers, cost, groups, enterprises.")
