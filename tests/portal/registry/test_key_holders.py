"""Keys that another thing holds: its record is not overwritten in silence."""

from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.industry.models import EnterpriseYear, Need
from silian.portal.registry.domain.rejects import replay
from silian.portal.registry.models import ImportJob, Organisation, Person

FIRST_LIST = "来源主键,名称,地址\n1,甲一科技有限公司,东海路1号\n2,甲二科技有限公司,\n"
SECOND_LIST = "来源主键,名称\n1,乙一食品有限公司\n2,甲二科技股份有限公司\n3,乙三食品有限公司\n"
CODES = ("91350100M000100Y43", "91330200MA2000009R")


def names() -> dict[str, str]:
    return dict(Organisation.objects.values_list("source_key", "name"))


def told(job: ImportJob) -> list[tuple[int, str, str]]:
    return [
        (row.row_number, reason["code"], reason["field"])
        for row in job.rejected_rows.order_by("row_number")
        for reason in row.reasons
    ]


@pytest.mark.parametrize("register", ["", "city"])
def test_a_second_list_numbered_from_one_leaves_the_first_as_it_is(
    load: Any, register: str
) -> None:
    load(FIRST_LIST, "template:organisation", register_code=register)

    job = load(SECOND_LIST, "template:organisation", register_code=register)

    assert (job.accepted_count, job.changed_count, job.rejected_count) == (1, 1, 1)
    assert told(job) == [(2, "key_taken", "source_key")]
    assert names() == {
        "1": "甲一科技有限公司",
        "2": "甲二科技股份有限公司",
        "3": "乙三食品有限公司",
    }
    assert job.notes == {"kind_by_name": 1, "renamed": 1}


def test_the_reason_names_register_holder_and_ways_out_in_both_languages(load: Any) -> None:
    load(FIRST_LIST, "template:organisation", register_code="")

    job = load(SECOND_LIST, "template:organisation", register_code="")

    [reason] = job.rejected_rows.get().reasons
    for part in ("主键「1」", "「portal」", "甲一科技有限公司", "乙一食品有限公司", "--register"):
        assert part in reason["message_zh"]
    for part in ("'1'", "'portal'", "甲一科技有限公司", "--register", "--replace"):
        assert part in reason["message_en"]
    assert reason["arrived"] == "1"


def test_a_load_that_says_so_replaces(load: Any) -> None:
    load(FIRST_LIST, "template:organisation")

    job = load(SECOND_LIST, "template:organisation", replace=True)

    assert (job.changed_count, job.rejected_count) == (2, 0)
    assert names()["1"] == "乙一食品有限公司"


def test_a_dry_run_foretells_it(load: Any) -> None:
    load(FIRST_LIST, "template:organisation")
    job = load(SECOND_LIST, "template:organisation", dry_run=True)
    assert told(job) == [(2, "key_taken", "source_key")]


def test_a_refused_row_comes_in_under_another_key(load: Any) -> None:
    load(FIRST_LIST, "template:organisation")
    job = load(SECOND_LIST, "template:organisation")
    row = job.rejected_rows.get()

    replay(row.pk, {**row.values, "来源主键": "B1"}, SYSTEM)

    assert names()["B1"] == "乙一食品有限公司"
    assert names()["1"] == "甲一科技有限公司"


@pytest.mark.parametrize(
    ("before", "after", "is_change"),
    [
        # The same code: whoever has it may take any name.
        (f"7,甲科技有限公司,{CODES[0]},", f"7,乙食品有限公司,{CODES[0]},", True),
        # Another code and another name, whatever the key looks like.
        (f"E7,甲科技有限公司,{CODES[0]},", f"E7,乙食品有限公司,{CODES[1]},", False),
        # A code corrected under the same name.
        (f"E7,甲科技有限公司,{CODES[0]},", f"E7,甲科技有限公司,{CODES[1]},", True),
        # The row says what it was called, or the record knew the name already.
        ("7,甲科技有限公司,,", "7,乙食品有限公司,,甲科技有限公司", True),
        ("7,甲科技有限公司,,乙食品有限公司", "7,乙食品有限公司,,", True),
        # A register that was named may rename what it numbers lastingly.
        ("E0007,甲科技有限公司,,", "E0007,乙食品有限公司,,", True),
        # A key that is a code tells who it is.
        (f"{CODES[0]},甲科技有限公司,,", f"{CODES[0]},乙食品有限公司,,", True),
    ],
)
def test_what_is_a_change_of_an_organisation(
    load: Any, before: str, after: str, is_change: bool
) -> None:
    heading = "来源主键,名称,统一社会信用代码,曾用名\n"
    load(f"{heading}{before}\n", "template:organisation")

    job = load(f"{heading}{after}\n", "template:organisation")

    assert (job.changed_count, job.rejected_count) == ((1, 0) if is_change else (0, 1))


