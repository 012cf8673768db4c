"""Import pages: upload, progress, rejects mended in place or by file, templates, mappings."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from silian.portal.catalogue import KINDS
from silian.portal.industry.models import Need
from silian.portal.registry.domain import intake
from silian.portal.registry.models import ImportJob, RegisterMapping, RejectedRow

HTMX = {"HX-Request": "true"}
ROWS = """来源主键,需求标题,需求内容,预算
1,好的一行,内容,80万
2,,没有标题的一行,一百块
"""
MAPPING = """code: city-needs
name: 城市需求
records:
  - kind: need
    key: 编号
    fields:
      title: 名称
      text: 内容
"""


@pytest.fixture
def operator(client: Client, users: dict[str, Any], settings: Any, tmp_path: Any) -> Client:
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"
    client.force_login(users["operator"])
    return client


@pytest.fixture
def upload(operator: Client, monkeypatch: Any) -> Callable[..., ImportJob]:
    """Send a file and run its job at once, where a worker would."""
    monkeypatch.setattr(intake, "start_job", lambda job: intake.run_job(job.pk))

    def send(text: str = ROWS, **values: str) -> ImportJob:
        file = SimpleUploadedFile("需求.csv", text.encode("gb18030"))
        response = operator.post(
            "/imports/new/", {"file": file, "mapping": "template:need", **values}
        )
        assert response.status_code == 302, response.content.decode()
        return ImportJob.objects.get(public_id=response.headers["Location"].split("/")[2])

    return send


def text_of(response: Any) -> str:
    return response.content.decode()


REMARKED = """来源主键,需求标题,需求内容,预算
1,好的一行,内容,50-80万
2,另一行,内容,一百块
"""


def test_rows_with_remarks_are_shown_downloaded_and_mended(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    job = upload(REMARKED)
    assert (job.accepted_count, job.rejected_count, job.remarked_count) == (2, 0, 2)
    page = f"/imports/{job.public_id}/"
    shown = text_of(operator.get(page))
    assert "有提示" in shown
    assert "为区间，本字段取上限：80 万元" in shown
    assert "这一格未读入" in shown
    operator.cookies["django_language"] = "en"
    english = text_of(operator.get(page))
    assert "this field means its upper bound" in english
    assert "The cell was left out" in english
    sent = operator.get(f"{page}rejects/?format=csv&state=remarked")
    assert sent.headers["Content-Disposition"].endswith(f'remarks-{job.public_id}.csv"')
    lines = b"".join(sent.streaming_content).decode("utf-8-sig").splitlines()
    assert lines[0] == "原行号 row,提示,Remarks,来源主键,需求标题,需求内容,预算"
    row = RejectedRow.objects.get(job=job, row_number=3)
    form = text_of(operator.get(f"/imports/rejects/{row.pk}/"))
    assert 'value="一百块"' in form
    values = {f"v-{sorted(row.values).index(name)}": value for name, value in row.values.items()}
    values[f"v-{sorted(row.values).index('预算')}"] = "100"
    operator.post(f"/imports/rejects/{row.pk}/", {**values, "intent": "replay"})
    row.refresh_from_db()
    assert (row.state, Need.objects.get(source_key="2").budget_cny) == ("mended", 100)


def test_an_upload_becomes_a_job_with_counts_and_reasons(
    upload: Callable[..., ImportJob], operator: Client
) -> None:
    job = upload()
    assert (job.state, job.accepted_count, job.rejected_count) == ("done", 1, 1)
    shown = text_of(operator.get(f"/imports/{job.public_id}/"))
    assert "必填，不能为空。" in shown
    assert "<b>需求标题</b>" in shown
    assert "一百块" in shown
    assert "需求.csv" in text_of(operator.get("/imports/"))
    operator.cookies["django_language"] = "en"
    assert "required, but empty" in text_of(operator.get(f"/imports/{job.public_id}/"))


def test_progress_polls_while_it_runs_and_shows_the_page_when_done(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    job = upload()
    path = f"/imports/{job.public_id}/progress/"
    assert operator.get(path, headers=HTMX).headers["HX-Refresh"] == "true"
    ImportJob.objects.filter(pk=job.pk).update(state="running", row_count=1, row_total=2)
    running = operator.get(path, headers=HTMX)
    assert "HX-Refresh" not in running.headers
    assert 'hx-trigger="every 1s"' in text_of(running)
    assert '<progress class="bar" max="2" value="1">' in text_of(running)


def test_a_dry_run_writes_nothing_and_offers_no_mending(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    job = upload(dry_run="1")
    assert not Need.objects.exists()
    shown = text_of(operator.get(f"/imports/{job.public_id}/"))
    assert "试运行：没有写入" in shown
    assert "hx-target" not in shown


def test_a_row_is_mended_in_place(operator: Client, upload: Callable[..., ImportJob]) -> None:
    job = upload()
    row = RejectedRow.objects.get(job=job)
    path = f"/imports/rejects/{row.pk}/"
    shown = text_of(operator.get(path, headers=HTMX))
    assert shown.count("is-invalid") == 2
    names = sorted(row.values)
    fields = {f"v-{n}": row.values[name] or "" for n, name in enumerate(names)}
    fields[f"v-{names.index('需求标题')}"] = "补上的标题"
    answer = operator.post(path, fields, headers=HTMX)
    # The cell that is still unreadable is optional: it stays marked, the row is loaded.
    assert (answer.status_code, text_of(answer).count("is-invalid")) == (200, 1)
    assert "已入库，仍有提示" in text_of(answer)
    assert Need.objects.get(title="补上的标题").budget_cny is None
    fields[f"v-{names.index('预算')}"] = "100万"
    answer = operator.post(path, fields, headers=HTMX)
    assert "已修正入库。" in text_of(answer)
    assert Need.objects.get(title="补上的标题").budget_cny == 1_000_000
    again = operator.post(path, fields)
    assert again.status_code == 409


def test_a_row_is_let_go(operator: Client, upload: Callable[..., ImportJob]) -> None:
    row = RejectedRow.objects.get(job=upload())
    operator.post(f"/imports/rejects/{row.pk}/", {"intent": "dismiss"}, headers=HTMX)
    row.refresh_from_db()
    assert row.state == "dismissed"


def test_rejects_go_out_as_a_workbook_and_come_back_mended(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    job = upload()
    response = operator.get(f"/imports/{job.public_id}/rejects/")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    sheet = book.worksheets[0]
    heading = [cell.value for cell in sheet[1]]
    sheet.cell(2, heading.index("需求标题") + 1).value = "表里补上"
    sheet.cell(2, heading.index("预算") + 1).value = 500000
    changed = io.BytesIO()
    book.save(changed)
    book.close()
    file = SimpleUploadedFile("rejects.xlsx", changed.getvalue())
    operator.post(f"/imports/{job.public_id}/rejects/mend/", {"file": file})
    shown = text_of(operator.get(f"/imports/{job.public_id}/"))
    assert "已修正入库 1 行，仍有 0 行待处理。" in shown
    assert Need.objects.filter(title="表里补上").exists()


@pytest.mark.parametrize(
    ("posted", "told"),
    [
        ({"mapping": "template:need"}, "请选择要导入的文件"),
        ({"mapping": "nothing", "file": b"a,b\n1,2\n"}, "没有这个映射"),
        ({"mapping": "template:need", "register": "坏 编码", "file": b"a\n1\n"}, "登记库编码"),
    ],
)
def test_what_can_not_be_imported_is_refused_in_words(
    posted: dict[str, Any], told: str, operator: Client
) -> None:
    if "file" in posted:
        posted = posted | {"file": SimpleUploadedFile("x.csv", posted["file"])}
    response = operator.post("/imports/new/", posted)
    assert (response.status_code, told in text_of(response)) == (422, True)
    assert not ImportJob.objects.exists()


def test_every_kind_has_a_template(operator: Client) -> None:
    shown = text_of(operator.get("/imports/templates/"))
    assert shown.count("下载模板") == len(KINDS)
    response = operator.get("/imports/templates/facility/")
    book = openpyxl.load_workbook(io.BytesIO(response.content))
    assert "名称" in str([cell.value for cell in book.worksheets[0][1]])
    book.close()
    assert operator.get("/imports/templates/nothing/").status_code == 404


def test_a_mapping_is_checked_line_by_line_then_kept_and_used(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    wrong = MAPPING.replace("kind: need", "kind: neeed").replace("text: 内容", "txt: 内容")
    response = operator.post("/imports/mappings/new/", {"content": wrong})
    assert response.status_code == 422
    assert "第 4 行" in text_of(response)
    assert not RegisterMapping.objects.exists()

    operator.post("/imports/mappings/new/", {"content": MAPPING})
    assert "城市需求" in text_of(operator.get("/imports/mappings/"))
    job = upload("编号,名称,内容\n7,用映射导入,正文\n", mapping="city-needs")
    assert (job.accepted_count, Need.objects.get().title) == (1, "用映射导入")
    operator.post("/imports/mappings/city-needs/", {"intent": "delete"})
    assert not RegisterMapping.objects.exists()
    assert operator.get("/imports/mappings/city-needs/").status_code == 404


JOINING = """code: city-needs
name: 城市需求
joins:
  - {name: words, file: words.csv, on: {编号: 编号}}
