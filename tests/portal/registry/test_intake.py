"""Import jobs: what comes in, what is refused, and that a second run changes nothing."""

import io
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from silian.identifiers import public_id
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.models import IndexTask
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Contribution, Patent
from silian.portal.registry.domain import batches, intake, reading
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.rejects import (
    NotReplayable,
    dismiss,
    replay,
    replay_file,
    retry_unresolved,
)
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.rejects import rejects_file
from silian.portal.registry.interfaces.templates import template_workbook
from silian.portal.registry.models import (
    ImportJob,
    Organisation,
    OrganisationName,
    Person,
    Region,
    RejectedRow,
)

ORGANISATIONS = """来源主键,名称,单位类型,注册资本（万元）,成立日期,曾用名,备注
E1,东海　磁材公司,企业,５００．５,2011年5月18日,老磁材公司、更老公司,x
E2,东海大学,高等院校,,1958/3/1,,
E3,西山公司,外星人,abc,never,,
E1,另一公司,企业,1,2011-01-01,,
E4,北山公司,企业,"1,200",40000,,
"""


def counts(job: ImportJob, kind: str) -> tuple[int, ...]:
    held = job.counts_by_kind[kind]
    return tuple(held[status] for status in ("accepted", "changed", "unchanged", "rejected"))


def test_a_filled_template_loads_without_a_mapping(load: Any) -> None:
    job = load(ORGANISATIONS, "template:organisation")
    assert (job.state, job.row_count, job.rejected_count) == ("done", 5, 2)
    assert counts(job, "organisation") == (3, 0, 0, 2)
    assert job.notes == {"heading_unknown:备注": 1}
    first = Organisation.objects.get(source_key="E1")
    assert first.name == "东海磁材公司"
    assert first.public_id == public_id("organisation", "city", "E1")
    assert first.registered_capital_cny == Decimal("5005000.00")
    assert first.established_on == date(2011, 5, 18)
    assert [(n.name, n.name_kind) for n in first.names.order_by("pk")] == [
        ("东海磁材公司", "official"),
        ("老磁材公司", "former"),
        ("更老公司", "former"),
    ]
    assert Organisation.objects.get(source_key="E4").established_on == date(2009, 7, 6)
    assert [h.history_type for h in first.history.all()] == ["+"]
    assert IndexTask.objects.count() == 3


def test_every_reason_is_given_with_field_value_and_remedy(load: Any) -> None:
    job = load(ORGANISATIONS, "template:organisation")
    third, repeated = job.rejected_rows.order_by("row_number")
    assert third.row_number == 4
    assert {(r["field"], r["code"], r["arrived"]) for r in third.reasons} == {
        ("organisation_kind", "not_a_choice", "外星人"),
        ("registered_capital_cny", "not_a_number", "abc"),
        ("established_on", "not_a_date", "never"),
    }
    assert all(r["message_zh"] and r["message_en"] for r in third.reasons)
    assert [r["code"] for r in repeated.reasons] == ["duplicate_key"]


def test_a_second_run_changes_nothing(load: Any) -> None:
    load(ORGANISATIONS, "template:organisation")
    before = list(Organisation.history.values())
    job = load(ORGANISATIONS, "template:organisation")
    assert counts(job, "organisation") == (0, 0, 3, 2)
    assert list(Organisation.history.values()) == before


