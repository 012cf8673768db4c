"""How chains stand here, what is missing, who could fill it, and what hangs on what."""

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.insight.domain import chain_assembly, chain_finding, chain_targets, chains
from silian.portal.insight.domain.chain_locality import (
    HomeRegion,
    Locality,
    home_region,
    is_here,
    known_places,
)
from silian.portal.insight.domain.chain_placements import rebuild_placements
from silian.portal.insight.domain.chain_values import ChainScope
from silian.portal.insight.domain.chain_verdicts import decide_placement
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import (
    ChainNode,
    IdentityMember,
    IdentityRun,
    Organisation,
    Region,
    Register,
)
from silian.sample import scaled_size, write_city
from silian.sample.chains import planted_gaps

pytestmark = pytest.mark.django_db
GOODS = (("磁材", "电机"), ("硅钢", "电机"), ("电机", "汽车"), ("磁粉", "磁材"))


@pytest.fixture(autouse=True)
def _own_home(settings: Any, tmp_path: Path) -> None:
    settings.SILIAN_HOME = tmp_path


def save(kind: str, key: str, **values: Any) -> Any:
    return save_record(kind, values, register_code="chains", source_key=key, viewer=SYSTEM).record


def firm(name: str, adcode: str, *products: tuple[str, float], **values: Any) -> Organisation:
    made = save("organisation", name, name=name, organisation_kind="enterprise", **values)
    Organisation.objects.filter(pk=made.pk).update(region=Region.objects.get(adcode=adcode))
    for product, share in products:
        save(
            "chain_member",
            f"{name} {product}",
            organisation_key=made.public_id,
            node_key=product,
            revenue_share=share,
        )
    return Organisation.objects.get(pk=made.pk)


@pytest.fixture
def chain() -> dict[str, ChainNode]:
    """Magnets and steel feed motors, motors feed cars; magnets come from elsewhere."""
    register = Register.objects.create(code="places", name="地区")
    for adcode, name, level in (
        ("990100", "此城", "city"),
        ("990101", "此区", "district"),
        ("880101", "彼区", "district"),
    ):
        Region.objects.create(
            register=register, source_key=adcode, adcode=adcode, name=name, level=level
        )
    for name in ("磁粉", "磁材", "硅钢", "电机", "汽车", "无人知"):
        save("chain_node", name, name=name)
    for source, target in GOODS:
        save("chain_link", f"{source}>{target}", from_key=source, to_key=target)
    firm("甲电机", "990101", ("电机", 0.8), ("硅钢", 0.2))
    firm("乙电机", "990101", ("电机", 0.8))
    firm("丙磁材", "880101", ("磁材", 0.9), ("磁粉", 0.1))
    firm("丁车厂", "990101", ("汽车", 1.0))
    return {node.name: node for node in ChainNode.objects.all()}


def statuses(viewer: Viewer = SYSTEM) -> dict[str, str]:
    view = chains.chain_view(ChainScope(), viewer)
    return {node.name: node.status for node in view.nodes}


def test_nodes_stand_as_their_enterprises_here_and_elsewhere_say(chain: Any) -> None:
    assert statuses() == {
        "磁粉": "missing",
        "磁材": "missing",
        "硅钢": "concentrated",
        "电机": "sound",
        "汽车": "concentrated",
        "无人知": "unknown",
    }
    view = chains.chain_view(ChainScope(roots=(chain["汽车"].public_id,), up=2), SYSTEM)
    assert {(node.name, node.layer) for node in view.nodes} == {
        ("汽车", 0),
        ("电机", 1),
        ("磁材", 2),
        ("硅钢", 2),
    }
    assert {(link.source_name, link.target_name) for link in view.links} == set(GOODS[:3])
    assert (view.region_code, view.region_name, view.hidden_count) == ("990100", "此城", 0)
    assert view.by_status == {"concentrated": 2, "missing": 1, "sound": 1}
    [motor] = [node for node in view.nodes if node.name == "电机"]
    assert (motor.local_count, motor.outside_count, motor.local_share) == (2, 0, 1.0)
    assert motor.input_dependence == pytest.approx(0.5)