records:
  - kind: need
    key: 编号
    fields:
      title: 名称
      text: 名称
      keywords: words.词
"""


def test_a_stored_mapping_that_is_wrong_is_told_with_its_reason(operator: Client) -> None:
    RegisterMapping.objects.create(code="old", name="旧映射", content="code: old\nrecords: 3\n")
    for path in ("/imports/new/", "/imports/mappings/"):
        response = operator.get(path)
        assert response.status_code == 200
        shown = text_of(response)
        assert "旧映射" in shown
        assert "无法使用" in shown
        assert "映射有误" in shown
    assert '<option value="old"' not in text_of(operator.get("/imports/new/"))
    sent = {"file": SimpleUploadedFile("a.csv", b"a\n1\n"), "mapping": "old"}
    assert operator.post("/imports/new/", sent).status_code == 422


def test_columns_of_a_refused_row_stand_as_in_its_file(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    job = upload("需求标题,来源主键,预算,描述\n,1,abc,正文\n")
    row = job.rejected_rows.get()
    # As PostgreSQL gives JSON back: shorter names first.
    row.values = {name: row.values[name] for name in sorted(row.values, key=lambda n: (len(n), n))}
    row.save()
    response = operator.get(f"/imports/{job.public_id}/rejects/?format=csv")
    heading = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()[0]
    assert heading.split(",")[3:] == ["需求标题", "来源主键", "预算", "描述"]
    shown = text_of(operator.get(f"/imports/rejects/{row.pk}/"))
    places = [shown.index(f">{name}</label>") for name in ("需求标题", "来源主键", "预算", "描述")]
    assert places == sorted(places)


def test_files_that_a_mapping_joins_are_uploaded_together(
    operator: Client, monkeypatch: Any
) -> None:
    monkeypatch.setattr(intake, "start_job", lambda job: intake.run_job(job.pk))
    RegisterMapping.objects.create(code="city-needs", name="城市需求", content=JOINING)
    sent = {
        "file": SimpleUploadedFile("needs.csv", "编号,名称\n1,磁材\n2,轴承\n".encode()),
        "companions": [SimpleUploadedFile("words.csv", "编号,词\n1,钕铁硼\n1,永磁\n".encode())],
        "mapping": "city-needs",
    }
    assert operator.post("/imports/new/", sent).status_code == 302
    job = ImportJob.objects.get()
    assert (job.state, job.error_message, job.accepted_count) == ("done", "", 2)
    assert Need.objects.get(title="磁材").keywords == ["钕铁硼", "永磁"]
    assert Need.objects.get(title="轴承").keywords == []


def test_two_files_of_one_name_are_refused_and_removed(operator: Client, settings: Any) -> None:
    sent = {
        "file": SimpleUploadedFile("a.csv", b"source_key,title\n"),
        "companions": [SimpleUploadedFile("a.csv", b"x\n")],
        "mapping": "template:need",
    }
    response = operator.post("/imports/new/", sent)
    assert response.status_code == 422
    assert "同名" in text_of(response)
    assert [path for path in settings.UPLOAD_DIRECTORY.rglob("*") if path.is_file()] == []


def test_an_upload_above_the_limit_is_refused(operator: Client, settings: Any) -> None:
    settings.UPLOAD_BYTES_MAX = 10
    file = SimpleUploadedFile("a.csv", b"source_key,title\n")
    response = operator.post("/imports/new/", {"file": file, "mapping": "template:need"})
    assert (response.status_code, ImportJob.objects.count()) == (422, 0)
    assert "最多 10 字节" in text_of(response)


def test_a_row_of_a_file_that_is_gone_is_told_so(operator: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(intake, "start_job", lambda job: intake.run_job(job.pk))
    content = MAPPING.replace("records:", "unique: [名称]\nrecords:")
    RegisterMapping.objects.create(code="city-needs", name="城市需求", content=content)
    file = SimpleUploadedFile("needs.csv", "编号,名称,内容\n1,,内容\n".encode())
    operator.post("/imports/new/", {"file": file, "mapping": "city-needs"})
    job = ImportJob.objects.get()
    row = job.rejected_rows.get()
    Path(job.stored_path).unlink()
    response = operator.post(f"/imports/rejects/{row.pk}/", {"v-2": "名称"}, follow=True)
    assert response.status_code == 200
    assert "已无法读取" in text_of(response)
    row.refresh_from_db()
    assert row.state == RejectedRow.State.OPEN


def test_the_administration_takes_no_mapping_that_is_wrong(operator: Client) -> None:
    sent = {"code": "wrong", "name": "错", "content": "code: wrong\nrecords: 3\n"}
    response = operator.post("/admin/registry/registermapping/add/", sent)
    assert (response.status_code, RegisterMapping.objects.count()) == (200, 0)
    right = {"code": "city-needs", "name": "城市需求", "content": MAPPING}
    assert operator.post("/admin/registry/registermapping/add/", right).status_code == 302


def test_a_file_finds_its_mapping_or_template_by_itself(
    upload: Callable[..., ImportJob], operator: Client
) -> None:
    assert upload(mapping="").mapping_code == "template:need"
    operator.post("/imports/mappings/new/", {"content": MAPPING})
    job = upload("编号,名称,内容\nN1,磁体,耐高温\n", mapping="")
    assert (job.mapping_code, job.accepted_count) == ("city-needs", 1)


def test_a_file_that_nothing_fits_is_told_and_a_mapping_proposed(operator: Client) -> None:
    file = SimpleUploadedFile("x.csv", b"a,b\n1,2\n")
    answer = operator.post("/imports/new/", {"file": file, "mapping": ""}, follow=True)
    assert answer.redirect_chain[0][0].startswith("/imports/draft/")
    assert "没有映射或模板与 x.csv 的列名相符" in text_of(answer)
    assert not ImportJob.objects.exists()


def test_a_new_mapping_begins_with_an_example_and_tells_what_may_be_written(
    operator: Client,
) -> None:
    shown = text_of(operator.get("/imports/mappings/new/"))
    assert "code: city-needs" in shown
    for told in ("unified_social_credit_code", "统一社会信用代码", "unspaced", "去掉汉字间的空格"):
        assert told in shown


def test_a_failed_import_says_why_in_the_readers_language_only(
    upload: Callable[..., ImportJob], operator: Client
) -> None:
    job = upload("甲,乙\n1,2\n")
    assert job.state == "failed"
    page = f"/imports/{job.public_id}/"
    shown = text_of(operator.get(page))
    assert "没有可识别的表头" in shown
    assert "no row of known headings" not in shown
    operator.cookies["django_language"] = "en"
    shown = text_of(operator.get(page))
    assert "no row of known headings" in shown
    assert "没有可识别的表头" not in shown


def test_pages_tell_what_waits_and_what_later_imports_settled(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    first, later = upload(), upload(ROWS.replace("2,,", "2,有标题的一行,").replace("一百块", "1万"))
    page = text_of(operator.get(f"/imports/{first.public_id}/"))
    assert "1 行已由后续导入解决" in page
    assert f'href="/imports/{later.public_id}/"' in page
    assert "这里没有行" in page  # none waits
    answered = text_of(operator.get(f"/imports/{first.public_id}/?state=answered"))
    assert "没有标题的一行" in answered
    assert "修正</a>" not in answered
    assert "已了结" in text_of(operator.get("/imports/"))
    upload()
    listed = text_of(operator.get("/imports/"))
    assert "待处理 1" in listed
    only_open = text_of(operator.get("/imports/?rejects=open"))
    assert (only_open.count("需求.csv</a>"), "已了结" in only_open) == (1, False)


def test_an_import_is_previewed_and_taken_back_on_its_page(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    upload("来源主键,需求标题,需求内容\n1,旧标题,内容\n")
    job = upload("来源主键,需求标题,需求内容\n1,旧标题,新内容\n2,新的一行,内容\n")
    assert "预览撤销" in text_of(operator.get(f"/imports/{job.public_id}/"))
    asked = operator.post(f"/imports/{job.public_id}/undo/", {"intent": "preview"})
    page = asked.headers["Location"]
    preview = text_of(operator.get(page))
    assert "预览：没有改动" in preview
    assert "确认撤销" in preview
    assert "<del>新内容</del> → <b>内容</b>" in preview
    assert "新的一行" in text_of(operator.get(f"{page}?action=remove"))
    file = operator.get(f"{page}undone/?format=csv&action=remove")
    lines = b"".join(file.streaming_content).decode("utf-8-sig").splitlines()
    assert (len(lines), "将删除 Would be removed" in lines[1]) == (2, True)
    book = openpyxl.load_workbook(
        io.BytesIO(b"".join(operator.get(f"{page}undone/?format=xlsx").streaming_content))
    )
    assert [row[3].value for row in book.active.iter_rows(min_row=2)] == ["旧标题", "新的一行"]
    done = operator.post(f"/imports/{job.public_id}/undo/", {"intent": "undo"}).headers["Location"]
    assert Need.objects.get().text == "内容"
    operator.cookies["django_language"] = "en"
    english = text_of(operator.get(f"{done}?action=restore"))
    assert "Undo of 需求.csv" in english
    assert "确认撤销" not in english
    assert "Take it back" not in english
    assert "This import was taken back" in text_of(operator.get(f"/imports/{job.public_id}/"))
    listed = text_of(operator.get("/imports/"))
    assert "Taken back" in listed
    assert "removed 1 · restored 1 · left alone 0" in listed


def test_what_can_not_be_taken_back_is_told_on_the_page(
    operator: Client, upload: Callable[..., ImportJob]
) -> None:
    job = upload()
    for _ in range(2):
        answer = operator.post(f"/imports/{job.public_id}/undo/", {"intent": "undo"}, follow=True)
    assert "已于" in text_of(answer)
    assert "撤销过" in text_of(answer)
    assert operator.get(f"/imports/{job.public_id}/undone/").status_code == 404


@pytest.mark.parametrize("role", ["enterprise", "research", "viewer"])
def test_only_operators_take_imports_back(
    client: Client, upload: Callable[..., ImportJob], users: dict[str, Any], role: str
) -> None:
    job = upload()
    client.force_login(users[role])
    assert client.post(f"/imports/{job.public_id}/undo/").status_code == 403
    assert Need.objects.count() == 1
