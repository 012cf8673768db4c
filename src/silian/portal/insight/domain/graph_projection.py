"""Records as nodes and edges: all of them as tables, or those of some records as values."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
from django.utils import timezone

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.innovation.models import Project
from silian.portal.insight.domain.changed_records import record_models
from silian.portal.insight.domain.graph_edges import EDGE_SOURCES, EdgeRow
from silian.portal.insight.domain.graph_rights import POLICY_PREFIX, programme_id
from silian.portal.registry.domain.identities import same_as_table
from silian.portal.registry.domain.references import portions

if TYPE_CHECKING:
    from silian.engines.graph import Edge, Node

Progress = Callable[[int, int], None]

_CHUNK = 5_000
#: Kinds that are things of the graph, with the column that names them; the others are evidence.
NODE_KINDS = {
    "region": "name",
    "organisation": "name",
    "person": "name",
    "platform": "name",
    "achievement": "title",
    "patent": "title",
    "project": "title",
    "publication": "title",
    "facility": "name",
    "service_agency": "name",
    "need": "title",
    "chain_node": "name",
}
_EDGE_TYPES = {
    "source_id": pa.string(),
    "target_id": pa.string(),
    "edge_type": pa.string(),
    "weight": pa.float64(),
    "start": pa.date32(),
    "end": pa.date32(),
    "evidence": pa.string(),
}


def project_all(progress: Progress | None = None) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Nodes, edges and merged ids of all records, as the engine's tables."""
    counts = {kind: record_models()[kind]._default_manager.count() for kind in NODE_KINDS}
    total, done = 2 * sum(counts.values()), 0
    nodes = []
    for kind in NODE_KINDS:
        nodes.append(_node_table(kind))
        done += counts[kind]
        if progress:
            progress(done, total)
    nodes += [_policy_nodes(), _programme_nodes()]
    edges = []
    for source in EDGE_SOURCES:
        edges.append(_edge_table(source.rows(None)))
        done += sum(counts[kind] for kind in source.kinds if kind in counts) // 2
        if progress:
            progress(min(done, total), total)
    if progress:
        progress(total, total)
    table = pa.concat_tables(nodes)
    # A leader is named by the project and by the list of its people: that is said once.
    said = pa.concat_tables(edges).group_by(list(_EDGE_TYPES)).aggregate([])
    return table, said, _same_as(table)


def project_some(public_ids: Iterable[str]) -> tuple[list["Node"], list["Edge"]]:
    """Nodes and edges of what these records say, as far as they are there."""
    from silian.engines.graph import Edge, Node

    by_kind: dict[str, list[str]] = defaultdict(list)
    for one in public_ids:
        prefix = one.partition("-")[0]
        by_kind["match" if prefix == "match" else KIND_BY_PREFIX.get(prefix, "")].append(one)
    nodes = [
        Node(node_id=public_id, kind=kind, label=label)
        for kind, column in NODE_KINDS.items()
        for portion in portions(by_kind.get(kind, ()))
        for public_id, label in record_models()[kind]
        ._default_manager.filter(public_id__in=portion)
        .values_list("public_id", column)
    ]
    nodes += [
        Node(node_id=programme_id(programme), kind="programme", label=programme)
        for portion in portions(by_kind.get("project", ()))
        for programme in Project.objects.filter(public_id__in=portion)
        .exclude(programme="")
        .values_list("programme", flat=True)
        .distinct()
    ]
    edges = [
        Edge(
            source_id=row[0],
            target_id=row[1],
            edge_type=row[2],
            weight=row[3],
            start=row[4],
            end=row[5],
            evidence=row[6],
        )
        for source in EDGE_SOURCES
        for kind in source.kinds
        for portion in portions(by_kind.get(kind, ()))
        for row in map(_sound, source.rows(portion))
        if row[0] != row[1]
    ]
    return list(dict.fromkeys(nodes)), list(dict.fromkeys(edges))


def _node_table(kind: str) -> pa.Table:
    rows = record_models()[kind]._default_manager.values_list("public_id", NODE_KINDS[kind])
    ids, labels = list[str](), list[str]()
    for public_id, label in rows.iterator(chunk_size=_CHUNK):
        ids.append(public_id)
        labels.append(label)
    return _nodes(ids, [kind] * len(ids), labels)


def _nodes(ids: list[str], kinds: list[str], labels: list[str]) -> pa.Table:
    return pa.table(
        {
            "node_id": pa.array(ids, pa.string()),
            "kind": pa.array(kinds, pa.string()),
            "label": pa.array(labels, pa.string()),
        }
    )


def _policy_nodes() -> pa.Table:
    """Policies in force, the givers of grants: of the library, so no records."""
    from silian.portal.industry.domain.policies import policies_in_force

    policies = policies_in_force(timezone.localdate())
    ids = [f"{POLICY_PREFIX}{policy.policy_id}" for policy in policies]
    return _nodes(ids, ["policy"] * len(ids), [policy.label_zh for policy in policies])


def _programme_nodes() -> pa.Table:
    names = sorted(set(Project.objects.exclude(programme="").values_list("programme", flat=True)))
    ids = [programme_id(name) for name in names]
    return _nodes(ids, ["programme"] * len(ids), names)


def _edge_table(rows: Iterator[EdgeRow]) -> pa.Table:
    parts: list[list[object]] = [[] for _ in _EDGE_TYPES]
    appends = [part.append for part in parts]
    for row in rows:
        for append, value in zip(appends, _sound(row), strict=True):
            append(value)
    return pa.table(
        {
            name: pa.array(part, of_type)
            for (name, of_type), part in zip(_EDGE_TYPES.items(), parts, strict=True)
        }
    )


def _sound(row: EdgeRow) -> EdgeRow:
    """Without an end that lies before the start: one of the two is a slip."""
    start, end = row[4], row[5]
    if isinstance(start, date) and isinstance(end, date) and end < start:
        return (*row[:5], None, row[6])
    return row


def _same_as(nodes: pa.Table) -> pa.Table:
    """Merged ids, as far as both are nodes."""
    merged = same_as_table()
    if not merged.num_rows:
        return merged
    known = nodes["node_id"]
    both = [pc.is_in(merged[name], known) for name in ("node_id", "canonical_id")]
    return merged.filter(pc.and_(*both))
