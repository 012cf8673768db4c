"""A diagnosis on its page: made, read, downloaded, turned into deeds, edited and signed."""

import json
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain.diagnosis import diagnose
from silian.portal.exchange.domain.diagnosis_work import worked_findings
from silian.portal.exchange.models import Diagnosis, Finding, Visit
from silian.portal.industry.models import Need
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db


@pytest.fixture
def diagnosis(firms: list[Organisation]) -> Diagnosis:
    from django.utils import timezone

    return diagnose(firms[0], as_of=timezone.localdate(), viewer=SYSTEM, with_matches=False)


@pytest.fixture
def enterprise(client: Client, users: dict[str, Any]) -> Client:
    client.force_login(users["enterprise"])
    return client


@pytest.fixture
def adviser(users: dict[str, Any]) -> Client:
    found = Client()
    found.force_login(users["adviser"])
    return found


def path_of(diagnosis: Diagnosis, further: str = "") -> str:
    return f"/diagnoses/{diagnosis.public_id}/{further}"


def shown(client: Client, diagnosis: Diagnosis) -> str:
    response = client.get(path_of(diagnosis))
    assert response.status_code == 200
    return response.content.decode()


def test_an_enterprise_makes_its_diagnosis_and_finds_it_at_home(
    enterprise: Client, firms: list[Organisation], index: Any
) -> None:
    assert "还没有诊断" in enterprise.get("/my/diagnosis/").content.decode()
    assert "去诊断" in enterprise.get("/").content.decode()
    made = enterprise.post(f"/organisations/{firms[0].public_id}/diagnosis/new/")
    diagnosis = Diagnosis.objects.get()
    assert made["Location"] == path_of(diagnosis)
    assert enterprise.get("/my/diagnosis/")["Location"] == path_of(diagnosis)
    home = enterprise.get("/").content.decode()
    assert path_of(diagnosis) in home
    page = shown(enterprise, diagnosis)
    for part in ("technology", "management", "policy"):
        assert f'id="{part}"' in page
    for finding in worked_findings(diagnosis):
        assert f'id="{finding["code"]}"' in page


def test_without_facts_it_says_what_to_do(
    enterprise: Client, organisations: dict[str, Organisation]
) -> None:
    path = f"/organisations/{organisations['enterprise'].public_id}/diagnosis/new/"
    page = enterprise.post(path, follow=True).content.decode()
    assert "请先申报或导入" in page


def test_it_reads_in_english(enterprise: Client, diagnosis: Diagnosis) -> None:
    enterprise.cookies["django_language"] = "en"
    page = shown(enterprise, diagnosis)
    assert "Diagnose again" in page
    assert "Best combination" in page


@pytest.mark.parametrize(
    ("file_format", "beginning"), [("pdf", b"%PDF-"), ("html", b"<!doctype html"), ("json", b"{")]
)
def test_the_report_downloads(
    enterprise: Client, diagnosis: Diagnosis, file_format: str, beginning: bytes
) -> None:
    response = enterprise.get(path_of(diagnosis, f"report.{file_format}"))
    assert response.content.lower().startswith(beginning.lower())
    assert f".{file_format}" in response["Content-Disposition"]
    if file_format == "json":
        assert json.loads(response.content)["public_id"] == str(diagnosis.public_id)


def test_diagnoses_of_others_do_not_exist(
    enterprise: Client, firms: list[Organisation], diagnosis: Diagnosis
) -> None:
    Diagnosis.objects.filter(pk=diagnosis.pk).update(organisation=firms[1])
    for further in ("", "report.pdf"):
        assert enterprise.get(path_of(diagnosis, further)).status_code == 404
    assert enterprise.post(path_of(diagnosis, "advise/")).status_code == 404
    assert enterprise.get(path_of(diagnosis, "report.exe")).status_code == 404
    path = f"/organisations/{firms[1].public_id}/diagnosis/new/"
    assert enterprise.post(path).status_code == 403