def test_scopes_go_down_and_leave_the_least_out(chain: Any) -> None:
    motor = chain["电机"].public_id
    view = chains.chain_view(ChainScope(roots=(motor,), up=0, down=1), SYSTEM)
    assert {(node.name, node.layer) for node in view.nodes} == {("电机", 0), ("汽车", -1)}
    small = chains.chain_view(ChainScope(roots=(motor,), up=2, most=1), SYSTEM)
    assert [node.name for node in small.nodes] == ["电机"]
    assert small.hidden_count == 3
    with pytest.raises(chains.NodeUnknown):
        chains.chain_view(ChainScope(roots=("node-aaaaaaaaaaaaaaaa",)), SYSTEM)


def test_gaps_come_with_those_who_wait_and_those_who_supply(chain: Any) -> None:
    found = chains.find_gaps(ChainScope(), SYSTEM)
    assert (found.total_count, [one.node.name for one in found.gaps]) == (1, ["磁材"])
    [gap] = found.gaps
    assert {one.label for one in gap.waiting} == {"甲电机", "乙电机"}
    assert [(one.label, one.local) for one in gap.suppliers] == [("丙磁材", False)]
    assert [(one.source_name, one.target_name) for one in gap.links] == [("磁材", "电机")]


def test_a_gap_may_be_filled_from_beside_or_by_who_is_elsewhere(chain: Any) -> None:
    for name, node_name in (("韩钢", "硅钢"), ("钱机", "电机")):
        expert = save("person", name, name=name, organisation_name="甲电机")
        decide_placement(expert.public_id, chain[node_name].public_id, "confirmed", SYSTEM)
    found = chains.fillers(chain["磁材"].public_id, SYSTEM)
    # One makes what feeds motors too; the other would only extend upstream.
    assert [(one.label, one.is_customer) for one in found.local] == [
        ("甲电机", False),
        ("乙电机", True),
    ]
    assert [[(near.name, near.relation) for near in one.near] for one in found.local] == [
        [("硅钢", "beside"), ("电机", "output")],
        [("电机", "output")],
    ]
    assert [one.label for one in found.outside] == ["丙磁材"]
    told = [(one.label, one.at.name, one.at.relation) for one in found.experts if one.at]
    assert told == [("韩钢", "硅钢", "beside"), ("钱机", "电机", "output")]


def test_taking_away_a_node_or_a_firm_shows_what_hangs_on_it(chain: Any) -> None:
    told = chains.scenario(SYSTEM, node_ids=[chain["磁材"].public_id])
    assert [(one.node.name, one.loss, one.through_name) for one in told.nodes] == [
        ("电机", 0.5, "磁材"),
        ("汽车", 0.5, "电机"),
    ]
    alone = Organisation.objects.get(name="丁车厂").public_id
    gone = chains.scenario(SYSTEM, organisation_ids=[alone])
    assert [(one.node.name, one.direct) for one in gone.nodes] == [("汽车", 1.0)]
    with pytest.raises(chains.NodeUnknown):
        chains.scenario(SYSTEM, organisation_ids=["org-aaaaaaaaaaaaaaaa"])


def test_firms_to_take_away_are_those_that_stand_somewhere_each_once(
    chain: Any, viewers: dict[str, Viewer]
) -> None:
    save("organisation", "戊", name="戊电机厂", main_products=["电机"])
    save("organisation", "茶", name="茶电机厂", main_products=["茶"])
    for name in ("己电机厂", "己电机厂分部"):
        firm(name, "990101", ("电机", 0.5))
    rebuild_placements()
    merge("己电机厂", "己电机厂分部")
    found = chain_finding.find_organisations("电机", SYSTEM)
    assert sorted(name for _, name, _ in found) == ["乙电机", "己电机厂", "戊电机厂", "甲电机"]
    assert chain_finding.find_organisations("丁车", SYSTEM)[0][1:] == ("丁车厂", "此区")
    Organisation.objects.filter(name="丁车厂").update(audience="owner")
    assert chain_finding.find_organisations("丁车", viewers["viewer"]) == ()


