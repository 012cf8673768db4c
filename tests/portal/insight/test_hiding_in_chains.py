"""What is hidden or deleted counts no more at chain nodes once changes were followed."""

import pytest
from graph_city import City

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, Viewer
from silian.portal.insight.domain import chain_placements, chains
from silian.portal.insight.domain.graph_building import build_graph
from silian.portal.insight.domain.graph_refreshing import keep_up
from silian.portal.registry.models import ChainMember, ChainNode, Person


@pytest.fixture
def motor(city: City) -> ChainNode:
    """A node with a listed firm and a person whose expertise names it."""
    node = ChainNode.objects.create(register=city.register, source_key="电机", name="驱动电机")
    ChainMember.objects.create(
        register=city.register, source_key="1", organisation=city.other, node=node
    )
    Person.objects.create(
        register=city.register, source_key="expert", name="专家", expertise=["驱动电机"]
    )
    chain_placements.rebuild_placements()
    build_graph()
    return node


def told(node: ChainNode, viewer: Viewer) -> tuple[set[str], dict[str, int]]:
    """Who is listed at a node, and how many of each kind are counted."""
    assert not keep_up()
    detail = chains.node_detail(node.public_id, viewer)
    listed = {one.label for group in detail.members.values() for one in group}
    return listed, {kind: n for kind, n in detail.member_counts.items() if n}


def test_a_deleted_membership_is_told_no_more(city: City, motor: ChainNode) -> None:
    before = told(motor, SYSTEM)
    ChainMember.objects.get().delete()
    assert before == ({city.other.name, "专家"}, {"enterprise": 1, "person": 1})
    assert told(motor, SYSTEM) == ({"专家"}, {"person": 1})


def test_a_hidden_membership_and_a_hidden_person_are_counted_for_those_who_may_know(
    city: City, motor: ChainNode
) -> None:
    for record in (ChainMember.objects.get(), Person.objects.get(name="专家")):
        record.audience = "owner"
        record.save()
    assert told(motor, ANONYMOUS_VIEWER) == (set(), {})
    assert told(motor, SYSTEM) == ({city.other.name, "专家"}, {"enterprise": 1, "person": 1})


def test_what_is_new_stands_at_its_node_without_a_command(city: City, motor: ChainNode) -> None:
    Person.objects.create(
        register=city.register, source_key="new", name="新来", expertise=["驱动电机"]
    )
    assert told(motor, ANONYMOUS_VIEWER)[0] == {city.other.name, "专家", "新来"}
