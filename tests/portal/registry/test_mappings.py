"""Mappings, templates, exports: what goes out comes in again unchanged."""

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.catalogue import KINDS
from silian.portal.industry.models import Need
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.bylines import read_byline
from silian.portal.registry.interfaces.exports import EXPORT_FORMATS, export
from silian.portal.registry.interfaces.mapping import MappingInvalid, parse_mapping
from silian.portal.registry.interfaces.mapping_library import mappings, shipped
from silian.portal.registry.interfaces.templates import template_workbook
from silian.portal.registry.interfaces.transform_words import TRANSFORM_WORDS
from silian.portal.registry.interfaces.transforms import TRANSFORMS
from silian.portal.registry.models import Organisation

WORDS = st.text("磁材电机abc=+-@'\"、，;| ", min_size=1, max_size=12).filter(
    lambda text: bool(text.strip(" '"))
)
NEEDS = st.fixed_dictionaries(
    {
        "title": WORDS,
        "text": WORDS,
        "keywords": st.lists(st.text("磁材电机", min_size=1, max_size=4), max_size=4),
        "budget_cny": st.none() | st.decimals(0, 10**9, places=2),
        "deadline": st.none() | st.dates(),
        "readiness_target": st.none() | st.integers(1, 9),
        "need_kind": st.sampled_from(Need.NeedKind.values),
    }
)


@pytest.mark.parametrize("fmt", EXPORT_FORMATS)
@given(needs=st.lists(NEEDS, min_size=1, max_size=4))
@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_is_exported_loads_again_unchanged(
    fmt: str, needs: list[dict[str, Any]], db: None, tmp_path: Path
) -> None:
    Need.objects.all().delete()
    for number, values in enumerate(needs):
        try:
            save_record("need", values, register_code="city", source_key=f"N{number}",
                        viewer=SYSTEM)  # fmt: skip
        except ValueError:  # dates before 1800 and texts that are all marks
            continue
    if not Need.objects.exists():
        return
    before = list(Need.objects.order_by("pk").values(*_content(Need)))
    path = tmp_path / f"needs.{fmt}"
    path.write_bytes(b"".join(export("need", fmt)))
    job = run_job(create_job(path, "template:need", register_code="city").pk)
    assert list(job.rejected_rows.values_list("reasons", flat=True)) == []
    assert (job.state, job.error_message) == ("done", "")
    assert (job.accepted_count, job.changed_count) == (0, 0)
    assert list(Need.objects.order_by("pk").values(*_content(Need))) == before


def _content(model: Any) -> list[str]:
    hidden = {"source_hash", "updated_at", "created_at", "source_row"}
    return [field.attname for field in model._meta.concrete_fields if field.name not in hidden]


# References by name, which need no other record.
_NAMED = {"organisation_name", "node_name", "from_name", "to_name"}


# A person, an agency, a facility: no name makes one up.
_OF_RECORDS_THAT_EXIST = {"affiliation", "service_agency_year", "facility_year"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_template_loads_its_own_example(kind: str, tmp_path: Path, db: None) -> None:
    book = openpyxl.load_workbook(io.BytesIO(template_workbook(kind)))
    assert book.sheetnames == ["填写", "示例", "填写说明", "选项"]
    n_choices = sum(c.type_name in {"choice", "boolean"} for c in KINDS[kind].columns)
    lists = [r for r in book["填写"].data_validations.dataValidation if r.type == "list"]
    assert len(lists) == n_choices
    example, fill = book["示例"], book["填写"]
    skipped = {c.name for c in KINDS[kind].columns if c.reference and c.reference.to != "region"}
    for position, column in enumerate(KINDS[kind].columns, 1):
        if column.name not in skipped or column.name in _NAMED:
            fill.cell(4, position, example.cell(3, position).value)
    path = tmp_path / "filled.xlsx"
    book.save(path)
    job = run_job(create_job(path, f"template:{kind}").pk)
    if kind in _OF_RECORDS_THAT_EXIST:
        assert (job.row_count, job.rejected_count) == (1, 1)
        return
    reasons = list(job.rejected_rows.values_list("reasons", flat=True))
    assert (job.state, job.accepted_count, reasons) == ("done", 1, [])


def test_formulas_leave_as_text(db: None) -> None:
    save_record("need", {"title": "=1+1", "text": "@x"}, register_code="city", source_key="N",
                viewer=SYSTEM)  # fmt: skip
    assert ",'=1+1," in b"".join(export("need", "csv")).decode("utf-8-sig").replace("N,'", "N,'")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(export("need", "xlsx"))))
    cell = book.active.cell(2, 2)
    assert (cell.data_type, cell.value) == ("s", "'=1+1")