def test_what_one_may_not_see_counts_for_nothing(chain: Any, viewers: dict[str, Viewer]) -> None:
    Organisation.objects.filter(name="丙磁材").update(audience="owner")
    ChainNode.objects.filter(name="硅钢").update(audience="members")
    save("chain_node", "又一", name="又一")  # what changed is noticed by the newest record
    assert statuses()["磁材"] == "missing"
    hidden = Organisation.objects.get(name="丙磁材").public_id
    assert chains.places_of(hidden, viewers["viewer"]) == ()
    assert len(chains.places_of(hidden, SYSTEM)) == 2
    seen = statuses(viewers["viewer"])
    assert (seen["磁材"], seen["硅钢"]) == ("unknown", "concentrated")
    anonymous = Viewer(role="anonymous")
    assert "硅钢" not in statuses(anonymous)
    assert chains.find_nodes("硅钢", anonymous) == ()
    with pytest.raises(chains.NodeUnknown):
        chains.node_detail(chain["硅钢"].public_id, anonymous)


def test_a_change_shows_with_the_next_question(chain: Any) -> None:
    assert statuses()["磁材"] == "missing"
    firm("戊磁材", "990101", ("磁材", 0.9))
    firm("己磁材", "990101", ("磁材", 0.9))
    assert statuses()["磁材"] == "sound"
    node = chain["磁材"].public_id
    for name in ("戊磁材", "己磁材"):
        here = Organisation.objects.get(name=name).public_id
        decide_placement(here, node, "refused", SYSTEM, note="贸易商")
    assert statuses()["磁材"] == "missing"


def test_a_node_tells_of_its_neighbours_and_members(chain: Any) -> None:
    told = chains.node_detail(chain["电机"].public_id, SYSTEM)
    assert {one.node.name for one in told.inputs} == {"磁材", "硅钢"}
    assert [one.node.name for one in told.outputs] == ["汽车"]
    assert {one.label for one in told.members["enterprise"]} == {"甲电机", "乙电机"}
    assert told.member_counts == {"enterprise": 2}
    here = Organisation.objects.get(name="甲电机").public_id
    assert [(one.name, one.revenue_share) for one in chains.places_of(here, SYSTEM)] == [
        ("电机", 0.8),
        ("硅钢", 0.2),
    ]


# Here


def test_here_is_the_setting_else_the_only_city(chain: Any, settings: Any) -> None:
    assert home_region() == HomeRegion(code="990100", name_zh="此城")
    settings.HOME_REGION = "880101"
    assert home_region().code == "880101"
    assert statuses()["电机"] == "missing"


def test_a_place_in_the_name_tells_where_no_code_does() -> None:
    home = HomeRegion(code="330200")
    assert home.prefix == "3302"
    names = ("宁波磁材有限公司", "磁材（宁波）有限公司", "苏州磁材有限公司", "某某有限公司")
    assert [is_here(home, "", name) for name in names] == [True, True, False, False]
    assert is_here(home, "330203", "苏州磁材有限公司")
    assert is_here(HomeRegion(code=""), "", "某某有限公司")


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"adcode": "330203", "name": "苏州磁材有限公司"}, (True, "region")),
        ({"address": "浙江省宁波市海曙区中山路1号"}, (True, "address")),
        ({"address": "浙江 宁波 315201"}, (True, "address")),
        ({"address": "江苏省南京市", "name": "宁波磁材有限公司"}, (False, "address")),
        ({"address": "浙江省", "name": "宁波磁材有限公司"}, (True, "name")),
        ({"address": "南京路88号", "code": "91330203MA0ACA0926"}, (True, "code")),
        ({"address": "宁波东路88号"}, (False, "")),
        ({"address": "朝阳区建国路1号"}, (False, "address")),
        ({"name": "某某有限公司", "code": "91310115MA0ACA0926"}, (False, "code")),
        ({"name": "某某有限公司", "code": "91330000MA0ACA0926"}, (False, "")),
        ({"name": "某某有限公司", "code": "91100000MA0ACA0926"}, (False, "")),
        ({"name": "某某有限公司", "sites": ("330203", "330212")}, (True, "sites")),
        ({"name": "某某有限公司", "sites": ("330203", "320500")}, (False, "")),
        ({"name": "某某有限公司"}, (False, "")),
    ],
)
def test_a_place_is_told_by_the_first_fact_that_tells(
    facts: dict[str, Any], told: tuple[bool, str], db: None
) -> None:
    assert Locality(HomeRegion(code="330200"), known_places()).of(**facts) == told