def test_a_changed_row_changes_its_record_and_keeps_the_old_name(load: Any) -> None:
    load("source_key,name\nE1,甲公司\n", "template:organisation")
    job = load("source_key,name\nE1,乙公司\n", "template:organisation")
    assert counts(job, "organisation") == (0, 1, 0, 0)
    names = OrganisationName.objects.values_list("name", "name_kind")
    assert set(names) == {("乙公司", "official"), ("甲公司", "former")}
    assert [h.name for h in Organisation.history.order_by("history_id")] == ["甲公司", "乙公司"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_encodings_make_no_difference(load: Any, encoding: str) -> None:
    job = load(ORGANISATIONS.encode(encoding), "template:organisation")
    assert counts(job, "organisation") == (3, 0, 0, 2)


def test_a_dry_run_reports_all_and_writes_nothing(load: Any) -> None:
    job = load(ORGANISATIONS, "template:organisation", dry_run=True)
    assert counts(job, "organisation") == (3, 0, 0, 2)
    assert job.rejected_rows.count() == 2
    assert (Organisation.objects.count(), IndexTask.objects.count()) == (0, 0)
    with pytest.raises(NotReplayable):
        replay(job.rejected_rows.first().pk, {}, SYSTEM)


def test_a_dry_run_knows_the_people_it_would_have_saved(load: Any) -> None:
    mapping_rows = "source_key,name\nP1,王小明\n"
    load(mapping_rows, "template:person")
    job = load(
        '{"source_key": "A1", "title": "t", "inventor_keys": ["P1"]}',
        "template:achievement",
        "a.jsonl",
        dry_run=True,
    )
    assert counts(job, "achievement") == (1, 0, 0, 0)


def test_a_killed_job_goes_on_and_ends_as_if_it_had_not_been(
    tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "rows.csv"
    lines = [f"E{n},公司{n}" if n % 7 else f"E{n}," for n in range(1, 101)]
    path.write_text("source_key,name\n" + "\n".join([*lines, "E1,重复"]) + "\n", "utf-8")
    monkeypatch.setattr(reading, "BATCH_ROWS", 10)
    job = create_job(path, "template:organisation", register_code="city")
    save_batch, n_batches = batches.save_batch, 0

    def killed_in_the_fifth(*arguments: Any) -> Any:
        nonlocal n_batches
        n_batches += 1
        report = save_batch(*arguments)
        if n_batches == 5:
            raise KeyboardInterrupt
        return report

    monkeypatch.setattr(intake, "save_batch", killed_in_the_fifth)
    with pytest.raises(KeyboardInterrupt):
        run_job(job.pk)
    job.refresh_from_db()
    assert (job.state, job.row_count, Organisation.objects.count()) == ("running", 40, 35)
    job = run_job(job.pk)
    assert counts(job, "organisation") == (86, 0, 0, 15)
    assert (job.row_count, job.rejected_count, RejectedRow.objects.count()) == (101, 15, 15)
    assert Organisation.history.count() == 86
    assert run_job(job.pk).accepted_count == 86


def test_a_file_that_changed_meanwhile_is_not_carried_on_with(tmp_path: Path, db: None) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("source_key,name\nE1,甲\n", "utf-8")
    job = create_job(path, "template:organisation")
    ImportJob.objects.filter(pk=job.pk).update(row_count=1, state="running")
    path.write_text("source_key,name\nE1,乙\n", "utf-8")
    failed = run_job(job.pk)
    assert (failed.state, failed.error_code) == ("failed", "file_changed")
    assert not Organisation.objects.exists()


def test_an_organisation_that_was_only_mentioned_is_registered_later(load: Any) -> None:
    load('{"source_key":"A1","title":"t","organisation_name":"东海（磁材）公司"}',
         "template:achievement", "a.jsonl")  # fmt: skip
    mention = Organisation.objects.get()
    assert (mention.registered, mention.register.code) == (False, "mentions")
    job = load("source_key,name\nE1,东海(磁材)公司\n", "template:organisation")
    assert counts(job, "organisation") == (1, 0, 0, 0)
    registered = Organisation.objects.get()
    assert (registered.pk, registered.registered) == (mention.pk, True)
    assert registered.public_id == public_id("organisation", "city", "E1")
    assert Achievement.objects.get().organisation_id == registered.pk


def test_the_order_of_files_makes_no_difference(load: Any) -> None:
    achievement = '{"source_key":"A1","title":"t","organisation_key":"E1","inventor_keys":["P1"]}'
    late = load(achievement, "template:achievement", "a.jsonl")
    assert late.rejected_count == 1
    load("source_key,name,organisation_key\nP1,王小明,E1\n", "template:person")
    load("source_key,name\nE1,东海公司\n", "template:organisation")
    assert retry_unresolved(late) == 1
    late.refresh_from_db()
    assert (late.accepted_count, late.rejected_count, late.rejected_rows.count()) == (1, 0, 0)
    assert Organisation.objects.get().name == "东海公司"
    assert Contribution.objects.get().person.name == "王小明"
    assert Achievement.objects.get().owner == Organisation.objects.get()


def test_a_name_that_could_be_two_organisations_is_neither(load: Any) -> None:
    load("source_key,name,aliases\nE1,东海科技公司,东海\nE2,东海机械公司,东海\n",
         "template:organisation")  # fmt: skip
    load("source_key,title,organisation_name\nA1,t,东海\n", "template:achievement")
    assert Achievement.objects.get().organisation.registered is False


def test_the_unified_code_outweighs_key_and_name(load: Any) -> None:
    load("source_key,name,unified_social_credit_code\nE1,甲公司,91350100M000100Y43\nE2,乙公司,\n",
         "template:organisation")  # fmt: skip
    load("source_key,title,organisation_key,organisation_code\nA1,t,E2,91350100M000100Y43\n",
         "template:achievement")  # fmt: skip
    assert Achievement.objects.get().organisation.source_key == "E1"


def test_one_name_at_one_place_is_one_person(load: Any) -> None:
    rows = (
        "source_key,title,organisation_name,inventor_names\n"
        "A1,t,甲公司,王小明、李华\nA2,u,甲公司,王小明\nA3,v,乙公司,王小明\n"
    )
    load(rows, "template:achievement")
    assert Person.objects.count() == 3
    assert Contribution.objects.filter(person__name="王小明").count() == 3


def test_assignees_of_a_patent_become_its_organisations(load: Any) -> None:
    load("source_key,title,assignee_names\nP1,t,甲公司；乙大学\n", "template:patent")
    patent = Patent.objects.get()
    assert {o.name for o in patent.assignees.all()} == {"甲公司", "乙大学"}
    assert (patent.organisation.name, patent.assignee_text) == ("甲公司", "甲公司；乙大学")
    load("source_key,title,assignee_names\nP1,t,乙大学\n", "template:patent")
    assert [o.name for o in Patent.objects.get().assignees.all()] == ["乙大学"]


def test_unregistered_regions_are_kept_open_and_wrong_ones_refused(load: Any) -> None:
    load("source_key,title,region_adcode\nA1,t,330203\n", "template:achievement")
    assert Region.objects.get().name == "海曙区"  # the code is in force
    load("source_key,name,level\n330203,海曙区,区县\n330205,江北区,区县\n", "template:region")
    assert Region.objects.get(adcode="330203").name == "海曙区"
    job = load("source_key,title,region_adcode\nA2,t,330299\n", "template:achievement")
    assert [r["code"] for r in job.rejected_rows.get().reasons] == ["reference_unknown"]


def test_a_rejected_row_is_mended_one_by_one(load: Any) -> None:
    job = load(ORGANISATIONS, "template:organisation")
    row = job.rejected_rows.order_by("row_number").first()
    better = {**row.values, "成立日期": "", "注册资本（万元）": "3"}
    with pytest.raises(RowRefused):
        replay(row.pk, better, SYSTEM)
    row.refresh_from_db()
    assert [r["field"] for r in row.reasons] == ["organisation_kind"]
    better["单位类型"] = "企业"
    [result] = replay(row.pk, better, SYSTEM)
    assert (result.status, result.record.registered_capital_cny) == ("accepted", Decimal(30_000))
    job.refresh_from_db()
    assert counts(job, "organisation") == (4, 0, 0, 1)
    row.refresh_from_db()
    assert row.state == "mended"
    with pytest.raises(NotReplayable):
        replay(row.pk, better, SYSTEM)


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_rejected_rows_are_mended_by_a_file(load: Any, tmp_path: Path, fmt: str) -> None:
    job = load(ORGANISATIONS, "template:organisation")
    path = tmp_path / f"mended.{fmt}"
    if fmt == "csv":
        text = rejects_file(job, "csv").decode("utf-8-sig")
        assert "应为单个数值" in text
        text = text.replace("外星人", "企业").replace("abc", "7").replace("never", "2020-01-01")
        path.write_text(text, "utf-8-sig")
    else:
        import openpyxl

        path.write_bytes(rejects_file(job))
        book = openpyxl.load_workbook(path)
        changes = {"外星人": "企业", "abc": 7, "never": "2020-01-01"}
        for line in book.active.iter_rows(min_row=2):
            for cell in line:
                cell.value = changes.get(cell.value, cell.value)
        book.save(path)
    assert replay_file(job, path, SYSTEM) == {"mended": 1, "open": 1, "skipped": 0}
    assert Organisation.objects.get(source_key="E3").registered_capital_cny == Decimal(70_000)
    assert dismiss(job.rejected_rows.get(state="open").pk, SYSTEM).state == "dismissed"


def test_a_refused_file_fails_its_job_with_words(load: Any) -> None:
    job = load("foo,bar\n1,2\n", "template:need")
    assert (job.state, job.error_code) == ("failed", "no_heading")
    assert "表头" in job.error_message
    assert "headings" in job.error_message


@pytest.mark.parametrize(
    ("content", "name"),
    [
        ("source_key,title,text\n", "a.csv"),
        ("[]", "a.json"),
        ('{"code": 200, "data": {"list": []}}', "a.json"),
        ('{"code": 500, "msg": "busy"}', "a.json"),
        ("\n\n", "a.jsonl"),
    ],
)
def test_a_file_without_a_row_fails_with_words(load: Any, content: str, name: str) -> None:
    job = load(content, "template:need", name)
    assert (job.state, job.error_code) == ("failed", "no_rows")


def test_rows_in_an_answer_of_an_interface_are_found(load: Any) -> None:
    answer = '{"code":200,"data":{"total":1,"list":[{"source_key":"N1","title":"题","text":"文"}]}}'
    assert counts(load(answer, "template:need", "a.json"), "need") == (1, 0, 0, 0)


def test_progress_ends_with_all_rows(tmp_path: Path, db: None) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("source_key,name\nE1,甲\nE2,乙\n", "utf-8")
    told: list[tuple[int, int | None]] = []
    run_job(create_job(path, "template:organisation").pk, lambda *now: told.append(now))
    assert told == [(2, 2)]


def test_one_record_is_saved_under_the_same_checks(db: None) -> None:
    saved = save_record("need", {"title": "t", "text": "x", "budget_cny": "5万元"},
                        register_code="portal", source_key="N1", viewer=SYSTEM)  # fmt: skip
    assert (saved.status, saved.record.budget_cny) == ("accepted", Decimal(50_000))
    with pytest.raises(RowRefused) as refused:
        save_record("need", {"title": "t" * 301}, register_code="portal", source_key="N1",
                    viewer=SYSTEM)  # fmt: skip
    assert {r.field: r.code for r in refused.value.reasons} == {
        "title": "string_too_long",
        "text": "missing",
    }


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
def test_a_long_text_survives_rejection_whole(load: Any, tmp_path: Path, fmt: str) -> None:
    text = "高温永磁材料" * 10_000
    rows = f"source_key,title,text,valid_until\nN1,题,{text},abc\nN2,题,{text},abc\n"
    job = load(rows, "template:need")
    first = job.rejected_rows.earliest("row_number")
    replay(first.pk, {**first.values, "valid_until": "2030-01-01"}, SYSTEM)
    path = tmp_path / f"rejects.{fmt}"
    path.write_bytes(rejects_file(job, fmt))
    if fmt == "xlsx":
        book = openpyxl.load_workbook(path)
        headings = [cell.value for cell in book.active[1]]  # jsonb keeps no order of columns
        book.active.cell(2, headings.index("valid_until") + 1).value = "2031-01-01"
        book.save(path)
    else:
        path.write_bytes(path.read_bytes().replace(b",abc", b",2031-01-01"))
    assert replay_file(job, path, SYSTEM) == {"mended": 1, "open": 0, "skipped": 0}
    kept = Need.objects.order_by("source_key").values_list("text", "valid_until")
    assert list(kept) == [(text, date(2030, 1, 1)), (text, date(2031, 1, 1))]


def test_a_formula_that_was_refused_stays_so_until_somebody_writes_a_value(
    tmp_path: Path, db: None
) -> None:
    book = openpyxl.Workbook()
    for line in (
        ["source_key", "title", "text"],
        ["N1", "永磁需求", "=A2&B2"],
        ["N2", "电机需求", "说明"],
    ):
        book.active.append(line)
    path = tmp_path / "needs.xlsx"
    book.save(path)
    job = run_job(create_job(path, "template:need").pk)
    [row] = job.rejected_rows.all()
    assert (job.accepted_count, row.row_number, row.values["text"]) == (1, 2, "=A2&B2")
    assert [reason["code"] for reason in row.reasons] == ["formula_without_value"]

    with pytest.raises(RowRefused, match="without a result"):
        replay(row.pk, row.values, SYSTEM)
    for fmt in ("csv", "xlsx"):
        sent = tmp_path / f"unchanged.{fmt}"
        sent.write_bytes(rejects_file(job, fmt))
        assert replay_file(job, sent, SYSTEM) == {"mended": 0, "open": 1, "skipped": 0}
    [result] = replay(row.pk, {**row.values, "text": "耐高温"}, SYSTEM)
    assert (result.status, Need.objects.get(source_key="N1").text) == ("accepted", "耐高温")


def test_a_call_in_a_csv_cell_stays_refused_until_it_is_replaced(load: Any) -> None:
    job = load('source_key,title,text\nN1,题,"=HYPERLINK(""http://x"")"\n', "template:need")
    [row] = job.rejected_rows.all()
    for text in (row.values["text"], "=WEBSERVICE(1)"):
        with pytest.raises(RowRefused, match="formula"):
            replay(row.pk, {**row.values, "text": text}, SYSTEM)
    [result] = replay(row.pk, {**row.values, "text": "见附件"}, SYSTEM)
    assert result.status == "accepted"


def test_further_sheets_with_rows_are_named_and_the_templates_own_are_not(
    load: Any, tmp_path: Path, db: None
) -> None:
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["请各县区填写"])
    for name in ("一季度", "二季度"):
        sheet = book.create_sheet(name)
        sheet.append(["来源主键", "名称"])
        sheet.append([name, f"{name}公司"])
    path = tmp_path / "book.xlsx"
    book.save(path)
    job = load(path.read_bytes(), "template:organisation", "book.xlsx")
    assert (job.accepted_count, job.notes["sheet_unread:二季度"]) == (1, 1)
    template = openpyxl.load_workbook(io.BytesIO(template_workbook("organisation")))
    template["填写"].append(["E9", "九公司"])
    template.save(path)
    assert "sheet_unread" not in str(
        load(path.read_bytes(), "template:organisation", "b.xlsx").notes
    )