def test_shipped_mappings_are_right_and_listed(db: None) -> None:
    assert len(shipped()) >= 13
    for text in shipped().values():
        parse_mapping(text)
    assert {entry.code for entry in mappings()} >= {*shipped(), "template:need"}


WRONG = """code: city-firms
name: 企业
records:
  - kind: organisation
    key: {column: a, unit: 斤}
    fields:
      nmae: b
      description: {column: c, transform: exec}
"""


def test_mistakes_of_a_mapping_are_told_with_their_lines() -> None:
    with pytest.raises(MappingInvalid) as invalid:
        parse_mapping(WRONG)
    assert {(p["line"], p["path"].rpartition(".")[2]) for p in invalid.value.problems} == {
        (5, "unit"),
        (6, "fields"),
        (7, "nmae"),
        (8, "transform"),
    }
    with pytest.raises(MappingInvalid, match="line 3"):
        parse_mapping("code: a\nname: [\n")


TWO_ROUNDS = """code: City Firms
name: 企业
records:
  - kind: organisation
    key: 代码
    colour: red
    fields:
      name: 名称
      unified_code: 代码
      企业地址: 地址
      employee_count: {colunm: 人数}
  - kind: 需求
    key: 代码
    fields: {}
"""


def test_all_mistakes_are_told_at_once_with_the_nearest_names() -> None:
    with pytest.raises(MappingInvalid) as invalid:
        parse_mapping(TWO_ROUNDS)
    told = {(p["line"], p["path"]): p["message_zh"] for p in invalid.value.problems}
    assert list(told) == [
        (1, "code"),
        (6, "records.0.colour"),
        (9, "records.0.fields.unified_code"),
        (10, "records.0.fields.企业地址"),
        (11, "records.0.fields.employee_count.colunm"),
        (12, "records.1.kind"),
    ]
    nearest = told[9, "records.0.fields.unified_code"]
    assert nearest.startswith(
        "“organisation”没有字段“unified_code”，最接近的是 unified_social_credit_code。可用："
    )
    # The list of all fields stands once.
    assert told[10, "records.0.fields.企业地址"] == (
        "“organisation”没有字段“企业地址”，最接近的是 address"
    )
    assert told[12, "records.1.kind"].startswith("没有记录类型“需求”，最接近的是 need。")


@pytest.mark.parametrize("text", ["", "[]", "code: a", "code: a\nrecords: {}", "records:\n  - x"])
def test_a_text_that_is_no_mapping_is_refused_with_lines(text: str) -> None:
    with pytest.raises(MappingInvalid) as invalid:
        parse_mapping(text)
    assert all(problem["line"] >= 1 for problem in invalid.value.problems)


def test_every_transform_is_explained() -> None:
    assert TRANSFORM_WORDS.keys() == TRANSFORMS.keys()