def test_loaded_regions_are_places_of_names_and_members_say_how_theirs_is_known(
    chain: Any, make_organisation: Any
) -> None:
    city = Region.objects.get(level="city")
    told = make_organisation(f"{city.name}翊璟电机有限公司", main_products=["电机"])
    make_organisation("翊璟电机有限公司", main_products=["电机"])
    rebuild_placements()
    detail = chains.node_detail(chain["电机"].public_id, SYSTEM)
    found = {one.label: (one.local, one.place_words) for one in detail.members["enterprise"]}
    assert found[told.name] == (True, "据名称")
    assert found["翊璟电机有限公司"] == (False, "所在地不详")


# Target chains


def test_target_chains_are_kept_with_every_change(chain: Any, viewers: dict[str, Viewer]) -> None:
    operator, car = viewers["operator"], chain["汽车"].public_id
    made = chain_targets.save_target(operator, name=" 汽车  链 ", node_ids=[car], depth=2)
    assert chain_targets.scope_of(made) == ChainScope(roots=(car,), up=2)
    chain_targets.save_target(
        operator, name="汽车链", node_ids=[car, chain["电机"].public_id], target=made
    )
    versions = chain_targets.target_history(made)
    assert [(one.change, one.name, one.depth, one.node_names) for one in versions] == [
        ("changed", "汽车链", 3, ("汽车", "电机")),
        ("made", "汽车 链", 2, ("汽车",)),
    ]
    assert {one.changed_by for one in versions} == {"operator"}
    with pytest.raises(chain_targets.TargetRefused) as taken:
        chain_targets.save_target(operator, name="汽车链", node_ids=[car])
    assert taken.value.field == "name"
    for wrong in ({"node_ids": []}, {"node_ids": ["node-x"]}, {"node_ids": [car], "depth": 99}):
        with pytest.raises(chain_targets.TargetRefused):
            chain_targets.save_target(operator, name="别的", **wrong)
    with pytest.raises(AccessDenied):
        chain_targets.save_target(viewers["adviser"], name="别的", node_ids=[car])
    found = chain_targets.target_chain(str(made.public_id))
    chain_targets.delete_target(found, operator)
    with pytest.raises(chain_targets.TargetUnknown):
        chain_targets.target_chain(str(made.public_id))
    with pytest.raises(chain_targets.TargetUnknown):
        chain_targets.target_chain("no-uuid")


# The sample city


