"""Operations of the exchange: search, match, explain."""

from dataclasses import asdict
from typing import Annotated, Any, cast

from django.http import HttpRequest, HttpResponse
from ninja import Path, Query, Router, Schema
from pydantic import Field

from silian.portal.accounts.domain.access import Viewer, viewer_of
from silian.portal.api.authentication import EVERYBODY
from silian.portal.api.paging import offset_links, split
from silian.portal.api.problems import Refusal
from silian.portal.api.records import found, wrong_kind
from silian.portal.api.representation import (
    absence_values,
    hit_values,
    result_values,
)
from silian.portal.api.schemas import (
    EXAMPLE_TEXT,
    AbsenceOut,
    ClarityOut,
    HitOut,
    Input,
    MatchesOfKind,
    MatchesOut,
    MatchText,
    SearchOut,
)
from silian.portal.exchange.domain import service
from silian.portal.exchange.domain.asked_fields import fields_of_asked
from silian.portal.industry.models import Need
from silian.portal.registry.domain.asked_regions import codes_of_asked
from silian.tables.values import shorten

router = Router(tags=["匹配 Matching"])
NeedId = Annotated[
    str, Path(max_length=40, description="A need's public id（需求编号）", examples=["need-gr5q…"])
]
SupplyId = Annotated[
    str, Path(max_length=40, description="A supply's public id（供给编号）", examples=["ach-gr5q…"])
]
SEARCH_DEPTH = 1000


class SearchQuery(Schema):
    """What is sought, and what it must satisfy."""

    q: str = Field(min_length=1, max_length=2000, examples=["永磁材料"], description="（搜索词）")
    kind: list[str] = Field([], description="Kinds, empty for all（类型）")
    region: list[str] = Field([], description="Region codes or names（地区代码或名称）")
    field: list[str] = Field(
        [], description="Codes or names of technical fields（技术领域代码或名称）"
    )
    price_max_cny: float | None = Field(None, ge=0, le=1e15, description="Yuan（价格上限，元）")
    readiness_min: int | None = Field(None, ge=1, le=9, description="Level 1 to 9（成熟度下限）")
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=SEARCH_DEPTH - 100)
    folded: bool = Field(
        False,
        description="Records of one organisation or person as one hit（同一单位或人员合为一条）",
    )


class SearchText(Input):
    """What is sought, where it is longer than an address can be."""

    text: str = Field(
        min_length=1,
        max_length=service.LONGEST_TEXT,
        examples=[EXAMPLE_TEXT],
        description="（搜索文字）",
    )
    kinds: list[str] = Field([], max_length=50, description="Kinds, empty for all（类型）")
    region_codes: list[str] = Field(
        [], max_length=50, description="Codes or names（地区代码或名称）"
    )
    field_codes: list[str] = Field(
        [], max_length=50, description="Codes or names（技术领域代码或名称）"
    )
    price_max_cny: float | None = Field(None, ge=0, le=1e15, description="Yuan（价格上限，元）")
    readiness_min: int | None = Field(None, ge=1, le=9, description="Level 1 to 9（成熟度下限）")
    limit: int = Field(20, ge=1, le=100)
    offset: int = Field(0, ge=0, le=SEARCH_DEPTH - 100)
    folded: bool = Field(
        False,
        description="Records of one organisation or person as one hit（同一单位或人员合为一条）",
    )


@router.get(
    "/search",
    operation_id="search",
    response=SearchOut,
    auth=EVERYBODY,
    summary="Search everything 全库搜索",
)
def search(request: HttpRequest, response: HttpResponse, query: Query[SearchQuery]) -> Any:
    """Find records by words and by meaning, best first, among those you may see.

    What `q` names comes before all else: by public id, by credit code, patent number or another
    code of its own, or by a whole name or title (`named_by`). A `q` that can only be a code finds
    nothing that doesn't hold it.
    """
    viewer = viewer_of(request)
    _check_words(query.q)
    page = service.search(
        query.q,
        viewer=viewer,
        kinds=_kinds(split(query.kind), service.FINDABLE_KINDS),
        region_codes=codes_of_asked(split(query.region)),
        field_codes=fields_of_asked(split(query.field)),
        price_max_cny=query.price_max_cny,
        readiness_min=query.readiness_min,
        limit=query.limit,
        offset=query.offset,
        folded=query.folded,
    )
    values = _page_values(page)
    total = values["total"]
    offset_links(request, response, limit=query.limit, offset=query.offset, total=total)
    return values


@router.post(
    "/search",
    operation_id="search_text",
    response=SearchOut,
    auth=EVERYBODY,
    summary="Search by a long text 按长文字搜索",
)
def search_text(request: HttpRequest, payload: SearchText) -> Any:
    """As `GET /search`, for texts that no address can carry: a whole need, 20,000 characters.

    Go on with `offset` until it reaches `total`.
    """
    _check_words(payload.text)
    page = service.search(
        payload.text,
        viewer=viewer_of(request),
        kinds=_kinds(tuple(payload.kinds), service.FINDABLE_KINDS),
        region_codes=codes_of_asked(payload.region_codes),
        field_codes=fields_of_asked(payload.field_codes),
        price_max_cny=payload.price_max_cny,
        readiness_min=payload.readiness_min,
        limit=payload.limit,
        offset=payload.offset,
        folded=payload.folded,
    )
    return _page_values(page)


