"""Imports, templates, exports and regions over REST."""

import io
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse

from silian.portal.audit.models import AuditEntry
from silian.portal.industry.models import Need
from silian.portal.registry.domain.intake import run_job
from silian.portal.registry.models import ImportJob, Region, Register, RegisterMapping

pytestmark = pytest.mark.django_db
CSV = (
    "来源主键,需求标题,需求内容,预算\n1,耐高温永磁材料,需要耐高温永磁材料。,10万\n2,,没有标题,\n"
).encode()


@pytest.fixture(autouse=True)
def _uploads(settings: Any, tmp_path: Any) -> None:
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"


def content_of(response: HttpResponse) -> bytes:
    return b"".join(response) if response.streaming else response.content


def sent(content: bytes = CSV, name: str = "需求.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_a_file_is_taken_imported_and_its_refused_row_mended(callers: dict) -> None:
    operator = callers["operator"]
    taken = operator.upload("/imports", file=sent(), mapping="template:need")
    assert taken.status_code == 202, taken.content
    path = taken["Location"].removeprefix("/api/v1")
    assert operator.get(path).json()["state"] == "waiting"
    run_job(ImportJob.objects.get().pk)
    done = operator.get(path).json()
    assert (done["state"], done["accepted_count"], done["rejected_count"]) == ("done", 1, 1)
    [row] = operator.get(f"{path}/rejects?state=open").json()["items"]
    assert row["row_number"] == 3 or row["row_number"] == 2
    assert row["reasons"][0]["message_zh"]
    mended = row["values"] | {"需求标题": "补上的标题"}
    again = operator.post(f"{path}/rejects/{row['id']}/replay", {"values": mended})
    assert again.status_code == 200, again.content
    assert [saved["status"] for saved in again.json()["records"]] == ["accepted"]
    assert Need.objects.count() == 2
    assert operator.get(f"{path}/rejects?state=open").json()["total"] == 0
    assert AuditEntry.objects.filter(action="import.create").count() == 1


def test_a_row_that_is_still_wrong_stays_open_with_reasons(callers: dict) -> None:
    operator = callers["operator"]
    path = operator.upload("/imports", file=sent(), mapping="template:need")["Location"]
    path = path.removeprefix("/api/v1")
    run_job(ImportJob.objects.get().pk)
    [row] = operator.get(f"{path}/rejects").json()["items"]
    again = operator.post(f"{path}/rejects/{row['id']}/replay", {"values": row["values"]})
    assert (again.status_code, again.json()["code"]) == (422, "row_refused")
    assert again.json()["errors"]
    file = content_of(operator.get(f"{path}/rejects/file?format=csv")).decode("utf-8-sig")
    assert "没有标题" in file


def test_a_dry_run_writes_nothing(callers: dict) -> None:
    taken = callers["operator"].upload(
        "/imports", file=sent(), mapping="template:need", dry_run="true"
    )
    run_job(ImportJob.objects.get().pk)
    assert taken.json()["dry_run"] is True
    assert not Need.objects.exists()


def test_rows_under_the_keys_of_others_replace_them_only_if_asked(callers: dict) -> None:
    first, other = (
        f"来源主键,需求标题,需求内容,手机\nN1,{title},内容,138\n".encode()
        for title in ("耐高温永磁材料", "冷链仓储算法")
    )
    done = []
    for content, how in ((first, {}), (other, {}), (other, {"replace": "true"})):
        taken = callers["operator"].upload(
            "/imports", file=sent(content), mapping="template:need", **how
        )
        run_job(ImportJob.objects.order_by("-pk")[0].pk)
        path = taken["Location"].removeprefix("/api/v1")
        done.append(callers["operator"].get(path).json())

    assert [(job["rejected_count"], job["replace"]) for job in done] == [
        (0, False),
        (1, False),
        (0, True),
    ]
    assert done[0]["unread_columns"] == ["手机"]
    assert Need.objects.get().title == "冷链仓储算法"


@pytest.mark.parametrize(
    ("content", "name", "mapping"),
    [
        (CSV, "a.csv", "no-such-mapping"),
        (CSV, "a.csv", "template:planet"),
        (b"", "a.csv", "template:need"),
        (b"MZ\x90\x00", "a.exe", "template:need"),
        (b"PK\x03\x04broken", "a.xlsx", "template:need"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_or_fails_clearly(
    content: bytes, name: str, mapping: str, callers: dict
) -> None:
    response = callers["operator"].upload("/imports", file=sent(content, name), mapping=mapping)
    if response.status_code == 202:
        job = run_job(ImportJob.objects.get().pk)
        assert (job.state, bool(job.error_message)) == ("failed", True)
    else:
        assert response.status_code in {404, 422}, response.content
        assert response.json()["detail"]


JOINING = """code: city-needs
name: 城市需求
joins:
  - {name: words, file: words.csv, on: {编号: 编号}}
  - {name: places, file: places.csv, on: {编号: 编号}}
records:
  - kind: need
    key: 编号
    fields:
      title: 名称
      text: places.地点
      keywords: words.词
"""


def test_files_that_a_mapping_joins_are_sent_together(callers: dict) -> None:
    RegisterMapping.objects.create(code="city-needs", name="城市需求", content=JOINING)
    taken = callers["operator"].upload(
        "/imports",
        file=sent("编号,名称\n1,磁材\n".encode(), "needs.csv"),
        companions=[
            sent("编号,词\n1,钕铁硼\n1,永磁\n".encode(), "words.csv"),
            sent("编号,地点\n1,海曙\n".encode(), "places.csv"),
        ],
        mapping="city-needs",
    )
    assert taken.status_code == 202, taken.content
    job = run_job(ImportJob.objects.get().pk)
    assert (job.state, job.error_message, job.accepted_count) == ("done", "", 1)
    need = Need.objects.get()
    assert (need.text, need.keywords) == ("海曙", ["钕铁硼", "永磁"])


def test_two_files_of_one_name_are_refused(callers: dict, settings: Any) -> None:
    refused = callers["operator"].upload(
        "/imports", file=sent(), companions=[sent()], mapping="template:need"
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "same_name")
    assert not ImportJob.objects.exists()


def test_a_name_cannot_lead_elsewhere(callers: dict, settings: Any) -> None:
    name = "../../" + "很" * 200 + ".csv"
    callers["operator"].upload("/imports", file=sent(CSV, name), mapping="template:need")
    stored = ImportJob.objects.get().stored_path
    assert stored.startswith(str(settings.UPLOAD_DIRECTORY))
    assert ".." not in stored


def test_unknown_imports_are_not_found(callers: dict) -> None:
    operator = callers["operator"]
    for path in ("", "/rejects", "/rejects/file"):
        response = operator.get(f"/imports/{uuid4()}{path}")
        assert (response.status_code, response.json()["code"]) == (404, "import_not_found")
    job = ImportJob.objects.create(mapping_code="x", register_code="x", file_name="x")
    response = operator.post(f"/imports/{job.public_id}/rejects/7/replay", {"values": {}})
    assert (response.status_code, response.json()["code"]) == (404, "reject_not_found")


def test_a_template_is_a_workbook(callers: dict) -> None:
    from openpyxl import load_workbook

    response = callers["research"].get("/templates/achievement")
    book = load_workbook(io.BytesIO(response.content))
    assert book.sheetnames
    assert 'filename="template-achievement.xlsx"' in response["Content-Disposition"]
    assert callers["viewer"].get("/templates/achievement").status_code == 403


@pytest.mark.parametrize("format", ["csv", "xlsx", "jsonl", "parquet"])
def test_an_export_holds_what_the_caller_may_see_and_is_logged(
    format: str, callers: dict, make_need: Any
) -> None:
    make_need("p", title="公开需求")
    make_need("m", title="成员需求", audience="members")
    make_need("o", title="别家需求", owner="other", audience="owner")
    response = callers["research"].get(f"/exports?kind=need&format={format}&q=需求")
    assert response.status_code == 200, response.content
    content = content_of(response)
    if format in {"csv", "jsonl"}:
        text = content.decode("utf-8-sig")
        assert ("公开需求" in text, "成员需求" in text, "别家需求" in text) == (True, True, False)
    assert len(content) > 50
    entry = AuditEntry.objects.get(action="list.export")
    assert (entry.subject, entry.details["format"]) == ("need", format)


def test_regions_are_geojson(callers: dict, register: Register) -> None:
    square = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    for adcode, level, parent in (("330200", "city", ""), ("330203", "district", "330200")):
        Region.objects.create(
            register=register,
            source_key=adcode,
            adcode=adcode,
            name=adcode,
            level=level,
            parent_adcode=parent,
            boundary=square if level == "district" else None,
        )
    everything = callers["anonymous"].get("/regions").json()
    assert everything["type"] == "FeatureCollection"
    assert [feature["geometry"] for feature in everything["features"]] == [None, square]
    districts = callers["anonymous"].get("/regions?parent=330200&boundaries=false").json()
    assert [feature["id"] for feature in districts["features"]] == ["330203"]
    assert districts["features"][0]["geometry"] is None
