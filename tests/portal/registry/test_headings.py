"""Files in a register's own words, read with nothing but their kind; totals and notes below."""

from decimal import Decimal
from typing import Any

import pytest

from silian.library.headings import HeadingsFault, check_headings, kinds_with_headings
from silian.portal.catalogue import KINDS
from silian.portal.industry.models import EnterpriseYear, Need
from silian.portal.registry.interfaces.footers import is_footer
from silian.portal.registry.interfaces.headings import find_heading, words_of
from silian.portal.registry.interfaces.mapping_library import store_mapping
from silian.portal.registry.models import Organisation, Person

pytestmark = pytest.mark.django_db


def test_every_kind_has_words_and_every_word_names_a_column_of_it() -> None:
    assert set(kinds_with_headings()) == set(KINDS)
    for kind in KINDS:
        assert words_of(kind).columns  # checked as it is read


@pytest.mark.parametrize(
    "broken",
    [
        {"title": ["名称"], "text": ["名称"]},
        {"title": [""]},
        {"title": [2023]},
    ],
)
def test_a_file_of_headings_that_says_two_things_is_refused(broken: Any) -> None:
    content = {
        "source": "", "unused": [], "key_endings": [], "second": [], "other_registers": {}, "shared": {}, "shared_either": {},
        "kinds": {"need": {"headings": broken}},
    }  # fmt: skip
    with pytest.raises(HeadingsFault):
        check_headings(content)


@pytest.mark.parametrize(
    ("kind", "heading", "name"),
    [
        ("organisation", "*企业名称", "name"),
        ("organisation", "Company Name", "name"),
        ("organisation", "公司名称 Company", "name"),
        ("need", "企业名称", "organisation_name"),
        ("need", "榜单名称", "title"),
        ("need", "拟投入经费（万元）", "budget_cny"),
        ("need", "拟投入经费（万元） *", "budget_cny"),
        ("grant", "兑现金额（元） *", "amount_cny"),
        ("person", "所在单位", "organisation_name"),
        ("patent", "申请(专利权)人", "assignee_names"),
        ("enterprise_year", "2024年营业收入", "revenue_cny"),
        ("facility", "仪器编号", "source_key"),
        ("need", "希望完成时间", "deadline"),
        ("achievement", "成果编号", "source_key"),
        ("achievement", "科技成果登记号", "source_key"),
        ("achievement", "Achievement ID", "source_key"),
        ("person", "专家编号", "source_key"),
        ("publication", "论文编号", "source_key"),
        ("project", "项目编号", "number"),
        ("affiliation", "人员编号", "person_key"),
    ],
)
def test_headings_of_registers_mean_our_columns(kind: str, heading: str, name: str) -> None:
    found = find_heading(kind, heading)
    assert found is not None
    assert found.names == (name,)


NEEDS = """技术攻关需求汇总表,,,,,
单位：万元,,,,,
需求编号,需求企业,所属县市区,技术需求名称,技术难题描述,拟投入经费,联系电话
A-1,甲精密有限公司,东区,耐热磁体,工作温度须达180℃,50,0571-1
A-2,乙化工有限公司,西区,连续流放大,放热难控,30万元,
合　计,,,,,80,
注：数据截至上月末,,,,,,
"""


def test_a_register_in_its_own_words_is_read_by_its_kind_alone(load: Any) -> None:
    job = load(NEEDS, "template:need")
    assert (job.state, job.error_message, job.rejected_count) == ("done", "", 0)
    assert list(Need.objects.order_by("source_key").values_list(
        "source_key", "title", "text", "organisation__name", "budget_cny"
    )) == [
        ("A-1", "耐热磁体", "工作温度须达180℃", "甲精密有限公司", Decimal(500_000)),
        ("A-2", "连续流放大", "放热难控", "乙化工有限公司", Decimal(300_000)),
    ]  # fmt: skip
    assert job.notes["heading_read:需求企业=organisation_name@need"] == 2
    assert job.notes["heading_unknown:联系电话"] == 1
    assert job.notes["footer_skipped"] == 2


