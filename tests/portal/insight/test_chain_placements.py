"""Records are placed at chain nodes by register, texts and works; what people decide outweighs."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.innovation.models import Achievement, Contribution, Patent
from silian.portal.insight.domain import chain_decisions as decisions
from silian.portal.insight.domain import chain_placements as placing
from silian.portal.insight.domain import chain_verdicts as verdicts
from silian.portal.insight.domain.chain_placement_files import in_order, read_rows, table_of
from silian.portal.insight.domain.chain_placing import Agreement, learned_confidence, place_all
from silian.portal.insight.domain.chain_rules import placement_rules
from silian.portal.insight.domain.chain_texts import NodeNames, RecordTexts
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import (
    ChainMember,
    ChainNode,
    IdentityMember,
    Organisation,
    Person,
)

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


def test_memberships_count_on_the_days_for_which_they_hold(
    node: Any, make_organisation: Callable[..., Organisation], monkeypatch: Any
) -> None:
    node("永磁电机")
    today = timezone.localdate()
    days = {
        "旧": {"valid_until": today - timedelta(days=1)},
        "今": {"valid_from": today, "valid_until": today},
        "新": {"valid_from": today + timedelta(days=1)},
        "常": {},
    }
    names = {}
    for key, holds in days.items():
        made = make_organisation(f"{key}日电机有限公司")
        names[made.public_id] = key
        stated = {"organisation_key": made.public_id, "node_name": "永磁电机"} | holds
        save_record("chain_member", stated, register_code="c", source_key=key, viewer=SYSTEM)

    def standing() -> set[str]:
        return {names[subject] for subject, _ in placed()}

    assert standing() == {"今", "常"}  # before anything was placed
    placing.rebuild_placements()
    assert standing() == {"今", "常"}
    real = timezone.localdate
    monkeypatch.setattr(
        timezone, "localdate", lambda at=None: real(at) if at else today + timedelta(days=1)
    )
    status = placing.placement_status()
    assert status is not None
    assert status.behind
    assert placing.follow_records()
    assert standing() == {"新", "常"}


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
    refused = verdicts.decide_placement(
        firm.public_id, motor.public_id, "refused", viewers["operator"], note="已停产"
    )
    confirmed = verdicts.decide_placement(
        firm.public_id, magnet.public_id, "confirmed", viewers["adviser"], note="走访所见"
    )
    assert placed() == {(firm.public_id, "永磁材料"): ("decision", 1.0, "走访所见")}
    assert [one.verdict for one in verdicts.verdicts_of(firm.public_id, motor.public_id)] == [
        "refused"
    ]
    verdicts.withdraw_placement(refused, viewers["operator"])
    verdicts.withdraw_placement(confirmed, viewers["operator"])
    assert placed() == before


def test_only_the_service_team_decides_about_what_there_is(
    node: Any, make_organisation: Callable[..., Organisation], viewers: dict[str, Viewer]
) -> None:
    motor, firm = node("永磁电机").public_id, make_organisation("东海电机有限公司").public_id
    for role in ("enterprise", "research", "viewer"):
        with pytest.raises(AccessDenied):
            verdicts.decide_placement(firm, motor, "refused", viewers[role])
    for subject, at, verdict in (
        ("org-aaaaaaaaaaaaaaaa", motor, "refused"),
        (firm, "node-aaaaaaaaaaaaaaaa", "refused"),
        (motor, motor, "refused"),
        (firm, motor, "perhaps"),
    ):
        with pytest.raises(verdicts.VerdictRefused):
            verdicts.decide_placement(subject, at, verdict, viewers["operator"])


def test_what_is_refused_of_a_thing_is_refused_of_all_its_records(
    node: Any, make_organisation: Callable[..., Organisation]
) -> None:
    motor = node("永磁电机")
    firms = [make_organisation(name, main_products=["永磁电机"]) for name in ("甲厂", "乙厂")]
    ids = sorted(one.public_id for one in firms)
    for one in ids:
        IdentityMember.objects.create(subject_kind="organisation", record_id=one, subject_id=ids[0])
    placing.rebuild_placements()
    verdicts.decide_placement(ids[0], motor.public_id, "refused", SYSTEM)
    assert placed() == {}
    verdicts.decide_placement(ids[1], motor.public_id, "confirmed", SYSTEM)
    assert {subject: row[0] for (subject, _), row in placed().items()} == {
        ids[0]: "text",
        ids[1]: "decision",
    }
    # One decision about one thing, to be undone under either id.
    [told] = decisions.decisions_at(motor.public_id, SYSTEM)
    assert (told.subject_id, told.verdict) == (ids[0], "confirmed")
    decisions.withdraw_latest(SYSTEM, node_id=motor.public_id, subject_id=ids[0])
    assert placed() == {}
    decisions.withdraw_latest(SYSTEM, node_id=motor.public_id, subject_id=ids[1])
    assert {subject for subject, _ in placed()} == set(ids)
    with pytest.raises(decisions.PlacementUnknown):
        decisions.withdraw_latest(SYSTEM, node_id=motor.public_id, subject_id=ids[0])


def test_a_decision_wakes_whoever_keeps_the_graph_up(
    node: Any,
    make_organisation: Callable[..., Organisation],
    django_capture_on_commit_callbacks: Any,
) -> None:
    motor, firm = node("永磁电机").public_id, make_organisation("东海电机有限公司").public_id
    for act in (
        lambda: verdicts.decide_placement(firm, motor, "confirmed", SYSTEM),
        lambda: decisions.withdraw_latest(SYSTEM, node_id=motor, subject_id=firm),
    ):
        with django_capture_on_commit_callbacks() as callbacks:
            act()
        assert callbacks


def test_a_confirmed_person_stands_by_the_work_that_said_so(
    node: Any, make_achievement: Callable[..., Achievement], register: Any
) -> None:
    motor = node("永磁电机")
    person = Person.objects.create(register=register, source_key="P", name="王小明")
    work = make_achievement("1", title="高效永磁电机", audience="owner")
    Contribution.objects.create(person=person, subject_id=work.public_id, role="inventor")
    placing.rebuild_placements()
    verdicts.decide_placement(person.public_id, motor.public_id, "confirmed", SYSTEM)
    [row] = [row for row in placing.placements().to_pylist() if row["kind"] == "person"]
    assert (row["origin"], row["evidence"], row["audience"]) == (
        "decision",
        work.public_id,
        "owner",
    )


# Placing again what changed


class Region:
    """Records that are changed at random, always in the same way."""

    WORDS = ("永磁电机", "减速器", "伺服驱动器", "磁材", "轴承")

    def __init__(self, register: Any, seed: int) -> None:
        self.register, self.random, self.n = register, Random(seed), 0
        self.orgs = [self._new(Organisation, name=f"厂 {n}") for n in range(4)]
        self.people = [self._new(Person, name=f"人 {n}") for n in range(4)]
        self.works: list[Any] = [self._work() for _ in range(6)]
        for one in (*self.orgs, *self.people):
            self._edit(one)

    def step(self) -> None:
        """Change something."""
        self.random.choice(
            [self._edit_one, self._edit_one, self._add, self._remove, self._part, self._member]
        )()

    def _new(self, model: Any, **values: Any) -> Any:
        self.n += 1
        return model.objects.create(register=self.register, source_key=str(self.n), **values)

    def _title(self) -> str:
        return "".join(self.random.choices((*self.WORDS, "高效", "测试", "谐波"), k=2)) + "研究"

    def _work(self) -> Any:
        audience = self.random.choice(["public", "public", "members", "owner"])
        model = self.random.choice([Achievement, Patent])
        work = self._new(model, title=self._title(), audience=audience)
        for person in self.random.sample(
            self.people, k=self.random.randint(0, min(2, len(self.people)))
        ):
            Contribution.objects.create(person=person, subject_id=work.public_id, role="inventor")
        return work

    def _edit(self, one: Any) -> None:
        words = self.random.sample((*self.WORDS, "谐波减速器", "磁材壳体"), k=2)
        if isinstance(one, Organisation):
            one.main_products, one.keywords = words[:1], words[1:]
        elif isinstance(one, Person):
            one.expertise = words[: self.random.randint(0, 1)]
        else:
            one.title = self._title()
        one.audience = self.random.choice(["public", "public", "owner"])
        one.save()

    def _edit_one(self) -> None:
        self._edit(self.random.choice([*self.orgs, *self.people, *self.works]))

    def _add(self) -> None:
        self.works.append(self._work())

    def _remove(self) -> None:
        chosen = self.random.choice([self.works, self.works, self.people, self.orgs])
        if len(chosen) > 1:
            chosen.pop(self.random.randrange(len(chosen))).delete()

    def _part(self) -> None:
        work, person = self.random.choice(self.works), self.random.choice(self.people)
        held = Contribution.objects.filter(subject_id=work.public_id, person=person)
        if not held.delete()[0]:
            Contribution.objects.create(person=person, subject_id=work.public_id, role="inventor")
        work.save()  # as loading and editing do

    def _member(self) -> None:
        held = list(ChainMember.objects.order_by("pk"))
        if held and self.random.random() < 0.4:
            self.random.choice(held).delete()
            return
        self._new(
            ChainMember,
            organisation=self.random.choice(self.orgs),
            node=self.random.choice(list(ChainNode.objects.order_by("pk"))),
            revenue_share=self.random.choice([None, 0.2, 0.6]),
        )


@pytest.mark.parametrize("seed", range(4))
def test_placing_what_changed_again_gives_what_placing_all_anew_would(
    seed: int, node: Any, register: Any
) -> None:
    for word in Region.WORDS:
        node(word, keywords=[f"{word}组件"])
    region = Region(register, seed)
    placing.rebuild_placements()
    first = placing.placed_at()
    for _ in range(16):
        region.step()
        assert placing.follow_records()
        held, anew = read_rows(), table_of(place_all().placements)
        assert held is not None
        assert held.equals(in_order(anew))
    assert placing.placed_at() == first


def test_placements_stay_as_they_are_where_a_change_says_nothing_new(
    node: Any, make_organisation: Callable[..., Organisation]
) -> None:
    node("永磁电机")
    firm = make_organisation("东海电机有限公司", main_products=["永磁电机"])
    placing.rebuild_placements()
    version = placing.placements_version()
    firm.employee_count = 12
    firm.save()
    assert placing.follow_records()
    assert placing.placements_version() == version
    status = placing.placement_status()
    assert status is not None
    assert not status.behind


def test_other_names_of_nodes_and_many_changes_wait_for_whoever_may_place_anew(
    node: Any, make_organisation: Callable[..., Organisation], monkeypatch: Any
) -> None:
    node("永磁电机")
    firm = make_organisation("东海电机有限公司", main_products=["减速器"])
    assert placing.follow_records(anew=True)
    assert placing.placement_status() is None  # nobody ever placed anything
    placing.rebuild_placements()
    made = node("减速器")
    assert not placing.follow_records()
    assert placed() == {}
    assert placing.follow_records(anew=True)
    assert set(placed()) == {(firm.public_id, "减速器")}
    first = placing.placed_at()
    made.description = "两轴之间变速"
    made.save()
    assert placing.follow_records()
    assert placing.placed_at() == first
    monkeypatch.setattr(placing, "_LEAST_CHANGED", 0)
    firm.save()
    assert not placing.follow_records()
    assert placing.follow_records(anew=True)
    assert placing.placed_at() != first


@pytest.mark.parametrize("name", ["placements.parquet", "parts.parquet", "names.parquet"])
def test_files_that_were_cut_short_are_made_anew(
    node: Any, make_organisation: Callable[..., Organisation], tmp_path: Path, name: str
) -> None:
    node("永磁电机")
    firm = make_organisation("东海电机有限公司", main_products=["永磁电机"])
    placing.rebuild_placements()
    before = placed()
    assert set(before) == {(firm.public_id, "永磁电机")}
    path = tmp_path / "graph" / "placements" / name
    path.write_bytes(path.read_bytes()[:100])
    assert placed() == ({} if name == "placements.parquet" else before)
    firm.save()
    assert placing.follow_records(anew=True)
    assert placed() == before
    assert path.stat().st_size > 100
