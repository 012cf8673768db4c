"""The page that proposes a mapping: from upload to import, and who may."""

import os
import re
import time
from html import unescape
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from silian.portal.accounts.models import User
from silian.portal.industry.models import EnterpriseYear, Need
from silian.portal.registry.domain.draft_uploads import forget_uploads
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.models import ImportJob, RegisterMapping

pytestmark = pytest.mark.django_db
ODD = "甲,乙,丙\nK-001,耐热磁体,温度要求高\nK-002,连续流,放热难控\n".encode()
NEEDS = "需求编号,榜单名称,攻关内容,联系电话\nB1,耐热磁体,180℃,0571-1\n".encode()
SHEETS = {
    "说明": [["本表由各县区填写"], ["单位：万元"]],
    "企业": [
        ["企业名称", "统一社会信用代码"],
        ["甲有限公司", "91350100M000100Y43"],
        ["乙有限公司", None],
    ],
    "技术难题": [
        ["需求编号", "技术难题名称", "技术难题描述", "拟投入资金（万元）"],
        ["B1", "耐热磁体", "180℃ 长期工作", 50],
        ["B2", "连续流", "放热难控", 80],
    ],
}


def workbook(folder: Path, sheets: dict[str, list[list[Any]]]) -> Path:
    path = folder / "book.xlsx"
    book = xlsxwriter.Workbook(path)
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for number, line in enumerate(lines):
            sheet.write_row(number, 0, line)
    book.close()
    return path


@pytest.fixture(autouse=True)
def _uploads(settings: Any, tmp_path: Any) -> None:
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"


@pytest.fixture
def clients(users: dict[str, Any]) -> dict[str, Client]:
    made = {role: Client() for role in users}
    for role, client in made.items():
        client.force_login(users[role])
    return made


@pytest.fixture
def operator(clients: dict[str, Client]) -> Client:
    return clients["operator"]


