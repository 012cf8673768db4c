"""Headings under a common one: what they mean, whose unit they have, and lists that have them."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.interfaces.draft_files import draft_of_file
from silian.portal.registry.interfaces.headings import find_heading, is_unused, units_above
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db

LINES: list[list[Any]] = [
    ["2024年企业财务情况名单"],
    ["序号", "企业基本信息", None, "财务情况（万元）", None, "联系人", None, "年度"],
    [None, "名称", "统一社会信用代码", "营业收入", "研发费用（元）", "姓名", "职务", None],
    [1, "甲甲光电有限公司", "91350100M000100Y43", 1200, 50, "温静", "经理", 2024],
    [2, "乙乙电器有限公司", None, "3,400.5", 70, "林立", "主任", 2024],
]
MERGES = ("A1:H1", "A2:A3", "B2:C2", "D2:E2", "F2:G2", "H2:H3")


def two_rows(folder: Path, suffix: str) -> Path:
    path = folder / f"two{suffix}"
    if suffix == ".csv":
        with path.open("w", newline="", encoding="gb18030") as file:
            csv.writer(file).writerows(line + [None] * (8 - len(line)) for line in LINES)
        return path
    book = openpyxl.Workbook()
    for line in LINES:
        book.active.append(line)
    for merge in MERGES:
        book.active.merge_cells(merge)
    book.save(path)
    return path


@pytest.mark.parametrize(
    ("kind", "heading", "name", "unit", "year"),
    [
        ("organisation", "企业基本信息/企业名称", "name", "", None),
        ("organisation", "企业基本信息/名称", "name", "", None),
        ("organisation", "基本信息/名称", "name", "", None),
        ("person", "工作单位及职务/单位", "organisation_name", "", None),
        ("need", "需求情况/预算（万元）", "budget_cny", "万元", None),
        ("enterprise_year", "财务情况（万元）/营业收入", "revenue_cny", "", None),
        ("enterprise_year", "营业收入/万元", "revenue_cny", "万元", None),
        ("enterprise_year", "经济指标/其中：研发费用", "research_expense_cny", "", None),
        ("enterprise_year", "2023年/营业收入", "revenue_cny", "", 2023),
        ("enterprise_year", "营业收入（万元）/2023年", "revenue_cny", "万元", 2023),
        ("enterprise_year", "经济指标/营业收入/2023", "revenue_cny", "", 2023),
    ],
)
def test_a_heading_under_a_group_means_what_both_say(
    kind: str, heading: str, name: str, unit: str, year: int | None
) -> None:
    found = find_heading(kind, heading)
    assert found is not None
    assert (found.name, found.unit, found.year) == (name, unit, year)


def test_what_belongs_to_another_thing_is_not_the_records_own() -> None:
    assert find_heading("organisation", "合作单位/名称") is None
    assert find_heading("organisation", "企业名称/产品") is None
    assert find_heading("person", "姓名/单位") is None  # one column of two things
    assert find_heading("need", "联系人/职务") is None
    assert is_unused("联系人/职务")
    assert not is_unused("企业基本信息/企业名称")


def test_the_unit_of_a_group_is_that_of_its_amounts_alone() -> None:
    headings = ["名称", "财务情况（万元）/营业收入", "财务情况（万元）/税收", "价格（元/吨）"]
    assert units_above([], headings) == {
        "财务情况（万元）/营业收入": "万元",
        "财务情况（万元）/税收": "万元",
    }


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_list_with_headings_in_two_rows_loads_by_its_kind(
    load: Any, tmp_path: Path, suffix: str
) -> None:
    content = two_rows(tmp_path, suffix).read_bytes()
    job = load(content, "template:enterprise_year", name=f"list{suffix}")
    assert (job.error_message, job.accepted_count, job.rejected_count) == ("", 2, 0)
    facts = [one.facts for one in EnterpriseYear.objects.order_by("organisation__name")]
    assert [(one["revenue_cny"], one["research_expense_cny"]) for one in facts] == [
        (34_005_000, 70),
        (12_000_000, 50),
    ]


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_a_draft_names_every_column_of_two_rows(tmp_path: Path, suffix: str) -> None:
    draft, beginning = draft_of_file(two_rows(tmp_path, suffix))
    assert draft.kind == "enterprise_year"
    assert {c.heading: (c.field, c.unit) for c in draft.columns if c.is_sure} == {
        "企业基本信息/名称": ("organisation_name", ""),
        "企业基本信息/统一社会信用代码": ("organisation_code", ""),
        "财务情况（万元）/营业收入": ("revenue_cny", "万元"),
        "财务情况（万元）/研发费用（元）": ("research_expense_cny", ""),
        "年度": ("year", ""),
    }
    assert [c.heading for c in draft.columns if not c.is_sure] == [
        "序号",
        "联系人/姓名",
        "联系人/职务",
    ]
    assert beginning.above == (("2024年企业财务情况名单",),)


def test_a_note_of_who_filled_it_in_ends_a_list(load: Any) -> None:
    lines = "名称,统一社会信用代码\n甲甲光电有限公司,91350100M000100Y43\n填报单位：东区科技局 联系人：温静,\n"
    job = load(lines, "template:organisation")
    assert (job.accepted_count, job.rejected_count) == (1, 0)
    assert Organisation.objects.filter(name="甲甲光电有限公司").exists()


def test_a_row_that_numbers_the_columns_is_no_record(load: Any) -> None:
    lines = (
        "序号,名称,统一社会信用代码,注册资本\n甲,乙,1,2\n1,甲甲光电有限公司,91350100M000100Y43,5\n"
    )
    job = load(lines, "template:organisation")
    assert (job.accepted_count, job.rejected_count) == (1, 0)
    assert job.notes["footer_skipped"] == 1
