"""The graph from the command line: built, asked, checked, written out, kept over a restore."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from graph_city import City

from silian.portal.registry.models import Person

Silian = Callable[..., Any]


def test_the_graph_is_built_and_told(silian: Silian, city: City) -> None:
    assert "graph_not_built" in silian("graph", "status").err
    assert silian("graph", "build").code == 0
    status = silian("graph", "status", "--json").json()
    assert (status["behind"], status["by_kind"]["person"]) == (0, 3)

    city.li.name = "李小四"
    city.li.save()
    assert silian("graph", "status", "--json").json()["behind"] == 1
    assert silian("graph", "build", "--changes", "--json").json()["pending_changes"] == 1
    assert "李小四" in silian("graph", "neighbours", "东海磁材有限公司").out


def test_paths_and_conflicts_are_told_by_name(silian: Silian, city: City) -> None:
    silian("graph", "build")
    [way, *_] = silian("path", "王五", "东海磁材有限公司", "--json").json()
    assert len(way["steps"]) == 2
    assert "发明" in silian("path", "张三", "李四", "--conflict", "--on", "2022-01-01").out
    Person.objects.create(register=city.register, source_key="王五 2", name="王五")
    silian("graph", "build", "--changes")
    refused = silian("path", "王五", "李四")
    assert refused.code == 2
    assert city.wang.public_id in refused.err
    assert silian("path", "无此人", "李四").code == 2


def test_the_graph_is_checked_and_mended(silian: Silian, city: City) -> None:
    silian("build", "--words-only")
    silian("graph", "build")
    assert silian("check").code == 0
    Person.objects.filter(pk=city.wang.pk).update(organisation=city.other)
    report = silian("check", "--json")
    assert report.code == 1
    assert report.json()["graph"]["missing_edges"] == 2
    assert silian("check", "--repair").code == 0
    assert silian("check", "--json").json()["graph"]["consistent"]


def test_the_whole_graph_is_written(silian: Silian, city: City, tmp_path: Path) -> None:
    silian("graph", "build")
    target = tmp_path / "graph.jsonld"
    assert silian("graph", "export", target, "--format", "jsonld").code == 0
    things = json.loads(target.read_text("utf-8"))["@graph"]
    assert "张三" in {one.get("label") for one in things}
    assert silian("graph", "export", target, "--format", "dot").code == 1


def test_status_tells_of_graph_places_and_resolution(silian: Silian, city: City) -> None:
    before = silian("status", "--json").json()
    assert (before["graph"], before["placements"]) == (None, None)
    assert before["resolution"] == {"organisation": None, "person": None}
    assert "silian graph build" in silian("status").out

    for command in (("resolve",), ("graph", "build")):
        assert silian(*command).code == 0
    told = silian("status", "--json").json()
    graph = silian("graph", "status", "--json").json()
    assert (told["graph"]["node_count"], told["graph"]["edge_count"]) == (
        graph["n_nodes"],
        graph["n_edges"],
    )
    assert told["graph"]["behind_count"] == 0
    assert told["resolution"]["organisation"]["record_count"] == 3
    assert (told["placements"] is None) == (told["records"]["chain_node"] == 0)
    assert "归并" in silian("status").out


def test_kept_regions_are_in_index_and_graph_at_once(silian: Silian, city: City) -> None:
    assert silian("build", "--words-only").code == 0
    assert silian("graph", "build").code == 0

    assert silian("regions", "3302").code == 0

    assert silian("check").code == 0
