"""Operations on policies and indicator systems: what is in force, and the city under them."""

from dataclasses import asdict
from datetime import date
from typing import Annotated, Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.policy_schemas import (
    CityQuery,
    DayQuery,
    EntitledOut,
    NearMissesOut,
    PolicyBriefOut,
    PolicyOut,
    RankingOut,
    RankingQuery,
    SystemOut,
)
from silian.portal.audit import domain as audit
from silian.portal.industry.domain import city_lists, ladder, policies, scores
from silian.portal.industry.domain.policy_values import (
    near_miss_values,
    page_values,
    plain_tree,
    policy_brief,
)
from silian.portal.industry.domain.score_values import system_brief
from silian.portal.industry.interfaces.policy_faces import region_names

router = Router(tags=["政策 Policies"])
PolicyId = Annotated[
    str, Path(max_length=100, description="A policy's id（政策编号）", examples=["technology_sme"])
]
SystemId = Annotated[
    str,
    Path(
        max_length=100,
        description="An indicator system's id（评价体系编号）",
        examples=["technology_sme_points"],
    ),
]


def day_of(as_of: date | None) -> date:
    """The day asked for, or today."""
    return as_of or timezone.localdate()


@router.get(
    "/policies",
    operation_id="list_policies",
    response=list[PolicyBriefOut],
    auth=EVERYBODY,
    summary="Policies in force 有效政策",
)
def list_policies(request: HttpRequest, query: Query[DayQuery]) -> Any:
    """One version of every policy that counts on the day, by id; the year doesn't matter here."""
    return [policy_brief(one) for one in policies.policies_in_force(day_of(query.as_of))]


@router.get(
    "/policies/{policy_id}",
    operation_id="get_policy",
    response=PolicyOut,
    auth=EVERYBODY,
    summary="A policy in full 政策详情",
)
def get_policy(request: HttpRequest, policy_id: PolicyId, query: Query[DayQuery]) -> Any:
    """Conditions with their clauses, figures by date, amounts, windows, versions and sources."""
    return page_values(policies.policy_page(policy_id, day_of(query.as_of)))


@router.get(
    "/policies/{policy_id}/entitled",
    operation_id="list_entitled",
    response=EntitledOut,
    summary="Who is entitled 应享名单",
)
def list_entitled(request: HttpRequest, policy_id: PolicyId, query: Query[CityQuery]) -> Any:
    """All enterprises that meet every condition, with their amounts, before any budget."""
    found = city_lists.entitled_list(
        policy_id,
        as_of=day_of(query.as_of),
        year=query.year,
        limit=query.limit,
        offset=query.offset,
    )
    audit.log("entitlement.list", viewer_of(request), policy_id, year=found.year, via="api")
    names = [name for name in EntitledOut.model_fields if name not in ("policy_id", "rows")]
    return {name: getattr(found, name) for name in names} | {
        "policy_id": policy_id,
        "rows": _with_regions([asdict(row) for row in found.rows]),
    }


def _with_regions(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = region_names(row["region_code"] for row in rows if row["region_code"])
    return [row | {"region_name": names.get(row["region_code"], "")} for row in rows]


@router.get(
    "/policies/{policy_id}/near-misses",
    operation_id="list_near_misses",
    response=NearMissesOut,
    summary="Who narrowly misses 接近名单",
)
def list_near_misses(request: HttpRequest, policy_id: PolicyId, query: Query[CityQuery]) -> Any:
    """Enterprises that fail exactly one condition that effort can change, the nearest first."""
    found = city_lists.near_misses(
        policy_id,
        as_of=day_of(query.as_of),
        year=query.year,
        limit=query.limit,
        offset=query.offset,
    )
    audit.log("entitlement.list", viewer_of(request), policy_id, year=found.year, via="api")
    return {
        "policy_id": policy_id,
        "as_of": found.as_of,
        "year": found.year,
        "rows": _with_regions([near_miss_values(row) for row in found.rows]),
        "total_count": found.total_count,
        "counts_by_condition": dict(found.counts_by_condition),
    }


@router.get(
    "/indicator-systems",
    operation_id="list_indicator_systems",
    response=list[SystemOut],
    auth=EVERYBODY,
    summary="Indicator systems in force 评价体系",
)
def list_indicator_systems(request: HttpRequest, query: Query[DayQuery]) -> Any:
    """One version of every system for enterprises that counts on the day; the year is ignored."""
    return [system_brief(one) for one in scores.systems_in_force(day_of(query.as_of))]


@router.get(
    "/indicator-systems/{system_id}/ranking",
    operation_id="get_ranking",
    response=RankingOut,
    summary="Ranking of enterprises 企业排名",
)
def get_ranking(request: HttpRequest, system_id: SystemId, query: Query[RankingQuery]) -> Any:
    """Enterprises by total under one system; nobody is ranked where totals are withheld."""
    found = scores.ranking(
        system_id,
        as_of=day_of(query.as_of),
        year=query.year,
        region_code=query.region,
        industry_code=query.industry,
        limit=query.limit,
        offset=query.offset,
    )
    return {
        "system_id": system_id,
        "year": found.year,
        "rows": [asdict(row) for row in found.rows],
        "total_count": found.total_count,
        "ranked_count": found.ranked_count,
        "counts_by_grade": dict(found.counts_by_grade),
        "withheld": found.withheld,
    }


@router.get(
    "/ladder",
    operation_id="get_ladder",
    response=dict[str, Any],
    summary="Ladder of enterprises 企业梯队",
)
def get_ladder(request: HttpRequest, query: Query[DayQuery]) -> Any:
    """Counts by step and year and the flows into a year; only the year is looked at."""
    found: Any = plain_tree(ladder.ladder(query.year))
    return found
