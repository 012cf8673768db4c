"""A mapping proposed over REST."""

from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile

from silian.portal.registry.interfaces.mapping import parse_mapping
from silian.portal.registry.models import ImportJob, RegisterMapping

pytestmark = pytest.mark.django_db
NEEDS = "需求编号,榜单名称,攻关内容,联系电话\nB1,耐热磁体,180℃,0571-1\n".encode()


@pytest.fixture(autouse=True)
def uploads(settings: Any, tmp_path: Path) -> Path:
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"
    return tmp_path / "uploads"


def sent(content: bytes = NEEDS) -> SimpleUploadedFile:
    return SimpleUploadedFile("榜单.csv", content)


def test_a_file_gets_a_mapping_proposed_and_nothing_is_kept(callers: dict, uploads: Path) -> None:
    answer = callers["operator"].upload("/imports/draft", file=sent())
    assert answer.status_code == 200, answer.content
    draft = answer.json()
    assert (draft["kind"], draft["loads"], draft["key"]["columns"]) == ("need", True, ["需求编号"])
    assert [(one["heading"], one["field"]) for one in draft["columns"]] == [
        ("需求编号", "source_key"),
        ("榜单名称", "title"),
        ("攻关内容", "text"),
        ("联系电话", ""),
    ]
    assert parse_mapping(draft["mapping"]).code == draft["code"]
    assert (draft["sheet"], draft["sheets"]) == ("", [])
    assert list(uploads.glob("*")) == []
    assert not ImportJob.objects.exists()
    assert not RegisterMapping.objects.exists()


def test_a_kind_that_is_given_is_taken_and_one_that_is_none_refused(callers: dict) -> None:
    operator = callers["operator"]
    assert operator.upload("/imports/draft", file=sent(), kind="project").json()["kind"] == (
        "project"
    )
    refused = operator.upload("/imports/draft", file=sent(), kind="needs")
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_kind")


def test_a_file_that_cannot_be_read_is_a_problem_with_a_code(callers: dict) -> None:
    refused = callers["operator"].upload("/imports/draft", file=sent(b"%PDF-1.7"))
    assert (refused.status_code, refused.json()["code"]) == (422, "wrong_file_type")


def test_a_refused_file_leaves_nothing_behind(callers: dict, uploads: Path) -> None:
    operator = callers["operator"]
    operator.upload("/imports/draft", file=sent(b"%PDF-1.7"))
    refused = operator.upload("/imports", file=sent(), mapping="no-such-mapping")
    assert (refused.status_code, list(uploads.glob("*"))) == (404, [])


def test_sheets_of_a_workbook_are_told_and_one_can_be_chosen(callers: dict, tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(tmp_path / "a.xlsx")
    book.add_worksheet("说明").write(0, 0, "本表由各县区填写")
    sheet = book.add_worksheet("榜单")
    for number, line in enumerate(NEEDS.decode().splitlines()):
        sheet.write_row(number, 0, line.split(","))
    book.close()
    content = SimpleUploadedFile("a.xlsx", (tmp_path / "a.xlsx").read_bytes())
    draft = callers["operator"].upload("/imports/draft", file=content).json()
    assert (draft["kind"], draft["sheet"]) == ("need", "榜单")
    assert draft["sheets"] == [
        {"name": "说明", "kind": "", "row_count": 0, "headings": ["本表由各县区填写"]},
        {
            "name": "榜单",
            "kind": "need",
            "row_count": 1,
            "headings": ["需求编号", "榜单名称", "攻关内容", "联系电话"],
        },
    ]
    content.seek(0)
    wrong = callers["operator"].upload("/imports/draft", file=content, sheet="无")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "missing_sheet")


@pytest.mark.parametrize("role", ["anonymous", "viewer", "enterprise", "research"])
def test_only_who_may_import_may_draft(role: str, callers: dict) -> None:
    answer = callers[role].upload("/imports/draft", file=sent())
    assert answer.status_code in {401, 403}


def test_an_import_tells_how_its_file_was_read(callers: dict) -> None:
    from silian.portal.registry.domain.intake import run_job

    operator = callers["operator"]
    taken = operator.upload("/imports", file=sent(), mapping="template:need")
    run_job(ImportJob.objects.get().pk)
    notes = operator.get(taken["Location"].removeprefix("/api/v1")).json()["notes"]
    assert {note["message_en"] for note in notes} >= {
        "“榜单名称” is read as “Title”",
        "column “联系电话” is not used",
    }
