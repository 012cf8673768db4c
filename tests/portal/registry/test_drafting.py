"""Mappings drafted from headings and values: made-up registers of many shapes, drafted and loaded."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import yaml

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.drafting import preview_rows
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.interfaces.column_shapes import profile_of, readable_share
from silian.portal.registry.interfaces.draft_files import draft_of_file, draft_text
from silian.portal.registry.interfaces.drafting import Draft, draft_mapping
from silian.portal.registry.interfaces.headings import columns_by_name
from silian.portal.registry.interfaces.import_notes import told_notes
from silian.portal.registry.interfaces.mapping import MappingInvalid, parse_mapping
from silian.portal.registry.interfaces.other_registers import other_register
from silian.portal.registry.models import ImportJob
from silian.tables.readers import MissingSheet

pytestmark = pytest.mark.django_db

FIRMS = """东区规上企业名录,,,,,
制表单位：东区经信局,,,,,单位：万元
序号,企业名称,信用代码,注册资本,所在地,法定代表人
1,示例新材料有限公司,91350100M000100Y43,"1,234.5",东区,张三
2,乙精密有限公司,,3亿元,西区,李四
合计,,,31234.5,,
"""
# File, what it holds, its kind, our columns as {field: heading}, the key's columns.
SHAPES: dict[str, tuple[str, str, dict[str, str], tuple[str, ...]]] = {
    "规上企业.csv": (
        FIRMS,
        "organisation",
        {
            "name": "企业名称",
            "unified_social_credit_code": "信用代码",
            "registered_capital_cny": "注册资本",
            "region_name": "所在地",
        },
        ("企业名称",),
    ),
    "攻关榜单.csv": (
        "榜单编号;发榜单位;榜单名称;拟解决的技术难题;拟投入资金（万元）;揭榜截止时间;联系电话\n"
        "B1;甲有限公司;耐热磁体;180℃长期工作;50;2026年6月;0571-88886666\n"
        "B2;乙有限公司;连续流放大;放热难控;80;2026-07-01;0571-88886667\n",
        "need",
        {
            "source_key": "榜单编号",
            "organisation_name": "发榜单位",
            "title": "榜单名称",
            "text": "拟解决的技术难题",
            "budget_cny": "拟投入资金（万元）",
            "deadline": "揭榜截止时间",
        },
        ("榜单编号",),
    ),
    "专家.csv": (
        "姓名\t性别\t工作单位\t职称\t研究方向\t手机\n"
        "王小明\t男\t示例大学\t教授\t永磁材料、粉末冶金\t13812345678\n"
        "李华\t女\t示例大学\t研究员\t电机\t13812345679\n",
        "person",
        {"name": "姓名", "organisation_name": "工作单位", "title": "职称", "expertise": "研究方向"},
        ("姓名", "工作单位"),
    ),
    "成果.csv": (
        "成果编号,成果名称,第一完成单位,主要完成人,成果简介,转让金额\n"
        "C1,晶界扩散,示例大学,王小明、李华,提高矫顽力,300万元\n"
        "C2,微通道,示例学院,张三,强化传热,面议\n",
        "achievement",
        {
            "source_key": "成果编号",
            "title": "成果名称",
            "organisation_name": "第一完成单位",
            "inventor_names": "主要完成人",
            "summary": "成果简介",
            "price_cny": "转让金额",
        },
        ("成果编号",),
    ),
    "专利.jsonl": (
        '{"申请号": "X1", "发明名称": "一种磁体", "专利权人": "甲有限公司;示例大学", "国际分类": "H01F 1/057"}\n'
        '{"申请号": "X2", "发明名称": "一种电机", "专利权人": "甲有限公司", "国际分类": "H02K 1/00"}\n',
        "patent",
        {
            "source_key": "申请号",
            "title": "发明名称",
            "assignee_names": "专利权人",
            "ipc_codes": "国际分类",
        },
        ("申请号",),
    ),
    "仪器.json": (
        json.dumps(
            {
                "code": 200,
                "data": {
                    "list": [
                        {
                            "id": 9,
                            "设备名称": "电镜",
                            "dept": {"单位名称": "示例大学"},
                            "设备原值": 35e5,
                        },
                        {
                            "id": 10,
                            "设备名称": "磁强计",
                            "dept": {"单位名称": "示例学院"},
                            "设备原值": 1e6,
                        },
                    ]
                },
            }
        ),
        "facility",
        {"source_key": "id", "name": "设备名称", "original_value_cny": "设备原值"},
        ("id",),
    ),
    "2023年度企业经济指标.csv": (
        "单位情况,,经济指标（万元）,,人员\n单位名称,统一信用代码,营业收入,研发投入,从业人员\n"
        "示例新材料有限公司,91350100M000100Y43,1200,80.5,30\n",
        "enterprise_year",
        {
            "organisation_name": "单位名称",
            "organisation_code": "统一信用代码",
            "revenue_cny": "营业收入",
            "research_expense_cny": "研发投入",
            "employee_count": "从业人员",
        },
        ("统一信用代码",),
    ),
    "companies.csv": (
        "Company Name,City,Founded,Employees,Website,Revenue (USD)\n"
        "Acme Magnets,Eastfield,2003,1200,https://acme.example,5\n"
        "Beta Flow,Westfield,2010,350,https://beta.example,7\n"
        "Total,,,1550,,12\n",
        "organisation",
        {
            "name": "Company Name",
            "region_name": "City",
            "established_on": "Founded",
            "employee_count": "Employees",
        },
        ("Company Name",),
    ),
    "科技项目.csv": (
        "立项编号,课题名称,牵头单位,课题负责人,资助金额（万元）,起止说明,立项时间\n"
        "P1,永磁材料,示例大学,王小明,300,三年,2023-01\n"
        "P2,连续流,示例学院,李华,120,两年,2024-01\n",
        "project",
        {
            "number": "立项编号",
            "title": "课题名称",
            "organisation_name": "牵头单位",
            "leader_name": "课题负责人",
            "funds_cny": "资助金额（万元）",
            "started_on": "立项时间",
        },
        ("立项编号",),
    ),
}


@pytest.fixture
def drafted(tmp_path: Path) -> Any:
    def run(name: str, text: str, kind: str = "") -> tuple[Draft, str, Path]:
        path = tmp_path / name
        path.write_text(text, "utf-8")
        draft, beginning = draft_of_file(path, kind=kind)
        return draft, draft_text(draft, beginning), path

    return run


@pytest.mark.parametrize("name", SHAPES)
def test_a_register_is_drafted_and_loads_as_drafted(name: str, drafted: Any) -> None:
    text, kind, fields, key = SHAPES[name]
    draft, content, path = drafted(name, text)
    assert draft.kind == kind
    found = {column.field: column.heading for column in draft.columns if column.is_sure}
    assert {field: found.get(field) for field in fields} == fields
    assert draft.key is not None
    assert (draft.key.columns, draft.loads) == (key, True)
    mapping = save_mapping(content, SYSTEM)
    job = run_job(create_job(path, mapping.code).pk)
    reasons = list(job.rejected_rows.filter(state="open").values_list("reasons", flat=True))
    assert (job.state, job.error_message, reasons) == ("done", "", [])
    assert job.counts_by_kind[kind]["accepted"] == job.row_count > 0


def test_units_above_or_in_headings_are_written_into_the_draft(drafted: Any) -> None:
    _, content, path = drafted("a.csv", FIRMS)
    [record] = yaml.safe_load(content)["records"]
    assert record["fields"]["registered_capital_cny"] == {"column": "注册资本", "unit": "万元"}
    run_job(create_job(path, save_mapping(content, SYSTEM).code).pk)
    model = KINDS["organisation"].model
    found = model.objects.filter(registered=True).values_list("name", "registered_capital_cny")
    assert dict(found) == {
        "示例新材料有限公司": Decimal("12345000.00"),
        "乙精密有限公司": Decimal("300000000.00"),
    }


def test_a_year_in_the_name_of_the_file_becomes_that_of_the_facts(drafted: Any) -> None:
    name = "2023年度企业经济指标.csv"
    draft, content, _ = drafted(name, SHAPES[name][0])
    assert dict(draft.constants) == {"year": 2023}
    assert "year: {constant: 2023}" in content


def test_a_column_chosen_by_a_person_keeps_the_unit_of_its_heading(drafted: Any) -> None:
    text = "榜单名称,甲（万元）,乙(台)\n磁体,50,3\n"
    draft, _, path = drafted("a.csv", text, "need")
    chosen = draft.with_choices({"甲（万元）": "budget_cny"})
    content = draft_text(chosen, draft_of_file(path)[1])
    [row] = preview_rows(content, path)
    assert ("预算", "50 万元") in row.cells
    above = drafted("b.csv", "单位：万元\n榜单名称,甲,联系人\n磁体,50,丁\n", "need")[0]
    assert above.with_choices({"甲": "budget_cny"}).columns[1].unit == "万元"


def test_money_of_another_country_is_told_and_not_mapped(drafted: Any) -> None:
    text = "企业名称,注册资本（万美元）\n甲有限公司,5\n"
    draft, content, _ = drafted("a.csv", text, "organisation")
    [_, capital] = draft.columns
    assert (capital.field, capital.is_sure) == ("registered_capital_cny", False)
    assert "# registered_capital_cny: " in content


def test_values_that_fit_no_column_make_a_heading_unsure() -> None:
    rows = [{"成果名称": f"甲{n}", "交易方式": "看情况"} for n in range(3)]
    draft = draft_mapping(["成果名称", "交易方式"], rows)
    assert draft.kind == "achievement"
    mode = draft.columns[1]
    assert (mode.field, mode.is_sure) == ("transfer_mode", False)


@pytest.mark.parametrize(
    ("values", "field"),
    [(["东区", "西区", "东海市西区"], "region_name"), (["海滨路3号", "长江街18号2楼"], "address")],
)
def test_values_decide_between_two_meanings_of_a_heading(values: list[str], field: str) -> None:
    rows = [{"企业名称": f"甲{n}公司", "所在地": value} for n, value in enumerate(values)]
    draft = draft_mapping(["企业名称", "所在地"], rows, kind="organisation")
    assert (draft.columns[1].field, draft.columns[1].is_sure) == (field, True)


def test_a_code_is_known_by_its_check_digit_whatever_the_heading_says() -> None:
    rows = [{"甲": "示例有限公司", "乙": "91350100M000100Y43"}]
    draft = draft_mapping(["甲", "乙"], rows, kind="organisation")
    assert draft.columns[1].field == "unified_social_credit_code"
    assert draft.columns[1].is_sure
    assert (draft.columns[0].field, draft.columns[0].is_sure) == ("name", False)


def test_a_draft_that_lacks_what_is_required_says_so_and_is_refused(drafted: Any) -> None:
    draft, content, _ = drafted("a.csv", "平台名称,甲\n磁体中心,乙\n", "platform")
    assert draft.missing == ("platform_kind",)
    assert "# platform_kind: ?" in content
    with pytest.raises(MappingInvalid, match="platform_kind"):
        parse_mapping(content)
    chosen = draft.with_choices({"甲": "platform_kind"})
    assert (chosen.missing, chosen.columns[1].is_sure) == ((), True)
    assert draft.with_choices({"平台名称": ""}).missing == ("name", "platform_kind")


@pytest.mark.parametrize("heading", ["技术难题名称", "技术难题描述"])
def test_a_need_that_is_told_in_one_column_has_it_as_title_and_text(
    heading: str, drafted: Any
) -> None:
    text = f"企业,{heading}\n甲有限公司,耐热磁体怎样做\n"
    draft, content, path = drafted("a.csv", text, "need")
    assert (draft.loads, list(draft.copies.values())) == (True, [heading])
    job = run_job(create_job(path, save_mapping(content, SYSTEM).code).pk)
    assert (job.accepted_count, job.rejected_count) == (1, 0)


def test_names_with_signs_of_yaml_stay_what_they_are(drafted: Any) -> None:
    headings = ["名称: 全", "#信用代码", "简介 [短]", "-备注'\"", "{甲}"]
    rows = "".join(f'{n},,"x\n# y: z",,\n' for n in range(2))
    draft, _, path = drafted("a.csv", "编号,a,b,c,d\n" + rows, "organisation")
    text = ",".join(f'"{heading.replace(chr(34), chr(34) * 2)}"' for heading in headings)
    path.write_text(f"{text}\n甲公司,,长,,\n", "utf-8")
    draft, beginning = draft_of_file(path, kind="organisation")
    draft = draft.with_choices({"名称: 全": "name", "简介 [短]": "description"})
    [record] = parse_mapping(draft_text(draft, beginning)).records
    assert record.fields["name"].column == ["名称: 全"]
    assert record.fields["description"].column == ["简介 [短]"]


def test_first_rows_are_shown_as_records_with_what_is_wrong(drafted: Any) -> None:
    text = "姓名,ORCID\n王小明,0000-0002-1825-0097\n李华,0000-0000\n"
    _, content, path = drafted("a.csv", text, "person")
    first, second = preview_rows(content, path)
    assert ("姓名", "王小明") in first.cells
    assert (first.reasons, [reason.field for reason in second.reasons]) == ((), ["orcid"])
    assert not ImportJob.objects.exists()


def test_choices_in_registers_words_make_a_column_sure() -> None:
    rows = [
        {"专利名称": f"甲{n}", "专利类别": word, "成熟程度": stage}
        for n, (word, stage) in enumerate(
            [("发明专利", "中试阶段"), ("实用新型专利", "量产"), ("外观专利", "小试")]
        )
    ]
    draft = draft_mapping(["专利名称", "专利类别"], rows, kind="patent")
    assert (draft.columns[1].field, draft.columns[1].is_sure) == ("patent_kind", True)
    level = columns_by_name("achievement")["readiness_level"]
    assert readable_share(profile_of("成熟程度", [row["成熟程度"] for row in rows]), level) == 1.0
    assert readable_share(profile_of("成熟程度", ["看情况"]), level) == 0.0


NEED_LINES = [["榜单编号", "榜单名称", "攻关内容"], ["B1", "磁体", "180℃"], ["B2", "泵", "放热"]]


def book_of(folder: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    path = folder / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    book.close()
    return path


def test_the_sheet_that_fits_best_is_drafted_and_needs_no_name(tmp_path: Path) -> None:
    firms = [["企业名称", "注册资本（万元）"], ["甲有限公司", 5]]
    path = book_of(tmp_path, {"说明": [["填表说明"], ["略"]], "企业": firms, "榜单": NEED_LINES})
    draft, beginning = draft_of_file(path)
    assert (draft.kind, beginning.sheet) == ("need", "榜单")
    told = [(one.name, one.kind, one.row_count) for one in beginning.sheets]
    assert told == [("说明", "", 1), ("企业", "organisation", 1), ("榜单", "need", 2)]
    content = draft_text(draft, beginning)
    assert "sheet:" not in content  # next month's sheet may be called otherwise
    [first, _] = preview_rows(content, path)
    assert ("需求标题", "磁体") in first.cells
    _, of_firms = draft_of_file(path, kind="organisation")
    assert of_firms.sheet == "企业"
    assert of_firms.sheets[2].kind == "need"  # what the others hold is told whatever is drafted
    assert draft_of_file(path, sheet="企业")[0].kind == "organisation"


def test_of_alike_sheets_the_first_is_drafted_and_a_later_one_is_named(tmp_path: Path) -> None:
    later = [NEED_LINES[0], ["C1", "电机", "噪声"]]
    path = book_of(tmp_path, {"一月": NEED_LINES, "二月": later})
    assert draft_of_file(path)[1].sheet == "一月"
    draft, beginning = draft_of_file(path, sheet="二月")
    content = draft_text(draft, beginning)
    assert "file: {sheet: 二月}" in content
    [row] = preview_rows(content, path)
    assert ("需求标题", "电机") in row.cells
    with pytest.raises(MissingSheet):
        draft_of_file(path, sheet="三月")


def test_a_sheet_without_rows_is_no_better_for_its_headings(tmp_path: Path) -> None:
    empty = [["企业名称", "统一社会信用代码", "注册资本", "成立日期", "经营范围"]]
    path = book_of(tmp_path, {"模板": empty, "榜单": NEED_LINES})
    assert draft_of_file(path)[1].sheet == "榜单"


def test_a_preview_shows_what_would_be_stored(drafted: Any) -> None:
    text = (
        "成果编号,成果名称,完成单位,主要完成人,技术成熟度,转化方式,转让价格（万元）\n"
        "C1,磁体,示例大学/某某研究所,张三/李四,中试阶段,技术入股,三至五百万元\n"
        "C2,泵,示例大学,王五,看情况,,若干\n"
    )
    _, content, path = drafted("a.csv", text, "achievement")
    first, second = preview_rows(content, path)
    assert dict(first.cells) == {
        "来源主键": "C1",
        "成果名称": "磁体",
        "技术成熟度": "6",
        "单位名称": "示例大学",
        "完成人": "张三、李四",
        "意向价格": "300 万元",
        "转化方式": "作价入股",
    }
    assert {"技术成熟度", "意向价格"} & set(dict(second.cells)) == set()
    assert len(second.told_remarks) == 2


CODES = """成果编号,成果名称,完成单位
C1,激光清洗,示例大学
C2,激光清洗,示例大学
C3,微通道,示例学院
C3,永磁,示例学院
"""


def test_a_number_that_repeats_is_still_a_better_key_than_names_that_repeat(drafted: Any) -> None:
    draft, content, _ = drafted("a.csv", CODES, "achievement")
    assert (draft.key.columns, draft.key.is_unique) == (("成果编号",), False)
    assert "key: 成果编号  # 有重复或空缺" in content


def test_a_number_that_repeats_gives_way_to_names_that_do_not_and_is_told(drafted: Any) -> None:
    text = CODES.replace("C2,激光清洗", "C2,激光焊接")
    draft, content, _ = drafted("a.csv", text, "achievement")
    assert (draft.key.columns, draft.key.is_unique) == (("成果名称", "完成单位"), True)
    assert (draft.columns[0].field, draft.columns[0].is_sure) == ("source_key", False)
    assert "# key: 成果编号" in content
    assert "未作主键" in content


def test_the_column_that_a_person_chose_as_key_is_the_key_and_its_faults_are_told(
    drafted: Any,
) -> None:
    text = "序号,单位全称,难题名称\n1,甲公司,磁体\n2,乙公司,泵\n1,甲公司,磁体\n,丙公司,阀\n"
    draft, _, path = drafted("a.csv", text, "need")
    assert draft.key.columns == ("单位全称", "难题名称")
    chosen = draft.with_choices({"序号": "source_key"})
    assert (chosen.key.columns, chosen.key.is_unique) == (("序号",), False)
    assert "4 行中 1 行空缺、1 行重复" in chosen.key.reason_zh
    assert "序号变动后会被当作新记录" in chosen.key.reason_zh
    assert "of the 4 rows looked at 1 lack it and 1 repeat one" in chosen.key.reason_en
    [record] = yaml.safe_load(draft_text(chosen, draft_of_file(path)[1]))["records"]
    assert record["key"] == "序号"


PATENTS = """申请号,标题,申请人,发明人,第一发明人,公开(公告)日,IPC主分类,IPC
X1,一种磁体,甲有限公司,张三;李四,张三,20230512,H01F1/057,H01F1/057;H01F41/02
X2,一种电机,甲有限公司,王五,王五,20230612,H02K1/00,H02K1/00
"""


def test_of_two_columns_for_one_field_the_fuller_one_is_taken(drafted: Any) -> None:
    draft, _, _ = drafted("a.csv", PATENTS, "patent")
    found = {column.field: column.heading for column in draft.columns if column.is_sure}
    assert (found["ipc_codes"], found["inventor_names"]) == ("IPC", "发明人")
    reasons = {column.heading: column.reason_zh for column in draft.columns}
    assert reasons["IPC主分类"] == "“IPC 分类号”已由列“IPC”提供"
    assert reasons["公开(公告)日"] == "常见的附带列，没有对应字段"


def test_fuller_values_decide_where_headings_say_the_same() -> None:
    rows = [{"专利名称": "甲", "IPC号": "H01F 1/00", "IPC分类": "H01F 1/00;H02K 1/00"}]
    draft = draft_mapping(list(rows[0]), rows, kind="patent")
    assert [column.field for column in draft.columns] == ["title", "", "ipc_codes"]


PROJECTS = """项目批准号,项目名称,依托单位,项目起止年月
P1,永磁材料,示例大学,2023-01 至 2026-12
P2,连续流,示例学院,202201-202512
P3,协同,示例学院,2022.01.01-2024.12.31
"""


def test_stretches_of_time_become_start_and_end(drafted: Any) -> None:
    draft, content, path = drafted("a.csv", PROJECTS, "project")
    assert (draft.columns[3].field, draft.columns[3].last_field) == ("started_on", "ended_on")
    job = run_job(create_job(path, save_mapping(content, SYSTEM).code).pk)
    assert (job.accepted_count, job.remarked_count) == (3, 0)
    model = KINDS["project"].model
    days = model.objects.order_by("number").values_list("started_on", "ended_on")
    assert [(first.isoformat(), last.isoformat()) for first, last in days] == [
        ("2023-01-01", "2026-12-31"),
        ("2022-01-01", "2025-12-31"),
        ("2022-01-01", "2024-12-31"),
    ]
    taken_off = draft.with_choices({"项目起止年月": ""})
    assert taken_off.columns[3].taken == ()


def test_a_column_of_durations_is_no_stretch_of_time() -> None:
    rows = [{"项目名称": "甲", "项目周期": "三年"}]
    draft = draft_mapping(list(rows[0]), rows, kind="project")
    assert (draft.columns[1].is_sure, "多数内容不是起止时间" in draft.columns[1].reason_zh) == (
        False,
        True,
    )


GRANTS = """patent_id\tpatent_type\tpatent_date\tpatent_title
1\tutility\t2018-06-19\tCoherent ranging
2\tdesign\t2017-10-17\tShoe
3\tplant\t2017-10-17\tRose
4\treissue\t2017-10-17\tValve
"""


@pytest.mark.parametrize("is_drafted", [True, False])
def test_patents_in_the_words_of_the_uspto_are_inventions(is_drafted: bool, drafted: Any) -> None:
    _, content, path = drafted("a.tsv", GRANTS, "patent")
    code = save_mapping(content, SYSTEM).code if is_drafted else "template:patent"
    job = run_job(create_job(path, code).pk)
    assert (job.accepted_count, job.rejected_count) == (4, 0)
    found = KINDS["patent"].model.objects.order_by("source_key")
    assert list(found.values_list("patent_kind", flat=True)) == [
        "invention", "design", "invention", "invention",
    ]  # fmt: skip
    assert found[0].grant_date.isoformat() == "2018-06-19"


def test_utility_beside_invention_means_the_utility_model(drafted: Any) -> None:
    text = "Title,Patent Number,Patent Type\nMagnet,1,Invention\nPump,2,Utility\n"
    _, content, path = drafted("a.csv", text, "patent")
    assert "values: {Utility: utility_model}" in content
    run_job(create_job(path, save_mapping(content, SYSTEM).code).pk)
    found = KINDS["patent"].model.objects.order_by("source_key")
    assert list(found.values_list("patent_kind", flat=True)) == ["invention", "utility_model"]


CONTRACTS = """2024年度技术合同认定登记明细表,,,,,,
单位：万元,,,,,,
合同登记编号,项目名称,合同类别,卖方名称（技术提供方）,买方名称（技术受让方）,合同成交总额,签订日期
H1,永磁材料开发,技术开发,示例大学,甲有限公司,320,2024-03-01
H2,软件服务,技术服务,示例学院,乙有限公司,45.6,2024-04-02
"""


def test_a_register_of_contracts_is_said_to_be_no_list_of_projects(drafted: Any) -> None:
    draft, content, _ = drafted("a.csv", CONTRACTS)
    assert draft.kind == "project"
    zh, en = draft.warning
    assert "技术合同登记表，不是“科技项目”清单" in zh
    assert "which is no list of kind “Project”" in en
    assert f"# ! {zh}" in content
    reasons = {column.heading: column.reason_zh for column in draft.columns}
    assert reasons["合同成交总额"] == "技术合同登记表的内容，暂不入库"
    assert drafted("b.csv", PROJECTS)[0].warning is None


def test_a_load_of_contracts_as_projects_says_so_first(drafted: Any) -> None:
    _, content, path = drafted("a.csv", CONTRACTS)
    by_kind = drafted(
        "b.csv", "项目编号,项目名称,承担单位,买方名称,合同成交额\n1,甲,示例大学,乙,3\n"
    )[2]
    mapping = save_mapping(content, SYSTEM).code
    for file, code, n_rows in ((path, mapping, 2), (by_kind, "template:project", 1)):
        job = run_job(create_job(file, code).pk)
        assert job.accepted_count == n_rows
        first = told_notes(job.notes)[0]
        assert (first.code, first.count) == ("other_register:technology_contracts@project", 1)
        assert "这像是技术合同登记表，不是“科技项目”清单" in first.message_zh


def test_project_lists_with_a_contract_number_are_no_register_of_contracts() -> None:
    assert other_register(["合同编号", "项目名称", "承担单位", "合同类别"], "project") is None
    assert other_register(["卖方名称", "买方名称"], "organisation") is None
