"""Records are placed at chain nodes by register, texts and works; what people decide outweighs."""

from collections.abc import Callable
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.innovation.models import Achievement, Contribution
from silian.portal.insight.domain import chain_placements as placing
from silian.portal.insight.domain.chain_placing import Agreement, learned_confidence
from silian.portal.insight.domain.chain_rules import placement_rules
from silian.portal.insight.domain.chain_texts import NodeNames, RecordTexts
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import ChainNode, Organisation, Person

pytestmark = pytest.mark.django_db
RULES = placement_rules()


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Any) -> None:
    settings.SILIAN_HOME = tmp_path


@pytest.fixture
def node() -> Callable[..., ChainNode]:
    def make(name: str, **values: Any) -> ChainNode:
        stated = {"name": name} | values
        save_record("chain_node", stated, register_code="chains", source_key=name, viewer=SYSTEM)
        return ChainNode.objects.get(register__code="chains", source_key=name)

    return make


def placed() -> dict[tuple[str, str], tuple[str, float, str]]:
    names = dict(ChainNode.objects.values_list("public_id", "name"))
    return {
        (row["subject_id"], names[row["node_id"]]): (
            row["origin"],
            row["confidence"],
            row["reason"],
        )
        for row in placing.placements().to_pylist()
    }


# Names in texts


def found(names: list[str], **texts: tuple[str, ...]) -> list[tuple[str, str]]:
    known = NodeNames([(name, number) for number, name in enumerate(names)])
    return [(names[hit.node], hit.how) for hit in known.hits(RecordTexts(**texts))]


def test_what_a_product_ends_with_is_its_kind_and_the_rest_a_part() -> None:
    names = ["减速器", "谐波减速器"]
    assert found(names, products=("谐波减速器",)) == [("谐波减速器", "product")]
    assert found(names, products=("行星减速器",)) == [("减速器", "product_kind")]
    assert found(names, products=("谐波减速器壳体",)) == [("谐波减速器", "product_part")]


def test_a_title_is_about_what_stands_before_its_tail() -> None:
    names = ["永磁电机", "控制器"]
    assert found(names, titles=("一种永磁电机的制备方法",)) == [("永磁电机", "title_kind")]
    assert found(names, titles=("永磁电机控制器",)) == [
        ("永磁电机", "title"),
        ("控制器", "title_kind"),
    ]


def test_names_stand_on_the_borders_of_words_and_spellings_compare_folded() -> None:
    assert found(["子电"], titles=("转子电阻测量",)) == []
    assert found(["PI膜"], keywords=("ｐｉ膜",)) == [("PI膜", "keyword")]


# Placing


def test_organisations_stand_where_the_register_says_and_where_their_products_are(
    node: Any, make_organisation: Callable[..., Organisation]
) -> None:
    node("永磁电机", keywords=["永磁马达"])
    node("减速器")
    listed = make_organisation("东海电机有限公司")
    told = make_organisation("西山电机有限公司", main_products=["永磁马达", "谐波减速器"])
    save_record(
        "chain_member",
        {"organisation_key": listed.public_id, "node_name": "永磁电机", "revenue_share": 0.7},
        register_code="chains",
        source_key="1",
        viewer=SYSTEM,
    )
    status = placing.rebuild_placements()
    assert placed() == {
        (listed.public_id, "永磁电机"): ("register", 1.0, ""),
        (told.public_id, "永磁电机"): ("text", RULES.confidence["product"], "永磁马达"),
        (told.public_id, "减速器"): ("text", RULES.confidence["product_kind"], "谐波减速器"),
    }
    assert (status.count, status.by_origin) == (3, {"register": 1, "text": 2})
    assert not status.behind
    make_organisation("南江电机有限公司")
    later = placing.placement_status()
    assert later is not None
    assert later.behind


def test_before_the_first_time_the_register_alone_speaks(
    node: Any, make_organisation: Callable[..., Organisation]
) -> None:
    node("永磁电机")
    firm = make_organisation("东海电机有限公司", main_products=["永磁电机"])
    assert placed() == {}
    save_record(
        "chain_member",
        {"organisation_key": firm.public_id, "node_name": "永磁电机"},
        register_code="chains",
        source_key="1",
        viewer=SYSTEM,
    )
    assert placed() == {(firm.public_id, "永磁电机"): ("register", 1.0, "")}
    assert placing.placement_status() is None


