"""Several people or bodies in a cell that asks for one: the first is taken, the rest is told."""

import json
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.capital.models import Grant
from silian.portal.innovation.models import Achievement, Patent, Project
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.validation import check_row
from silian.portal.registry.interfaces.several_names import several_in
from silian.portal.registry.models import ImportJob, Organisation, Person

pytestmark = pytest.mark.django_db


def told(job: ImportJob) -> list[tuple[int, str, str, str]]:
    return [
        (row.row_number, row.state, reason["field"], reason["code"])
        for row in job.rejected_rows.order_by("row_number")
        for reason in row.reasons
    ]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("张三、李四", ("张三", "李四")),
        ("张三/李四", ("张三", "李四")),
        ("张三 李四", ("张三", "李四")),
        ("张三和李四", ("张三", "李四")),
        ("张三（组长）、李四等5人", ("张三", "李四")),
        ("阿卜杜拉·买买提；张三", ("阿卜杜拉·买买提", "张三")),
        ("张三等3人", ("张三", "等3人")),
        ("John Smith; Ann Lee", ("John Smith", "Ann Lee")),
    ],
)
def test_several_people_are_known(text: str, names: tuple[str, ...]) -> None:
    found = several_in("person", text)
    assert found is not None
    assert (found.names, found.is_sure) == (names, True)


@pytest.mark.parametrize(
    "text",
    ["马克·吐温", "欧阳 修", "司马 相如", "王　伟", "李和平", "张三等", "王五（组长）", "Smith, John",
     "张三/Zhang San", "Mark Twain", "张三；"],
)  # fmt: skip
def test_one_person_stays_one(text: str) -> None:
    assert several_in("person", text) is None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("示例大学/某某研究所", ("示例大学", "某某研究所")),
        ("示例大学（牵头）、某某研究所", ("示例大学", "某某研究所")),
        ("示例大学;东海星河有限公司", ("示例大学", "东海星河有限公司")),
        ("示例大学（东区）、某某研究所", ("示例大学（东区）", "某某研究所")),
        ("示例大学等3家单位", ("示例大学", "等3家单位")),
        ("Acme Inc.; Beta Ltd.", ("Acme Inc.", "Beta Ltd.")),
    ],
)
def test_several_bodies_are_known(text: str, names: tuple[str, ...]) -> None:
    found = several_in("organisation", text)
    assert found is not None
    assert (found.names, found.is_sure) == (names, True)


@pytest.mark.parametrize(
    "text",
    ["A/B 实验室", "Acme Co., Ltd.", "Acme Corp., Ltd.", "医药、化工研究院有限公司", "示例大学（甲、乙校区）",
     "甲有限公司（原乙有限公司）", "某某（中国）有限公司/Example Ltd.", "江苏省、中国科学院植物研究所",
     "Example University, Department of Physics", "示例大学 东海研究院"],
)  # fmt: skip
def test_a_name_with_signs_in_it_stays_one(text: str) -> None:
    assert several_in("organisation", text) is None


@pytest.mark.parametrize(
    "text",
    ["甲乙大学、丙丁大学生命科学联合中心", "中国科学院、水利部某某山地研究所", "示例大学/东区"],
)
def test_what_may_be_one_body_is_not_taken_apart(text: str) -> None:
    found = several_in("organisation", text)
    assert found is not None
    assert not found.is_sure