def sent(content: bytes, name: str = "榜单.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return unescape(response.content.decode())


def begun(client: Client, content: bytes, name: str = "榜单.csv") -> str:
    """Address of the page for an uploaded file."""
    return str(client.post("/imports/draft/", {"file": sent(content, name)})["Location"])


def files_in(settings: Any) -> list[Path]:
    return sorted(Path(settings.UPLOAD_DIRECTORY).glob("*"))


def test_a_file_that_no_mapping_fits_leads_to_a_proposed_one(operator: Client) -> None:
    response = operator.post("/imports/new/", {"file": sent(ODD), "mapping": ""})
    address = response["Location"]
    assert (response.status_code, len(address)) == (302, len("/imports/draft//?unknown=1") + 16)
    page = page_of(operator, f"{address}&kind=need")
    assert "还缺必填字段" in page
    assert "K-001" in page
    assert not ImportJob.objects.exists()


def test_choices_are_shown_then_kept_as_a_mapping_and_loaded(operator: Client) -> None:
    address = begun(operator, ODD)
    page_of(operator, f"{address}?kind=need")
    chosen = {
        "kind": "need", "kind_drafted": "need", "sheet": "",
        "field-0": "source_key", "field-1": "title", "field-2": "text",
    }  # fmt: skip
    shown = operator.post(address, {**chosen, "intent": "preview"})
    assert (shown.status_code, RegisterMapping.objects.count()) == (200, 0)
    assert "可入库" in shown.content.decode()
    kept = operator.post(address, {**chosen, "intent": "load"})
    job = ImportJob.objects.get()
    assert kept["Location"] == f"/imports/{job.public_id}/"
    run_job(job.pk)
    assert list(Need.objects.order_by("source_key").values_list("source_key", "title", "text")) == [
        ("K-001", "耐热磁体", "温度要求高"),
        ("K-002", "连续流", "放热难控"),
    ]
    assert RegisterMapping.objects.get().code == job.mapping_code
    assert job.mapping_code in page_of(operator, "/imports/mappings/")


def test_the_chosen_key_stands_on_the_page_with_what_is_wrong_with_it(operator: Client) -> None:
    rows = "序号,企业名称,难题名称,难题描述\n1,甲,磁体,热\n2,乙,泵,漏\n1,甲,磁体,热\n".encode()
    address = begun(operator, rows)
    assert "主键： 企业名称 + 难题名称" in " ".join(page_of(operator, address).split())
    chosen = {
        "kind": "need", "kind_drafted": "need", "sheet": "", "field-0": "source_key",
        "field-1": "organisation_name", "field-2": "title", "field-3": "text",
    }  # fmt: skip
    shown = operator.post(address, {**chosen, "intent": "preview"})
    page = " ".join(unescape(shown.content.decode()).split())
    assert "主键： 序号" in page
    assert "看过的 3 行中 0 行空缺、1 行重复" in page
    operator.post(address, {**chosen, "intent": "load"})
    run_job(ImportJob.objects.get().pk)
    assert set(Need.objects.values_list("source_key", flat=True)) == {"1", "2"}


def test_the_page_says_that_contracts_are_no_projects(operator: Client) -> None:
    rows = "合同登记编号,项目名称,卖方名称,买方名称,合同成交额\nH1,磁体,甲大学,乙公司,3\n".encode()
    address = begun(operator, rows, "技术合同.csv")
    told = "这像是技术合同登记表，不是“科技项目”清单"
    assert told in page_of(operator, f"{address}?kind=project")
    assert told not in page_of(operator, f"{address}?kind=organisation")


def test_what_lacks_a_required_field_is_not_kept(operator: Client) -> None:
    posted = {"kind": "need", "kind_drafted": "need", "sheet": "", "intent": "load"}
    response = operator.post(begun(operator, ODD), posted)
    assert (response.status_code, RegisterMapping.objects.count()) == (422, 0)
    assert "缺少必填字段" in response.content.decode()


def test_a_yearly_table_without_its_year_asks_for_it(operator: Client) -> None:
    facts = "单位名称,营业收入（万元）,研发费用（万元）\n甲有限公司,1200,80\n".encode()
    address = begun(operator, facts, "指标.csv")
    assert "全表的年度" in page_of(operator, address)
    posted = {"kind": "enterprise_year", "year": "2024", "intent": "load"}
    assert operator.post(address, posted).status_code == 302
    job = run_job(ImportJob.objects.get().pk)
    assert (job.accepted_count, job.rejected_count) == (1, 0)
    year = EnterpriseYear.objects.get()
    assert (year.year, year.facts["revenue_cny"]) == (2024, 12_000_000)


def test_a_dry_run_of_a_draft_writes_no_record(operator: Client) -> None:
    operator.post(begun(operator, NEEDS), {"intent": "dry_run"})
    job = run_job(ImportJob.objects.get().pk)
    assert (job.dry_run, job.accepted_count, Need.objects.count()) == (True, 1, 0)


def test_a_workbook_shows_its_sheets_and_drafts_the_one_that_is_chosen(
    operator: Client, tmp_path: Path
) -> None:
    content = workbook(tmp_path, SHEETS).read_bytes()
    address = begun(operator, content, "全年.xlsx")
    page = page_of(operator, address)
    assert re.findall(r'<option value="([^"]+)"( selected)?>[^<]+</option>', page)[:3] == [
        ("说明", ""),
        ("企业", ""),
        ("技术难题", " selected"),
    ]
    assert "2 行 · 像 单位 · 企业名称、统一社会信用代码" in page
    # The form sends the kind that was drafted along; another sheet is told anew.
    other = page_of(
        operator, f"{address}?sheet=企业&kind=need&kind_before=need&sheet_before=技术难题"
    )
    assert '<option value="organisation" selected>' in other
    assert "甲有限公司" in other
    chosen = f"{address}?sheet=企业&kind=person&kind_before=need&sheet_before=技术难题"
    assert '<option value="person" selected>' in page_of(operator, chosen)
    posted = {"kind": "organisation", "kind_drafted": "organisation", "sheet": "企业"}
    operator.post(address, {**posted, "intent": "load"})
    job = run_job(ImportJob.objects.get().pk)
    assert (job.counts_by_kind["organisation"]["accepted"], job.rejected_count) == (2, 0)
    operator.cookies["django_language"] = "en"
    assert "rows: 2 · looks like Organisation" in page_of(operator, address)


def test_a_sheet_that_is_not_there_is_told_and_the_file_stays(
    operator: Client, tmp_path: Path, settings: Any
) -> None:
    address = begun(operator, workbook(tmp_path, SHEETS).read_bytes(), "全年.xlsx")
    response = operator.get(f"{address}?sheet=无")
    assert response.status_code == 422
    assert "未找到工作表“无”，文件中有：说明、企业、技术难题" in response.content.decode()
    assert page_of(operator, address)


def test_an_import_that_found_no_headings_offers_a_draft(operator: Client, tmp_path: Any) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(ODD)
    job = run_job(create_job(path, "template:need").pk)
    assert job.error_code == "no_heading"
    page = page_of(operator, f"/imports/{job.public_id}/")
    assert f'href="/imports/{job.public_id}/draft/"' in page
    address = f"/imports/{job.public_id}/draft/"
    assert "K-001" in page_of(operator, address)
    posted = {"kind": "need", "kind_drafted": "need", "sheet": "", "intent": "preview"}
    assert f'action="{address}"' in operator.post(address, posted).content.decode()


def test_an_import_that_read_its_file_offers_no_draft(operator: Client, tmp_path: Any) -> None:
    path = tmp_path / "needs.csv"
    path.write_bytes(NEEDS)
    job = run_job(create_job(path, "template:need").pk)
    assert operator.get(f"/imports/{job.public_id}/draft/").status_code == 404


def test_how_a_file_was_read_is_told_on_the_page_of_its_import(
    operator: Client, tmp_path: Any
) -> None:
    path = tmp_path / "needs.csv"
    path.write_bytes(NEEDS)
    job = run_job(create_job(path, "template:need").pk)
    page = page_of(operator, f"/imports/{job.public_id}/")
    assert "“榜单名称”读作“需求标题”" in page
    assert "没有用到的列“联系电话”" in page


def test_an_address_is_short_and_its_owners_alone(
    operator: Client, users: dict[str, Any], settings: Any
) -> None:
    address = begun(operator, NEEDS)
    assert re.fullmatch(r"/imports/draft/[0-9a-f]{16}/", address)
    assert page_of(operator, address)
    colleague = User.objects.create_user("colleague", role=users["operator"].role)
    other = Client()
    other.force_login(colleague)
    assert other.get(address).status_code == 404
    assert other.post(address, {"intent": "load"}).status_code == 404
    assert operator.get("/imports/draft/0123456789abcdef/").status_code == 404
    assert operator.get("/imports/draft/").status_code == 302
    assert not ImportJob.objects.exists()


def test_an_address_is_good_for_a_day(operator: Client, settings: Any) -> None:
    address = begun(operator, NEEDS)
    [folder] = files_in(settings)
    an_hour_short = time.time() - 23 * 3600
    os.utime(folder / ".draft", (an_hour_short, an_hour_short))
    assert page_of(operator, address)
    os.utime(folder / ".draft", (0, 0))
    assert operator.get(address).status_code == 404


def test_a_file_that_cannot_be_read_is_refused_in_words_and_leaves_nothing(
    operator: Client, settings: Any
) -> None:
    response = operator.get(begun(operator, b"%PDF-1.7", "a.csv"))
    assert response.status_code == 422
    assert "另存为" in response.content.decode()
    assert files_in(settings) == []


@pytest.mark.parametrize("role", ["enterprise", "research", "viewer"])
def test_only_who_may_import_sees_drafts(role: str, clients: dict[str, Client]) -> None:
    assert clients[role].get("/imports/draft/").status_code == 403
    assert clients[role].post("/imports/draft/", {"file": sent(NEEDS)}).status_code == 403


def test_the_page_is_in_english_too(operator: Client) -> None:
    address = begun(operator, NEEDS)
    operator.cookies["django_language"] = "en"
    page = page_of(operator, address)
    assert "What each column is" in page
    assert "the heading says" in page


def test_a_file_nobody_imported_is_forgotten_after_a_day(operator: Client, settings: Any) -> None:
    operator.post(begun(operator, NEEDS), {"intent": "load"})
    begun(operator, ODD)
    place = Path(settings.UPLOAD_DIRECTORY)
    (place / "killed").mkdir()  # a process that ended between storing a file and its job
    (place / "killed" / "a.csv").write_bytes(NEEDS)
    assert forget_uploads() == 0
    for path in [*place.glob("*/.draft"), place / "killed"]:
        os.utime(path, (0, 0))
    assert forget_uploads() == 2
    files = [path for path in place.rglob("*") if path.is_file()]
    assert files == [Path(ImportJob.objects.get().stored_path)]
    assert len(files_in(settings)) == 1


def test_a_refused_import_leaves_no_folder(operator: Client, settings: Any) -> None:
    refused = operator.post("/imports/new/", {"file": sent(NEEDS), "mapping": "no-such-mapping"})
    assert (refused.status_code, files_in(settings)) == (422, [])
