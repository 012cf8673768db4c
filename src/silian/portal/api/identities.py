"""Operations on identities: links, one pair, decisions, runs, and who shares a subject."""

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.paging import PageQuery, page_of
from silian.portal.api.problems import Refusal
from silian.portal.api.schemas import Input, Page
from silian.portal.exchange.views.found import visible_record
from silian.portal.registry.domain import identity_decisions, identity_pairs, identity_runs
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_errors import DecisionContradicts, DecisionRefused
from silian.portal.registry.models import IdentityDecision, IdentityLink, IdentityRun

router = Router(tags=["归并 Identities"])
SubjectKindName = Literal["organisation", "person"]
_EXAMPLE = "org-so54vffu2v3msa2t"
LinkId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The link's id（线索编号）")]
DecisionId = Annotated[int, Path(ge=1, le=2**63 - 1, description="The decision's id（决定编号）")]


class EvidenceOut(Schema):
    """What one comparison said, in bits: log2 of P(seen | same) / P(seen | different)."""

    comparison: str
    level: str
    weight_bits: float


class LinkOut(Schema):
    """Two records that may be one."""

    id: int
    kind: SubjectKindName
    left_id: str = Field(examples=[_EXAMPLE])
    right_id: str
    probability: float
    weight_bits: float
    state: Literal["linked", "review", "refused"]
    reason: str = Field(description="Why it isn't simply linked（缘由）")
    evidence: list[EvidenceOut]
    postponed_at: datetime | None = None


class PairOut(LinkOut):
    """A link, with the records that would become one."""

    would_join: list[str] = Field(description="Records of both subjects（将合为一个的登记）")
    decision_id: int | None = Field(None, description="The decision that holds on the two")


class DecisionOut(Schema):
    """What somebody decided."""

    id: int
    kind: SubjectKindName
    decision: Literal["merge", "split", "must_not_link"]
    record_ids: list[str]
    note: str
    decided_by: str
    decided_at: datetime
    withdrawn_by: str = ""
    withdrawn_at: datetime | None = None


class DecisionIn(Input):
    """A decision to take: holds at once and on every later run."""

    decision: Literal["merge", "split", "must_not_link"] = Field(
        description="`merge`: all are one; `split`: the first is none of the others; "
        "`must_not_link`: no two are one（同一、拆分、不同）"
    )
    record_ids: list[str] = Field(min_length=2, max_length=200, examples=[[_EXAMPLE, "org-…"]])
    note: str = Field("", max_length=500, description="Why（理由）")


class RunOut(Schema):
    """One resolution over all records of a kind."""

    id: int
    kind: SubjectKindName
    state: Literal["running", "done", "failed"]
    n_records: int
    n_subjects: int
    n_linked: int
    n_review: int
    settings_version: str
    error_message: str
    started_at: datetime
    finished_at: datetime | None = None


class RunIn(Input):
    """Which kind to resolve; organisations first, since people go by where they work."""

    kind: SubjectKindName


class SubjectOut(Schema):
    """The subject of a record: all its records that you may see."""

    subject_id: str = Field(examples=[_EXAMPLE])
    record_ids: list[str]


class LinkQuery(PageQuery):
    """Which links."""

    state: Literal["linked", "review", "refused"] = Field("review", description="（状态）")
    kind: SubjectKindName | None = Field(None, description="Both without（对象）")
    reason: str = Field("", max_length=32, description="（缘由）")


@router.get(
    "/identities/links",
    operation_id="list_identity_links",
    response=Page[LinkOut],
    summary="Pairs of records 归并线索",
)
def list_identity_links(
    request: HttpRequest, response: HttpResponse, query: Query[LinkQuery]
) -> Any:
    """Pairs that the evidence or a decision linked, left in doubt, or refused."""
    question = identity_pairs.QueueQuestion(
        state=query.state, kind=query.kind or "", reason=query.reason.replace("\0", "")
    )
    rows = identity_pairs.queue(viewer_of(request), question)
    return page_of(request, response, rows, query, _link)


@router.get(
    "/identities/links/{link_id}",
    operation_id="get_identity_link",
    response=PairOut,
    summary="One pair 一对登记",
)
def get_identity_link(request: HttpRequest, link_id: LinkId) -> Any:
    """The evidence, what would merge with it, and the decision that holds."""
    link = IdentityLink.objects.filter(pk=link_id).first()
    if link is None:
        raise _missing(f"link {link_id}")
    try:
        pair = identity_pairs.pair_of(link, viewer_of(request))
    except LookupError:
        raise _missing(f"a record of link {link_id}") from None
    return _link(link) | {
        "would_join": [one.public_id for one in pair.would_join],
        "decision_id": pair.decision.pk if pair.decision else None,
    }