def test_a_unit_over_a_group_of_headings_holds_for_them(load: Any) -> None:
    text = (
        "单位情况,,,经济指标（万元）,,人员\n单位名称,信用代码,年度,营业收入,研发费用,从业人员\n"
        "甲有限公司,,2023,1200,80.5,30\n"
    )
    job = load(text, "template:enterprise_year")
    assert (job.error_message, job.rejected_count) == ("", 0)
    facts = EnterpriseYear.objects.get().facts
    assert (facts["revenue_cny"], facts["research_expense_cny"]) == (12_000_000, 805_000)
    assert facts["employee_count"] == 30


def test_without_numbers_rows_are_known_by_code_or_by_name(load: Any) -> None:
    rows = "公司名称,信用代码\n示例新材料有限公司,91350100 m000100y43\n乙有限公司,\n"
    load(rows, "template:organisation")
    keys = list(Organisation.objects.order_by("name").values_list("source_key", flat=True))
    assert keys == ["乙有限公司", "91350100M000100Y43"]
    again = load(rows, "template:organisation")
    assert (again.accepted_count, again.unchanged_count) == (0, 2)


def test_our_own_word_outweighs_a_registers_and_no_column_is_read_twice(load: Any) -> None:
    job = load("企业名称,名称,来源主键\n甲集团,甲有限公司,1\n", "template:organisation")
    assert Organisation.objects.get().name == "甲有限公司"
    assert job.notes == {"heading_unknown:企业名称": 1, "kind_by_name": 1}


def test_headings_that_may_mean_two_things_are_not_read(load: Any) -> None:
    job = load(
        "企业名称,所在地,信用代码,成立时间\n甲有限公司,东区,,2011\n", "template:organisation"
    )
    assert job.notes["heading_unknown:所在地"] == 1


def test_objects_of_json_are_read_by_such_names_too(load: Any) -> None:
    text = '[{"专家姓名": "王小明", "工作单位": "示例大学", "研究方向": "永磁、电机"}]'
    job = load(text, "template:person", "people.json")
    assert (job.error_message, job.rejected_count) == ("", 0)
    person = Person.objects.get()
    assert (person.source_key, person.expertise) == ("王小明 示例大学", ["永磁", "电机"])


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({"序号": "合计", "名称": "", "金额": 5}, True),
        ({"序号": "", "名称": "小 计：", "金额": "1,200万元"}, True),
        ({"名称": "合计 12家", "城市": ""}, True),
        ({"名称": "Grand Total", "人数": "1550"}, True),
        ({"名称": "注：本表按月更新", "人数": None}, True),
        ({"名称": "合计有限公司", "人数": "5"}, False),
        ({"名称": "合计", "代码": "", "地址": "东区一路"}, False),
        ({"序号": "合计", "名称": "甲有限公司"}, False),
        ({"名称": "注：甲", "地址": "东区"}, False),
        ({"名称": "总部基地", "人数": "5"}, False),
    ],
)
def test_only_rows_of_figures_behind_such_a_word_are_totals(
    row: dict[str, Any], answer: bool
) -> None:
    assert is_footer(row, ["名称"]) is answer


def test_totals_are_left_out_of_mapped_registers_too(load: Any) -> None:
    store_mapping(
        "code: firms\nname: 企业\nunique: [电话]\nrecords:\n"
        "  - {kind: organisation, key: 名, fields: {name: 名, employee_count: 人}}\n"
    )
    job = load("名,人,电话\n甲公司,3,1\nTotal,3,\n", "firms")
    assert list(Organisation.objects.values_list("name", flat=True)) == ["甲公司"]
    assert (job.row_count, job.notes["footer_skipped"]) == (1, 1)