@router.post(
    "/match",
    operation_id="match_text",
    response=MatchesOut,
    summary="Match a text 按文字匹配",
)
def match_text(request: HttpRequest, payload: MatchText) -> Any:
    """Who can meet a need that is only words: the best supply of every kind, with reasons."""
    viewer = viewer_of(request)
    _check_words(payload.text)
    results = service.match_text(
        payload.text,
        viewer=viewer,
        kinds=tuple(payload.kinds) or None,
        region_codes=codes_of_asked(payload.region_codes),
        limit=payload.limit,
    )
    return _by_kind(results, viewer)


class MatchQuery(Schema):
    """Which kinds, and how many of each."""

    kind: list[str] = Field([], description="Kinds of supply, empty for all（供给类型）")
    limit: int = Field(10, ge=1, le=100)


@router.get(
    "/needs/{need_id}/matches",
    operation_id="match_need",
    response=MatchesOut,
    summary="Match a need 需求匹配",
)
def match_need(request: HttpRequest, need_id: NeedId, query: Query[MatchQuery]) -> Any:
    """Who can meet a recorded need: the best supply of every kind, with reasons."""
    viewer = viewer_of(request)
    kinds = _kinds(split(query.kind), service.SUPPLY_KINDS)
    results = service.match_need(
        need_of(need_id, viewer), viewer=viewer, kinds=kinds or None, limit=query.limit
    )
    return _by_kind(results, viewer)


@router.get(
    "/supplies/{supply_id}/matches",
    operation_id="match_supply",
    response=MatchesOfKind,
    summary="Match a supply 供给反向匹配",
)
def match_supply(
    request: HttpRequest,
    supply_id: SupplyId,
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> Any:
    """The needs that a supply could meet, with reasons."""
    viewer = viewer_of(request)
    supply = found(supply_id, viewer)
    if supply.kind == "need":
        raise wrong_kind(
            supply,
            "它是需求，谁能满足它在 /needs/{need_id}/matches",
            "it is a need; who can meet it is at /needs/{need_id}/matches",
        )
    result = service.match_supply(supply, viewer=viewer, limit=limit)
    return result_values(result, service.records_of(result.hits, viewer))


@router.get(
    "/needs/{need_id}/matches/{supply_id}",
    operation_id="explain_match",
    response=HitOut,
    summary="Explain a match 匹配理由",
)
def explain_match(request: HttpRequest, need_id: NeedId, supply_id: SupplyId) -> Any:
    """How one supply scores for one need, feature by feature, found or not."""
    viewer = viewer_of(request)
    need, supply = need_of(need_id, viewer), found(supply_id, viewer)
    return hit_values(service.explain(need, supply_id, viewer=viewer), supply)


@router.get(
    "/needs/{need_id}/why-not/{supply_id}",
    operation_id="why_not",
    response=AbsenceOut,
    summary="Why not 为何未入选",
)
def why_not(request: HttpRequest, need_id: NeedId, supply_id: SupplyId) -> Any:
    """Why a supply is not among the best of its kind for a need."""
    viewer = viewer_of(request)
    need, supply = need_of(need_id, viewer), found(supply_id, viewer)
    return absence_values(service.why_not(need, supply_id, viewer=viewer), supply)


@router.get(
    "/needs/{need_id}/clarity",
    operation_id="need_clarity",
    response=ClarityOut,
    summary="Clarity of a need 需求清晰度",
)
def need_clarity(request: HttpRequest, need_id: NeedId) -> Any:
    """What an expert would still have to ask before answering a need, with suggestions."""
    return asdict(service.clarity(need_of(need_id, viewer_of(request))))


def need_of(public_id: str, viewer: Viewer) -> Need:
    """The need with a public id; a supply's id is told where it belongs."""
    record = found(public_id, viewer)
    if record.kind in service.SUPPLY_KINDS:
        raise wrong_kind(
            record,
            "它是供给，谁需要它在 /supplies/{supply_id}/matches",
            "it is a supply; who needs it is at /supplies/{supply_id}/matches",
        )
    return cast(Need, found(public_id, viewer, kind="need"))


def _check_words(text: str) -> None:
    if not any(sign.isalnum() for sign in text):
        shown = shorten(text)
        raise Refusal(
            422,
            "nothing_to_search",
            f"“{shown}”里没有可以检索的字词。",
            f"There is no word to search by in {shown!r}.",
        )


def _page_values(page: service.SearchPage) -> dict[str, Any]:
    return {
        "items": [
            hit_values(each.hit, each.record) | {"named_by": each.named_by} for each in page.hits
        ],
        "total": page.total_candidates - page.folded_count,
        "also": {
            each.record.public_id: [other.public_id for other in each.also]
            for each in page.hits
            if each.also
        },
        "kind_counts": dict(page.kind_counts),
        "meaning_pending_count": page.meaning_pending_count,
        "only_by_meaning": page.only_by_meaning,
        "meaning_failure": page.meaning_failure,
        "ranker_version": page.ranker_version,
        "timings_ms": dict(page.timings_ms),
    }


def _kinds(asked: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [kind for kind in asked if kind not in known]
    if unknown:
        raise Refusal(
            422,
            "unknown_kind",
            f"类型 {'、'.join(unknown)} 不可用，可用：{'、'.join(known)}。",
            f"kind is {', '.join(unknown)}; expected some of {', '.join(known)}.",
        )
    return asked


def _by_kind(results: dict[str, service.Matches], viewer: Viewer) -> dict[str, Any]:
    records = service.records_of([hit for r in results.values() for hit in r.all_hits], viewer)
    return {"kinds": {kind: result_values(result, records) for kind, result in results.items()}}
