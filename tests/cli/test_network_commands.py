"""The network as a whole, who is near, teams and ways, from the command line."""

from collections.abc import Callable
from typing import Any

from graph_city import City

from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.registry.models import Region

Silian = Callable[..., Any]


def test_bridges_and_communities_are_told(silian: Silian, city: City) -> None:
    assert "graph_not_built" in silian("graph", "bridges").err
    silian("graph", "build")
    found = silian("graph", "bridges", "--kind", "person", "--json").json()
    assert [one["thing"]["label"] for one in found["bridges"]] == ["张三", "李四"]
    assert "东海大学" in silian("graph", "bridges").out
    assert silian("graph", "bridges", "--kind", "patent").code == 2
    groups = silian("graph", "communities", "--json").json()["communities"]
    assert [one["number"] for one in groups] == list(range(len(groups)))
    assert silian("graph", "communities").code == 0


def test_likeness_and_partners_come_with_reasons(silian: Silian, city: City) -> None:
    silian("graph", "build")
    [alike, *_] = silian("graph", "similar", "张三", "--json").json()
    assert alike["thing"]["kind"] == "person"
    assert alike["thing"]["label"] in silian("graph", "similar", "张三").out
    [partner] = silian("graph", "partners", "王五", "--json").json()
    assert (partner["thing"]["label"], partner["common"][0]["label"]) == ("李四", "张三")
    assert "李四" in silian("graph", "partners", "王五").out


def test_paths_are_narrowed(silian: Silian, city: City) -> None:
    silian("graph", "build")
    works = ("--type", "writes", "--type", "invents")
    [way] = silian("path", "王五", "李四", *works, "--json").json()
    assert [step["edge_type"] for step in way["steps"]] == ["writes"] * 2 + ["invents"] * 2
    assert silian("path", "王五", "李四", *works, "--since", "2022", "--json").json() == []
    [near] = silian("path", "王五", "李四", "--kind", "person", "--json").json()
    assert [step["edge_type"] for step in near["steps"]] == ["partner", "partner"]


def test_networks_and_teams_are_told(silian: Silian, city: City) -> None:
    found = silian("talent", "network", "张三", "--json").json()
    assert {one["name"] for one in found["people"]} == {"李四", "王五"}
    assert "王五" in silian("talent", "network", city.zhang.public_id).out
    assert silian("talent", "network", "无此人").code == 2
    [team] = silian("talent", "teams", "--all-years", "--json").json()
    assert team["size"] == 3
    assert "张三" in silian("talent", "teams", "--all-years").out


def test_positions_and_people_are_told_by_field(silian: Silian, city: City) -> None:
    Region.objects.create(
        register=city.register, source_key="990100", adcode="990100", name="此城", level="city"
    )
    table = silian("talent", "gaps", "--json").json()
    assert table["fields"][0]["label_en"] == "All fields"
    assert silian("talent", "gaps", "--area", "000000").code == 1


def test_a_need_is_told_through_whom_it_finds_experts(silian: Silian, city: City) -> None:
    need = Need.objects.create(
        register=city.register,
        source_key="n",
        title="高温永磁体",
        organisation=city.enterprise,
        status=Need.Status.PUBLISHED,
    )
    silian("build", "--words-only")
    silian("graph", "build")
    found = silian("talent", "ways", need.title, "--json").json()
    assert {one["name"] for one in found} <= {"张三", "李四", "王五"}
    assert silian("talent", "ways", need.public_id).code == 0
    assert not Match.objects.exists()
