"""Operations on one enterprise: facts, entitlements, gaps, scores, diagnoses."""

from typing import Annotated, Any, cast

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Status

from silian.library.facts import FACTS
from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.api.paging import PageQuery, page_of
from silian.portal.api.policies import PolicyId, day_of
from silian.portal.api.policy_schemas import (
    EXAMPLE_ORGANISATION,
    DayQuery,
    DiagnosisBriefOut,
    DiagnosisIn,
    EntitlementsOut,
    FactsIn,
    FactsOut,
    GuidanceOut,
    JointPlanOut,
    JointQuery,
    ScoreOut,
    VerificationIn,
)
from silian.portal.api.problems import Refusal
from silian.portal.api.records import found
from silian.portal.api.schemas import Page
from silian.portal.exchange.domain import diagnosis as diagnosis_domain
from silian.portal.exchange.models import Diagnosis
from silian.portal.industry.domain import facts as facts_domain
from silian.portal.industry.domain import facts_writing, scores
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.joint_planning import joint_guidance, joint_values
from silian.portal.industry.domain.planning import guidance_for
from silian.portal.industry.domain.policy_values import (
    entitlements_values,
    guidance_values,
    plain_tree,
)
from silian.portal.industry.domain.score_values import sheet_values
from silian.portal.registry.models import Organisation

router = Router(tags=["企业 Enterprises"])
OrganisationId = Annotated[
    str,
    Path(
        max_length=40,
        description="An organisation's public id（单位编号）",
        examples=[EXAMPLE_ORGANISATION],
    ),
]
Year = Annotated[int, Path(ge=1950, le=2100, description="Year of the facts（年度）")]


def _organisation(request: HttpRequest, organisation_id: str, action: str) -> Organisation:
    """The organisation, if the viewer may know of it and do this to it."""
    viewer = viewer_of(request)
    organisation = cast(Organisation, found(organisation_id, viewer, kind="organisation"))
    require(viewer, action, organisation)
    return organisation


@router.get(
    "/organisations/{organisation_id}/facts",
    operation_id="get_facts",
    response=FactsOut,
    summary="Facts of a year 年度数据",
)
def get_facts(request: HttpRequest, organisation_id: OrganisationId, query: Query[DayQuery]) -> Any:
    """Facts of one year with their registers, as they were known at the end of the day asked."""
    organisation = _organisation(request, organisation_id, "facts.read")
    day = day_of(query.as_of)
    return _facts_values(facts_domain.facts_of(organisation, query.year, known_on=day))


@router.put(
    "/organisations/{organisation_id}/facts/{year}",
    operation_id="declare_facts",
    response=FactsOut,
    summary="Declare facts 申报年度数据",
)
def declare_facts(
    request: HttpRequest, organisation_id: OrganisationId, year: Year, payload: FactsIn
) -> Any:
    """State facts of a year in the enterprise's own name; what is verified goes before it."""
    organisation = _organisation(request, organisation_id, "facts.write")
    facts_writing.declare_facts(organisation, year, payload.values, viewer_of(request))
    return _facts_values(facts_domain.facts_of(organisation, year))


@router.put(
    "/organisations/{organisation_id}/facts/{year}/verification",
    operation_id="verify_facts",
    response=FactsOut,
    summary="Verify facts 核实年度数据",
)
def verify_facts(
    request: HttpRequest, organisation_id: OrganisationId, year: Year, payload: VerificationIn
) -> Any:
    """Confirm the very values that were read; 409 with both where one was changed meanwhile."""
    organisation = _organisation(request, organisation_id, "facts.verify")
    try:
        facts_writing.verify_facts(
            organisation,
            year,
            viewer_of(request),
            shown=payload.shown,
            values=payload.corrected,
        )
    except facts_writing.FactsChanged as refused:
        raise Refusal(
            409,
            refused.code,
            refused.message_zh,
            str(refused),
            errors=[_changed(one) for one in refused.changed],
        ) from refused
    return _facts_values(facts_domain.facts_of(organisation, year))


def _changed(one: facts_writing.ChangedFact) -> dict[str, str]:
    return {
        "field": one.code,
        "code": "changed",
        "message_zh": f"现为 {one.now!r}",
        "message_en": f"is {one.now!r} now",
        "arrived": repr(one.shown),
    }


@router.get(
    "/organisations/{organisation_id}/entitlements",
    operation_id="get_entitlements",
    response=EntitlementsOut,
    summary="Entitlements 政策匹配",
)
def get_entitlements(
    request: HttpRequest, organisation_id: OrganisationId, query: Query[DayQuery]
) -> Any:
    """Entitled, near, far and unknown policies with clauses, amounts, gaps and deadlines."""
    organisation = _organisation(request, organisation_id, "entitlement.read")
    day = day_of(query.as_of)
    return entitlements_values(entitlement_of(organisation, as_of=day, year=query.year))


