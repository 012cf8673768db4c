"""The page that proposes a mapping: from upload to import, and who may."""

import os
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from silian.portal.industry.models import EnterpriseYear, Need
from silian.portal.registry.domain.draft_uploads import forget_drafts
from silian.portal.registry.domain.intake import create_job, run_job
from silian.portal.registry.models import ImportJob, RegisterMapping

pytestmark = pytest.mark.django_db
ODD = "甲,乙,丙\nK-001,耐热磁体,温度要求高\nK-002,连续流,放热难控\n".encode()
NEEDS = "需求编号,榜单名称,攻关内容,联系电话\nB1,耐热磁体,180℃,0571-1\n".encode()


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


def token_of(page: str) -> str:
    match = re.search(r'name="file" value="([^"]+)"', page)
    assert match is not None
    return match[1]


def test_a_file_that_no_mapping_fits_leads_to_a_proposed_one(operator: Client) -> None:
    response = operator.post("/imports/new/", {"file": sent(ODD), "mapping": ""})
    assert (response.status_code, response["Location"][:20]) == (302, "/imports/draft/?file")
    page = page_of(operator, f"{response['Location']}&kind=need")
    assert "还缺必填字段" in page
    assert "K-001" in page
    assert not ImportJob.objects.exists()


def test_choices_are_shown_then_kept_as_a_mapping_and_loaded(operator: Client) -> None:
    address = operator.post("/imports/draft/", {"file": sent(ODD)})["Location"]
    page = page_of(operator, f"{address}&kind=need")
    chosen = {
        "file": token_of(page), "kind": "need", "kind_drafted": "need",
        "field-0": "source_key", "field-1": "title", "field-2": "text",
    }  # fmt: skip
    shown = operator.post("/imports/draft/", {**chosen, "intent": "preview"})
    assert (shown.status_code, RegisterMapping.objects.count()) == (200, 0)
    assert "可入库" in shown.content.decode()
    kept = operator.post("/imports/draft/", {**chosen, "intent": "load"})
    job = ImportJob.objects.get()
    assert kept["Location"] == f"/imports/{job.public_id}/"
    run_job(job.pk)
    assert list(Need.objects.order_by("source_key").values_list("source_key", "title", "text")) == [
        ("K-001", "耐热磁体", "温度要求高"),
        ("K-002", "连续流", "放热难控"),
    ]
    assert RegisterMapping.objects.get().code == job.mapping_code
    assert job.mapping_code in page_of(operator, "/imports/mappings/")


def test_what_lacks_a_required_field_is_not_kept(operator: Client) -> None:
    page = page_of(operator, operator.post("/imports/draft/", {"file": sent(ODD)})["Location"])
    posted = {"file": token_of(page), "kind": "need", "kind_drafted": "need", "intent": "load"}
    response = operator.post("/imports/draft/", posted)
    assert (response.status_code, RegisterMapping.objects.count()) == (422, 0)
    assert "缺少必填字段" in response.content.decode()


def test_a_yearly_table_without_its_year_asks_for_it(operator: Client) -> None:
    facts = "单位名称,营业收入（万元）,研发费用（万元）\n甲有限公司,1200,80\n".encode()
    address = operator.post("/imports/draft/", {"file": sent(facts, "指标.csv")})["Location"]
    page = page_of(operator, address)
    assert "全表的年度" in page
    posted = {"file": token_of(page), "kind": "enterprise_year", "year": "2024", "intent": "load"}
    assert operator.post("/imports/draft/", posted).status_code == 302
    job = run_job(ImportJob.objects.get().pk)
    assert (job.accepted_count, job.rejected_count) == (1, 0)
    year = EnterpriseYear.objects.get()
    assert (year.year, year.facts["revenue_cny"]) == (2024, 12_000_000)


def test_a_dry_run_of_a_draft_writes_no_record(operator: Client) -> None:
    page = page_of(operator, operator.post("/imports/draft/", {"file": sent(NEEDS)})["Location"])
    operator.post("/imports/draft/", {"file": token_of(page), "intent": "dry_run"})
    job = run_job(ImportJob.objects.get().pk)
    assert (job.dry_run, job.accepted_count, Need.objects.count()) == (True, 1, 0)


def test_an_import_that_found_no_headings_offers_a_draft(operator: Client, tmp_path: Any) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(ODD)
    job = run_job(create_job(path, "template:need").pk)
    assert job.error_code == "no_heading"
    page = page_of(operator, f"/imports/{job.public_id}/")
    address = re.search(r'href="(/imports/draft/[^"]+)"', page)
    assert address is not None
    assert "K-001" in page_of(operator, address[1])


def test_how_a_file_was_read_is_told_on_the_page_of_its_import(
    operator: Client, tmp_path: Any
) -> None:
    path = tmp_path / "needs.csv"
    path.write_bytes(NEEDS)
    job = run_job(create_job(path, "template:need").pk)
    page = page_of(operator, f"/imports/{job.public_id}/")
    assert "“榜单名称”读作“需求标题”" in page
    assert "没有用到的列“联系电话”" in page


def test_a_forged_or_stale_address_is_not_found(operator: Client) -> None:
    assert operator.get("/imports/draft/?file=forged").status_code == 404
    assert operator.get("/imports/draft/").status_code == 302


def test_a_file_that_cannot_be_read_is_refused_in_words(operator: Client) -> None:
    response = operator.post("/imports/draft/", {"file": sent(b"%PDF-1.7", "a.csv")})
    response = operator.get(response["Location"])
    assert response.status_code == 422
    assert "另存为" in response.content.decode()


@pytest.mark.parametrize("role", ["enterprise", "research", "viewer"])
def test_only_who_may_import_sees_drafts(role: str, clients: dict[str, Client]) -> None:
    assert clients[role].get("/imports/draft/").status_code == 403
    assert clients[role].post("/imports/draft/", {"file": sent(NEEDS)}).status_code == 403


def test_the_page_is_in_english_too(operator: Client) -> None:
    address = operator.post("/imports/draft/", {"file": sent(NEEDS)})["Location"]
    operator.cookies["django_language"] = "en"
    page = page_of(operator, address)
    assert "What each column is" in page
    assert "the heading says" in page


def test_a_file_nobody_imported_is_forgotten_after_a_day(operator: Client, settings: Any) -> None:
    kept = page_of(operator, operator.post("/imports/draft/", {"file": sent(NEEDS)})["Location"])
    operator.post("/imports/draft/", {"file": token_of(kept), "intent": "load"})
    operator.post("/imports/draft/", {"file": sent(ODD)})
    for mark in Path(settings.UPLOAD_DIRECTORY).glob("*/.draft"):
        os.utime(mark, (0, 0))
    assert forget_drafts() == 1
    files = [path for path in Path(settings.UPLOAD_DIRECTORY).rglob("*") if path.is_file()]
    assert files == [Path(ImportJob.objects.get().stored_path)]