def test_the_planted_gaps_of_the_sample_city_are_found(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    write_city(folder, scaled_size(0.5), seed=7)
    for kind in ("region", "organisation", "chain_node", "chain_link", "chain_member"):
        path = folder / f"{kind}.jsonl"
        job = run_job(create_job(path, f"template:{kind}", register_code="city").pk)
        assert (job.state, job.rejected_count) == ("done", 0)
    rebuild_placements()
    found = chains.find_gaps(ChainScope(), SYSTEM)
    planted = planted_gaps()
    told = {
        status: {g.node.name for g in found.gaps if g.node.status == status} for status in planted
    }
    assert told == {status: set(names) for status, names in planted.items()}
    for names in planted.values():
        for name in names:
            _of_the_trade_first(name)


def _of_the_trade_first(name: str) -> None:
    """Those whom the page names first to fill a gap make something of the gap's own trade."""
    [gap, *_] = chains.find_nodes(name, SYSTEM)
    local = chains.fillers(gap.node_id, SYSTEM).local
    assert all(one.near[0].linked for one in local[:3]), name
    assert all(one.score < 0.5 for one in local if not any(near.linked for near in one.near))


# Put together once


def merge(*names: str) -> tuple[str, ...]:
    """Let these organisations be one; their public ids, the one that names them first."""
    rows = Organisation.objects.filter(name__in=names).order_by("public_id")
    ids = tuple(rows.values_list("public_id", flat=True))
    run = IdentityRun.objects.create(subject_kind="organisation", state="done")
    IdentityMember.objects.bulk_create(
        IdentityMember(subject_kind="organisation", record_id=record, subject_id=ids[0])
        for record in ids
    )
    IdentityRun.objects.filter(pk=run.pk).update(finished_at=timezone.now())
    return ids


def test_merged_records_count_once(chain: Any) -> None:
    for name in ("戊磁材", "戊磁材厂"):
        firm(name, "990101", ("磁材", 0.5))
    assert node("磁材").local_count == 2
    merge("戊磁材", "戊磁材厂")
    assert node("磁材").local_count == 1


def test_every_record_of_a_thing_says_what_the_thing_is_and_stands_for_it(
    chain: Any, viewers: dict[str, Viewer]
) -> None:
    for name in ("戊磁材", "戊磁材厂"):
        firm(name, "990101", ("磁材", 0.5))
    first, other = merge("戊磁材", "戊磁材厂")
    # Where it is, and how large, is told by one of its records alone.
    Organisation.objects.filter(public_id=first).update(region=None, employee_count=None)
    firm("己磁材", "990101", ("磁粉", 1.0))
    save(
        "chain_member",
        "more",
        organisation_key=other,
        node_key="磁粉",
        revenue_share=0.1,
    )
    assert (node("磁材").local_count, node("磁粉").local_count) == (1, 2)
    by_first, by_other = (chains.scenario(SYSTEM, organisation_ids=[one]) for one in (first, other))
    assert by_first.nodes == by_other.nodes
    assert by_first.node_count > 0
    assert [one for one, _ in by_other.removed_organisations] == [other]
    assert chains.scenario(SYSTEM, organisation_ids=[first, other]).nodes == by_first.nodes
    places = [[one.name for one in chains.places_of(record, SYSTEM)] for record in (first, other)]
    assert places == [["磁材", "磁粉"]] * 2
    # Who may not see the record that names it meets it under the other one.
    Organisation.objects.filter(public_id=first).update(audience="owner")
    save("organisation", "变", name="变")
    told = chains.node_detail(chain["磁材"].public_id, viewers["viewer"]).members["enterprise"]
    assert [(one.subject_id, one.local) for one in told if one.local] == [(other, True)]
    assert chains.scenario(viewers["viewer"], organisation_ids=[other]).nodes
    with pytest.raises(chains.NodeUnknown):
        chains.scenario(viewers["viewer"], organisation_ids=[first])


def test_another_process_finds_what_was_put_together(chain: Any, monkeypatch: Any) -> None:
    before = statuses()
    chain_assembly._held.clear()  # as in a process that begins
    monkeypatch.setattr(chain_assembly, "_assemble", None)
    assert statuses() == before


def test_a_large_chain_serves_its_last_answer_until_the_next_is_made(
    chain: Any, monkeypatch: Any
) -> None:
    later: list[Any] = []
    monkeypatch.setattr(chain_assembly, "_SOON_ROWS", 0)  # every chain is a large one
    monkeypatch.setattr(chain_assembly, "_put_together_later", lambda *asked: later.append(asked))
    assert statuses()["磁材"] == "missing"
    firm("戊磁材", "990101", ("磁材", 0.9))
    assert statuses()["磁材"] == "missing"
    assert len(later) == 1
    chain_assembly.assemble_all()
    assert statuses()["磁材"] == "concentrated"
    save("chain_node", "新品", name="新品")  # changed nodes are waited for
    assert "新品" in statuses()


def node(name: str) -> Any:
    """A node as it stands."""
    return next(one for one in chains.chain_view(ChainScope(), SYSTEM).nodes if one.name == name)
