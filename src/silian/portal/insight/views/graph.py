"""The graph explorer: its page, and the parts that its script asks for."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST, require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import Viewer, allowed, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.insight.domain.graph_analysis import analyse
from silian.portal.insight.domain.graph_exploring import among, around, find_thing
from silian.portal.insight.domain.graph_finding import find_things
from silian.portal.insight.domain.graph_kept import ViewState, own_views
from silian.portal.insight.domain.graph_scope import status_for
from silian.portal.insight.domain.graph_standing import standing_of_region
from silian.portal.insight.domain.graph_store import GraphNotBuilt
from silian.portal.insight.domain.graph_values import (
    CHAINS,
    KIND_LABELS,
    GraphNodeNotFound,
    Part,
    as_node,
)
from silian.portal.insight.domain.portrait_subjects import own_portrait_id
from silian.portal.insight.interfaces.evidence_titles import titles_of
from silian.portal.insight.interfaces.graph_links import page_of
from silian.portal.insight.views.graph_asked import ids_in, posted, state_in
from silian.portal.registry.interfaces.spoken_names import in_readers_language

_STARTS = 12
_BEGINNINGS = 8


@require_safe
def explorer(request: HttpRequest) -> HttpResponse:
    values = {name: request.GET.get(name, "") for name in ("nodes", "kinds", "types")}
    years = {name: request.GET.get(name, "") for name in ("since", "until")}
    state = state_in({**values, **years})
    node = request.GET.get("node", "").strip()[:140]
    return explorer_page(request, state, node=node)


def explorer_page(
    request: HttpRequest, state: ViewState, *, node: str = "", view: Any = None
) -> HttpResponse:
    """The page with some things shown; with nothing but a search box where there are none."""
    viewer = viewer_of(request)
    context: dict[str, Any] = {"node": node, "view": view, "text": request.GET.get("q", "")[:100]}
    try:
        status = status_for(viewer)
        context |= {"status": status, "choices": _choices(status)}
        if node:
            shown = around(viewer, node, shown=state.nodes, narrowing=state.narrowing)
        else:
            shown = among(viewer, state.nodes, narrowing=state.narrowing)
        context["config"] = _config(request, shown, state, node)
        context["part"] = in_readers_language(shown)
        if context["text"] and not shown.things:
            found = find_things(viewer, context["text"], limit=_STARTS)
            context["found"] = in_readers_language(found)
        elif not shown.things:
            context |= _beginnings(viewer)
    except GraphNotBuilt as missing:
        context["missing"] = missing.message
    except EngineError as error:
        context["failure"] = failure_of(error)
    context["views"] = own_views(viewer)
    context["may_keep"] = allowed(viewer, "graph.keep") and viewer.person_id is not None
    context["may_export"] = allowed(viewer, "list.export")
    code = 404 if "failure" in context else 200
    return render(request, "insight/graph.html", context, status=code)


def _beginnings(viewer: Viewer) -> dict[str, Any]:
    """Where to begin for whoever has no name in mind: the own record, who bridges, communities."""
    standing = in_readers_language(standing_of_region(viewer, most=_BEGINNINGS))
    own = own_portrait_id(viewer)
    try:
        mine = find_thing(viewer, own) if own else None
    except GraphNodeNotFound:  # not carried over yet
        mine = None
    return {"standing": standing, "mine": mine}


@require_GET
def find(request: HttpRequest) -> HttpResponse:
    """Things of a name, for the search boxes: JSON, or an htmx part."""
    kinds = tuple(one for one in ids_in(request.GET.get("kinds", "")) if one in KIND_LABELS)
    text = request.GET.get("q", "")[:100]
    try:
        found = in_readers_language(find_things(viewer_of(request), text, kinds=kinds))
    except EngineError as error:
        return _problem(error)
    return JsonResponse({"things": [as_node(thing) for thing in found]})


@require_POST
def part(request: HttpRequest) -> HttpResponse:
    """What is shown after a step: some things, or one more with its neighbours."""
    values = posted(request)
    state = state_in(values)
    node = str(values.get("node") or "")[:140]
    most = max(1, min(whole_number(str(values.get("most") or ""), 14), 60))
    viewer = viewer_of(request)
    try:
        if node:
            shown = around(viewer, node, shown=state.nodes, narrowing=state.narrowing, most=most)
        else:
            shown = among(viewer, state.nodes, narrowing=state.narrowing)
    except EngineError as error:
        return _problem(error)
    return JsonResponse(_as_json(shown, viewer))


@require_POST
def analysis(request: HttpRequest) -> HttpResponse:
    """Who bridges, and what belongs together, among the things shown."""
    state = state_in(posted(request))
    try:
        found = in_readers_language(
            analyse(viewer_of(request), state.nodes, narrowing=state.narrowing)
        )
    except EngineError as error:
        return _problem(error)
    return JsonResponse(
        {
            "bridges": [
                {**as_node(one.thing), "share": round(one.share, 4)} for one in found.bridges
            ],
            "groups": [[thing.node_id for thing in group] for group in found.groups],
        }
    )


def _as_json(shown: Part, viewer: Viewer) -> dict[str, Any]:
    values = in_readers_language(shown).as_json()
    for node in values["nodes"]:
        node["url"] = page_of(node["id"])
    titles = titles_of((one for edge in values["edges"] for one in edge["evidence"]), viewer)
    for edge in values["edges"]:
        edge["evidence"] = [
            {"id": one, "url": page_of(one), "title": titles.get(one, "")}
            for one in edge["evidence"]
        ]
    return values


def _problem(error: EngineError) -> HttpResponse:
    return JsonResponse({"code": error.code, "message": failure_of(error)}, status=404)


def _choices(status: Any) -> dict[str, Any]:
    from silian.portal.insight.domain.graph_store import relation_words

    return {
        "kinds": [
            (kind, str(label), CHAINS.get(kind, "innovation"), status.by_kind[kind])
            for kind, label in KIND_LABELS.items()
            if status.by_kind.get(kind)
        ],
        "types": [
            (name, relation_words(name), count)
            for name, count in sorted(status.by_type.items(), key=lambda item: -item[1])
        ],
    }


def _config(request: HttpRequest, shown: Part, state: ViewState, node: str) -> dict[str, Any]:
    """What the script starts from."""
    return {
        "part": _as_json(shown, viewer_of(request)),
        "focus": node,
        "narrowing": {
            "kinds": list(state.narrowing.kinds),
            "types": list(state.narrowing.types),
            "since": state.narrowing.since_year or "",
            "until": state.narrowing.until_year or "",
        },
        "urls": {
            "self": reverse("insight:graph"),
            "find": reverse("insight:graph_find"),
            "part": reverse("insight:graph_part"),
            "analysis": reverse("insight:graph_analysis"),
            "path": reverse("insight:path"),
        },
        "words": {
            "expand": choose("展开", "Expand"),
            "remove": choose("移除", "Remove"),
            "open": choose("打开页面", "Open its page"),
            "more": choose("另有 {n} 个未显示", "{n} more not shown"),
            "add": choose("显示", "Show"),
            "nothing": choose("没有更多关联", "No further ties"),
            "notFound": choose("没有找到", "Nothing found"),
            "evidence": choose("依据", "Evidence"),
            "shown": choose("所示 {n} 个对象、{m} 条关联", "{n} things, {m} ties shown"),
            "records": choose("{n} 条记录", "{n} records"),
            "bridge": choose("连接 {n}%", "bridges {n}%"),
            "group": choose("群组 {n}", "Group {n}"),
            "noBridge": choose("没有谁起连接作用", "Nobody bridges here"),
            "ties": choose("关联", "Ties"),
            "full": choose("画面最多显示 300 个对象", "At most 300 things can be shown"),
        },
    }
