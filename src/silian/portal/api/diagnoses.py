"""Operations on kept diagnoses and on what-if scenarios."""

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Status

from silian.portal.accounts.domain.access import allowed, require, viewer_of
from silian.portal.api.files import file_response
from silian.portal.api.paging import PageQuery, page_of
from silian.portal.api.policies import day_of
from silian.portal.api.policy_schemas import AdviceIn, AdviceOut, ScenarioIn, ScenarioOut
from silian.portal.api.problems import Refusal
from silian.portal.api.schemas import Page
from silian.portal.exchange.domain.diagnosis_advice import advise
from silian.portal.exchange.interfaces.diagnosis_report import MEDIA_TYPES, as_values, report
from silian.portal.exchange.models import Diagnosis
from silian.portal.industry.domain import scenarios
from silian.portal.industry.models import Scenario

router = Router(tags=["诊断与推演 Diagnoses and scenarios"])
DiagnosisId = Annotated[UUID, Path(description="A diagnosis' id（诊断编号）")]
ScenarioId = Annotated[UUID, Path(description="A scenario's id（推演编号）")]


# The JSON report is an object, the others are files.
_REPORT_ANSWERS = file_response("application/pdf", "text/html")
_REPORT_ANSWERS["responses"][200]["content"]["application/json"] = {"schema": {"type": "object"}}


def _diagnosis(request: HttpRequest, diagnosis_id: UUID, action: str) -> Diagnosis:
    """The diagnosis, if the viewer may do this; another's can't be told from none."""
    viewer = viewer_of(request)
    kept = Diagnosis.objects.select_related("organisation", "signed_by")
    found = kept.filter(public_id=diagnosis_id).first()
    if found is None or not allowed(viewer, "diagnosis.read", found):
        raise Refusal(
            404,
            "diagnosis_not_found",
            "没有这份诊断，或您无权查看。",
            f"diagnosis is {diagnosis_id}; there is none, or it is not yours.",
        )
    require(viewer, action, found)
    return found


@router.get(
    "/diagnoses/{diagnosis_id}",
    operation_id="get_diagnosis",
    response=dict[str, Any],
    summary="A diagnosis 诊断内容",
)
def get_diagnosis(request: HttpRequest, diagnosis_id: DiagnosisId) -> Any:
    """All three parts, findings with evidence and distance, and what it was made from."""
    found = _diagnosis(request, diagnosis_id, "diagnosis.read")
    return as_values(found, viewer=viewer_of(request))


@router.get(
    "/diagnoses/{diagnosis_id}/report",
    operation_id="download_diagnosis",
    response={200: None},
    openapi_extra=_REPORT_ANSWERS,
    summary="Diagnosis report 诊断报告",
)
def download_diagnosis(
    request: HttpRequest,
    diagnosis_id: DiagnosisId,
    format: Literal["pdf", "html", "json"] = "pdf",
    language: Annotated[
        Literal["zh", "en"], Query(description="Language of the report（报告语言）")
    ] = "zh",
) -> HttpResponse:
    """The report as a file, with the service team's edits and signature."""
    found = _diagnosis(request, diagnosis_id, "diagnosis.read")
    made = report(found, format, viewer=viewer_of(request), english=language == "en")
    name = f"diagnosis-{found.organisation.public_id}-{found.as_of}.{format}"
    return HttpResponse(
        made,
        content_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post(
    "/diagnoses/{diagnosis_id}/advice",
    operation_id="act_on_finding",
    response={201: AdviceOut},
    summary="Act on a finding 结论转办",
)
def act_on_finding(request: HttpRequest, diagnosis_id: DiagnosisId, payload: AdviceIn) -> Any:
    """Make a draft need, a draft position or an application of a finding; twice makes one."""
    found = _diagnosis(request, diagnosis_id, "diagnosis.advise")
    made = advise(
        found,
        payload.finding_code,
        payload.kind,
        viewer=viewer_of(request),
        title=payload.title,
        text=payload.text,
    )
    names = ("finding_code", "kind", "target_id")
    return Status(201, {name: getattr(made, name) for name in names})


@router.get(
    "/scenarios",
    operation_id="list_scenarios",
    response=Page[ScenarioOut],
    summary="What-if scenarios 政策推演",
)
def list_scenarios(request: HttpRequest, response: HttpResponse, paging: Query[PageQuery]) -> Any:
    """All scenarios, newest first, without their results."""
    rows = scenarios.scenarios(viewer_of(request)).defer("result")
    return page_of(request, response, rows, paging, _brief, newest_first=True)


@router.post(
    "/scenarios",
    operation_id="create_scenario",
    response={202: ScenarioOut},
    summary="Begin a scenario 新建推演",
)
def create_scenario(request: HttpRequest, payload: ScenarioIn) -> Any:
    """Enter changed parameters; a background worker compares the city with and without them."""
    made = scenarios.create_scenario(
        name=payload.name,
        policy_id=payload.policy_id,
        overrides=payload.overrides,
        as_of=day_of(payload.as_of),
        year=payload.year,
        viewer=viewer_of(request),
    )
    scenarios.start_scenario(made)
    return Status(202, _brief(made))


@router.get(
    "/scenarios/{scenario_id}",
    operation_id="get_scenario",
    response=ScenarioOut,
    summary="A scenario with its result 推演结果",
)
def get_scenario(request: HttpRequest, scenario_id: ScenarioId) -> Any:
    """Winners, losers, cost in all and by group, and every enterprise that changes."""
    found = scenarios.scenarios(viewer_of(request)).filter(public_id=scenario_id).first()
    if found is None:
        raise Refusal(
            404, "scenario_not_found", "没有这次推演。", f"scenario is {scenario_id}; none is kept."
        )
    return _brief(found) | {"result": found.result}


def _brief(scenario: Scenario) -> dict[str, Any]:
    names = ("public_id", "name", "policy_id", "year", "as_of", "overrides", "state")
    return {name: getattr(scenario, name) for name in names} | {
        "error_message": scenario.error_message,
        "result": {},
    }
