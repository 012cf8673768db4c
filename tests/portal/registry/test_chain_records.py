"""Nodes of industry chains are found by key, code or name, or made where they are first named."""

import json
from pathlib import Path
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM, Viewer, sees, visible
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.exports import export
from silian.portal.registry.models import (
    ChainLink,
    ChainMember,
    ChainNode,
    ImportJob,
    Organisation,
)

pytestmark = pytest.mark.django_db


def save(kind: str, key: str, register: str = "chains", **values: Any) -> Any:
    return save_record(kind, values, register_code=register, source_key=key, viewer=SYSTEM).record


def refused(kind: str, **values: Any) -> list[tuple[str, str]]:
    with pytest.raises(RowRefused) as caught:
        save(kind, "x", **values)
    return [(reason.field, reason.code) for reason in caught.value.reasons]


def load(folder: Path, name: str, mapping: str, rows: list[dict[str, Any]]) -> ImportJob:
    path = folder / name
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return run_job(create_job(path, mapping).pk)


def test_a_name_met_first_in_a_link_makes_the_node_and_a_list_takes_it_over() -> None:
    link = save("chain_link", "1", from_name="磁材", to_name="电机")
    magnet = ChainNode.objects.get(name="磁材")
    assert (magnet.register.code, magnet.node_kind) == ("mentions", "product")
    listed = save("chain_node", "N1", name="磁材", keywords=["永磁材料"])
    assert listed.pk == magnet.pk
    assert (listed.register.code, listed.source_key) == ("chains", "N1")
    assert ChainLink.objects.get(pk=link.pk).source_id == listed.pk
    assert ChainNode.objects.count() == 2


def test_one_name_of_two_kinds_is_two_nodes() -> None:
    save("chain_link", "1", from_name="汽车", from_kind="industry", to_name="汽车", to_kind="产品")
    assert sorted(ChainNode.objects.values_list("name", "node_kind")) == [
        ("汽车", "industry"),
        ("汽车", "product"),
    ]


def test_the_own_registers_node_goes_before_that_of_another() -> None:
    save("chain_node", "N1", "first", name="轴承")
    own = save("chain_node", "N1", "second", name="轴承")
    link = save("chain_link", "1", "second", from_name="轴承", to_name="减速器")
    assert link.source_id == own.pk
    other = save("chain_link", "1", "third", from_name="轴承", to_name="减速器")
    assert other.source.register.code == "first"


def test_nodes_are_named_by_key_code_or_public_id() -> None:
    magnet = save("chain_node", "N1", name="磁材")
    sector = save("chain_node", "N2", name="电机制造", node_kind="industry", code="C381")
    link = save("chain_link", "1", from_key="N1", to_code="C381", relation="小类（属于）")
    assert (link.source_id, link.target_id, link.relation) == (magnet.pk, sector.pk, "part_of")
    again = save("chain_link", "2", "other", from_key=magnet.public_id, to_name="电机")
    assert again.source_id == magnet.pk


def test_links_without_two_different_nodes_are_refused() -> None:
    save("chain_node", "N1", name="磁材")
    assert refused("chain_link", from_key="N1", to_key="N9") == [("to_key", "reference_unknown")]
    assert refused("chain_link", from_key="N1") == [("to_name", "missing")]
    assert refused("chain_link", from_key="N1", to_name="磁材") == [("to_name", "link_to_itself")]
    assert refused("chain_link", from_code="C1", to_name="磁材") == [
        ("from_code", "reference_unknown")
    ]
    assert ChainLink.objects.count() == 0


def test_a_member_names_organisation_and_node_and_a_share_is_a_fraction() -> None:
    member = save(
        "chain_member", "1", organisation_name="东海磁材公司", node_name="磁材", revenue_share="35%"
    )
    assert (str(member), member.revenue_share) == ("东海磁材公司 · 磁材", 0.35)
    assert member.owner_id == member.organisation_id
    assert refused("chain_member", node_name="磁材") == [("organisation_key", "missing")]
    assert refused("chain_member", organisation_name="东海磁材公司") == [("node_name", "missing")]
    over = refused(
        "chain_member", organisation_name="东海磁材公司", node_name="磁材", revenue_share=1.2
    )
    assert [field for field, _ in over] == ["revenue_share"]


def test_what_names_a_hidden_organisation_or_node_is_hidden(viewers: dict[str, Viewer]) -> None:
    link = save("chain_link", "1", from_name="磁材", to_name="电机")
    member = save("chain_member", "1", organisation_name="东海磁材公司", node_name="磁材")
    viewer, operator = viewers["viewer"], viewers["operator"]

    def seen(by: Viewer) -> list[bool]:
        told = [sees(by, model.objects.get()) for model in (ChainLink, ChainMember)]
        listed = [visible(model.objects.all(), by).exists() for model in (ChainLink, ChainMember)]
        assert told == listed
        return told

    assert seen(viewer) == [True, True]
    Organisation.objects.filter(pk=member.organisation_id).update(audience="owner")
    assert seen(viewer) == [True, False]
    ChainNode.objects.filter(pk=link.target_id).update(audience="owner")
    assert seen(viewer) == [False, False]
    assert seen(operator) == [True, True]