def test_our_own_headings_are_read_however_they_are_dressed(load: Any) -> None:
    job = load(
        "1、来源主键：,*名称 Name,注册资本/万元,职工 人数（人）\n1,甲有限公司,5,30\n",
        "template:organisation",
    )
    firm = Organisation.objects.get()
    assert (firm.source_key, firm.name, firm.registered_capital_cny, firm.employee_count) == (
        "1",
        "甲有限公司",
        Decimal(50_000),
        30,
    )
    assert not [note for note in job.notes if note.startswith("heading")]


def test_a_second_row_of_headings_is_no_record(load: Any) -> None:
    job = load(
        "来源主键,名称\nSource key *,Name\n1,甲有限公司\n名称,乙有限公司\n", "template:organisation"
    )
    names = Organisation.objects.order_by("name").values_list("source_key", "name")
    assert (job.rejected_count, sorted(names)) == (0, [("1", "甲有限公司"), ("名称", "乙有限公司")])


def test_a_column_of_one_year_is_read_and_one_of_several_is_not(load: Any) -> None:
    one = load(
        "单位名称,年度,2024年营业收入（万元）\n甲有限公司,2024,5\n", "template:enterprise_year"
    )
    assert one.notes["heading_read:2024年营业收入（万元）=revenue_cny@enterprise_year"] == 1
    several = load(
        "单位名称,年度,利润总额,研发费用,2023年营业收入,2024年营业收入\n乙有限公司,2024,1,1,5,6\n",
        "template:enterprise_year",
    )
    assert several.notes["heading_unknown:2023年营业收入"] == 1
    assert several.notes["heading_unknown:2024年营业收入"] == 1
    facts = EnterpriseYear.objects.order_by("pk").values_list("facts", flat=True)
    assert [fact.get("revenue_cny") for fact in facts] == [50_000, None]


def test_achievements_of_one_title_are_told_apart_by_their_number(load: Any) -> None:
    text = "成果编号,成果名称,完成单位,成果简介\nA-1,激光清洗,示例大学,钢轨\nA-2,激光清洗,示例大学,船体\n"
    job = load(text, "template:achievement")
    assert (job.accepted_count, job.rejected_count) == (2, 0)
    assert [code for code in job.notes if "key_made" in code or "unknown" in code] == []
    renamed = load(text.replace("A-2,激光清洗", "A-2,激光除锈"), "template:achievement")
    assert (renamed.accepted_count, renamed.changed_count, renamed.unchanged_count) == (0, 1, 1)
    titles = (
        KINDS["achievement"].model.objects.order_by("source_key").values_list("title", flat=True)
    )
    assert list(titles) == ["激光清洗", "激光除锈"]


def test_a_year_gives_way_to_a_day_and_a_main_class_to_all_classes(load: Any) -> None:
    text = (
        "标题,申请人,IPC主分类,IPC,申请号\n一种磁体,甲有限公司,H01F1/057,H01F1/057;H01F41/02,X1\n"
    )
    assert load(text, "template:patent").accepted_count == 1
    patent = KINDS["patent"].model.objects.get()
    assert patent.ipc_codes == ["H01F 1/057", "H01F 41/02"]


def test_stretches_of_time_are_read_by_the_kind_alone(load: Any) -> None:
    text = "项目编号,项目名称,项目起止年月\nP1,永磁,2023-01 至 2026-12\nP2,电机,202201-202512\nP3,泵,三年\n"
    job = load(text, "template:project")
    assert (job.accepted_count, job.remarked_count) == (3, 1)
    projects = KINDS["project"].model.objects.order_by("number")
    assert [(str(one.started_on), str(one.ended_on)) for one in projects] == [
        ("2023-01-01", "2026-12-31"),
        ("2022-01-01", "2025-12-31"),
        ("None", "None"),
    ]
    assert job.notes["heading_read:项目起止年月=ended_on@project"] == 3
