"""Operations of what people did with matches: record, correct, withdraw, restore."""

from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.matching import NeedId, need_of
from silian.portal.api.paging import PageQuery, page_of
from silian.portal.api.problems import Refusal
from silian.portal.api.records import found
from silian.portal.api.representation import outcome_values
from silian.portal.api.schemas import OutcomeCorrection, OutcomeIn, OutcomeOut, Page
from silian.portal.exchange.domain import outcomes
from silian.portal.exchange.domain.pairs import own_outcomes
from silian.portal.exchange.models import Outcome

router = Router(tags=["匹配 Matching"])
OutcomeId = Annotated[int, Path(ge=1, le=2**63 - 1, description="（结果编号）")]


class OutcomeFilter(Schema):
    """Whose outcomes."""

    need_id: str = Field("", max_length=40, description="Of this need only（需求编号）")
    supply_id: str = Field("", max_length=40, description="Of this supply only（供给编号）")


@router.get(
    "/outcomes",
    operation_id="list_outcomes",
    response=Page[OutcomeOut],
    summary="Outcomes 匹配结果",
)
def list_outcomes(
    request: HttpRequest,
    response: HttpResponse,
    narrowing: Query[OutcomeFilter],
    paging: Query[PageQuery],
) -> Any:
    """What was done with the matches of your own needs, newest first."""
    viewer = viewer_of(request)
    rows = own_outcomes(viewer).select_related("match__need")
    if narrowing.need_id:
        rows = rows.filter(match__need__public_id=narrowing.need_id)
    if narrowing.supply_id:
        rows = rows.filter(match__supply_id=narrowing.supply_id)
    return page_of(request, response, rows, paging, outcome_values, newest_first=True)


@router.post(
    "/needs/{need_id}/outcomes",
    operation_id="record_outcome",
    response={201: OutcomeOut},
    summary="Record an outcome 记录结果",
)
def record_outcome(request: HttpRequest, need_id: NeedId, payload: OutcomeIn) -> Any:
    """Say what was done with a match: contacted, unsuitable (why), signed (for how much)."""
    viewer = viewer_of(request)
    need = need_of(need_id, viewer)
    found(payload.supply_id, viewer)
    outcome = outcomes.record_outcome(
        need=need,
        supply_id=payload.supply_id,
        action=payload.action,
        viewer=viewer,
        reason=payload.reason,
        amount_cny=payload.amount_cny,
        confirmed=payload.confirmed,
    )
    return Status(201, outcome_values(_outcome(outcome.pk)))


@router.post(
    "/outcomes/{outcome_id}/correction",
    operation_id="correct_outcome",
    response={201: OutcomeOut},
    summary="Correct an outcome 修改结果",
)
def correct_outcome(request: HttpRequest, outcome_id: OutcomeId, payload: OutcomeCorrection) -> Any:
    """Put another reason or amount in the place of a match's last outcome; the trail keeps both."""
    corrected = outcomes.correct(
        _outcome(outcome_id),
        viewer_of(request),
        reason=payload.reason,
        amount_cny=payload.amount_cny,
        confirmed=payload.confirmed,
    )
    return Status(201, outcome_values(_outcome(corrected.pk)))


@router.post(
    "/outcomes/{outcome_id}/withdrawal",
    operation_id="withdraw_outcome",
    response={201: OutcomeOut},
    summary="Withdraw an outcome 撤回结果",
)
def withdraw_outcome(request: HttpRequest, outcome_id: OutcomeId) -> Any:
    """Undo the last outcome of a match; the trail keeps both."""
    viewer = viewer_of(request)
    withdrawal = outcomes.withdraw(_outcome(outcome_id), viewer)
    return Status(201, outcome_values(_outcome(withdrawal.pk)))


@router.post(
    "/outcomes/{outcome_id}/restoration",
    operation_id="restore_outcome",
    response={201: OutcomeOut},
    summary="Restore an outcome 恢复结果",
)
def restore_outcome(request: HttpRequest, outcome_id: OutcomeId) -> Any:
    """Take back the withdrawal of an outcome, while nothing was recorded since."""
    restoration = outcomes.restore(_outcome(outcome_id), viewer_of(request))
    return Status(201, outcome_values(_outcome(restoration.pk)))


def _outcome(key: int) -> Outcome:
    outcome = Outcome.objects.select_related("match__need").filter(pk=key).first()
    if outcome is None:
        raise Refusal(404, "outcome_not_found", "没有这条匹配结果。", f"There is no outcome {key}.")
    return outcome
