"""Views of the graph that people keep and share; what they show is each viewer's own right."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, Viewer, require
from silian.portal.insight.domain.graph_exploring import MOST_SHOWN
from silian.portal.insight.domain.graph_values import GraphQuestionRefused, Narrowing
from silian.portal.insight.models import SavedView

_NAME_LENGTH = 200
_MOST_VIEWS = 200


class ViewNotFound(EngineError, LookupError):
    """No kept view has this address, or it is not shared."""

    code = "view_not_found"

    def __init__(self) -> None:
        super().__init__("there is no such view, or its owner does not share it.")
        self.message_zh = "没有这个视图，或其所有者没有分享。"
        self.message_en = str(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """What a view shows: ids only, so that what they stand for is looked up for each reader."""

    nodes: tuple[str, ...]
    narrowing: Narrowing

    def as_json(self) -> dict[str, Any]:
        """For storage."""
        return {
            "nodes": list(self.nodes),
            "kinds": list(self.narrowing.kinds),
            "types": list(self.narrowing.types),
            "since_year": self.narrowing.since_year,
            "until_year": self.narrowing.until_year,
        }


def own_views(viewer: Viewer) -> list[SavedView]:
    """The viewer's views, the latest first."""
    if viewer.person_id is None:
        return []
    return list(SavedView.objects.filter(owner_id=viewer.person_id)[:_MOST_VIEWS])


def keep_view(viewer: Viewer, *, name: str, state: ViewState, shared: bool) -> SavedView:
    """Keep a view under a name; an own view of the same name is replaced.

    Raises
    ------
    silian.portal.accounts.domain.access.AccessDenied
        If the viewer may not keep views, or is a key.
    GraphQuestionRefused
        If the name is empty or too long, nothing is shown, or 200 views are kept already.
    """
    require(viewer, "graph.keep")
    if viewer.person_id is None:
        raise AccessDenied(
            "views are kept by people; a key has none of its maker's. Sign in to keep one; shared "
            "ones can be opened with a key.",
            message_zh="视图归个人所有，密钥没有自己的视图。请登录后保存；已分享的视图可用密钥打开。",
        )
    name = name.strip()
    if not name or len(name) > _NAME_LENGTH:
        raise GraphQuestionRefused(
            f"the name has {len(name)} characters; give 1 to {_NAME_LENGTH}.",
            message_zh=f"请给视图起一个不超过 {_NAME_LENGTH} 字的名称。",
        )
    if not 1 <= len(state.nodes) <= MOST_SHOWN:
        raise GraphQuestionRefused(
            f"the view shows {len(state.nodes)} things; 1 to {MOST_SHOWN} can be kept.",
            message_zh=f"视图应包含 1 至 {MOST_SHOWN} 个对象。",
        )
    others = SavedView.objects.filter(owner_id=viewer.person_id).exclude(name=name)
    if others.count() >= _MOST_VIEWS:
        raise GraphQuestionRefused(
            f"you keep {_MOST_VIEWS} views already; delete one, or keep this under its name.",
            message_zh=f"已保存 {_MOST_VIEWS} 个视图，请先删除一个，或用已有名称覆盖。",
        )
    view, _ = SavedView.objects.update_or_create(
        owner_id=viewer.person_id,
        name=name,
        defaults={"state": state.as_json(), "shared": shared},
    )
    return view


def open_view(viewer: Viewer, public_id: UUID) -> tuple[SavedView, ViewState]:
    """A view of the viewer's own, or one that is shared.

    Raises
    ------
    ViewNotFound
        If it is neither.
    """
    view = SavedView.objects.filter(public_id=public_id).first()
    own = view is not None and viewer.person_id is not None and view.owner_id == viewer.person_id
    if view is None or not (own or view.shared):
        raise ViewNotFound
    return view, state_of(view)


def state_of(view: SavedView) -> ViewState:
    """What a view shows."""
    raw = view.state
    return ViewState(
        nodes=tuple(map(str, raw.get("nodes", ()))),
        narrowing=Narrowing(
            kinds=tuple(map(str, raw.get("kinds", ()))),
            types=tuple(map(str, raw.get("types", ()))),
            since_year=raw.get("since_year"),
            until_year=raw.get("until_year"),
        ),
    )


def drop_view(viewer: Viewer, public_id: UUID) -> None:
    """Delete one of the viewer's own views.

    Raises
    ------
    ViewNotFound
        If it is not the viewer's.
    """
    require(viewer, "graph.keep")
    mine = SavedView.objects.filter(public_id=public_id, owner_id=viewer.person_id or 0)
    if not mine.delete()[0]:
        raise ViewNotFound