@router.get(
    "/organisations/{organisation_id}/gaps/{policy_id}",
    operation_id="get_gaps",
    response=GuidanceOut,
    summary="Gaps and cheapest way 差距与路径",
)
def get_gaps(
    request: HttpRequest,
    organisation_id: OrganisationId,
    policy_id: PolicyId,
    query: Query[DayQuery],
) -> Any:
    """How far each unmet condition is, and the cheapest changes under the planning assumptions."""
    organisation = _organisation(request, organisation_id, "entitlement.read")
    day = day_of(query.as_of)
    return guidance_values(guidance_for(organisation, policy_id, as_of=day, year=query.year))


@router.get(
    "/organisations/{organisation_id}/joint-plan",
    operation_id="get_joint_plan",
    response=JointPlanOut,
    summary="Several policies at once 一并规划",
)
def get_joint_plan(
    request: HttpRequest, organisation_id: OrganisationId, query: Query[JointQuery]
) -> Any:
    """The cheapest changes that lead to all named policies, what each is for, what else opens."""
    organisation = _organisation(request, organisation_id, "entitlement.read")
    day = day_of(query.as_of)
    return joint_values(
        joint_guidance(organisation, query.policy, as_of=day, year=query.year, step_code=query.step)
    )


@router.get(
    "/organisations/{organisation_id}/scores",
    operation_id="get_scores",
    response=list[ScoreOut],
    summary="Scores 评价得分",
)
def get_scores(
    request: HttpRequest, organisation_id: OrganisationId, query: Query[DayQuery]
) -> Any:
    """The score under every system in force, decomposed, with rank and peers."""
    organisation = _organisation(request, organisation_id, "score.read")
    day = day_of(query.as_of)
    facts = facts_domain.facts_of(organisation, query.year, known_on=day)
    return [sheet_values(sheet) for sheet in scores.scores_of(facts, as_of=day)]


@router.get(
    "/organisations/{organisation_id}/diagnoses",
    operation_id="list_diagnoses",
    response=Page[DiagnosisBriefOut],
    summary="Diagnoses of an enterprise 企业诊断",
)
def list_diagnoses(
    request: HttpRequest,
    response: HttpResponse,
    organisation_id: OrganisationId,
    paging: Query[PageQuery],
) -> Any:
    """All diagnoses that were kept, newest first, superseded ones too."""
    organisation = _organisation(request, organisation_id, "diagnosis.read")
    rows = diagnosis_domain.diagnoses(viewer_of(request)).filter(organisation=organisation)
    return page_of(request, response, rows, paging, brief_values, newest_first=True)


@router.post(
    "/organisations/{organisation_id}/diagnoses",
    operation_id="make_diagnosis",
    response={201: DiagnosisBriefOut},
    summary="Make a diagnosis 生成诊断",
)
def make_diagnosis(
    request: HttpRequest, organisation_id: OrganisationId, payload: DiagnosisIn
) -> Any:
    """Diagnose an enterprise from its records and the policies of a day, and keep the result."""
    organisation = _organisation(request, organisation_id, "diagnosis.make")
    made = diagnosis_domain.diagnose(
        organisation, as_of=day_of(payload.as_of), year=payload.year, viewer=viewer_of(request)
    )
    return Status(201, brief_values(made))


def brief_values(diagnosis: Diagnosis) -> dict[str, Any]:
    """A diagnosis in a list."""
    names = ("public_id", "year", "as_of", "state", "entitled_count", "near_count")
    return {name: getattr(diagnosis, name) for name in names} | {
        "organisation_id": diagnosis.organisation.public_id,
        "unknown_count": diagnosis.unknown_count,
        "amount_cny": None if diagnosis.amount_cny is None else f"{diagnosis.amount_cny:.2f}",
        "created_at": diagnosis.created_at,
        "signed_at": diagnosis.signed_at,
    }


def _facts_values(row: facts_domain.FactsRow) -> dict[str, Any]:
    return {
        "organisation_id": row.organisation_id,
        "year": row.year,
        "years": list(row.years),
        "facts": [
            {
                "code": fact.code,
                "label_zh": fact.label_zh,
                "label_en": fact.label_en,
                "unit": fact.unit,
                "value": plain_tree(row.values[fact.code]),
                "status": origin.status if origin else "",
                "register_code": origin.register_code if origin else "",
                "record_id": origin.record_public_id if origin else "",
            }
            for fact in FACTS
            if row.values.get(fact.code) is not None
            for origin in (row.origin.get(fact.code),)
        ],
    }
