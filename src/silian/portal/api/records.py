"""Operations on records: list, read, make, change, and what they were before."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Header, Path, Query, Router, Schema, Status
from pydantic import AwareDatetime, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from silian.portal.accounts.domain.access import (
    Viewer,
    owned,
    require,
    sees,
    viewer_of,
    visible,
    write_action,
)
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.paging import PageQuery, page_of, split
from silian.portal.api.problems import Refusal
from silian.portal.api.representation import brief, etag_of, full
from silian.portal.api.schemas import (
    KindName,
    NewRecord,
    Page,
    RecordBrief,
    RecordChange,
    RecordFull,
    Saved,
    Version,
)
from silian.portal.catalogue import KINDS, RecordNotFound, find_record
from silian.portal.exchange.domain.asked_fields import fields_of_asked
from silian.portal.exchange.domain.list_filters import FieldFilter, RegionFilter
from silian.portal.registry.domain.asked_regions import codes_of_asked
from silian.portal.registry.domain.own import change_own, create_own
from silian.portal.registry.domain.upsert import PORTAL_REGISTER
from silian.portal.registry.models import Record

router = Router(tags=["记录 Records"])
PublicId = Annotated[
    str,
    Path(max_length=40, description="Public id（公开编号）", examples=["need-gr5qcddxwxn3z7gw"]),
]


def _written_out(value: object) -> object:
    # Pydantic would also take a bare number, as seconds since 1970.
    if isinstance(value, str) and not value[:5].endswith("-"):
        raise PydanticCustomError(
            "invalid_moment", "expected a date and time as in 2026-01-01T00:00:00+08:00"
        )
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_written_out)]
_EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
_LATEST = datetime(2900, 1, 1, tzinfo=UTC)


class RecordFilter(Schema):
    """What a list of records is narrowed by; all of it must hold."""

    kind: KindName = Field(description="Kind of record（记录类型）", examples=["achievement"])
    q: str = Field("", max_length=200, description="Part of the title or name（标题或名称包含）")
    register_code: str = Field("", max_length=64, description="（来源登记库）")
    source_key: str = Field("", max_length=200, description="Key in its register（来源主键）")
    region: list[str] = Field(
        [], description="Codes or names; a city's keeps its districts（地区代码或名称）"
    )
    field: list[str] = Field(
        [], description="Codes or names of technical fields（技术领域代码或名称）"
    )
    organisation: str = Field("", max_length=40, description="Its public id（所属单位编号）")
    mine: bool = Field(False, description="Your organisation's only（仅本单位）")
    updated_since: Moment | None = Field(
        None,
        description="Changed at or after, with time zone（更新时间不早于）",
        examples=["2026-01-01T00:00:00+08:00"],
    )


@router.get(
    "/records",
    operation_id="list_records",
    response=Page[RecordBrief],
    auth=EVERYBODY,
    summary="List records 记录列表",
)
def list_records(
    request: HttpRequest,
    response: HttpResponse,
    narrowing: Query[RecordFilter],
    paging: Query[PageQuery],
) -> Any:
    """Records of one kind that you may see, in the order in which they were made."""
    rows = filtered(narrowing, viewer_of(request))
    return page_of(request, response, rows, paging, brief)


def filtered(narrowing: RecordFilter, viewer: Viewer) -> QuerySet[Any]:
    """Records the viewer may see that a filter leaves, with what their list entry reads."""
    entry = KINDS[narrowing.kind]
    rows = visible(entry.model._default_manager.select_related(*entry.joined), viewer)
    columns = {field.name for field in entry.model._meta.get_fields()}
    if narrowing.q:
        rows = rows.filter(**{f"{entry.searched_field}__icontains": narrowing.q})
    if narrowing.register_code:
        rows = rows.filter(register__code=narrowing.register_code)
    if narrowing.source_key:
        rows = rows.filter(source_key=narrowing.source_key)
    if narrowing.updated_since:
        # The first and the last day of the calendar have no time in other zones, and PostgreSQL
        # knows no zone beyond 16 hours.
        moment = min(max(narrowing.updated_since, _EARLIEST), _LATEST)
        rows = rows.filter(updated_at__gte=moment.astimezone(UTC))
    if narrowing.mine:
        rows = owned(rows, viewer)
    if narrowing.organisation:
        # A kind that has no such column has no record with it.
        has = "organisation" in columns
        rows = rows.filter(organisation__public_id=narrowing.organisation) if has else rows.none()
    if regions := codes_of_asked(split(narrowing.region)):
        rows = (
            RegionFilter(path="region").narrow(rows, regions)
            if "region" in columns
            else rows.none()
        )
    if fields := fields_of_asked(split(narrowing.field)):
        rows = FieldFilter().narrow(rows, fields) if "field_codes" in columns else rows.none()
    return rows


@router.post(
    "/records",
    operation_id="create_record",
    response={201: Saved},
    summary="Make a record 新建记录",
)
def create_record(request: HttpRequest, response: HttpResponse, payload: NewRecord) -> Any:
    """Make a need or a supply of your own organisation; operators make records of any kind.

    The same checks as in files: every wrong column is named in ``errors``.
    """
    viewer = viewer_of(request)
    result = create_own(
        payload.kind,
        payload.values,
        viewer=viewer,
        source_key=payload.source_key,
        register_code=payload.register_code or PORTAL_REGISTER,
    )
    response.headers["Location"] = f"{request.path}/{result.public_id}"
    return Status(201, _saved(result.status, result.public_id, response, viewer))


@router.get(
    "/records/{public_id}",
    operation_id="get_record",
    response=RecordFull,
    auth=EVERYBODY,
    summary="Read a record 查看记录",
)
def get_record(
    request: HttpRequest,
    response: HttpResponse,
    public_id: PublicId,
    if_none_match: Annotated[
        str, Header(max_length=200, alias="If-None-Match", description="ETag that you have")
    ] = "",
) -> Any:
    """One record by its public id; send its ``ETag`` as ``If-None-Match`` to ask for news only."""
    viewer = viewer_of(request)
    record = found(public_id, viewer)
    response.headers["ETag"] = etag_of(record)
    if _is_named(record, if_none_match):
        return HttpResponse(status=304, headers={"ETag": etag_of(record)})
    return full(record, viewer)


@router.patch(
    "/records/{public_id}",
    operation_id="update_record",
    response=Saved,
    summary="Change a record 修改记录",
)
def update_record(
    request: HttpRequest,
    response: HttpResponse,
    public_id: PublicId,
    payload: RecordChange,
    if_match: Annotated[
        str, Header(max_length=200, alias="If-Match", description="ETag of the state you changed")
    ] = "",
) -> Any:
    """Change named columns of a record that is yours; with ``If-Match`` only if nobody else has."""
    viewer = viewer_of(request)
    record = found(public_id, viewer)
    require(viewer, write_action(record.kind), record)
    with transaction.atomic():
        model = KINDS[record.kind].model
        now = model._default_manager.select_for_update().get(pk=record.pk)
        if if_match and not _is_named(now, if_match):
            raise Refusal(
                412,
                "record_changed",
                "记录在您读取之后已被修改，请重新读取后再改。",
                "The record has changed since you read it; read it again, then change it.",
                headers={"ETag": etag_of(now)},
            )
        result = change_own(now, payload.values, viewer=viewer)
    return _saved(result.status, result.public_id, response, viewer)


@router.get(
    "/records/{public_id}/history",
    operation_id="record_history",
    response=Page[Version],
    summary="A record's history 修改历史",
)
def record_history(
    request: HttpRequest, response: HttpResponse, public_id: PublicId, paging: Query[PageQuery]
) -> Any:
    """Saved states of a record of your own, newest first: when, by whom, what changed."""
    viewer = viewer_of(request)
    record: Any = found(public_id, viewer)
    require(viewer, "record.history", record)
    states = record.history.select_related("history_user")
    withheld = {} if viewer.is_operator else getattr(record, "withheld", {})
    return page_of(
        request,
        response,
        states,
        paging,
        lambda state: _version(state, withheld),
        newest_first=True,
    )


def found(public_id: str, viewer: Viewer, *, kind: str = "") -> Record:
    """The record with a public id, if the viewer may know of it.

    Raises
    ------
    RecordNotFound
        If there is none, or it is hidden: the two can't be told apart.
    """
    record = find_record(public_id)
    if not sees(viewer, record) or (kind and record.kind != kind):
        raise RecordNotFound(
            f"public id is {public_id!r}; no such {kind or 'record'} is kept.", public_id=public_id
        )
    return record


def wrong_kind(record: Record, zh: str, en: str) -> Refusal:
    """That a record the viewer may see is none of those an address is about, and where it goes."""
    return Refusal(
        404,
        "wrong_kind",
        f"{record.public_id} 不在此处：{zh}。",
        f"{record.public_id} is not here: {en}.",
    )


def _saved(status: str, public_id: str, response: HttpResponse, viewer: Viewer) -> dict[str, Any]:
    record = find_record(public_id)
    response.headers["ETag"] = etag_of(record)
    return {"status": status, "record": full(record, viewer)}


def _is_named(record: Record, header: str) -> bool:
    """Whether a header of tags names a record's present state, by itself or by ``*``.

    Whatever compresses an answer (our own gzip, a proxy's) marks its tag as weak, ``W/"…"``. Ours
    tells the state of the record, which is the same in each encoding, so the mark says nothing.
    """
    tags = {tag.strip().removeprefix("W/") for tag in header.split(",")}
    return etag_of(record) in tags or "*" in tags


_CHANGES = {"+": "created", "~": "changed", "-": "deleted"}
_NOT_TOLD = frozenset({"id", "updated_at", "source_hash", "withheld"})


def _version(state: Any, withheld: Mapping[str, Any]) -> dict[str, Any]:
    """A state and its changes; columns from which the subject took something are not told."""
    before = state.prev_record
    changes = {}
    if before is not None:
        for change in state.diff_against(before, foreign_keys_are_objs=False).changes:
            if change.field not in _NOT_TOLD and not withheld.get(change.field):
                changes[change.field] = [_told(change.old), _told(change.new)]
    return {
        "changed_at": state.history_date,
        "change": _CHANGES[state.history_type],
        "changed_by": str(state.history_user or ""),
        "changes": changes,
    }


def _told(value: Any) -> Any:
    return value if isinstance(value, str | int | float | list | dict | bool | None) else str(value)
