"""The shown part of the graph as a file: JSON-LD, GraphML, CSV or XLSX."""

import json
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from silian.portal.bilingual import choose
from silian.portal.insight.domain.graph_values import Part, Thing, Tie
from silian.portal.registry.interfaces.sheets import table_bytes

FORMATS = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "graphml": "application/graphml+xml",
    "jsonld": "application/ld+json",
}
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_DATE = "http://www.w3.org/2001/XMLSchema#date"
_KEYS = (
    ("node", "kind", "string"),
    ("node", "label", "string"),
    ("edge", "edge_type", "string"),
    ("edge", "words", "string"),
    ("edge", "weight", "double"),
    ("edge", "start", "string"),
    ("edge", "end", "string"),
    ("edge", "evidence", "string"),
)


def part_file(part: Part, file_format: str, *, base: str) -> Iterator[bytes]:
    """Pieces of the file.

    Parameters
    ----------
    file_format
        One of ``FORMATS``.
    base
        Address before ids in JSON-LD.
    """
    if file_format == "jsonld":
        yield json.dumps(_linked_data(part, base), ensure_ascii=False, default=str).encode()
    elif file_format == "graphml":
        yield _graphml(part).encode()
    else:
        yield from table_bytes("graph", _headings(), _rows(part), file_format)


def _headings() -> list[str]:
    return [
        choose("起点", "From"),
        choose("起点类型", "Kind"),
        choose("关系", "Tie"),
        choose("终点", "To"),
        choose("终点类型", "Kind"),
        choose("强度", "Weight"),
        choose("起", "Since"),
        choose("止", "Until"),
        choose("起点编号", "From id"),
        choose("终点编号", "To id"),
        choose("依据", "Evidence"),
    ]


def _rows(part: Part) -> Iterator[list[Any]]:
    things = {thing.node_id: thing for thing in part.things}
    tied = set[str]()
    for tie in part.ties:
        source, target = things[tie.source_id], things[tie.target_id]
        tied |= {source.node_id, target.node_id}
        yield _row(source, target, tie)
    for thing in part.things:
        if thing.node_id not in tied:
            yield [thing.label, thing.kind_label, *[""] * 6, thing.node_id, "", ""]


def _row(source: Thing, target: Thing, tie: Tie) -> list[Any]:
    return [
        source.label,
        source.kind_label,
        tie.words,
        target.label,
        target.kind_label,
        round(tie.weight, 4),
        str(tie.since or ""),
        str(tie.until or ""),
        tie.source_id,
        tie.target_id,
        " ".join(tie.evidence),
    ]


def _linked_data(part: Part, base: str) -> dict[str, Any]:
    context = {
        "@base": base,
        "@vocab": f"{base}vocabulary/",
        "label": "http://www.w3.org/2000/01/rdf-schema#label",
        "Statement": f"{_RDF}Statement",
        "subject": {"@id": f"{_RDF}subject", "@type": "@id"},
        "predicate": {"@id": f"{_RDF}predicate", "@type": "@vocab"},
        "object": {"@id": f"{_RDF}object", "@type": "@id"},
        "start": {"@type": _DATE},
        "end": {"@type": _DATE},
        "evidence": {"@type": "@id"},
    }
    things = [
        {"@id": thing.node_id, "@type": thing.kind, "label": thing.label} for thing in part.things
    ]
    statements = [
        {
            "@type": "Statement",
            "subject": tie.source_id,
            "predicate": tie.edge_type,
            "object": tie.target_id,
            "weight": tie.weight,
            **({"start": str(tie.since)} if tie.since else {}),
            **({"end": str(tie.until)} if tie.until else {}),
            "evidence": list(tie.evidence),
        }
        for tie in part.ties
    ]
    return {"@context": context, "@graph": [*things, *statements]}


def _graphml(part: Part) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>']
    lines.append('<graphml xmlns="http://graphml.graphdrawing.org/xmlns">')
    lines += [
        f'<key id="{name}" for="{scope}" attr.name="{name}" attr.type="{of_type}"/>'
        for scope, name, of_type in _KEYS
    ]
    lines.append('<graph edgedefault="directed">')
    for thing in part.things:
        data = _data({"kind": thing.kind, "label": thing.label})
        lines.append(f"<node id={_quoted(thing.node_id)}>{data}</node>")
    for number, tie in enumerate(part.ties):
        data = _data(
            {
                "edge_type": tie.edge_type,
                "words": tie.words,
                "weight": tie.weight,
                "start": tie.since,
                "end": tie.until,
                "evidence": " ".join(tie.evidence),
            }
        )
        ends = f"source={_quoted(tie.source_id)} target={_quoted(tie.target_id)}"
        lines.append(f'<edge id="e{number}" {ends}>{data}</edge>')
    return "\n".join([*lines, "</graph>", "</graphml>", ""])


def _data(values: dict[str, Any]) -> str:
    return "".join(
        f'<data key="{name}">{escape(_written(value))}</data>'
        for name, value in values.items()
        if value not in (None, "")
    )


def _quoted(text: str) -> str:
    return quoteattr(_written(text))


def _written(value: Any) -> str:
    """Without the characters that XML 1.0 can't hold."""
    return "".join(sign for sign in str(value) if sign >= " " or sign in "\t\n\r")
