"""The graph follows what changes beside records: decisions, employers, people of works, ids."""

import threading
from datetime import date
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from graph_city import City

from silian.portal import work_locks
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.models import Match
from silian.portal.innovation.models import Contribution
from silian.portal.insight.domain import chain_placements, chain_verdicts, chains
from silian.portal.insight.domain.graph_building import build_graph
from silian.portal.insight.domain.graph_checking import check_graph
from silian.portal.insight.domain.graph_exploring import around, find_thing
from silian.portal.insight.domain.graph_files import current_stamp
from silian.portal.insight.domain.graph_refreshing import keep_up
from silian.portal.insight.domain.graph_store import current_graph
from silian.portal.insight.domain.portraits import portrait
from silian.portal.insight.models import ChainPlacement
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_decisions import decide
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import (
    Affiliation,
    ChainMember,
    ChainNode,
    IdentityDecision,
    Organisation,
    Person,
    Region,
)


def ties(node_id: str, *types: str) -> set[tuple[str, str, str]]:
    """What the graph says of a thing, after it was brought up without a new build."""
    stamp = current_stamp()
    assert not keep_up()
    assert current_stamp() == stamp
    report = check_graph()
    assert report is not None
    assert report.consistent, report.examples
    part = around(SYSTEM, node_id, most=100)
    labels = {thing.node_id: thing.label for thing in part.things}
    return {
        (labels[tie.source_id], tie.edge_type, labels[tie.target_id])
        for tie in part.ties
        if node_id in (tie.source_id, tie.target_id) and tie.edge_type in types
    }


@pytest.fixture
def motor(city: City) -> ChainNode:
    return ChainNode.objects.create(register=city.register, source_key="电机", name="驱动电机")


def told_of(firm: Organisation, node: ChainNode) -> tuple[bool, bool, bool]:
    """Whether graph, chain page and portrait say that a firm is at a node."""
    in_graph = ties(node.public_id, "produces", "in_chain_node")
    detail = chains.node_detail(node.public_id, SYSTEM)
    members = {one.subject_id for group in detail.members.values() for one in group}
    tags = portrait(firm, SYSTEM, timezone.localdate()).tags
    return (
        any(firm.name == source for source, _, _ in in_graph),
        firm.public_id in members,
        any(tag.key == f"node:{node.public_id}" for tag in tags),
    )


def test_a_decision_on_a_placement_reaches_graph_chain_and_portrait_alike(
    city: City, motor: ChainNode
) -> None:
    told, listed, other = city.enterprise, city.other, city.university
    told.main_products = ["驱动电机"]
    told.save()
    ChainMember.objects.create(
        register=city.register, source_key="1", organisation=listed, node=motor
    )
    chain_placements.rebuild_placements()
    build_graph()
    yes, no = (True,) * 3, (False,) * 3
    assert [told_of(one, motor) for one in (told, listed, other)] == [yes, yes, no]
    made = [
        chain_verdicts.decide_placement(one.public_id, motor.public_id, verdict, SYSTEM)
        for one, verdict in ((told, "refused"), (listed, "refused"), (other, "confirmed"))
    ]
    assert [told_of(one, motor) for one in (told, listed, other)] == [no, no, yes]
    for one in made:
        chain_verdicts.withdraw_placement(one, SYSTEM)
    assert [told_of(one, motor) for one in (told, listed, other)] == [yes, yes, no]


def test_what_texts_say_of_a_changed_record_reaches_the_graph_without_a_new_build(
    city: City, motor: ChainNode
) -> None:
    chain_placements.rebuild_placements()
    build_graph()
    assert ties(motor.public_id, "in_chain_node") == set()
    city.patent.title = "一种驱动电机"
    city.patent.save()
    city.enterprise.main_products = ["驱动电机"]
    city.enterprise.save()
    # The people of the patent follow it.
    assert {source for source, _, _ in ties(motor.public_id, "in_chain_node")} == {
        "一种驱动电机", "张三", "李四", "东海磁材有限公司",
    }  # fmt: skip
    city.patent.delete()
    assert {source for source, _, _ in ties(motor.public_id, "in_chain_node")} == {
        "东海磁材有限公司"
    }


