"""The graph follows the records, answers in words, and tells nobody what they may not see."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from graph_city import City, make_city

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, AccessDenied, Viewer
from silian.portal.exchange.models import Match
from silian.portal.innovation.models import Contribution, Project
from silian.portal.insight.domain import graph_building
from silian.portal.insight.domain.graph_analysis import analyse
from silian.portal.insight.domain.graph_building import build_graph, refresh_graph
from silian.portal.insight.domain.graph_checking import check_graph
from silian.portal.insight.domain.graph_conflicts import conflicts_between
from silian.portal.insight.domain.graph_exploring import among, around, find_thing
from silian.portal.insight.domain.graph_exporting import export_graph_file
from silian.portal.insight.domain.graph_files import (
    current_stamp,
    forget_current,
    graph_folder,
)
from silian.portal.insight.domain.graph_finding import find_things
from silian.portal.insight.domain.graph_partners import (
    forget_partners,
    likely_partners,
    similar_things,
)
from silian.portal.insight.domain.graph_paths import paths_between
from silian.portal.insight.domain.graph_refreshing import keep_up
from silian.portal.insight.domain.graph_scope import forget_scopes, graph_for, status_for
from silian.portal.insight.domain.graph_store import (
    GraphNotBuilt,
    current_graph,
    forget_opened,
    visible_ids,
)
from silian.portal.insight.domain.graph_values import (
    GraphNodeNotFound,
    GraphQuestionRefused,
    Narrowing,
)
from silian.portal.insight.domain.portrait_notes import hide_tag, withdraw_note
from silian.portal.insight.domain.portrait_subjects import subject_of_record
from silian.portal.registry.models import (
    Affiliation,
    ChainLink,
    ChainMember,
    ChainNode,
    IdentityMember,
    Organisation,
    Person,
    Register,
)


@pytest.fixture
def home(settings: Any, tmp_path: Path) -> Iterator[Path]:
    """A folder of its own for the graph; nothing of it stays in this process."""
    settings.SILIAN_HOME = tmp_path
    yield tmp_path
    forget_opened()
    forget_scopes()
    forget_partners()


@pytest.fixture
def city(home: Path, register: Register, organisations: dict[str, Organisation]) -> City:
    return make_city(register, organisations)


def said(viewer: Viewer, node_id: str) -> set[tuple[str, str, str]]:
    part = around(viewer, node_id, most=50)
    labels = {thing.node_id: thing.label for thing in part.things}
    return {
        (labels[tie.source_id], tie.edge_type, labels[tie.target_id])
        for tie in part.ties
        if node_id in (tie.source_id, tie.target_id)
    }


def test_records_become_things_and_ties(city: City) -> None:
    status = build_graph()

    assert dict(status.by_kind) | {"policy": 0} == {
        "organisation": 3, "person": 3, "patent": 1, "publication": 1, "achievement": 1,
        "policy": 0,
    }  # fmt: skip
    assert dict(status.by_type) == {
        "invents": 3, "owns": 3, "partner": 3, "takes_part_in": 1, "works_at": 3, "writes": 2,
    }  # fmt: skip
    assert said(SYSTEM, city.zhang.public_id) >= {
        ("张三", "works_at", "东海大学"),
        ("张三", "invents", "一种高温永磁体"),
        ("张三", "writes", "晶界扩散研究"),
    }
    [tie] = [
        tie
        for tie in among(SYSTEM, [city.zhang.public_id, city.university.public_id]).ties
        if tie.edge_type == "works_at"
    ]
    assert (tie.since, tie.count) == (date(2015, 9, 1), 1)
    assert tie.evidence == (Affiliation.objects.get().public_id,)


def test_chains_grants_and_matches_are_in_the_graph(
    city: City, make_need: Any, viewers: dict[str, Viewer]
) -> None:
    magnets, motors = (
        ChainNode.objects.create(register=city.register, source_key=name, name=name)
        for name in ("磁材", "电机")
    )
    ChainLink.objects.create(
        register=city.register, source_key="磁材 电机", source=magnets, target=motors
    )
    ChainMember.objects.create(
        register=city.register,
        source_key="东海磁材 磁材",
        organisation=city.enterprise,
        node=magnets,
        revenue_share=0.4,
    )
    need = make_need("N1")
    match = Match.objects.create(
        need=need,
        supply_kind="achievement",
        supply_id=city.achievement.public_id,
        status=Match.Status.SIGNED,
    )
    build_graph()

    assert said(SYSTEM, magnets.public_id) == {
        ("磁材", "upstream_of", "电机"),
        ("东海磁材有限公司", "produces", "磁材"),
    }
    contracted = ("需求 N1", "contracted", "永磁材料工艺")
    assert contracted in said(SYSTEM, need.public_id)
    # A contract is told to the two who made it, to nobody else.
    assert contracted in said(viewers["enterprise"], need.public_id)
    assert contracted not in said(viewers["viewer"], need.public_id)
    assert visible_ids(viewers["viewer"], [match.public_id, need.public_id]) == {need.public_id}


def test_changes_come_in_without_a_new_build(city: City) -> None:
    build_graph()
    stamp = current_stamp()
    city.paper.title = "晶界扩散再研究"
    city.paper.save()
    Affiliation.objects.all().delete()
    city.patent.delete()
    later = Person.objects.create(
        register=city.register, source_key="赵六", name="赵六", organisation=city.other
    )
    status = refresh_graph()

    assert (current_stamp(), status.pending_changes) == (stamp, 1)
    assert find_thing(SYSTEM, city.paper.public_id).label == "晶界扩散再研究"
    assert said(SYSTEM, later.public_id) == {("赵六", "works_at", "西山机电有限公司")}
    assert city.patent.public_id not in current_graph().nodes
    # What the affiliation said with its days, the person's own record says without.
    [tie] = among(SYSTEM, [city.zhang.public_id, city.university.public_id]).ties
    assert (tie.edge_type, tie.since, tie.evidence) == ("works_at", None, (city.zhang.public_id,))
    report = check_graph()
    assert report is not None
    assert report.consistent, report.examples
    assert refresh_graph().pending_changes == 1


def test_a_check_tells_and_mends_what_was_never_carried_over(city: City) -> None:
    assert check_graph() is None
    build_graph()
    Person.objects.filter(pk=city.li.pk).update(organisation=city.other, name="李小四")

    report = check_graph()
    assert report is not None
    assert (report.missing_nodes, report.extra_nodes) == (1, 1)
    assert (report.missing_edges, report.extra_edges) == (1, 1)
    mended = check_graph(repair=True)
    assert mended is not None
    assert mended.repaired
    assert said(SYSTEM, city.li.public_id) >= {("李小四", "works_at", "西山机电有限公司")}


def test_the_graph_keeps_up_where_there_is_one(city: City) -> None:
    keep_up(rebuild=True)
    assert current_stamp() == ""
    build_graph()
    city.zhang.name = "张三丰"
    city.zhang.save()
    keep_up()
    assert find_thing(SYSTEM, city.zhang.public_id).label == "张三丰"
    forget_current(due=True)
    keep_up()
    assert current_stamp() == ""
    keep_up(rebuild=True)
    assert find_thing(SYSTEM, city.zhang.public_id).label == "张三丰"


def test_many_small_changes_become_one_snapshot(city: City, monkeypatch: Any) -> None:
    monkeypatch.setattr(graph_building, "_MOST_PENDING", 2)
    build_graph()
    first = current_stamp()
    for name in ("甲", "乙"):
        city.zhang.name = name
        city.zhang.save()
        status = refresh_graph()
    assert (current_stamp() != first, status.pending_changes) == (True, 0)
    assert find_thing(SYSTEM, city.zhang.public_id).label == "乙"
    assert refresh_graph().pending_changes == 0
    report = check_graph()
    assert report is not None
    assert report.consistent


def test_changes_too_many_or_of_another_kind_wait_for_whoever_may_build(
    city: City, monkeypatch: Any
) -> None:
    build_graph()
    stamp = current_stamp()
    monkeypatch.setattr(graph_building, "_MANY_CHANGES", 0)
    city.zhang.name = "张三丰"
    city.zhang.save()
    assert refresh_graph(rebuild=False).behind is None
    assert (current_stamp(), find_thing(SYSTEM, city.zhang.public_id).label) == (stamp, "张三")
    refresh_graph()
    assert find_thing(SYSTEM, city.zhang.public_id).label == "张三丰"


def test_only_the_current_and_the_former_snapshot_stay(city: City) -> None:
    stamps = [(build_graph(), current_stamp())[1] for _ in range(3)]

    folders = {path.name for path in graph_folder().iterdir() if path.is_dir()}
    assert folders == set(stamps[1:])


def test_records_of_one_thing_are_one_node_found_by_either_id(city: City) -> None:
    twin = Organisation.objects.create(
        register=city.register, source_key="东海大学 (2)", name="东海大学（主校区）"
    )
    subject, other = sorted([twin.public_id, city.university.public_id])
    for record in (subject, other):
        IdentityMember.objects.create(
            subject_kind="organisation", record_id=record, subject_id=subject
        )
    build_graph()

    assert find_thing(SYSTEM, twin.public_id) == find_thing(SYSTEM, city.university.public_id)
    assert find_thing(SYSTEM, other).node_id == subject


@pytest.mark.parametrize("role", ["viewer", "research"])
def test_hidden_records_leave_no_trace(role: str, city: City, viewers: dict[str, Viewer]) -> None:
    city.patent.audience = "owner"
    city.patent.owner = city.enterprise
    city.patent.save()
    city.wang.audience = "members"
    city.wang.save()
    build_graph()
    hidden, viewer = city.patent.public_id, viewers[role]

    with pytest.raises(GraphNodeNotFound):
        find_thing(viewer, hidden)
    assert find_things(viewer, "高温永磁体") == ()
    # Without the patent the two are no partners, and no path leads from one to the other by it.
    for ways in (
        paths_between(viewer, city.zhang.public_id, city.li.public_id),
        paths_between(viewer, city.university.public_id, city.enterprise.public_id),
    ):
        assert all(
            hidden not in (step.start.node_id, step.evidence) for w in ways for step in w.steps
        )
    assert not any("partner" in tie for tie in said(viewer, city.li.public_id))
    assert status_for(viewer).n_nodes == status_for(SYSTEM).n_nodes - 1
    assert status_for(ANONYMOUS_VIEWER).n_nodes == status_for(SYSTEM).n_nodes - 2
    # The owner sees it, and everything that follows from it.
    assert find_thing(viewers["enterprise"], hidden).label == "一种高温永磁体"
    assert any("partner" in tie for tie in said(viewers["enterprise"], city.li.public_id))


def test_what_is_hidden_after_the_build_is_gone_at_once(
    city: City, viewers: dict[str, Viewer]
) -> None:
    build_graph()
    before = graph_for(viewers["viewer"])
    city.wang.audience = "owner"
    city.wang.save()

    # Even before the change is laid over the graph, nothing hidden is answered.
    part = around(viewers["viewer"], city.university.public_id, most=50)
    assert city.wang.public_id not in {thing.node_id for thing in part.things}
    refresh_graph()
    assert graph_for(viewers["viewer"]) is not before
    assert city.wang.public_id not in graph_for(viewers["viewer"]).nodes


def test_a_path_is_told_step_by_step_with_its_evidence(city: City) -> None:
    build_graph()

    [way, *_] = paths_between(SYSTEM, city.wang.public_id, city.enterprise.public_id)
    assert len(way.steps) == 2
    assert all(step.evidence for step in way.steps)
    assert re.fullmatch(r"王五 .+；.+ 东海磁材有限公司", way.words)
    assert paths_between(SYSTEM, city.wang.public_id, city.other.public_id) == ()
    with pytest.raises(GraphQuestionRefused):
        paths_between(SYSTEM, city.wang.public_id, city.wang.public_id)


def test_neighbours_beyond_the_limit_are_listed(city: City) -> None:
    build_graph()
    whole = around(SYSTEM, city.university.public_id, most=50)
    part = around(SYSTEM, city.university.public_id, most=2)

    assert (len(part.things), part.n_more) == (3, len(whole.things) - 3)
    assert {thing.node_id for thing in (*part.things, *part.more)} == {
        thing.node_id for thing in whole.things
    }
    people = Narrowing(kinds=("person",))
    assert {t.kind for t in around(SYSTEM, city.university.public_id, narrowing=people).things} == {
        "organisation", "person",
    }  # fmt: skip
    old = Narrowing(until_year=2020, types=("owns",))
    assert [t.label for t in around(SYSTEM, city.enterprise.public_id, narrowing=old).things] == [
        "东海磁材有限公司"
    ]


def test_conflicts_of_interest_are_told_with_their_ties(
    city: City, viewers: dict[str, Viewer]
) -> None:
    build_graph()
    verdict = conflicts_between(
        viewers["adviser"], city.zhang.public_id, city.li.public_id, as_of=date(2022, 1, 1)
    )

    assert [(tie.code, tie.meeting.label if tie.meeting else "") for tie in verdict.ties] == [
        ("coinventors", "一种高温永磁体")
    ]
    assert {said.words for said in verdict.ties[0].statements} == {
        "张三 发明 一种高温永磁体",
        "李四 发明 一种高温永磁体",
    }
    long_after = conflicts_between(
        SYSTEM, city.zhang.public_id, city.li.public_id, as_of=date(2040, 1, 1)
    )
    assert long_after.ties == ()
    with pytest.raises(GraphQuestionRefused):
        conflicts_between(SYSTEM, city.zhang.public_id, city.li.public_id, as_of=date.min)
    with pytest.raises(AccessDenied):
        conflicts_between(viewers["research"], city.zhang.public_id, city.li.public_id)
    with pytest.raises(GraphQuestionRefused):
        conflicts_between(SYSTEM, city.zhang.public_id, city.enterprise.public_id)


def _hide_post(city: City) -> None:
    post = Affiliation.objects.create(
        register=city.register,
        source_key="王五 东海大学",
        person=city.wang,
        organisation=city.university,
        valid_from=date(2018, 1, 1),
    )
    post.audience = "owner"
    post.save()


def test_a_hidden_tie_clears_nobody_and_tells_no_words(
    city: City, viewers: dict[str, Viewer]
) -> None:
    _hide_post(city)
    build_graph()
    ends = city.zhang.public_id, city.wang.public_id
    full, told = (
        conflicts_between(viewers[role], *ends, as_of=date(2023, 1, 1))
        for role in ("operator", "adviser")
    )
    assert [tie.code for tie in full.ties] == [tie.code for tie in told.ties]
    [colleagues] = [tie for tie in full.ties if tie.code == "colleagues"]
    assert colleagues.meeting is not None
    assert colleagues.meeting.label == "东海大学"
    [hidden] = [tie for tie in told.ties if tie.code == "colleagues"]
    assert (hidden.meeting, hidden.last_day) == (None, None)
    assert [(said.words, said.evidence) for said in hidden.statements] == [
        ("1 项联系依据未公开的记录，详情请运营方核查。", "")
    ]
    [coauthors] = [tie for tie in told.ties if tie.code == "coauthors"]
    assert coauthors.meeting is not None


def _project(city: City, key: str, leader: Person, **values: Any) -> Project:
    days = {"started_on": date(2021, 1, 1), "ended_on": date(2023, 12, 31)}
    return Project.objects.create(
        register=city.register, source_key=key, title=key, leader=leader, **(days | values)
    )


def test_the_same_programme_is_a_conflict_and_what_no_record_tells_is_said(city: City) -> None:
    first = _project(city, "X1", city.zhang, programme="海市重点研发计划")
    _project(city, "X2", city.li, programme="海市重点研发计划")
    build_graph()
    ends = city.zhang.public_id, city.li.public_id
    verdict = conflicts_between(SYSTEM, *ends, as_of=date(2024, 6, 1))
    [tie] = [tie for tie in verdict.ties if tie.code == "funder"]
    assert tie.meeting is not None
    assert (tie.meeting.label, tie.meeting.kind_label) == ("海市重点研发计划", "科技计划")
    assert verdict.unchecked == ("亲属", "师生", "同一（家族）企业")
    # Both in one programme is no way from one to the other.
    assert all(
        step.end.kind != "programme" for way in paths_between(SYSTEM, *ends) for step in way.steps
    )
    first.programme = "海市揭榜挂帅"
    first.save()
    refresh_graph()
    later = conflicts_between(SYSTEM, *ends, as_of=date(2024, 6, 1))
    assert "funder" not in {tie.code for tie in later.ties}
    Project.objects.all().delete()
    refresh_graph()
    assert "programme" not in {k for k, n in current_graph().summary().nodes_by_kind.items() if n}
    report = check_graph()
    assert report is not None
    assert report.consistent, report.examples


def test_a_programme_of_hidden_projects_is_hidden(city: City, viewers: dict[str, Viewer]) -> None:
    _project(city, "X1", city.zhang, programme="海市重点研发计划")
    _project(city, "X2", city.li, programme="秘密计划", audience="owner")
    build_graph()

    def programmes(viewer: Viewer) -> int:
        return status_for(viewer).by_kind.get("programme", 0)

    assert (programmes(SYSTEM), programmes(viewers["viewer"])) == (2, 1)


def test_what_happened_once_is_of_its_day_and_what_lasts_of_all_its_days(city: City) -> None:
    build_graph()
    spans = {"invents": (2021, 2021), "writes": (2022, 2022), "works_at": (2015, 9999)}
    for year in (2014, 2015, 2021, 2022, 2026):
        narrowing = Narrowing(since_year=year, until_year=year)
        part = around(SYSTEM, city.zhang.public_id, narrowing=narrowing, most=50)
        types = {tie.edge_type for tie in part.ties if city.zhang.public_id == tie.source_id}
        assert types & spans.keys() == {
            name for name, (first, last) in spans.items() if first <= year <= last
        }
    [tie] = among(SYSTEM, [city.zhang.public_id, city.paper.public_id]).ties
    assert (tie.since, tie.until) == (date(2022, 5, 1), None)


def test_partners_and_likeness_come_with_reasons(city: City) -> None:
    build_graph()

    [partner] = likely_partners(SYSTEM, city.li.public_id)
    assert (partner.thing.label, [one.label for one in partner.common]) == ("王五", ["张三"])
    alike = similar_things(SYSTEM, city.wang.public_id)
    assert alike[0].thing.label == "张三"
    assert any("晶界扩散研究" in words for words in alike[0].shared)
    with pytest.raises(GraphQuestionRefused):
        likely_partners(SYSTEM, city.patent.public_id)


def test_who_bridges_among_the_shown(city: City) -> None:
    build_graph()
    shown = [one.public_id for one in (city.li, city.patent, city.zhang, city.paper, city.wang)]

    found = analyse(SYSTEM, shown)
    assert found.bridges[0].thing.label == "张三"
    assert sorted(thing.label for group in found.groups for thing in group) == sorted(
        ["李四", "一种高温永磁体", "张三", "晶界扩散研究", "王五"]
    )


@pytest.mark.parametrize("file_format", ["graphml", "jsonld", "neo4j", "parquet"])
def test_the_whole_graph_is_written(file_format: str, city: City, tmp_path: Path) -> None:
    with pytest.raises(GraphNotBuilt):
        export_graph_file(tmp_path, file_format)
    build_graph()
    assert export_graph_file(tmp_path, file_format).stat().st_size > 500


def _merge(kind: str, *records: Any) -> tuple[Any, Any]:
    """Two records as one subject: the one that names it, and the other."""
    first, second = sorted(records, key=lambda one: str(one.public_id))
    for record in (first, second):
        IdentityMember.objects.create(
            subject_kind=kind, record_id=record.public_id, subject_id=first.public_id
        )
    return first, second


def test_a_merged_thing_goes_by_the_record_that_may_be_seen(
    city: City, viewers: dict[str, Viewer]
) -> None:
    twin = Organisation.objects.create(
        register=city.register, source_key="东海大学 (2)", name="东海大学（主校区）"
    )
    naming, other = _merge("organisation", twin, city.university)
    naming.audience = "owner"
    naming.save()
    build_graph()
    for viewer in (viewers["viewer"], ANONYMOUS_VIEWER):
        thing = find_thing(viewer, other.public_id)
        assert (thing.node_id, thing.label) == (other.public_id, other.name)
        with pytest.raises(GraphNodeNotFound):
            find_thing(viewer, naming.public_id)
        part = around(viewer, other.public_id, most=50)
        assert naming.public_id not in str(part.as_json())
        assert {tie.edge_type for tie in part.ties} >= {"works_at", "owns", "partner"}
        [way, *_] = paths_between(viewer, other.public_id, city.enterprise.public_id)
        assert way.steps[0].start.node_id == other.public_id
    assert find_thing(SYSTEM, other.public_id).node_id == naming.public_id


def test_a_hidden_partner_is_no_tie_no_way_and_no_suggestion(
    city: City, viewers: dict[str, Viewer]
) -> None:
    build_graph()
    viewer, ends = viewers["viewer"], (city.zhang.public_id, city.li.public_id)
    pair = {"张三", "李四"}
    assert any({a, b} == pair for a, _, b in said(viewer, city.zhang.public_id))
    subject = subject_of_record(city.zhang, SYSTEM)
    note = hide_tag(subject, f"partner:{city.li.public_id}", viewer=SYSTEM)
    for one in (viewer, ANONYMOUS_VIEWER, viewers["adviser"]):
        assert not any({a, b} == pair for a, _, b in said(one, city.zhang.public_id))
        assert all(
            {step.start.label, step.end.label} != pair
            for way in paths_between(one, *ends)
            for step in way.steps
        )
        assert all(
            partner.thing.node_id not in ends
            for end in ends
            for partner in likely_partners(one, end)
        )
    assert any({a, b} == pair for a, _, b in said(SYSTEM, city.zhang.public_id))
    withdraw_note(subject, note.pk, viewer=SYSTEM)
    assert any({a, b} == pair for a, _, b in said(viewer, city.zhang.public_id))


@pytest.mark.parametrize(
    ("work", "person", "told"),
    [
        ("public", "public", True),
        ("public", "members", False),
        ("public", "owner", False),
        ("members", "members", True),
        ("owner", "owner", False),
    ],
)
def test_where_a_hidden_person_works_is_not_told_by_partners(
    work: str, person: str, told: bool, city: City
) -> None:
    Contribution.objects.create(person=city.li, subject_id=city.paper.public_id, role="author")
    city.patent.delete()
    for record, audience in ((city.paper, work), (city.li, person)):
        record.audience = audience
        record.save()
    build_graph()
    ties = said(SYSTEM, city.university.public_id)
    assert any({"东海大学", "东海磁材有限公司"} == {a, b} for a, _, b in ties) == told
