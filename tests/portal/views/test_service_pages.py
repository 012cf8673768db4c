"""Diagnoses of many, visits and look-backs on pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, Viewer
from silian.portal.exchange.domain import diagnosis_runs
from silian.portal.exchange.domain.diagnosis import diagnose
from silian.portal.exchange.domain.diagnosis_work import sign, take_up
from silian.portal.exchange.models import Diagnosis, DiagnosisRun, LookBack, Visit
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client, users: dict[str, Any], firms: list[Organisation]) -> Client:
    client.force_login(users["operator"])
    return client


@pytest.fixture
def adviser(users: dict[str, Any], firms: list[Organisation]) -> Client:
    found = Client()
    found.force_login(users["adviser"])
    return found


@pytest.fixture
def enterprise(users: dict[str, Any]) -> Client:
    found = Client()
    found.force_login(users["enterprise"])
    return found


@pytest.fixture
def diagnosis(firms: list[Organisation]) -> Diagnosis:
    return diagnose(firms[0], as_of=timezone.localdate(), viewer=SYSTEM, with_matches=False)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


def test_a_run_shows_its_progress_is_cancelled_and_taken_up_again(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(diagnosis_runs, "start_run", lambda run: None)
    made = operator.post("/diagnosis-runs/?year=2025&as_of=2026-03-02")
    run = DiagnosisRun.objects.get()
    path = f"/diagnosis-runs/{run.public_id}/"
    assert made["Location"] == path
    assert (run.year, run.as_of.isoformat(), run.total_count) == (2025, "2026-03-02", 12)
    assert "hx-get" in text_of(operator.get(path))
    assert "HX-Refresh" not in operator.get(f"{path}progress/").headers
    operator.post(f"{path}cancel/")
    assert "接着做" in text_of(operator.get(path))
    operator.post(f"{path}resume/")
    run.refresh_from_db()
    assert run.state == "waiting"
    diagnosis_runs.run_by_id(run.pk)
    assert operator.get(f"{path}progress/").headers["HX-Refresh"] == "true"
    assert "12 / 12" in text_of(operator.get("/diagnosis-runs/"))
    assert "可享金额最高的" in text_of(operator.get(path))


def test_the_list_holds_what_counts_and_is_narrowed(
    adviser: Client, enterprise: Client, firms: list[Organisation], diagnosis: Diagnosis
) -> None:
    diagnose(firms[1], as_of=timezone.localdate(), viewer=SYSTEM, with_matches=False)
    shown = text_of(adviser.get("/diagnoses/?sort=amount"))
    assert firms[0].name in shown
    assert firms[1].name in shown
    narrowed = text_of(adviser.get(f"/diagnoses/?q={firms[1].name}"))
    assert firms[0].name not in narrowed
    assert "没有诊断" in text_of(adviser.get("/diagnoses/?state=superseded"))
    own = text_of(enterprise.get("/diagnoses/"))
    assert firms[0].name in own
    assert firms[1].name not in own


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_the_database_the_same_whatever_its_length(
    count: int, operator: Client, firms: list[Organisation], django_assert_num_queries: Any
) -> None:
    for firm in firms[:count]:
        diagnose(firm, as_of=timezone.localdate(), viewer=SYSTEM, with_matches=False)
    operator.get("/diagnoses/")
    with django_assert_num_queries(6):
        operator.get("/diagnoses/")


def test_a_visit_is_planned_moved_and_reported(
    adviser: Client, enterprise: Client, firms: list[Organisation], diagnosis: Diagnosis
) -> None:
    path = f"/visits/new/?organisation={firms[0].public_id}"
    assert "请选择走访的日期和时间" in adviser.post(path, {"team": "一组"}).content.decode()
    odd = adviser.post(path, {"planned_for": "0001-01-01T00:00", "team": "一组"})
    assert odd.status_code == 422
    refused = adviser.post(path, {"planned_for": "2026-12-01T09:30", "team": " "})
    assert "请填写走访团队" in refused.content.decode()
    adviser.post(path, {"planned_for": "2026-12-01T09:30", "team": "一组", "purpose": "首访"})
    visit = Visit.objects.get()
    assert visit.diagnosis == diagnosis
    own = f"/visits/{visit.public_id}/"
    assert "首访" in text_of(enterprise.get("/visits/"))
    assert "保存记录" not in text_of(enterprise.get(own))
    assert enterprise.post(own, {"intent": "cancel"}).status_code == 403
    adviser.post(own, {"intent": "move", "planned_for": "2026-12-02T10:00"})
    visit.refresh_from_db()
    assert timezone.localtime(visit.planned_for).strftime("%m-%d %H:%M") == "12-02 10:00"
    assert adviser.post(own, {"intent": "report", "report": " "}).status_code == 422
    adviser.post(own, {"intent": "report", "report": "缺检测设备。"})
    assert "缺检测设备。" not in text_of(enterprise.get(own))  # the team's own until it is shared
    adviser.post(own, {"intent": "report", "report": "缺检测设备。", "shared": "1"})
    assert "缺检测设备。" in text_of(enterprise.get(own))
    assert adviser.post(own, {"intent": "cancel"}).status_code == 422


def test_looking_back_tells_what_was_taken_and_what_came_true(
    adviser: Client, viewers: dict[str, Viewer], diagnosis: Diagnosis
) -> None:
    team = viewers["adviser"]
    take_up(diagnosis, viewer=team)
    sign(diagnosis, viewer=team)
    assert "没有回看" in text_of(adviser.get("/look-backs/"))
    assert diagnosis.organisation.name in text_of(adviser.get("/look-backs/?state=coming"))
    look = LookBack.objects.order_by("due_on").first()
    assert look is not None
    early = adviser.post(f"/look-backs/{look.pk}/", follow=True).content.decode()
    assert "之后进行" in early
    look.due_on = timezone.localdate() - timedelta(days=1)
    look.save()
    assert "现在回看" in text_of(adviser.get("/look-backs/"))
    shown = text_of(adviser.post(f"/look-backs/{look.pk}/", follow=True))
    assert "建议被采纳" in shown
    assert "还没补上的" in shown
    assert diagnosis.organisation.name in text_of(adviser.get("/look-backs/?state=done"))
