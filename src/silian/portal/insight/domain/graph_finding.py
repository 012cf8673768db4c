"""Things of the graph by their names, for the explorer's search box."""

from silian.errors import EngineError
from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.insight.domain.changed_records import record_models
from silian.portal.insight.domain.graph_exploring import find_thing
from silian.portal.insight.domain.graph_projection import NODE_KINDS
from silian.portal.insight.domain.graph_scope import graph_for
from silian.portal.insight.domain.graph_values import GraphNodeNotFound, Thing, thing_of

# By name first what people look for most; works are many, and are found by their words.
_NAMED = ("organisation", "person", "chain_node", "platform", "facility", "service_agency")
_WORKS = ("need", "achievement", "project", "patent", "publication", "region")


def find_things(
    viewer: Viewer, text: str, *, kinds: tuple[str, ...] = (), limit: int = 12
) -> tuple[Thing, ...]:
    """Things whose name holds a text, those that begin with it first; or the one of this id."""
    text = text.strip()
    if not text:
        return ()
    try:
        kind_of(text)
        return (find_thing(viewer, text),)
    except (EngineError, GraphNodeNotFound):
        pass
    graph = graph_for(viewer)
    found: dict[str, Thing] = {}
    for kind in (one for one in (*_NAMED, *_WORKS) if not kinds or one in kinds):
        for public_id in _named(viewer, kind, text, limit):
            if public_id in graph.nodes:
                thing = thing_of(graph.node(public_id))
                found.setdefault(thing.node_id, thing)
        if len(found) >= limit:
            break
    return tuple(found.values())[:limit]


def _named(viewer: Viewer, kind: str, text: str, limit: int) -> list[str]:
    column = NODE_KINDS[kind]
    records = visible(record_models()[kind]._default_manager.all(), viewer)
    ids = list[str]()
    for how in ("startswith", "icontains"):
        rows = records.filter(**{f"{column}__{how}": text}).order_by(column, "pk")
        ids += rows.values_list("public_id", flat=True)[: limit - len(ids)]
        if len(ids) >= limit:
            break
    return list(dict.fromkeys(ids))