def test_people_take_over_where_their_works_stand_but_nothing_hidden_speaks_beside_the_open(
    node: Any, make_achievement: Callable[..., Achievement], register: Any
) -> None:
    node("永磁电机")
    node("伺服驱动器")
    person = Person.objects.create(register=register, source_key="P", name="王小明")
    works = [
        make_achievement("1", title="高效永磁电机"),
        make_achievement("2", title="低噪永磁电机", audience="owner"),
        make_achievement("3", title="多轴伺服驱动器", audience="owner"),
    ]
    for work in works:
        Contribution.objects.create(person=person, subject_id=work.public_id, role="inventor")
    placing.rebuild_placements()
    share = round(RULES.person_share * RULES.confidence["title_kind"], 3)
    assert placed()[person.public_id, "永磁电机"] == ("person", share, "永磁电机")
    table = placing.placements().to_pylist()
    seen = {(r["subject_id"], r["evidence"]): r["audience"] for r in table if r["kind"] == "person"}
    assert seen == {
        (person.public_id, works[0].public_id): "public",
        (person.public_id, works[2].public_id): "owner",
    }


def test_two_characters_suffice_only_as_a_main_product(
    node: Any,
    make_organisation: Callable[..., Organisation],
    make_achievement: Callable[..., Achievement],
) -> None:
    node("轴承")
    firm = make_organisation("东海轴承有限公司", main_products=["轴承"])
    make_achievement("1", title="高速轴承", keywords=["轴承"])
    placing.rebuild_placements()
    assert set(placed()) == {(firm.public_id, "轴承")}


def test_confidence_follows_the_register_where_it_says_enough() -> None:
    n = RULES.least_pairs
    few = Agreement(how="keyword", hits=n - 1, agreed=0)
    many = Agreement(how="product", hits=3 * n // 4 + n, agreed=n)
    told = learned_confidence([few, many, Agreement(how="name", hits=9 * n, agreed=0)], RULES)
    assert told["keyword"] == RULES.confidence["keyword"]
    assert told["name"] == RULES.confidence["name"]
    assumed = RULES.confidence["product"]
    assert told["product"] == pytest.approx((n + n / 4 * assumed) / (2 * n))


# Decisions


def test_a_decision_holds_at_once_and_can_be_taken_back(
    node: Any, make_organisation: Callable[..., Organisation], viewers: dict[str, Viewer]
) -> None:
    motor = node("永磁电机")
    magnet = node("永磁材料")
    firm = make_organisation("东海电机有限公司", main_products=["永磁电机"])
    placing.rebuild_placements()
    before = placed()
    refused = placing.decide_placement(
        firm.public_id, motor.public_id, "refused", viewers["operator"], note="已停产"
    )
    confirmed = placing.decide_placement(
        firm.public_id, magnet.public_id, "confirmed", viewers["adviser"], note="走访所见"
    )
    assert placed() == {(firm.public_id, "永磁材料"): ("decision", 1.0, "走访所见")}
    assert [one.verdict for one in placing.verdicts_of(firm.public_id, motor.public_id)] == [
        "refused"
    ]
    placing.withdraw_placement(refused, viewers["operator"])
    placing.withdraw_placement(confirmed, viewers["operator"])
    assert placed() == before


def test_only_the_service_team_decides_about_what_there_is(
    node: Any, make_organisation: Callable[..., Organisation], viewers: dict[str, Viewer]
) -> None:
    motor, firm = node("永磁电机").public_id, make_organisation("东海电机有限公司").public_id
    for role in ("enterprise", "research", "viewer"):
        with pytest.raises(AccessDenied):
            placing.decide_placement(firm, motor, "refused", viewers[role])
    for subject, at, verdict in (
        ("org-aaaaaaaaaaaaaaaa", motor, "refused"),
        (firm, "node-aaaaaaaaaaaaaaaa", "refused"),
        (motor, motor, "refused"),
        (firm, motor, "perhaps"),
    ):
        with pytest.raises(placing.VerdictRefused):
            placing.decide_placement(subject, at, verdict, viewers["operator"])