def test_the_first_leader_and_the_first_organisation_are_taken(load: Any) -> None:
    job = load(
        "来源主键,项目名称,承担单位,负责人\nP1,题,示例大学/某某研究所,张三、李四\n"
        "P2,题,示例大学,马克·吐温\nP3,题,示例大学/东区,王小明\n",
        "template:project",
    )
    assert (job.accepted_count, job.rejected_count, job.remarked_count) == (3, 0, 2)
    rows = Project.objects.order_by("source_key")
    assert [(row.organisation.name, row.leader.name) for row in rows] == [
        ("示例大学", "张三"),
        ("示例大学", "马克·吐温"),
        ("示例大学/东区", "王小明"),
    ]
    assert told(job) == [
        (2, "remarked", "organisation_name", "first_taken"),
        (2, "remarked", "leader_name", "first_taken"),
        (4, "remarked", "organisation_name", "perhaps_several"),
    ]
    reason = job.rejected_rows.get(row_number=2).reasons[1]
    assert reason["message_zh"] == (
        "收到“张三、李四”，是多个姓名，本字段只取第一个“张三”；未录入：李四。"
        "确为一个名称的，请整体加引号后重放。"
    )
    assert "left out: 李四" in reason["message_en"]
    assert not Person.objects.filter(name__contains="、").exists()


def test_a_person_or_a_firm_of_its_own_row_is_the_first(load: Any) -> None:
    people = load("来源主键,姓名,单位名称\n1,张三、李四,示例大学\n", "template:person")
    firms = load("来源主键,名称\n1,东海甲有限公司/东海乙有限公司\n", "template:organisation")
    assert (people.remarked_count, firms.remarked_count) == (1, 1)
    assert Person.objects.get().name == "张三"
    names = Organisation.objects.filter(registered=True).values_list("name", flat=True)
    assert list(names) == ["东海甲有限公司"]


def test_columns_of_several_take_all(load: Any) -> None:
    load(
        "来源主键,专利名称,申请人,发明人\n1,题,示例大学/某某研究所,张三/李四、王小明\n",
        "template:patent",
    )
    patent = Patent.objects.get()
    assert {one.name for one in patent.assignees.all()} == {"示例大学", "某某研究所"}
    assert patent.inventor_text == "张三、李四、王小明"


def test_money_paid_to_several_is_nobodys_until_somebody_says(load: Any) -> None:
    job = load(
        "来源主键,单位名称,政策编号,年度,金额（万元）\n1,东海甲有限公司、东海乙有限公司,x,2024,5\n",
        "template:grant",
    )
    assert (job.rejected_count, Grant.objects.count()) == (1, 0)
    assert ("organisation_name", "several_names") in {(f, c) for _, _, f, c in told(job)}


def test_a_list_says_itself_that_it_is_several(load: Any) -> None:
    rows = [{"source_key": "1", "title": "题", "organisation_name": ["示例大学", "甲", "示例大学"]}]
    job = load(json.dumps(rows), "template:achievement", "a.json")
    assert (job.accepted_count, job.remarked_count) == (1, 1)
    assert Achievement.objects.get().organisation.name == "示例大学"


def test_a_mapping_may_refuse_several(load: Any) -> None:
    mapping = (
        "code: strict-projects\nname: 项目\nrecords:\n  - kind: project\n    key: 编号\n    fields:\n"
        "      title: 名称\n      leader_name: {column: 负责人, otherwise: reject}\n"
    )
    job = load("编号,名称,负责人\n1,题,张三、李四\n", save_mapping(mapping, SYSTEM).code)
    assert told(job) == [(2, "open", "leader_name", "several_names")]


def test_whoever_types_several_is_told_what_to_write() -> None:
    with pytest.raises(RowRefused) as refused:
        check_row("project", {"source_key": "1", "title": "题", "leader_name": "张三、李四"})
    [reason] = refused.value.reasons
    assert reason.message_zh == (
        "收到“张三、李四”，像是多个姓名，这里只填一个（如“张三”），其余请另行登记；"
        "确为一个名称的，请整体加引号。"
    )


@pytest.mark.parametrize("name", ["示例大学/某某研究所", "甲乙大学、丙丁大学联合中心"])
def test_a_name_in_quotation_marks_is_one(load: Any, name: str) -> None:
    job = load(f"来源主键,名称\n1,“{name}”\n", "template:organisation")
    assert (job.accepted_count, job.remarked_count) == (1, 0)
    assert Organisation.objects.get().name == name
