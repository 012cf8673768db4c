"""Operations on portraits and the talent graph."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema, Status
from pydantic import Field

from silian.portal.accounts.domain.access import Viewer, require, viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.files import file_response
from silian.portal.api.policies import day_of
from silian.portal.api.problems import Refusal
from silian.portal.api.records import found
from silian.portal.api.schemas import Day
from silian.portal.insight.domain import portrait_notes
from silian.portal.insight.domain.portrait_subjects import SUBJECT_KINDS, subject_of_record
from silian.portal.insight.domain.portraits import portrait
from silian.portal.insight.domain.talent_gaps import GapAreaNotFound, talent_gaps
from silian.portal.insight.domain.talent_network import talent_network
from silian.portal.insight.domain.talent_paths import need_paths
from silian.portal.insight.domain.talent_teams import teams
from silian.portal.insight.interfaces.portrait_faces import values_of
from silian.portal.insight.interfaces.portrait_report import MEDIA_TYPES, report
from silian.portal.insight.interfaces.talent_faces import (
    gaps_values,
    network_values,
    team_values,
    way_values,
)

router = Router(tags=["画像与人才图谱 Portraits and talent graph"])
SubjectId = Annotated[
    str,
    Path(
        max_length=40,
        description="Public id of an organisation or a person（单位或人员编号）",
        examples=["per-aaaaaaaaaaaaaaaa"],
    ),
]
NoteId = Annotated[int, Path(ge=1, le=2**31 - 1, description="Number of a note（意见编号）")]
_REPORT_ANSWERS = file_response("application/pdf", "text/html")
_REPORT_ANSWERS["responses"][200]["content"]["application/json"] = {"schema": {"type": "object"}}


class PortraitQuery(Schema):
    """Of which day."""

    as_of: Day | None = Field(
        None,
        ge=date(1950, 1, 1),
        le=date(2200, 12, 31),
        description="Day of the portrait, 1950 to 2200, today by default（基准日）",
    )


class NoteIn(Schema):
    """What a subject says of a tag."""

    action: Literal["hide", "correct", "add"] = Field(description="隐藏、更正、补充")
    tag: str = Field("", max_length=200, description="Key of the tag, to hide or correct（标签键）")
    group: str = Field("", max_length=32, description="Group of a tag that is added（分组）")
    text: str = Field("", max_length=200, description="How it reads（内容）")
    reason: str = Field("", max_length=500, description="Why（理由）")
    expires_on: Day | None = Field(None, description="Last for an added tag（有效至）")


class NoteOut(Schema):
    """A note as it is kept."""

    id: int
    tag: str
    action: str
    text: str
    withdrawn: bool


class TeamsQuery(Schema):
    """Which teams."""

    field: str = Field("", max_length=8, description="A first-level field（一级领域代码）")
    all_years: bool = Field(False, description="By works of any age（全部年份）")
    limit: int = Field(50, ge=1, le=500, description="Most teams（条数）")


class GapsQuery(Schema):
    """Which area."""

    area: str | None = Field(
        None, max_length=8, description="Adcode; empty for everything（地区代码）"
    )


@router.get(
    "/portraits/{subject_id}",
    operation_id="get_portrait",
    response=dict[str, Any],
    auth=EVERYBODY,
    summary="A portrait 画像",
)
def get_portrait(request: HttpRequest, subject_id: SubjectId, query: Query[PortraitQuery]) -> Any:
    """Tags with sources, topics, partners, peers, needs and offers; hidden tags are not there."""
    viewer = viewer_of(request)
    return values_of(portrait(_subject(subject_id, viewer), viewer, day_of(query.as_of)))


@router.get(
    "/portraits/{subject_id}/report",
    operation_id="download_portrait",
    response={200: None},
    openapi_extra=_REPORT_ANSWERS,
    summary="A portrait as a file 画像文件",
)
def download_portrait(
    request: HttpRequest,
    subject_id: SubjectId,
    query: Query[PortraitQuery],
    format: Literal["pdf", "html", "json"] = "pdf",
    language: Annotated[
        Literal["zh", "en"], Query(description="Language of the file（语言）")
    ] = "zh",
) -> HttpResponse:
    """The portrait as PDF, HTML or JSON; the download is logged."""
    viewer = viewer_of(request)
    made = portrait(_subject(subject_id, viewer), viewer, day_of(query.as_of))
    content = report(made, format, viewer=viewer, english=language == "en")
    name = f"portrait-{made.subject_id}-{made.as_of}.{format}"
    return HttpResponse(
        content,
        content_type=MEDIA_TYPES[format],
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


@router.post(
    "/portraits/{subject_id}/notes",
    operation_id="note_tag",
    response={201: NoteOut},
    summary="Hide, correct or add an own tag 更正与隐藏标签",
)
def note_tag(request: HttpRequest, subject_id: SubjectId, payload: NoteIn) -> Any:
    """Only the subject (its account, its organisation's) and the operator may."""
    viewer = viewer_of(request)
    subject = subject_of_record(_subject(subject_id, viewer), viewer)
    said = {"viewer": viewer, "reason": payload.reason}
    try:
        if payload.action == "hide":
            note = portrait_notes.hide_tag(subject, payload.tag, label=payload.text, **said)
        elif payload.action == "correct":
            note = portrait_notes.correct_tag(subject, payload.tag, payload.text, **said)
        else:
            note = portrait_notes.add_tag(
                subject, payload.group, payload.text, expires_on=payload.expires_on, **said
            )
    except portrait_notes.NoteRefused as refused:
        raise _refused(refused) from refused
    return Status(201, _note(note))


@router.delete(
    "/portraits/{subject_id}/notes/{note_id}",
    operation_id="withdraw_tag_note",
    response=NoteOut,
    summary="Undo a note 撤销意见",
)
def withdraw_tag_note(request: HttpRequest, subject_id: SubjectId, note_id: NoteId) -> Any:
    """What was hidden comes back; twice is once."""
    viewer = viewer_of(request)
    subject = subject_of_record(_subject(subject_id, viewer), viewer)
    try:
        note = portrait_notes.withdraw_note(subject, note_id, viewer=viewer)
    except portrait_notes.NoteRefused as refused:
        raise _refused(refused) from refused
    return _note(note)


@router.get(
    "/people/{subject_id}/network",
    operation_id="get_talent_network",
    response=dict[str, Any],
    summary="Who works with whom 合作网络",
)
def get_talent_network(request: HttpRequest, subject_id: SubjectId) -> Any:
    """The closest partners of a person, the ties among them and their teams."""
    viewer = viewer_of(request)
    return network_values(talent_network(found(subject_id, viewer, kind="person"), viewer))


@router.get(
    "/teams",
    operation_id="list_teams",
    response=list[dict[str, Any]],
    summary="Teams 人才团队",
)
def list_teams(request: HttpRequest, query: Query[TeamsQuery]) -> Any:
    """Teams of three and more by public works of the recent years, the largest first."""
    viewer = viewer_of(request)
    found_teams = teams(viewer, field_code=query.field, of_all_years=query.all_years)
    return [team_values(one) for one in found_teams[: query.limit]]


@router.get(
    "/needs/{need_id}/ways",
    operation_id="get_need_ways",
    response=list[dict[str, Any]],
    summary="Who knows an expert 通过谁找到专家",
)
def get_need_ways(
    request: HttpRequest,
    need_id: Annotated[str, Path(max_length=40, description="A need's public id（需求编号）")],
) -> Any:
    """The best experts for a need, each with the shortest way through people."""
    viewer = viewer_of(request)
    need = found(need_id, viewer, kind="need")
    require(viewer, "match.read", need)
    return [way_values(one) for one in need_paths(need, viewer)]


@router.get(
    "/talent-gaps",
    operation_id="get_talent_gaps",
    response=dict[str, Any],
    summary="Positions and people 岗位与人才",
)
def get_talent_gaps(request: HttpRequest, query: Query[GapsQuery]) -> Any:
    """Open positions and people by field and district. A count that is null is withheld: it would
    tell of few people, and is neither zero nor unknown（隐去：会透露个别人）。"""
    try:
        return gaps_values(talent_gaps(viewer_of(request), query.area))
    except GapAreaNotFound as missing:
        raise Refusal(404, missing.code, missing.message_zh, missing.message_en) from missing


def _subject(subject_id: str, viewer: Viewer) -> Any:
    record = found(subject_id, viewer)
    if record.kind not in SUBJECT_KINDS:
        raise Refusal(
            404,
            "no_portrait",
            "只有单位和人员有画像。",
            f"record is a {record.kind}; portraits are of organisations and people.",
        )
    return record


def _refused(refused: portrait_notes.NoteRefused) -> Refusal:
    return Refusal(422, refused.code, refused.message_zh, refused.message_en)


def _note(note: Any) -> dict[str, Any]:
    return {
        "id": note.pk,
        "tag": note.tag_key,
        "action": note.action,
        "text": note.text,
        "withdrawn": note.withdrawn_at is not None,
    }
