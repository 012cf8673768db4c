"""Cells as people write them: read by their field's rule or left out, and told either way."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from silian.library.choices import enumerations
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.catalogue import KINDS, RecordKind
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Patent
from silian.portal.registry.domain.mapping_store import save_mapping
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.rejects import dismiss, replay, replay_file, retry_unresolved
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.domain.validation import check_row
from silian.portal.registry.interfaces.rejects import rejects_file
from silian.portal.registry.models import (
    ImportJob,
    Organisation,
    OrganisationKind,
    RejectedRow,
)

ROOT = Path(__file__).parents[3]
NEEDS = """来源主键,需求标题,需求内容,预算（万元）,期望成熟度,截止日期,单位名称
N1,永磁,说明,500-1000,TRL 5-6,2025年底,
N2,电机,说明,约200,六级,2025年12月,
N3,轴承,说明,1200万美元,中试阶段,2024Q3,
N4,模具,说明,面议,6级,2025-06-01,
"""


def remarks(job: ImportJob) -> dict[int, set[tuple[str, str, str]]]:
    rows = job.rejected_rows.filter(state=RejectedRow.State.REMARKED)
    return {
        row.row_number: {(r["field"], r["code"], r["arrived"]) for r in row.reasons} for row in rows
    }


def test_cells_are_read_by_what_their_field_means(load: Any) -> None:
    job = load(NEEDS, "template:need")
    assert (job.state, job.accepted_count, job.rejected_count, job.remarked_count) == (
        "done",
        4,
        0,
        3,
    )
    found = Need.objects.order_by("source_key").values_list(
        "budget_cny", "readiness_target", "deadline"
    )
    assert list(found) == [
        (Decimal(10_000_000), 5, date(2025, 12, 31)),
        (Decimal(2_000_000), 6, date(2025, 12, 31)),
        (None, 6, date(2024, 9, 30)),
        (None, 6, date(2025, 6, 1)),
    ]
    assert remarks(job) == {
        2: {
            ("budget_cny", "read_upper", "500-1000"),
            ("readiness_target", "read_lower", "TRL 5-6"),
            ("deadline", "read_period", "2025年底"),
        },
        3: {("budget_cny", "read_about", "约200")},
        4: {
            ("budget_cny", "left_empty", "1200万美元"),
            ("readiness_target", "read_lower", "中试阶段"),
            ("deadline", "read_period", "2024Q3"),
        },
    }
    assert job.notes == {"not_agreed:budget_cny": 1}
    first = job.rejected_rows.earliest("row_number")
    assert first.values["预算（万元）"] == "500-1000"
    told = next(r for r in first.reasons if r["field"] == "budget_cny")
    assert told["message_zh"] == "收到“500-1000”，为区间，本字段取上限：1000 万元。"
    assert "upper bound (CNY 10,000,000)" in told["message_en"]


def test_numbers_and_stages_in_words_are_read_or_left_out_with_what_is_allowed(load: Any) -> None:
    job = load(
        "source_key,title,price_cny,readiness_level\nA1,题,叁佰万元整,量产\n"
        "A2,题,三至五百万元,中试\nA3,题,三五百万,差不多了\n",
        "template:achievement",
    )
    found = Achievement.objects.order_by("source_key").values_list("price_cny", "readiness_level")
    assert list(found) == [(Decimal(3_000_000), 9), (Decimal(3_000_000), 6), (None, None)]
    told = {row.row_number: row.reasons for row in job.rejected_rows.all()}
    assert {n: {reason["code"] for reason in reasons} for n, reasons in told.items()} == {
        3: {"read_lower"},
        4: {"left_empty"},
    }
    price, level = sorted(told[3], key=lambda reason: str(reason["field"]))
    assert price["message_zh"] == (
        "收到“三至五百万元”，为 300 万元 至 500 万元 的区间，本字段取下限：300 万元。"
    )
    assert level["message_zh"] == "收到“中试”，为 6 至 7 的区间，本字段取下限：6。"
    price, level = sorted(told[4], key=lambda reason: str(reason["field"]))
    assert "如 1234.5、1,234.5、50万元、三百万" in price["message_zh"]
    assert (
        "1 至 9 级的技术成熟度，如 6、TRL6、6级，或 小试、中试、量产 等阶段" in level["message_zh"]
    )
    assert "a stage such as 小试, 中试, 量产" in level["message_en"]


def test_a_price_means_the_lower_end_of_its_range(load: Any) -> None:
    load("source_key,title,price_cny\nA1,题,500-1000万\nA2,题,300万以上\n", "template:achievement")
    found = Achievement.objects.order_by("source_key").values_list("price_cny", flat=True)
    assert list(found) == [Decimal(5_000_000), Decimal(3_000_000)]


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("organisation", {"name": "甲公司", "unified_social_credit_code": "91350100M000100Y44"}),
        ("organisation", {"name": "甲公司", "organisation_kind": "外星人"}),
        ("person", {"name": "王小明", "orcid": "0000-0000"}),
        ("need", {"title": "题", "text": "文", "audience": "猜"}),
        ("need", {"title": "题", "text": "文", "valid_until": "以后"}),
        ("project", {"title": "题", "funds_cny": "100-200万"}),
        ("achievement", {"title": "题", "region_adcode": "abc"}),
        ("achievement", {"title": ""}),
    ],
)
def test_what_names_or_pays_or_guards_stays_strict(
    load: Any, kind: str, row: dict[str, str]
) -> None:
    text = ",".join(["source_key", *row]) + "\n" + ",".join(["K1", *row.values()]) + "\n"
    job = load(text, f"template:{kind}")
    assert (job.accepted_count, job.rejected_count, job.remarked_count) == (0, 1, 0)


def test_only_what_may_be_unknown_is_ever_left_out() -> None:
    for entry in KINDS.values():
        for column in entry.columns:
            if column.otherwise == "empty":
                default = entry.row.model_fields[column.name].get_default(call_default_factory=True)
                assert default in (None, "", []), (entry.kind, column.name)
                assert column.reference is None


def test_the_ends_of_ranges_are_documented() -> None:
    text = (ROOT / "docs/how-to/load-registers.md").read_text("utf-8")
    stated = {
        tuple(cell.strip(" `") for cell in line.split("|")[1:4])
        for line in text.splitlines()
        if line.endswith("|") and ("| upper |" in line or "| lower |" in line)
    }
    assert stated == {
        (entry.kind, column.name, column.bound)
        for entry in KINDS.values()
        for column in entry.columns
        if column.bound and column.type_name != "date"
    }


def test_a_form_is_as_strict_as_ever(db: None) -> None:
    with pytest.raises(RowRefused) as refused:
        save_record("need", {"title": "t", "text": "x", "budget_cny": "500-1000万"},
                    register_code="portal", source_key="N1", viewer=SYSTEM)  # fmt: skip
    [reason] = refused.value.reasons
    assert reason.message_zh == "收到“500-1000万”，为区间，本字段取上限，请填写 1000 万元。"
    assert reason.message_en.endswith("means its upper bound; write CNY 10,000,000.")


def test_a_reason_names_the_field_and_the_files_column(load: Any, db: None) -> None:
    save_mapping(MAPPING.replace(", OPTION", ", otherwise: reject"), SYSTEM)
    job = load("编号,名称,内容,资金\n1,题,文,没有数\n", "city-needs")
    line = rejects_file(job, "csv").decode("utf-8-sig").splitlines()[1]
    assert line.startswith('2,"预算（列“资金”）：收到“没有数”')
    assert "Budget (column 资金): arrived 没有数" in line


def test_what_was_held_before_stays_where_a_cell_is_left_out(load: Any) -> None:
    rows = "source_key,name,employee_count\nE1,甲公司,{}\n"
    load(rows.format("120"), "template:organisation")
    job = load(rows.format("很多"), "template:organisation")
    assert (job.remarked_count, Organisation.objects.get().employee_count) == (1, 120)


def test_a_rejected_row_still_tells_every_reason(load: Any) -> None:
    job = load(
        "source_key,title,text,budget_cny,readiness_target,audience\nN1,题,文,abc,5-6,猜\n",
        "template:need",
    )
    [row] = job.rejected_rows.all()
    assert row.state == "open"
    assert {r["field"] for r in row.reasons} == {"budget_cny", "audience"}


def test_a_remark_is_mended_like_a_reject(load: Any) -> None:
    job = load(NEEDS, "template:need")
    row = job.rejected_rows.get(row_number=4)
    better = {**row.values, "预算（万元）": "8000", "期望成熟度": "7", "截止日期": "2024-09-01"}
    [result] = replay(row.pk, better, SYSTEM)
    assert (result.status, result.record.budget_cny) == ("changed", Decimal(80_000_000))
    job.refresh_from_db()
    assert (job.accepted_count, job.rejected_count, job.remarked_count) == (4, 0, 2)
    row.refresh_from_db()
    assert row.state == "mended"
    assert dismiss(job.rejected_rows.get(row_number=3).pk, SYSTEM).state == "dismissed"


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_remarks_are_mended_by_a_file(load: Any, tmp_path: Path, fmt: str) -> None:
    job = load(NEEDS, "template:need")
    path = tmp_path / f"remarks.{fmt}"
    path.write_bytes(rejects_file(job, fmt, state="remarked"))
    if fmt == "csv":
        text = path.read_text("utf-8-sig")
        assert text.startswith("原行号 row,提示,Remarks,")
        path.write_text(text.replace("1200万美元", "8600"), "utf-8-sig")
    assert replay_file(job, path, SYSTEM) == {"mended": 0, "open": 3, "skipped": 0}
    assert (Need.objects.get(source_key="N3").budget_cny == Decimal(86_000_000)) is (fmt == "csv")
    job.refresh_from_db()
    assert job.remarked_count == 3


def test_a_row_that_waited_for_another_keeps_its_remarks(load: Any) -> None:
    row = '{"source_key":"A1","title":"t","inventor_keys":["P1"],"price_cny":"1-2万"}'
    late = load(row, "template:achievement", "a.jsonl")
    assert (late.rejected_count, late.remarked_count) == (1, 0)
    load("source_key,name\nP1,王小明\n", "template:person")
    assert retry_unresolved(late) == 1
    late.refresh_from_db()
    assert (late.accepted_count, late.rejected_count, late.remarked_count) == (1, 0, 1)
    assert remarks(late) == {1: {("price_cny", "read_lower", "1-2万")}}


MAPPING = """code: city-needs
name: 需求
records:
  - kind: need
    key: 编号
    fields:
      title: 名称
      text: 内容
      budget_cny: {column: 资金, unit: 万元, OPTION}
