"""What the address of a chain page asks for."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import Http404, HttpRequest
from django.urls import reverse

from silian.errors import EngineError
from silian.portal.addresses import whole_number
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.exchange.views.lists import plain
from silian.portal.insight.domain import chain_targets
from silian.portal.insight.domain.chain_values import ChainScope
from silian.portal.insight.interfaces.chain_diagram import ROWS_CHOICES
from silian.portal.insight.interfaces.chain_files import FILE_FORMATS

#: Nodes that a page looks at, and those that a file lists.
MOST_ON_PAGE, MOST_IN_FILE = 600, 20_000
_DEPTHS = range(9)
_UP, _DOWN = 2, 1  # around a node
_MOST_NAMED = 20


@contextmanager
def found_or_404() -> Iterator[None]:
    """What nobody knows, or the viewer may not see, is a page that isn't there."""
    try:
        yield
    except EngineError as error:
        if isinstance(error, LookupError):
            raise Http404(failure_of(error)) from error
        raise


def rows_asked(request: HttpRequest) -> int:
    """How many nodes of a layer are drawn."""
    rows = whole_number(request.GET.get("rows", ""), 0)
    return rows if rows in ROWS_CHOICES else ROWS_CHOICES[0]


def more_rows(rows: int) -> int | None:
    """The next larger number of nodes a layer, ``None`` after the last."""
    return next((one for one in ROWS_CHOICES if one > rows), None)


def folded_asked(request: HttpRequest) -> frozenset[int]:
    """Layers that are folded."""
    parts = request.GET.get("fold", "").split(",")[: 2 * len(_DEPTHS)]
    return frozenset(
        (-1 if one.startswith("-") else 1) * whole_number(one.removeprefix("-"), 0)
        for one in parts
        if whole_number(one.removeprefix("-"), -1) in _DEPTHS
    )


def around_scope(request: HttpRequest, node_id: str, most: int) -> ChainScope:
    """The part of the chains around one node."""
    up, down = (
        depth if (depth := whole_number(request.GET.get(name, ""), -1)) in _DEPTHS else usual
        for name, usual in (("up", _UP), ("down", _DOWN))
    )
    return ChainScope(roots=(node_id,), up=up, down=down, most=most)


def target_asked(request: HttpRequest) -> Any:
    """The target chain that the address narrows to, ``None`` for all of them."""
    asked = plain(request.GET.get("target", ""))
    if not asked:
        return None
    with found_or_404():
        return chain_targets.target_chain(asked)


def scope_of(target: Any, most: int) -> ChainScope:
    """The part that a target chain stands for, everything without one."""
    if target is None:
        return ChainScope(most=most)
    return chain_targets.scope_of(target, most)


def named(request: HttpRequest, name: str) -> tuple[str, ...]:
    """Public ids that the address repeats, each once."""
    asked = (plain(one)[:40] for one in request.GET.getlist(name)[:_MOST_NAMED])
    return tuple(dict.fromkeys(one for one in asked if one))


def file_format_asked(request: HttpRequest) -> str:
    """The file format in the address, CSV where it is another."""
    asked = request.GET.get("format", "csv")
    return asked if asked in FILE_FORMATS else "csv"


def tabs(current: str) -> list[tuple[str, str, bool]]:
    """The pages about chains: address, name, whether it is this one."""
    return [
        (reverse(f"insight:{route}"), choose(zh, en), route == current)
        for route, zh, en in (
            ("chain_list", "产业链", "Chains"),
            ("chain_gaps", "断点与弱项", "Gaps"),
            ("chain_scenario", "断供推演", "Scenario"),
        )
    ]