@router.get(
    "/identities/subjects/{public_id}",
    operation_id="get_subject",
    response=SubjectOut,
    auth=EVERYBODY,
    summary="Records of one subject 同一主体的登记",
)
def get_subject(
    request: HttpRequest,
    public_id: Annotated[str, Path(max_length=100, examples=[_EXAMPLE])],
) -> Any:
    """Records that are the same organisation or person as this one, itself among them."""
    record = visible_record(request, public_id)
    others = (
        [one.public_id for one, _ in identity_pairs.records_of_subject(record, viewer_of(request))]
        if record.kind in identity_decisions.KINDS
        else []
    )
    ids = sorted([record.public_id, *others])
    # A subject is named by its smallest record, which may be hidden from the viewer.
    subject = subject_of([record.public_id]).get(record.public_id, record.public_id)
    return {"subject_id": subject if subject in ids else ids[0], "record_ids": ids}


@router.get(
    "/identities/decisions",
    operation_id="list_identity_decisions",
    response=Page[DecisionOut],
    summary="Decisions 归并决定",
)
def list_identity_decisions(
    request: HttpRequest, response: HttpResponse, paging: Query[PageQuery]
) -> Any:
    """All decisions, withdrawn ones too, the newest first."""
    rows = identity_decisions.decisions(viewer_of(request))
    return page_of(request, response, rows, paging, _decision, newest_first=True)


@router.post(
    "/identities/decisions",
    operation_id="decide_identity",
    response=DecisionOut,
    summary="Decide 归并或拆分",
)
def decide_identity(request: HttpRequest, payload: DecisionIn) -> Any:
    """Decide about records; an earlier decision that says otherwise is named and stands."""
    ids = [one.replace("\0", "") for one in payload.record_ids]
    viewer = viewer_of(request)
    try:
        decision = identity_decisions.decide(
            _kind_of(ids),
            payload.decision,
            ids,
            viewer=viewer,
            note=payload.note.replace("\0", ""),
        )
    except DecisionRefused as refused:
        raise _refusal(refused) from refused
    return _decision(decision)


@router.post(
    "/identities/decisions/{decision_id}/withdraw",
    operation_id="withdraw_identity_decision",
    response=DecisionOut,
    summary="Undo a decision 撤回决定",
)
def withdraw_identity_decision(request: HttpRequest, decision_id: DecisionId) -> Any:
    """Undo a decision; it stays in the history."""
    try:
        decision = identity_decisions.withdraw(decision_id, viewer=viewer_of(request))
    except IdentityDecision.DoesNotExist:
        raise _missing(f"decision {decision_id}") from None
    except DecisionRefused as refused:
        raise _refusal(refused) from refused
    return _decision(decision)


@router.get(
    "/identities/runs",
    operation_id="list_identity_runs",
    response=Page[RunOut],
    summary="Runs 归并运行",
)
def list_identity_runs(
    request: HttpRequest, response: HttpResponse, paging: Query[PageQuery]
) -> Any:
    """All runs, the newest first."""
    rows = identity_runs.runs(viewer_of(request))
    return page_of(request, response, rows, paging, _run, newest_first=True)


@router.post(
    "/identities/runs",
    operation_id="start_identity_run",
    response={202: RunOut},
    summary="Resolve all records 运行归并",
)
def start_identity_run(request: HttpRequest, payload: RunIn) -> Any:
    """Queue a run for the background workers; one that is under way is answered instead."""
    return Status(202, _run(identity_runs.start_run(payload.kind, viewer=viewer_of(request))))


def _kind_of(ids: list[str]) -> str:
    try:
        return identity_decisions.kind_of_records(ids)
    except LookupError:
        return ""


def _missing(what: str) -> Refusal:
    return Refusal(404, "not_found", "没有这条线索、登记或决定。", f"there is no {what}.")


def _refusal(refused: DecisionRefused) -> Refusal:
    status = 409 if refused.earlier or isinstance(refused, DecisionContradicts) else 422
    return Refusal(status, refused.code, refused.message_zh, str(refused))


def _link(link: IdentityLink) -> dict[str, Any]:
    return {
        "id": link.pk,
        "kind": link.subject_kind,
        "left_id": link.left_id,
        "right_id": link.right_id,
        "probability": link.probability,
        "weight_bits": link.weight_bits,
        "state": link.state,
        "reason": link.reason,
        "evidence": link.evidence,
        "postponed_at": link.postponed_at,
    }


def _decision(decision: IdentityDecision) -> dict[str, Any]:
    return {
        "id": decision.pk,
        "kind": decision.subject_kind,
        "decision": decision.decision_kind,
        "record_ids": decision.record_ids,
        "note": decision.note,
        "decided_by": decision.actor.get_username() if decision.actor else "",
        "decided_at": decision.created_at,
        "withdrawn_by": decision.withdrawn_by.get_username() if decision.withdrawn_by else "",
        "withdrawn_at": decision.withdrawn_at,
    }


def _run(run: IdentityRun) -> dict[str, Any]:
    return {
        "id": run.pk,
        "kind": run.subject_kind,
        **{name: getattr(run, name) for name in RunOut.model_fields if name not in ("id", "kind")},
    }