def test_employers_are_partners_by_those_who_work_for_them_now(city: City) -> None:
    Contribution.objects.create(person=city.li, subject_id=city.paper.public_id, role="author")
    build_graph()
    names = [one.name for one in (city.university, city.enterprise, city.other)]

    def partners() -> set[str]:
        found = ties(city.university.public_id, "partner")
        return {name for tie in found for name in (tie[0], tie[2])} & set(names[1:])

    city.patent.delete()
    assert partners() == {names[1]}
    city.li.organisation = city.other
    city.li.save()
    assert partners() == {names[2]}
    city.li.delete()
    assert partners() == set()


def test_people_and_owners_of_a_work_are_followed_though_its_own_columns_stay(city: City) -> None:
    save_record(
        "achievement",
        {"title": "永磁材料工艺", "inventor_names": "王五", "organisation_name": "东海大学"},
        register_code="works",
        source_key="W1",
        viewer=SYSTEM,
    )
    build_graph()
    work = city.achievement.__class__.objects.get(register__code="works")
    before = ties(work.public_id, "invents")
    assert len(before) == 1
    save_record(
        "achievement",
        {"title": "永磁材料工艺", "inventor_names": "王五;李四"},
        register_code="works",
        source_key="W1",
        viewer=SYSTEM,
    )
    assert len(ties(work.public_id, "invents")) == 2


def test_a_mention_that_is_registered_goes_on_under_its_new_id(
    city: City, motor: ChainNode
) -> None:
    save_record(
        "achievement",
        {"title": "电机", "organisation_name": "南江电机有限公司"},
        register_code="works",
        source_key="W2",
        viewer=SYSTEM,
    )
    mention = Organisation.objects.get(name="南江电机有限公司")
    old = mention.public_id
    kept = IdentityDecision.objects.create(
        subject_kind="organisation",
        decision_kind="must_not_link",
        record_ids=[old, city.other.public_id],
    )
    chain_placements.rebuild_placements()
    build_graph()
    decided = chain_verdicts.decide_placement(old, motor.public_id, "confirmed", SYSTEM)
    save_record(
        "organisation",
        {"name": "南江电机有限公司", "organisation_kind": "enterprise"},
        register_code="firms",
        source_key="F1",
        viewer=SYSTEM,
    )
    mention.refresh_from_db()
    assert mention.public_id != old
    assert ties(mention.public_id, "owns", "in_chain_node") == {
        ("南江电机有限公司", "owns", "电机"),
        ("南江电机有限公司", "in_chain_node", "驱动电机"),
    }
    assert old not in current_graph().nodes
    decided.refresh_from_db()
    kept.refresh_from_db()
    assert decided.subject_id == mention.public_id
    assert kept.record_ids == [mention.public_id, city.other.public_id]


def test_parts_of_a_region_that_comes_later_belong_to_it(city: City) -> None:
    part = Region.objects.create(
        register=city.register, source_key="990101", adcode="990101", name="东区",
        level="district", parent_adcode="990100",
    )  # fmt: skip
    build_graph()
    whole = Region.objects.create(
        register=city.register, source_key="990100", adcode="990100", name="海市", level="city"
    )
    assert ties(part.public_id, "part_of") == {("东区", "part_of", "海市")}
    assert whole.public_id in current_graph().nodes


def test_a_post_that_ends_is_followed_with_its_day(city: City) -> None:
    build_graph()
    post = Affiliation.objects.get()
    post.valid_until = date(2024, 6, 30)
    post.save()
    assert not keep_up()
    [tie] = [
        tie
        for tie in around(SYSTEM, city.zhang.public_id, most=50).ties
        if tie.edge_type == "works_at" and tie.source_id == city.zhang.public_id
    ]
    assert tie.until == date(2024, 6, 30)


