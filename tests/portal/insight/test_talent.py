"""The talent graph: ties, teams, ways to experts, and positions beside people."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from silian.portal.accounts.domain.access import (
    ANONYMOUS_VIEWER,
    SYSTEM,
    AccessDenied,
    Viewer,
    viewer_of_user,
)
from silian.portal.accounts.models import User
from silian.portal.exchange.domain.index import forget_opened as forget_index
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Contribution, Publication
from silian.portal.insight.domain.graph_building import build_graph
from silian.portal.insight.domain.graph_scope import forget_scopes
from silian.portal.insight.domain.graph_store import GraphNotBuilt, forget_opened
from silian.portal.insight.domain.portrait_notes import hide_tag
from silian.portal.insight.domain.portrait_subjects import subject_of_record
from silian.portal.insight.domain.talent_gaps import GapAreaNotFound, talent_gaps
from silian.portal.insight.domain.talent_network import talent_network
from silian.portal.insight.domain.talent_paths import need_paths
from silian.portal.insight.domain.talent_teams import teams
from silian.portal.insight.domain.talent_ties import divided, ties_among
from silian.portal.insight.interfaces.talent_faces import gaps_file, gaps_values, network_chart
from silian.portal.registry.models import Audience, Organisation, Person, Region, Register

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 1)


@pytest.fixture
def people(register: Register, organisations: dict[str, Organisation]) -> dict[str, Person]:
    """Seven people: a to c and d to f work together, g only with a; a is of the firm."""
    made = {}
    for name in "abcdefg":
        employer = organisations["enterprise" if name == "a" else "research"]
        made[name] = Person.objects.create(
            register=register,
            source_key=name,
            name=f"人{name}",
            organisation=employer,
            owner=employer,
            field_codes=["T0401"],
        )
    return made


@pytest.fixture
def paper(register: Register, people: dict[str, Person]) -> Callable[..., Publication]:
    def make(key: str, authors: str, **values: Any) -> Publication:
        defaults = {
            "title": f"论文{key}",
            "published_on": date(2025, 1, 1),
            "field_codes": ["T0401"],
        }
        made = Publication.objects.create(register=register, source_key=key, **(defaults | values))
        for place, name in enumerate(authors, 1):
            Contribution.objects.create(
                person=people[name], subject_id=made.public_id, role="author", position=place
            )
        return made

    return make


@pytest.fixture
def papers(paper: Callable[..., Publication]) -> list[Publication]:
    return [
        paper("1", "abc"),
        paper("2", "abc"),
        paper("3", "def"),
        paper("4", "def"),
        paper("5", "ag"),
        paper("6", "cd", audience=Audience.OWNER),
    ]


def test_a_paper_of_two_binds_more_than_one_of_three_and_a_crowd_binds_nobody() -> None:
    days = {"two": DAY, "three": DAY, "crowd": DAY}
    crowd = [str(number) for number in range(31)]
    found = ties_among({"two": "ab", "three": "abc", "crowd": crowd}, days)
    assert [(t.first, t.second, t.count, t.weight) for t in found] == [
        ("a", "b", 2, 1.5),
        ("a", "c", 1, 0.5),
        ("b", "c", 1, 0.5),
    ]


def test_teams_follow_the_ties_and_are_the_same_twice() -> None:
    ties = ties_among({"1": "abc", "2": "def", "3": "abc", "4": "def"}, dict.fromkeys("1234", DAY))
    found = divided(list("abcdefg"), ties)
    assert {found[one] for one in "abc"} != {found[one] for one in "def"}
    assert len(set(found.values())) == 2
    assert "g" not in found
    assert divided(list("abcdefg"), ties) == found
    assert divided(["a"], []) == {}


def test_the_network_shows_partners_and_the_ties_among_them(
    people: dict[str, Person], papers: list[Publication], viewers: dict[str, Viewer]
) -> None:
    found = talent_network(people["a"], viewers["enterprise"], DAY)
    assert [(one.name, one.count, one.weight) for one in found.people] == sorted(
        [("人b", 2, 1.0), ("人c", 2, 1.0), ("人g", 1, 1.0)],
        key=lambda row: people[row[0][-1]].public_id,
    )
    pairs = {frozenset((tie.first, tie.second)) for tie in found.ties}
    assert frozenset((people["b"].public_id, people["c"].public_id)) in pairs
    chart = network_chart(found)
    assert chart is not None
    assert chart["nodes"][0]["id"] == people["a"].public_id
    assert {one["source"] for one in chart["links"]} <= {node["id"] for node in chart["nodes"]}


def test_a_work_that_is_hidden_ties_nobody_for_a_stranger_to_it(
    people: dict[str, Person], papers: list[Publication], viewers: dict[str, Viewer]
) -> None:
    seen = talent_network(people["c"], viewers["enterprise"], DAY)
    assert people["d"].public_id not in {one.record_id for one in seen.people}
    everything = talent_network(people["c"], SYSTEM, DAY)
    assert people["d"].public_id in {one.record_id for one in everything.people}


def test_a_tie_that_one_hides_is_in_no_network_and_no_team(
    people: dict[str, Person], papers: list[Publication], viewers: dict[str, Viewer]
) -> None:
    subject = subject_of_record(people["b"], SYSTEM)
    hide_tag(subject, f"partner:{people['c'].public_id}", viewer=SYSTEM)
    found = talent_network(people["a"], viewers["enterprise"], DAY)
    pairs = {frozenset((tie.first, tie.second)) for tie in found.ties}
    assert frozenset((people["b"].public_id, people["c"].public_id)) not in pairs
    assert people["b"].public_id not in {
        one.record_id for one in talent_network(people["c"], viewers["enterprise"], DAY).people
    }


def test_teams_are_of_three_and_more_whom_every_reader_sees_with_recent_works(
    people: dict[str, Person], papers: list[Publication], viewers: dict[str, Viewer]
) -> None:
    found = teams(viewers["viewer"], DAY)
    assert sorted(sorted(one.name[-1] for one in team.members) for team in found) == [
        ["a", "b", "c", "g"],
        ["d", "e", "f"],
    ]
    assert {team.n_works for team in found} == {2, 3}
    assert found[0].field_codes == ("T04",)
    assert teams(viewers["viewer"], DAY, field_code="T01") == ()
    later = date(2035, 1, 1)
    assert teams(viewers["viewer"], later) == ()
    assert len(teams(viewers["viewer"], later, of_all_years=True)) == 2
    Person.objects.filter(pk=people["d"].pk).update(audience=Audience.OWNER)
    assert Person.objects.get(pk=people["e"].pk).save() is None  # the change is noticed
    assert [team.size for team in teams(viewers["viewer"], DAY)] == [4]


def test_strangers_are_asked_to_sign_in(people: dict[str, Person]) -> None:
    for call in (
        lambda: teams(ANONYMOUS_VIEWER),
        lambda: talent_network(people["a"], ANONYMOUS_VIEWER),
    ):
        with pytest.raises(AccessDenied):
            call()
    assert Client().get(f"/portraits/{people['a'].public_id}/network/").status_code == 302


@pytest.fixture
def graph(settings: Any, tmp_path: Path) -> Iterator[Callable[[], Any]]:
    """A graph in a place of its own, built when called."""
    settings.SILIAN_HOME = tmp_path
    forget_opened()
    forget_scopes()
    yield build_graph
    forget_opened()
    forget_scopes()
    forget_index()


@pytest.fixture
def need(index: Callable[[], int], make_need: Callable[..., Need]) -> Need:
    return make_need(
        "n", title="永磁材料专家", text="寻找永磁材料方面的专家。", field_codes=["T0401"]
    )


def test_an_expert_is_found_through_people_of_the_needs_organisation(
    people: dict[str, Person],
    papers: list[Publication],
    need: Need,
    index: Callable[[], int],
    graph: Callable[[], Any],
    viewers: dict[str, Viewer],
) -> None:
    people["c"].expertise = ["永磁材料"]
    people["c"].save()
    index()
    with pytest.raises(GraphNotBuilt):
        need_paths(need, viewers["enterprise"])
    graph()
    found = need_paths(need, viewers["enterprise"])
    [way] = [one for one in found if one.expert == people["c"]]
    assert way.people == ("人a", "人c")
    assert not way.by_organisations
    assert way.way is not None
    assert way.way.steps[0].start.node_id == need.organisation.public_id  # type: ignore[union-attr]
    # Where one of the two hides the tie, the way does not lead over it.
    hide_tag(
        subject_of_record(people["c"], SYSTEM), f"partner:{people['a'].public_id}", viewer=SYSTEM
    )
    again = [one for one in need_paths(need, viewers["enterprise"]) if one.expert == people["c"]]
    assert all(one.people != ("人a", "人c") for one in again)


def test_experts_without_a_way_are_one_line(
    people: dict[str, Person],
    papers: list[Publication],
    need: Need,
    register: Register,
    index: Callable[[], int],
    graph: Callable[[], Any],
    users: dict[str, User],
) -> None:
    people["c"].expertise = ["永磁材料"]
    people["c"].save()
    stranger = Person.objects.create(
        register=register, source_key="s", name="生人", expertise=["永磁材料"]
    )
    index()
    graph()
    client = Client()
    client.force_login(users["operator"])

    page = client.get(f"/portraits/ways/{need.public_id}/").content.decode()

    cards, _, folded = page.partition('id="unreached"')
    assert (people["c"].public_id in cards, stranger.public_id in cards) == (True, False)
    assert stranger.public_id in folded
    assert "位专家没有已知途径" in folded


def test_teams_come_in_pages(
    people: dict[str, Person],
    papers: list[Publication],
    users: dict[str, User],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = Client()
    client.force_login(users["operator"])
    assert 'class="pager"' not in client.get("/portraits/teams/").content.decode()
    team = "silian.portal.insight.views.talent"
    found = teams(viewer_of_user(users["operator"]))
    monkeypatch.setattr(f"{team}.teams", lambda *_, **__: found[:1] * 45)
    last = client.get("/portraits/teams/?page=3").content.decode()
    assert last.count("<tr>") == 1 + 5
    assert client.get("/portraits/teams/?page=99").content.decode().count("<tr>") == 1 + 5


@pytest.fixture
def districts(register: Register) -> list[Region]:
    cache.clear()
    rows = [
        ("990100", "海市", "city", ""),
        ("990101", "东区", "district", "990100"),
        ("990102", "西区", "district", "990100"),
    ]
    return [
        Region.objects.create(
            register=register,
            source_key=code,
            adcode=code,
            name=name,
            level=level,
            parent_adcode=up,
        )
        for code, name, level, up in rows
    ]


def test_positions_stand_beside_people_and_few_people_are_not_told(
    register: Register,
    districts: list[Region],
    organisations: dict[str, Organisation],
    make_need: Callable[..., Need],
    viewers: dict[str, Viewer],
) -> None:
    _, east, west = districts
    for name, region in (("enterprise", east), ("research", west)):
        organisations[name].region = region
        organisations[name].save()
    for number in range(9):
        Person.objects.create(
            register=register,
            source_key=f"w{number}",
            name="甲",
            organisation=organisations["research"],
            field_codes=["T0401"],
        )
    Person.objects.create(
        register=register,
        source_key="e",
        name="乙",
        organisation=organisations["enterprise"],
        field_codes=["T0401"],
    )
    make_need("p1", need_kind="talent", field_codes=["T0401"], region=east)
    make_need("p2", need_kind="talent", field_codes=["T0401"], region=east, status="draft")
    make_need("p3", need_kind="technology", field_codes=["T0401"], region=east)
    cache.clear()
    table = talent_gaps(viewers["viewer"], "990100")
    [row] = [one for one in table.fields if one.code == "T04"]
    cells = dict(zip((area.name for area in table.areas), row.cells, strict=True))
    assert (cells["东区"].positions, cells["东区"].people, cells["东区"].missing) == (1, None, None)
    assert table.withheld_count >= 2  # another one, so that no total gives it back
    values = gaps_values(table)
    assert "乙" not in str(values)
    for file_format in ("csv", "xlsx"):
        assert b"".join(gaps_file(table, file_format))
    assert "隐去" in b"".join(gaps_file(table, "csv")).decode("utf-8-sig")
    with pytest.raises(GapAreaNotFound):
        talent_gaps(viewers["viewer"], "110101")


def test_pages_answer_each_role_as_the_table_of_rights_says(
    people: dict[str, Person], papers: list[Publication], need: Need, users: dict[str, User]
) -> None:
    client = Client()
    client.force_login(users["enterprise"])
    network = client.get(f"/portraits/{people['a'].public_id}/network/")
    assert "的合作网络" in network.content.decode()
    assert "人b" in network.content.decode()
    assert "人a" in client.get("/portraits/teams/").content.decode()
    assert client.get("/portraits/gaps/").status_code == 200
    assert client.get("/portraits/gaps/?area=999999").status_code == 404
    ways = client.get(f"/portraits/ways/{need.public_id}/").content.decode()
    assert "silian graph build" in ways
