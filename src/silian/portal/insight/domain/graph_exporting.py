"""The whole graph as a file for other tools."""

import zipfile
from pathlib import Path

from silian.portal.insight.domain.graph_store import current_graph
from silian.portal.insight.domain.graph_values import GraphQuestionRefused

#: Formats and what they are on the web.
FULL_FORMATS = {
    "graphml": "application/graphml+xml",
    "jsonld": "application/ld+json",
    "neo4j": "application/zip",
    "parquet": "application/zip",
}


def export_graph_file(folder: Path, file_format: str, *, base: str = "urn:silian:") -> Path:
    """Write the current graph into a folder.

    Parameters
    ----------
    base
        Address before ids in JSON-LD.

    Returns
    -------
    pathlib.Path
        The file; formats of several files come as one ZIP file.

    Raises
    ------
    GraphQuestionRefused
        If the format is none of ``FULL_FORMATS``.
    silian.portal.insight.domain.graph_store.GraphNotBuilt
        If there is no graph.
    """
    from silian.engines.graph import (
        export_graphml,
        export_json_ld,
        export_neo4j_csv,
        export_parquet,
    )

    graph = current_graph()
    if file_format == "graphml":
        return export_graphml(graph, folder / "graph.graphml")
    if file_format == "jsonld":
        vocabulary = f"{base}vocabulary/"
        return export_json_ld(graph, folder / "graph.jsonld", base=base, vocabulary=vocabulary)
    if file_format in ("neo4j", "parquet"):
        write = export_neo4j_csv if file_format == "neo4j" else export_parquet
        files = write(graph, folder / "parts")
        archive = folder / f"graph-{file_format}.zip"
        with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as bundle:
            for path in files:
                bundle.write(path, path.name)
        return archive
    raise GraphQuestionRefused(
        f"the format is {file_format!r}; choose one of {', '.join(FULL_FORMATS)}.",
        message_zh=f"没有 {file_format} 格式，可选 {'、'.join(FULL_FORMATS)}。",
    )