"""


@pytest.mark.parametrize(
    ("option", "cell", "expected"),
    [
        ("bound: lower", "500-1000", (1, Decimal(5_000_000))),
        ("otherwise: empty", "没有", (1, None)),
        ("otherwise: reject", "没有", (0, None)),
        ("otherwise: reject", "500-1000", (1, Decimal(10_000_000))),
    ],
)
def test_a_mapping_chooses_what_a_cell_costs(
    load: Any, db: None, option: str, cell: str, expected: tuple[int, Decimal | None]
) -> None:
    save_mapping(MAPPING.replace("OPTION", option), SYSTEM)
    job = load(f"编号,名称,内容,资金\n1,题,文,{cell}\n", "city-needs")
    budget = Need.objects.values_list("budget_cny", flat=True).first()
    assert (job.accepted_count, budget) == expected


def test_a_unit_of_money_that_is_not_kept_is_never_read_as_yuan(load: Any) -> None:
    rows = "来源主键,名称,注册资本（{}）\nE1,甲公司,1200\n"
    for unit in ("万美元", "USD", "万元/年"):
        job = load(rows.format(unit), "template:organisation")
        assert job.remarked_count == 1, unit
        assert Organisation.objects.get().registered_capital_cny is None
    load(rows.format("单位：万元，人民币"), "template:organisation")
    assert Organisation.objects.get().registered_capital_cny == Decimal(12_000_000)


@pytest.mark.parametrize(
    ("kind", "row", "expected"),
    [
        ("patent", {"title": "题", "patent_kind": "发明专利"}, "invention"),
        ("patent", {"title": "题", "patent_kind": "实用新型专利"}, "utility_model"),
        ("achievement", {"title": "题", "transfer_mode": "技术入股"}, "equity"),
        ("organisation", {"name": "甲", "organisation_kind": "民营企业"}, "enterprise"),
        ("organisation", {"name": "甲", "organisation_kind": "高等学校"}, "university"),
        ("need", {"title": "题", "text": "文", "status": "征集中"}, "published"),
    ],
)
def test_values_of_lists_are_read_in_registers_words(
    kind: str, row: dict[str, str], expected: str
) -> None:
    name = [*row][-1]
    assert check_row(kind, {"source_key": "K", **row}).fields[name] == expected


def test_registers_words_belong_to_enumerations_that_rows_have() -> None:
    told = {type_.__qualname__ for entry in KINDS.values() for type_ in _enumerations(entry)}
    assert set(enumerations()) <= told


def _enumerations(entry: RecordKind) -> Iterator[type]:
    for column in entry.columns:
        field = column.model_field.partition(".")[0]
        if column.type_name == "choice" and field:
            choices = entry.model._meta.get_field(field).choices or ()
            for candidate in (*vars(entry.model).values(), OrganisationKind):
                is_own = isinstance(candidate, type) and hasattr(candidate, "values")
                if is_own and {value for value, _ in choices} == set(candidate.values):
                    yield candidate


def test_ipc_codes_are_read_as_offices_print_them(load: Any) -> None:
    load(
        "source_key,title,ipc_codes\nP1,题,H01F1/057(2006.01)I；B22F3/00(2006.01)N\n",
        "template:patent",
    )
    assert Patent.objects.get().ipc_codes == ["H01F 1/057", "B22F 3/00"]