@pytest.mark.parametrize(
    ("after", "is_change"),
    [
        ("宁波东方电缆股份有限公司", True),
        ("宁波东方食品有限公司", False),
        ("杭州东方电缆有限公司", False),
        ("宁波西山电缆有限公司", False),
    ],
)
def test_under_a_running_number_a_new_name_must_be_of_one_house(
    load: Any, after: str, is_change: bool
) -> None:
    load("来源主键,名称\n1,宁波东方电缆有限公司\n", "template:organisation")

    job = load(f"来源主键,名称\n1,{after}\n", "template:organisation")

    assert (job.changed_count, job.rejected_count) == ((1, 0) if is_change else (0, 1))


def test_an_organisation_that_was_only_mentioned_by_its_key_gets_its_name(load: Any) -> None:
    load("来源主键,姓名,单位主键\n1,王小明,1\n", "template:person")

    job = load("来源主键,名称\n1,甲一科技有限公司\n", "template:organisation")

    assert (job.rejected_count, names()) == (0, {"1": "甲一科技有限公司"})


NEEDS = "来源主键,需求标题,需求内容,单位名称\n"


@pytest.mark.parametrize(
    ("after", "is_change"),
    [
        ("1,耐高温永磁材料研发,需研发,甲科技有限公司", True),
        ("1,耐高温永磁材料攻关,需研发磁材,甲科技有限公司", True),
        ("1,冷链仓储温控算法,需研发,甲科技有限公司", False),
        ("1,耐低温永磁材料攻关,需研发,乙食品有限公司", False),
    ],
)
def test_a_need_whose_title_was_edited_is_the_same(load: Any, after: str, is_change: bool) -> None:
    load(f"{NEEDS}1,耐高温永磁材料攻关,需研发,甲科技有限公司\n", "template:need")

    job = load(f"{NEEDS}{after}\n", "template:need")

    assert (job.changed_count, job.rejected_count) == ((1, 0) if is_change else (0, 1))
    assert Need.objects.count() == 1


def test_people_of_one_number_are_told_apart_by_name(load: Any) -> None:
    heading = "来源主键,姓名,单位名称\n"
    load(f"{heading}1,王小明,东海大学\n2,李红,东海大学\n", "template:person")

    job = load(f"{heading}1,王小刚,东海大学\n2,李红,西山大学\n", "template:person")

    assert told(job) == [(2, "key_taken", "source_key")]
    assert job.changed_count == 1


def test_facts_of_another_enterprise_or_year_do_not_take_a_running_number(load: Any) -> None:
    heading = "source_key,organisation_name,year,employee_count\n"
    load(
        f"{heading}1,甲科技有限公司,2023,10\n2,乙食品有限公司,2023,20\n", "template:enterprise_year"
    )

    job = load(
        f"{heading}1,甲科技有限公司,2024,11\n2,乙食品有限公司,2023,21\n", "template:enterprise_year"
    )

    assert told(job) == [(2, "key_taken", "source_key")]
    assert job.changed_count == 1
    assert set(EnterpriseYear.objects.values_list("source_key", "year")) == {
        ("1", 2023),
        ("2", 2023),
    }


def test_what_else_a_refused_row_tells_is_not_hung_on_the_wrong_record(load: Any) -> None:
    mapping = """
code: yearly-list
name: 年度名单
records:
  - kind: organisation
    key: 序号
    fields: {name: 企业}
  - kind: need
    key: {template: "{年}-{序号}"}
    fields: {title: 需求, text: 需求, organisation_key: 序号}
"""
    from silian.portal.registry.domain.mapping_store import save_mapping

    save_mapping(mapping, SYSTEM)
    load("序号,企业,年,需求\n1,甲科技有限公司,2023,耐高温磁材\n", "yearly-list")

    job = load("序号,企业,年,需求\n1,乙食品有限公司,2024,冷链仓储\n", "yearly-list")

    assert told(job) == [(2, "key_taken", "source_key")]
    assert [need.title for need in Need.objects.all()] == ["耐高温磁材"]
    assert job.counts_by_kind["need"]["rejected"] == 1


def test_a_code_is_one_key_however_it_is_written(load: Any) -> None:
    first = "来源主键,名称\n91350100m000100y43,甲一科技有限公司\n"
    again = "来源主键,名称,地址\n９１３５０１００M000100Y43,甲一科技有限公司,东海路1号\n"
    load(first, "template:organisation")

    job = load(again, "template:organisation")
    people = load("来源主键,姓名,单位主键\nP1,王小明,91350100 m000100y43\n", "template:person")

    assert (job.accepted_count, job.changed_count, people.accepted_count) == (0, 1, 1)
    held = Organisation.objects.get()
    assert (held.source_key, held.address) == (CODES[0], "东海路1号")
    assert Person.objects.get().organisation == held