def test_whoever_finds_another_at_work_is_told_to_look_again(city: City) -> None:
    build_graph()
    city.zhang.name = "张三丰"
    city.zhang.save()
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        with work_locks.hold("graph"):
            begun.set()
            ended.wait(20)

    thread = threading.Thread(target=work)
    thread.start()
    begun.wait(20)
    try:
        assert keep_up()
    finally:
        ended.set()
        thread.join()
    assert not keep_up()
    assert Person.objects.get(pk=city.zhang.pk).name == "张三丰"
    assert current_graph().node(city.zhang.public_id).label == "张三丰"


def test_withdrawn_decisions_leave_none_behind(city: City, motor: ChainNode) -> None:
    cache.clear()
    made = chain_verdicts.decide_placement(
        city.other.public_id, motor.public_id, "confirmed", SYSTEM
    )
    build_graph()
    assert len(ties(motor.public_id, "in_chain_node")) == 1
    chain_verdicts.withdraw_placement(made, SYSTEM)
    assert ties(motor.public_id, "in_chain_node") == set()
    assert not ChainPlacement.objects.exists()


def test_the_other_records_of_a_thing_stay_when_the_one_that_names_it_is_deleted(
    city: City,
) -> None:
    twins = [
        Organisation.objects.create(
            register=city.register, source_key=f"东海大学 {n}", name=f"东海大学 {n}"
        )
        for n in range(2)
    ]
    ids = [one.public_id for one in (city.university, *twins)]
    decide("organisation", "merge", ids, viewer=SYSTEM)
    build_graph()
    naming, *others = sorted(ids)
    Organisation.objects.get(public_id=naming).delete()
    assert {one: subject_of([one])[one] for one in others} == dict.fromkeys(others, others[0])
    keep_up(rebuild=True)
    assert {find_thing(SYSTEM, one).node_id for one in others} == {others[0]}
    Organisation.objects.get(public_id=others[0]).delete()
    assert subject_of(others) == {}
    keep_up(rebuild=True)
    assert find_thing(SYSTEM, others[1]).node_id == others[1]


def test_a_mention_stays_merged_when_it_is_registered(city: City) -> None:
    save_record(
        "achievement",
        {"title": "电机", "organisation_name": "南江电机有限公司"},
        register_code="works",
        source_key="W2",
        viewer=SYSTEM,
    )
    mention = Organisation.objects.get(name="南江电机有限公司")
    decide("organisation", "merge", [mention.public_id, city.other.public_id], viewer=SYSTEM)
    save_record(
        "organisation",
        {"name": "南江电机有限公司", "organisation_kind": "enterprise"},
        register_code="firms",
        source_key="F1",
        viewer=SYSTEM,
    )
    mention.refresh_from_db()
    ids = [mention.public_id, city.other.public_id]
    assert subject_of(ids) == dict.fromkeys(ids, min(ids))


def test_who_supplies_whom_follows_needs_and_supplies_that_change_hands(
    city: City, make_need: Any
) -> None:
    need = make_need("N1")
    Match.objects.create(
        need=need,
        supply_kind="achievement",
        supply_id=city.achievement.public_id,
        status=Match.Status.SIGNED,
    )
    build_graph()
    names = [one.name for one in (city.university, city.enterprise, city.other)]
    assert ties(city.university.public_id, "supplies") == {(names[0], "supplies", names[1])}
    need.organisation = city.other
    need.save()
    assert ties(city.university.public_id, "supplies") == {(names[0], "supplies", names[2])}
    city.achievement.organisation = city.enterprise
    city.achievement.save()
    assert ties(city.other.public_id, "supplies") == {(names[1], "supplies", names[2])}
    city.achievement.delete()
    assert ties(city.other.public_id, "supplies") == set()
    need.delete()
    assert ties(city.other.public_id, "supplies", "needs") == set()