def test_a_mapping_joins_files_and_makes_several_records(tmp_path: Path, db: None) -> None:
    from silian.portal.registry.interfaces.mapping_library import store_mapping

    store_mapping(
        """code: city-firms
name: 企业
joins:
  - {name: products, file: products.csv, on: {code: firm}}
records:
  - kind: organisation
    key: code
    fields:
      name: name
      registered_capital_cny: {column: capital, unit: 万元}
      main_products: products.product
  - kind: person
    for_each: {column: experts, transform: people, as: expert}
    key: {template: "{code} {expert}"}
    fields: {name: expert, organisation_key: code}
"""
    )
    (tmp_path / "products.csv").write_text("firm,product\n1,磁材\n1,电机\n", "utf-8")
    (tmp_path / "firms.csv").write_text(
        "code,name,capital,experts\n1,甲公司,5,王小明、李华\n2,乙公司,,\n", "utf-8"
    )
    job = run_job(create_job(tmp_path / "firms.csv", "city-firms").pk)
    assert job.counts_by_kind["person"]["accepted"] == 2
    first = Organisation.objects.get(source_key="1")
    assert (first.registered_capital_cny, first.main_products) == (50_000, ["磁材", "电机"])
    assert {p.name for p in first.people.all()} == {"王小明", "李华"}


def test_a_scanned_byline_gives_only_what_is_certain() -> None:
    byline = read_byline("温 静1，张伟康灿2，李华3 (1.示例大学理学院，城；2.某研究所，城)")
    assert [(a.name, a.organisation) for a in byline.authors] == [
        ("温静", "示例大学"),
        ("李华", ""),
    ]
    assert byline.unread == {"name": 1, "place_of_author": 1}


REAL = {
    "region-centres": ("geo_ningbo_zhejiang/adcode_centers.csv", {"region": (3237, 0, 0, 0)}),
    "listed-companies": ("chain_kg_full/company.jsonl", {"organisation": (4654, 0, 0, 0)}),
    "technology-needs": ("needs_achievements/needs.jsonl", {"need": (365, 0, 0, 6)}),
    "state-key-laboratories": (
        "china_rd_entities/state_key_labs.csv",
        {"platform": (478, 0, 31, 0)},
    ),
    "national-projects": (
        "china_rd_entities/nkrdp_projects.csv",
        {
            "person": (1430, 0, 0, 0),
            "affiliation": (1430, 0, 0, 0),
            "project": (2149, 0, 430, 0),
        },
    ),
}


@pytest.mark.real_data
@pytest.mark.slow
@pytest.mark.parametrize("code", REAL)
def test_real_registers_load_with_these_counts(code: str, real_data: Path, db: None) -> None:
    name, expected = REAL[code]
    job = run_job(create_job(real_data / name, code).pk)
    names = ("accepted", "changed", "unchanged", "rejected")  # jsonb keeps no order
    found = {
        kind: tuple(counts[name] for name in names) for kind, counts in job.counts_by_kind.items()
    }
    assert (job.state, found) == ("done", expected)


COLUMNS = """code: city-columns
name: 需求
records:
  - kind: need
    key: 编号
    fields:
      title: [名称, 标题]
      text: 内容
      budget_cny: 投入资金
      organisation_name: 单位.全称
"""


def test_columns_that_a_mapping_misses_or_leaves_are_told(tmp_path: Path, db: None) -> None:
    save_mapping(COLUMNS.replace("[名称, 标题]", "{column: [名称, 标题]}"), SYSTEM)
    path = tmp_path / "a.csv"
    path.write_text("编号,标题,内容,拟投入资金（万元）,单位\n1,题,文,5,\n", "utf-8")
    job = run_job(create_job(path, "city-columns").pk)
    assert (job.state, job.accepted_count) == ("done", 1)
    assert job.notes == {"column_missing:投入资金": 1, "column_unread:拟投入资金（万元）": 1}


def test_a_file_without_the_columns_of_any_record_is_refused(tmp_path: Path, db: None) -> None:
    save_mapping(COLUMNS.replace("[名称, 标题]", "需求名称"), SYSTEM)
    path = tmp_path / "a.csv"
    path.write_text("编号,技术需求名称,内容,投入资金\n1,题,文,\n", "utf-8")
    job = run_job(create_job(path, "city-columns").pk)
    assert (job.state, job.error_code) == ("failed", "columns_missing")
    assert "“需求名称”（最接近：“技术需求名称”）" in job.error_message
