"""Reports: a PDF with its own fonts, HTML that needs nothing beside it, JSON for programs."""

import json
import re
from datetime import date

import pytest

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain import diagnosis as domain
from silian.portal.exchange.domain import diagnosis_work as work
from silian.portal.exchange.domain.figures_in_words import in_words
from silian.portal.exchange.interfaces import diagnosis_report as reports
from silian.portal.exchange.interfaces.diagnosis_report_sheet import sheet_of
from silian.portal.exchange.models import Diagnosis
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def diagnosis(firms: list[Organisation]) -> Diagnosis:
    return domain.diagnose(firms[0], as_of=DAY, viewer=SYSTEM, with_matches=False)


def test_the_pdf_has_pages_and_brings_its_fonts(diagnosis: Diagnosis) -> None:
    for english in (False, True):
        pdf = reports.as_pdf(diagnosis, english=english)
        assert pdf.startswith(b"%PDF-")
        assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 2
        assert b"NotoSansSC" in pdf


def test_the_same_diagnosis_gives_the_same_pdf(diagnosis: Diagnosis) -> None:
    assert reports.as_pdf(diagnosis) == reports.as_pdf(diagnosis)


def test_the_html_needs_nothing_and_runs_nothing(firms: list[Organisation]) -> None:
    name = '<script>alert(1)</script>#emph[x]" $1$ 有限公司'
    Organisation.objects.filter(pk=firms[1].pk).update(name=name)
    firms[1].refresh_from_db()
    hostile = domain.diagnose(firms[1], as_of=DAY, viewer=SYSTEM, with_matches=False)
    html = reports.as_html(hostile).decode()
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert re.findall(r"(?:src|href)=|https?://|@import|url\(", html) == []
    assert reports.as_pdf(hostile).startswith(b"%PDF-")
    assert sheet_of(hostile)["organisation"] == name


def test_the_team_words_are_in_the_report_and_what_it_left_out_is_not(
    diagnosis: Diagnosis, viewers: dict[str, Viewer]
) -> None:
    adviser = viewers["adviser"]
    work.take_up(diagnosis, viewer=adviser)
    edited, left_out = diagnosis.findings.all()[:2]
    work.edit_finding(edited, "走访核实后的结论。", viewer=adviser)
    work.dismiss(left_out, viewer=adviser)
    work.sign(diagnosis, viewer=adviser)
    html = reports.as_html(diagnosis).decode()
    assert "走访核实后的结论。" in html
    assert "服务团队修改" in html
    assert "adviser 于" in html
    assert left_out.original["text_zh"] not in html
    values = json.loads(reports.as_json(diagnosis, viewer=adviser))
    assert values["signed_by"] == "adviser"
    assert {one["code"] for one in values["findings"] if one["dismissed"]} == {left_out.code}
    own = json.loads(reports.as_json(diagnosis, viewer=viewers["enterprise"]))
    assert left_out.code not in {one["code"] for one in own["findings"]}
    assert len(own["findings"]) == len(values["findings"]) - 1


def test_english_reports_speak_english(diagnosis: Diagnosis) -> None:
    sheet = sheet_of(diagnosis, english=True)
    assert sheet["title"] == "Enterprise diagnosis"
    texts = [one["text"] for part in sheet["parts"] for one in part["findings"]]
    assert texts
    assert not [text for text in texts if re.search(r"[一-鿿]", text)]


def test_exports_are_logged_and_for_readers_only(
    diagnosis: Diagnosis, viewers: dict[str, Viewer], firms: list[Organisation]
) -> None:
    assert reports.report(diagnosis, "html", viewer=viewers["enterprise"])
    entry = AuditEntry.objects.get(action="diagnosis.export")
    assert (entry.subject, entry.details) == (str(diagnosis.public_id), {"format": "html"})
    other = domain.diagnose(firms[1], as_of=DAY, viewer=SYSTEM, with_matches=False)
    with pytest.raises(AccessDenied):
        reports.report(other, "html", viewer=viewers["enterprise"])


@pytest.mark.parametrize(
    ("value", "unit", "zh", "en"),
    [
        (None, "cny", "缺数据", "unknown"),
        (True, "", "是", "yes"),
        (123_456_789.0, "cny", "1.23 亿元", "CNY 123.46 million"),
        (-20_000.0, "cny", "-2 万元", "CNY -20,000"),
        (999.5, "cny", "999.5 元", "CNY 999.5"),
        (0.05, "rate", "5%", "5%"),
        (7, "persons", "7 人", "7 persons"),
        (1000, "", "1,000", "1,000"),
    ],
)
def test_figures_are_written_as_people_read_them(
    value: float | None, unit: str, zh: str, en: str
) -> None:
    assert (in_words(value, unit), in_words(value, unit, english=True)) == (zh, en)