def test_an_edit_that_names_no_node_leaves_it() -> None:
    save("chain_link", "1", from_name="磁材", to_name="电机")
    link = save("chain_link", "1", weight=2.5)
    assert (link.source.name, link.target.name, link.weight) == ("磁材", "电机", 2.5)


def test_what_is_exported_loads_again_unchanged(tmp_path: Path) -> None:
    save("chain_node", "N1", name="磁材")
    save("chain_link", "1", from_key="N1", to_name="电机", weight=2)
    save("chain_member", "1", organisation_name="东海磁材公司", node_key="N1", revenue_share=0.4)
    for kind, model in (("chain_link", ChainLink), ("chain_member", ChainMember)):
        before = model.objects.values("source_key", "public_id").get()
        path = tmp_path / f"{kind}.jsonl"
        path.write_bytes(b"".join(export(kind, "jsonl")))
        job = run_job(create_job(path, f"template:{kind}", register_code="chains").pk)
        assert (job.accepted_count, job.changed_count, job.rejected_count) == (0, 0, 0)
        assert model.objects.values("source_key", "public_id").get() == before


def test_a_published_chain_graph_loads_with_reasons_for_what_it_leaves_out(tmp_path: Path) -> None:
    companies = [
        {"code": "600001", "name": "东磁", "fullname": "东海磁材股份有限公司", "location": "甲"},
        {"code": "600002", "name": "甲厂", "fullname": "甲机电股份有限公司", "location": "甲"},
        {"code": "600002", "name": "乙厂", "fullname": "乙机电股份有限公司", "location": "甲"},
    ]
    products = [
        {
            "company_code": "600001.SH",
            "product_name": "磁材",
            "rel": "主营产品",
            "rel_weight": "0.6",
        },
        {
            "company_code": "600001.SH",
            "product_name": "电机",
            "rel": "主营产品",
            "rel_weight": "1.9",
        },
        {
            "company_code": "600001.SH",
            "product_name": "抵销",
            "rel": "主营产品",
            "rel_weight": "-1",
        },
        {"company_code": "600002.SH", "product_name": "电机", "rel": "主营产品", "rel_weight": "1"},
    ]
    links = [
        {"from_entity": "电机", "to_entity": "磁材", "rel": "上游材料"},
        {"from_entity": "电机", "to_entity": "永磁电机", "rel": "产品小类"},
        {"from_entity": "电机", "to_entity": "汽车", "rel": "下游产品"},
        {"from_entity": "电机", "to_entity": "电机", "rel": "上游材料"},
    ]
    steps = [
        ("company.jsonl", "listed-companies", companies),
        ("company_industry.jsonl", "chain-company-industries", []),
        ("industry.jsonl", "chain-industries", [{"code": "110000", "name": "农林牧渔"}]),
        ("company_product.jsonl", "chain-company-products", products),
        ("product.jsonl", "chain-products", [{"name": "磁材"}, {"name": "电机"}, {"name": "抵销"}]),
        ("product_product.jsonl", "chain-product-links", links),
    ]
    for name, _, rows in steps:  # a join reads its neighbours
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (tmp_path / name).write_text(text, "utf-8")
    jobs = {mapping: load(tmp_path, name, mapping, rows) for name, mapping, rows in steps if rows}
    assert sorted(ChainNode.objects.values_list("name", "register__code")) == [
        ("农林牧渔", "chain-industries"),
        ("永磁电机", "mentions"),
        ("汽车", "mentions"),
        ("电机", "chain-products"),
        ("磁材", "chain-products"),
    ]
    told = ChainLink.objects.values_list("source__name", "relation", "target__name")
    assert sorted(told) == [
        ("永磁电机", "part_of", "电机"),
        ("电机", "upstream", "汽车"),
        ("磁材", "upstream", "电机"),
    ]
    shares = ChainMember.objects.values_list("organisation__name", "node__name", "revenue_share")
    assert sorted(shares, key=str) == [
        ("东海磁材股份有限公司", "电机", None),
        ("东海磁材股份有限公司", "磁材", 0.6),
    ]
    reasons = {
        mapping: [r["code"] for row in job.rejected_rows.all() for r in row.reasons]
        for mapping, job in jobs.items()
    }
    assert reasons["chain-product-links"] == ["link_to_itself"]
    assert reasons["chain-company-products"] == ["value_refused"]
    assert jobs["chain-company-products"].notes == {"share_out_of_range_dropped": 1}
    again = load(tmp_path, "product_product.jsonl", "chain-product-links", links)
    assert (again.accepted_count, again.changed_count, again.unchanged_count) == (0, 0, 3)
