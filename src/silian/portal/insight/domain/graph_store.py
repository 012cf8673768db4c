"""The one graph of this installation, mapped once a process and opened again when it changed."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from silian.errors import EngineError
from silian.portal.bilingual import choose
from silian.portal.insight.domain.graph_files import (
    current_stamp,
    graph_folder,
    read_state,
    snapshot_folder,
)
from silian.portal.insight.domain.graph_rights import visible_ids

if TYPE_CHECKING:
    from silian.engines.graph import Graph

__all__ = [
    "GraphNotBuilt",
    "GraphStatus",
    "current_graph",
    "forget_opened",
    "graph_is_built",
    "graph_status",
    "graph_version",
    "visible_ids",
]

_lock = threading.Lock()


class GraphNotBuilt(EngineError, LookupError):
    """There is no graph yet."""

    code = "graph_not_built"

    def __init__(self) -> None:
        super().__init__("there is no graph yet; the operator runs `silian graph build`.")
        self.message_zh = "图谱尚未生成，请运营方运行 silian graph build。"
        self.message_en = str(self)

    @property
    def message(self) -> str:
        """The message in the reader's language."""
        return choose(self.message_zh, self.message_en)


@dataclass(frozen=True, slots=True, kw_only=True)
class GraphStatus:
    """What the current graph holds, and how far it is behind the records.

    Attributes
    ----------
    behind
        Records that changed since and are not in it yet; ``None`` where nobody can tell.
    pending_changes
        Changes laid over the snapshot since it was built.
    """

    built_at: datetime
    read_at: datetime
    n_nodes: int
    n_edges: int
    by_kind: Mapping[str, int]
    by_type: Mapping[str, int]
    pending_changes: int
    behind: int | None


@dataclass(frozen=True, slots=True)
class _Opened:
    version: tuple[str, int]
    process: int
    graph: "Graph"


_opened: _Opened | None = None


def graph_is_built() -> bool:
    """Whether there is a graph to ask."""
    return bool(current_stamp())


def graph_version() -> tuple[str, int]:
    """What the graph is now: another value after every build and every change.

    Raises
    ------
    GraphNotBuilt
        If there is none.
    """
    stamp = current_stamp()
    if not stamp:
        raise GraphNotBuilt
    try:
        # A change is a file more in the snapshot's folder.
        return stamp, snapshot_folder(stamp).stat().st_mtime_ns
    except FileNotFoundError:
        raise GraphNotBuilt from None


def current_graph() -> "Graph":
    """The graph of this process, opened on first use and when another one is in place.

    Raises
    ------
    GraphNotBuilt
        If there is none.
    """
    global _opened  # noqa: PLW0603  one graph a process is the point
    version = graph_version()
    opened = _opened
    if opened is not None and (opened.version, opened.process) == (version, os.getpid()):
        return opened.graph
    from silian.engines.graph import load_snapshot

    with _lock:
        opened = _opened
        if opened is None or (opened.version, opened.process) != (version, os.getpid()):
            graph = load_snapshot(snapshot_folder(version[0]))
            opened = _opened = _Opened(version, os.getpid(), graph)
        return opened.graph


def forget_opened() -> None:
    """Close this process's graph: after a restore, and between tests."""
    global _opened  # noqa: PLW0603
    with _lock:
        _opened = None


def graph_status(*, count_behind: bool = True) -> GraphStatus:
    """Tell what the graph holds.

    Raises
    ------
    GraphNotBuilt
        If there is none.
    """
    from silian.portal.insight.domain.graph_changes import count_changed

    graph = current_graph()
    state = read_state(current_stamp())
    summary = graph.summary()
    moment = datetime.fromtimestamp(graph_folder().stat().st_mtime).astimezone()
    return GraphStatus(
        built_at=state.built_at if state else moment,
        read_at=state.read_at if state else moment,
        n_nodes=summary.nodes,
        n_edges=summary.edges,
        by_kind=summary.nodes_by_kind,
        by_type={name: n for name, n in summary.edges_by_type.items() if n},
        pending_changes=summary.pending_changes,
        behind=count_changed(state) if state and count_behind else None,
    )


def relation_words(edge_type: str) -> str:
    """What a tie of a type is called, read along it, in the reader's language."""
    from silian.engines.graph import RELATIONS

    relation = RELATIONS.get(edge_type)
    return relation.reads(forward=True, language=choose("zh", "en")) if relation else edge_type
