"""Imports taken back by API: previews, undos, their records, refusals."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from silian.portal.industry.models import Need
from silian.portal.registry.domain import intake

ROWS = "source_key,title,text\n1,甲,文\n2,乙,文\n"


@pytest.fixture
def send(callers: dict[str, Any], monkeypatch: Any, settings: Any, tmp_path: Any) -> Callable:
    """Send a file and run its job at once, where a worker would."""
    settings.UPLOAD_DIRECTORY = tmp_path / "uploads"
    monkeypatch.setattr(intake, "start_job", lambda job: intake.run_job(job.pk))

    def sent(text: str = ROWS) -> str:
        file = SimpleUploadedFile("needs.csv", text.encode())
        answer = callers["operator"].upload("/imports", file=file, mapping="template:need")
        assert answer.status_code == 202, answer.content
        return str(answer.json()["id"])

    return sent


def test_an_import_is_taken_back_and_says_what_it_did(
    callers: dict[str, Any], send: Callable[..., str]
) -> None:
    operator = callers["operator"]
    send("source_key,title,text\n1,甲,旧文\n")
    job = send()
    asked = operator.post(f"/imports/{job}/undo", {})
    assert asked.status_code == 202
    preview = operator.get(asked.headers["Location"].removeprefix("/api/v1")).json()
    assert (preview["dry_run"], preview["undoes"], preview["state"]) == (True, job, "done")
    told = ("removed_count", "restored_count", "kept_count")
    assert [preview[name] for name in told] == [1, 1, 0]
    assert Need.objects.count() == 2
    undo = operator.post(f"/imports/{job}/undo", {"dry_run": False}).json()["id"]
    assert Need.objects.get().text == "旧文"
    page = operator.get(f"/imports/{undo}/undone?action=restore").json()
    [restored] = page["items"]
    assert restored["changes"] == [{"field": "text", "now": "文", "before": "旧文"}]
    assert (restored["action"], restored["is_done"], restored["reason"]) == ("restore", True, None)
    file = operator.get(f"/imports/{undo}/undone/file?format=csv")
    assert len(b"".join(file.streaming_content).splitlines()) == 3
    assert operator.get(f"/imports/{job}").json()["undone_by"] == undo
    listed = operator.get("/imports").json()["items"]
    assert [one["undoes"] for one in listed] == [job, None, None]


def test_refusals_are_problems(callers: dict[str, Any], send: Callable[..., str]) -> None:
    operator, job = callers["operator"], send()
    assert operator.get(f"/imports/{job}/undone").json()["code"] == "not_an_undo"
    operator.post(f"/imports/{job}/undo", {"dry_run": False})
    again = operator.post(f"/imports/{job}/undo", {"dry_run": False})
    assert (again.status_code, again.json()["code"]) == (409, "import_undone")
    wrong = operator.post(f"/imports/{job}/undo", {"dryrun": False})
    assert wrong.status_code == 422
    for role, status in (("enterprise", 403), ("anonymous", 401)):
        assert callers[role].post(f"/imports/{job}/undo", {}).status_code == status