def test_one_click_makes_a_draft_need_and_the_page_remembers_it(
    enterprise: Client, diagnosis: Diagnosis
) -> None:
    offer = next(
        one
        for one in worked_findings(diagnosis)
        if "need" in {each["kind"] for each in one["offers"]}
    )
    posted = {"finding": offer["code"], "kind": "need"}
    made = enterprise.post(path_of(diagnosis, "advise/"), posted)
    need = Need.objects.get()
    assert (need.status, need.organisation) == ("draft", diagnosis.organisation)
    assert made["Location"] == f"/needs/{need.public_id}/"
    assert f'href="/needs/{need.public_id}/"' in shown(enterprise, diagnosis)
    enterprise.post(path_of(diagnosis, "advise/"), posted)
    assert Need.objects.count() == 1
    wrong = enterprise.post(
        path_of(diagnosis, "advise/"), {"finding": "nothing", "kind": "need"}, follow=True
    )
    assert "没有编号为 nothing 的结论" in wrong.content.decode()


def test_the_team_takes_up_edits_adds_and_signs_and_the_page_marks_it(
    enterprise: Client, adviser: Client, diagnosis: Diagnosis
) -> None:
    adviser.post(path_of(diagnosis, "take-up/"))
    first, second = Finding.objects.filter(diagnosis=diagnosis)[:2]
    adviser.post(f"/findings/{first.public_id}/", {"text": "走访后认为偏低。", "note": "已走访"})
    adviser.post(f"/findings/{second.public_id}/", {"act": "dismiss", "note": "不适用"})
    adviser.post(path_of(diagnosis, "findings/"), {"part": "technology", "text": "缺中试场地。"})
    page = shown(enterprise, diagnosis)
    assert "走访后认为偏低。" in page
    assert "服务团队修改" in page
    assert "服务团队补充" in page
    assert f'id="{second.code}"' not in page  # left out for the enterprise
    assert f'id="{second.code}"' in shown(adviser, diagnosis)
    adviser.post(f"/findings/{second.public_id}/", {"act": "restore"})
    adviser.post(path_of(diagnosis, "sign/"))
    diagnosis.refresh_from_db()
    assert diagnosis.state == "signed"
    assert "签发" in shown(enterprise, diagnosis)
    late = adviser.post(f"/findings/{first.public_id}/", {"text": "太晚了"}, follow=True)
    assert "只有跟进中的诊断可以修改" in late.content.decode()


def test_an_enterprise_cannot_do_the_teams_work(enterprise: Client, diagnosis: Diagnosis) -> None:
    for further in ("take-up/", "sign/", "findings/", "visit/"):
        assert enterprise.post(path_of(diagnosis, further)).status_code == 403
    assert "跟进</button>" not in shown(enterprise, diagnosis)


def test_a_visit_is_planned_on_the_page(adviser: Client, diagnosis: Diagnosis) -> None:
    for text in ("soon", "0001-01-01T00:00", "9999-12-31T23:59"):
        told = adviser.post(path_of(diagnosis, "visit/"), {"planned_for": text}, follow=True)
        assert "请填写走访时间" in told.content.decode()
    posted = {"planned_for": "2027-01-08T09:30", "team": "科技服务一队", "purpose": "核对研发台账"}
    adviser.post(path_of(diagnosis, "visit/"), posted)
    visit = Visit.objects.get()
    assert (visit.team, visit.diagnosis, visit.state) == ("科技服务一队", diagnosis, "planned")
    assert "核对研发台账" in shown(adviser, diagnosis)


def test_what_an_adviser_makes_for_the_enterprise_is_named_and_not_opened(
    enterprise: Client, adviser: Client, diagnosis: Diagnosis
) -> None:
    finding = next(
        one for one in worked_findings(diagnosis) if "need" in {o["kind"] for o in one["offers"]}
    )
    posted = {"finding": finding["code"], "kind": "need"}
    told = adviser.post(path_of(diagnosis, "advise/"), posted, follow=True)
    assert told.redirect_chain == [(path_of(diagnosis), 302)]
    assert "已为企业生成草稿" in told.content.decode()
    need = Need.objects.get()
    assert f"/{need.public_id}/" not in shown(adviser, diagnosis)
    assert f"/{need.public_id}/" in shown(enterprise, diagnosis)
