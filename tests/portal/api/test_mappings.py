"""Mappings over REST: listed, checked, stored, used with an upload, dropped."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from silian.portal.audit.models import AuditEntry
from silian.portal.registry.models import ImportJob, RegisterMapping

pytestmark = pytest.mark.django_db
MAPPING = """code: city-needs
name: 城市难题
records:
  - kind: need
    key: 编号
    fields:
      title: 名称
      text: 内容
"""
ROWS = "编号,名称,内容\n1,磁体,耐高温\n"


@pytest.fixture(autouse=True)
def _uploads(settings: Any, tmp_path: Any) -> None:
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"


def put(caller: Any, content: str = MAPPING, code: str = "city-needs") -> Any:
    return caller.request("PUT", f"/mappings/{code}", {"content": content})


def sent(**texts: str) -> dict[str, SimpleUploadedFile]:
    names = {"file": "rows.csv", "mapping_file": "m.yaml"}
    return {key: SimpleUploadedFile(names[key], text.encode()) for key, text in texts.items()}


def test_what_reads_files_is_listed(callers: dict) -> None:
    put(callers["operator"])
    listed = callers["operator"].get("/mappings").json()
    by_code = {entry["code"]: entry for entry in listed}
    assert by_code["city-needs"] == {
        "code": "city-needs",
        "name_zh": "城市难题",
        "name_en": "城市难题",
        "origin": "stored",
        "kinds": ["need"],
        "problem": "",
    }
    assert {entry["origin"] for entry in listed} == {"template", "stored", "shipped"}


def test_a_mapping_is_stored_read_changed_and_dropped(callers: dict) -> None:
    operator = callers["operator"]
    assert put(operator).status_code == 201
    changed = MAPPING.replace("城市难题", "难题库")
    assert put(operator, changed).status_code == 200
    read = operator.get("/mappings/city-needs").json()
    assert (read["content"], read["name_zh"]) == (changed, "难题库")
    assert operator.request("DELETE", "/mappings/city-needs").status_code == 204
    gone = operator.get("/mappings/city-needs")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_mapping")
    actions = AuditEntry.objects.filter(action__startswith="mapping.").order_by("pk")
    assert [entry.action for entry in actions] == ["mapping.save", "mapping.save", "mapping.delete"]


def test_a_mapping_that_ships_is_read_and_never_dropped(callers: dict) -> None:
    assert callers["operator"].get("/mappings/technology-needs").json()["origin"] == "shipped"
    refused = callers["operator"].request("DELETE", "/mappings/technology-needs")
    assert refused.status_code == 404
    assert "内置映射不能删除" in refused.json()["detail"]


def test_every_mistake_comes_with_its_line_and_nothing_is_stored(callers: dict) -> None:
    wrong = MAPPING.replace("title: 名称", "titel: 名称")
    for response in (
        put(callers["operator"], wrong),
        callers["operator"].post("/mappings/check", {"content": wrong}),
    ):
        body = response.json()
        assert (response.status_code, body["code"]) == (422, "mapping_invalid")
        told = {error["field"]: error["message_zh"] for error in body["errors"]}
        assert told.keys() == {"records.0.fields.titel", "records.0.fields"}
        assert told["records.0.fields.titel"].startswith("第 7 行：")
    assert not RegisterMapping.objects.exists()


def test_a_check_stores_nothing(callers: dict) -> None:
    checked = callers["operator"].post("/mappings/check", {"content": MAPPING})
    assert checked.json() == {"code": "city-needs", "name": "城市难题", "kinds": ["need"]}
    assert not RegisterMapping.objects.exists()


def test_the_address_and_the_mapping_name_one_code(callers: dict) -> None:
    refused = put(callers["operator"], code="other")
    assert (refused.status_code, refused.json()["code"]) == (422, "mapping_code_differs")


@pytest.mark.parametrize("role", ["anonymous", "viewer", "enterprise", "research"])
def test_only_operators_keep_mappings(role: str, callers: dict) -> None:
    status = 401 if role == "anonymous" else 403
    assert put(callers[role]).status_code == status
    assert callers[role].get("/mappings").status_code == status
    assert callers[role].request("DELETE", "/mappings/city-needs").status_code == status


def test_a_register_is_loaded_with_the_mapping_that_comes_along(callers: dict) -> None:
    response = callers["operator"].upload("/imports", **sent(file=ROWS, mapping_file=MAPPING))
    assert response.status_code == 202, response.content
    assert ImportJob.objects.get().mapping_code == "city-needs"
    again = callers["operator"].upload("/imports", **sent(file=ROWS))
    assert again.status_code == 202, again.content
    assert {job.mapping_code for job in ImportJob.objects.all()} == {"city-needs"}


@pytest.mark.parametrize(
    ("mapping", "further", "code"),
    [
        (MAPPING.replace("need", "ship"), {}, "mapping_invalid"),
        ("", {}, "mapping_unreadable"),
        (MAPPING, {"mapping": "another"}, "mapping_code_differs"),
    ],
)
def test_a_mapping_that_is_refused_leaves_nothing_behind(
    mapping: str, further: dict[str, str], code: str, callers: dict, settings: Any
) -> None:
    files = sent(file=ROWS, mapping_file=mapping)
    refused = callers["operator"].upload("/imports", **files, **further)
    assert (refused.status_code, refused.json()["code"]) == (422, code)
    assert not RegisterMapping.objects.exists()
    assert not [path for path in settings.UPLOAD_DIRECTORY.rglob("*") if path.is_file()]


def test_a_file_that_nothing_reads_is_told(callers: dict) -> None:
    refused = callers["operator"].upload("/imports", **sent(file="a,b\n1,2\n"))
    assert refused.json()["code"] == "mapping_not_recognised"
