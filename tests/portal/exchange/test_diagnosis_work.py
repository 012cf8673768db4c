"""A service team's work: edits in its own name, signatures, visits, deeds and look-backs."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.exchange.domain import diagnosis as domain
from silian.portal.exchange.domain import diagnosis_visits as visiting
from silian.portal.exchange.domain import diagnosis_work as work
from silian.portal.exchange.domain.diagnosis_advice import advise
from silian.portal.exchange.domain.diagnosis_look_backs import (
    LookBackNotDue,
    due_look_backs,
    look_back,
    make_due_look_backs,
)
from silian.portal.exchange.interfaces.diagnosis_report import as_html, as_values
from silian.portal.exchange.interfaces.diagnosis_report_sheet import sheet_of
from silian.portal.exchange.models import Advice, Diagnosis, Finding, LookBack
from silian.portal.industry.models import EnterpriseYear, Need, PolicyApplication
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture
def diagnosis(firms: list[Organisation]) -> Diagnosis:
    return domain.diagnose(firms[0], as_of=DAY, viewer=SYSTEM, with_matches=False)


@pytest.fixture
def adviser(viewers: dict[str, Viewer]) -> Viewer:
    return viewers["adviser"]


def finding_of(diagnosis: Diagnosis, kind: str, offer: str = "") -> dict[str, Any]:
    return next(
        one
        for one in work.worked_findings(diagnosis)
        if one["kind"] == kind and (not offer or offer in {each["kind"] for each in one["offers"]})
    )


def test_edits_are_marked_as_the_team_and_keep_the_original(
    diagnosis: Diagnosis, adviser: Viewer
) -> None:
    before = work.worked_findings(diagnosis)
    work.take_up(diagnosis, viewer=adviser)
    work.take_up(diagnosis, viewer=adviser)  # twice does nothing more
    assert [one["code"] for one in work.worked_findings(diagnosis)] == [o["code"] for o in before]
    first, second = diagnosis.findings.all()[:2]
    work.edit_finding(first, "走访后认为投入口径偏低。", viewer=adviser, note="2026 年走访")
    work.dismiss(second, viewer=adviser, note="不适用")
    work.add_finding(diagnosis, part="technology", text="缺少中试场地。", viewer=adviser)
    shown = {one["code"]: one for one in work.worked_findings(diagnosis)}
    edited, added = shown[first.code], shown["team.technology.1"]
    assert (edited["text_zh"], edited["edited"], edited["by_team"], edited["editor"]) == (
        "走访后认为投入口径偏低。",
        True,
        False,
        "adviser",
    )
    original = next(one for one in before if one["code"] == first.code)
    assert edited["evidence"] == original["evidence"]
    assert shown[second.code]["dismissed"]
    assert (added["by_team"], added["text_zh"]) == (True, "缺少中试场地。")
    work.edit_finding(first, "", viewer=adviser)
    restored = next(o for o in work.worked_findings(diagnosis) if o["code"] == first.code)
    assert (restored["text_zh"], restored["edited"]) == (original["text_zh"], False)
    assert domain.reproduce(diagnosis).reproduced  # what was frozen stays


def test_a_signature_is_a_person_and_closes_the_findings(
    diagnosis: Diagnosis, adviser: Viewer
) -> None:
    with pytest.raises(work.DiagnosisRefused, match="only one in work"):
        work.sign(diagnosis, viewer=adviser)
    work.take_up(diagnosis, viewer=adviser)
    with pytest.raises(work.DiagnosisRefused, match="signature is a person"):
        work.sign(diagnosis, viewer=SYSTEM)
    work.sign(diagnosis, viewer=adviser, on=date(2026, 8, 31))
    assert (diagnosis.state, diagnosis.signed_by_id) == ("signed", adviser.user_id)
    due = dict(LookBack.objects.values_list("months", "due_on"))
    assert due == {6: date(2027, 2, 28), 12: date(2027, 8, 31)}
    for act in (
        lambda: work.edit_finding(diagnosis.findings.first(), "x", viewer=adviser),
        lambda: work.add_finding(diagnosis, part="policy", text="x", viewer=adviser),
        lambda: work.sign(diagnosis, viewer=adviser),
    ):
        with pytest.raises(work.DiagnosisRefused):
            act()


def test_a_later_signature_replaces_the_earlier_of_the_year(
    diagnosis: Diagnosis, adviser: Viewer, firms: list[Organisation]
) -> None:
    work.take_up(diagnosis, viewer=adviser)
    work.sign(diagnosis, viewer=adviser)
    later = domain.diagnose(firms[0], as_of=DAY, viewer=SYSTEM, with_matches=False)
    work.take_up(later, viewer=adviser)
    work.sign(later, viewer=adviser)
    diagnosis.refresh_from_db()
    assert (diagnosis.state, later.state) == ("superseded", "signed")


@pytest.mark.parametrize("role", ["enterprise", "research", "viewer"])
def test_only_the_team_works(
    role: str, diagnosis: Diagnosis, viewers: dict[str, Viewer], firms: list[Organisation]
) -> None:
    viewer = viewers[role]
    for act in (
        lambda: work.take_up(diagnosis, viewer=viewer),
        lambda: work.add_finding(diagnosis, part="policy", text="x", viewer=viewer),
        lambda: work.sign(diagnosis, viewer=viewer),
        lambda: visiting.schedule_visit(
            firms[0], planned_for=timezone.now(), team="t", viewer=viewer
        ),
    ):
        with pytest.raises(AccessDenied):
            act()


def test_visits_are_planned_moved_reported_and_cancelled(
    diagnosis: Diagnosis, adviser: Viewer, viewers: dict[str, Viewer], firms: list[Organisation]
) -> None:
    when = timezone.now() + timedelta(days=3)
    visit = visiting.schedule_visit(
        firms[0], planned_for=when, team="科技服务一组", viewer=adviser, diagnosis=diagnosis
    )
    visiting.move_visit(visit, when + timedelta(days=1), viewer=adviser)
    visiting.report_visit(visit, "已核实研发投入。", viewer=adviser)
    assert (visit.state, visit.report) == ("done", "已核实研发投入。")
    with pytest.raises(work.DiagnosisRefused, match="can't become"):
        visiting.cancel_visit(visit, viewer=adviser)
    other = visiting.schedule_visit(firms[1], planned_for=when, team="二组", viewer=adviser)
    visiting.cancel_visit(other, viewer=adviser)
    assert list(visiting.visits(viewers["enterprise"])) == [visit]
    assert visiting.visits(adviser).count() == 2
    with pytest.raises(work.DiagnosisRefused, match="another enterprise"):
        visiting.schedule_visit(
            firms[1], planned_for=when, team="t", viewer=adviser, diagnosis=diagnosis
        )


def test_a_gap_becomes_a_draft_need_of_the_enterprise_once(
    diagnosis: Diagnosis, viewers: dict[str, Viewer], adviser: Viewer
) -> None:
    code = finding_of(diagnosis, "weakness", "need")["code"]
    made = advise(diagnosis, code, "need", viewer=viewers["enterprise"])
    again = advise(diagnosis, code, "need", viewer=adviser, title="别的")
    assert made == again
    need = Need.objects.get(public_id=made.target_id)
    assert (need.status, need.owner_id, need.need_kind) == (
        "draft",
        diagnosis.organisation_id,
        "technology",
    )


def test_a_weakness_in_staff_becomes_a_position(diagnosis: Diagnosis, adviser: Viewer) -> None:
    code = finding_of(diagnosis, "weakness", "position")["code"]
    made = advise(diagnosis, code, "position", viewer=adviser)
    assert Need.objects.get(public_id=made.target_id).need_kind == "talent"


def test_an_entitlement_becomes_an_application(firms: list[Organisation], adviser: Viewer) -> None:
    strong = domain.diagnose(firms[11], as_of=DAY, viewer=SYSTEM, with_matches=False)
    finding = finding_of(strong, "entitled", "application")
    made = advise(strong, finding["code"], "application", viewer=adviser)
    application = PolicyApplication.objects.get(public_id=made.target_id)
    assert (application.policy_id, application.year) == (finding["policy_id"], 2025)


def test_nothing_is_made_that_was_not_offered_or_for_others(
    diagnosis: Diagnosis, viewers: dict[str, Viewer], adviser: Viewer, firms: list[Organisation]
) -> None:
    code = finding_of(diagnosis, "weakness", "need")["code"]
    with pytest.raises(work.DiagnosisRefused, match="can't be turned"):
        advise(diagnosis, code, "application", viewer=adviser)
    with pytest.raises(work.DiagnosisRefused, match="no finding"):
        advise(diagnosis, "nothing", "need", viewer=adviser)
    other = domain.diagnose(firms[1], as_of=DAY, viewer=SYSTEM, with_matches=False)
    with pytest.raises(AccessDenied):
        advise(other, code, "need", viewer=viewers["enterprise"])
    assert Advice.objects.count() == 0


def test_the_look_back_says_what_was_taken_and_what_came_true(
    diagnosis: Diagnosis, adviser: Viewer
) -> None:
    work.take_up(diagnosis, viewer=adviser)
    code = "technology.weakness.research_intensity"
    advise(diagnosis, code, "need", viewer=adviser)
    left_out = Finding.objects.get(diagnosis=diagnosis, code="technology.missing.needs")
    work.dismiss(left_out, viewer=adviser)
    work.sign(diagnosis, viewer=adviser, on=DAY)
    first = LookBack.objects.get(months=6)
    with pytest.raises(LookBackNotDue):
        look_back(first, viewer=adviser, on=DAY)
    assert list(due_look_backs(adviser, on=date(2026, 9, 2))) == [first]
    for year in EnterpriseYear.objects.filter(organisation=diagnosis.organisation, year=2025):
        year.facts["research_expense_cny"] = 20_000_000
        year.save()
    look_back(first, viewer=adviser, on=date(2026, 9, 2))
    lines = {line["code"]: line for line in first.result["findings"]}
    assert (lines[code]["taken"], lines[code]["closed"]) == (["need"], True)
    assert left_out.code not in lines
    untouched = lines["technology.weakness.research_staff_share"]
    assert (untouched["taken"], untouched["closed"]) == ([], False)
    assert first.result["taken_count"] == 1
    assert first.result["closed_count"] >= 1
    with pytest.raises(LookBackNotDue, match="done already"):
        look_back(first, viewer=adviser, on=date(2026, 9, 3))


def signed(diagnosis: Diagnosis, adviser: Viewer) -> Diagnosis:
    return work.sign(work.take_up(diagnosis, viewer=adviser), viewer=adviser)


def test_what_was_signed_stays_as_it_was_signed(diagnosis: Diagnosis, adviser: Viewer) -> None:
    signed(diagnosis, adviser)
    before = (sheet_of(diagnosis), as_values(diagnosis, viewer=adviser))
    assert before[1]["signed_by"] == "adviser"
    get_user_model().objects.filter(pk=adviser.user_id).update(
        username="another", first_name="另有其人"
    )
    diagnosis.findings.update(text_zh="后来改过的话")
    kept = Diagnosis.objects.get(pk=diagnosis.pk)
    assert (sheet_of(kept), as_values(kept, viewer=adviser)) == before
    fixed = work.what_is_signed(kept, signer="adviser")
    assert fixed == kept.signed
    changed = work.what_is_signed(kept, signer="another")
    assert changed["sha256"] != kept.signed["sha256"]


def test_a_signature_replaces_only_what_speaks_of_no_later_day(
    firms: list[Organisation], diagnosis: Diagnosis, adviser: Viewer
) -> None:
    later = domain.diagnose(
        firms[0], as_of=DAY + timedelta(days=90), viewer=SYSTEM, with_matches=False
    )
    signed(later, adviser)
    earlier = domain.diagnose(firms[0], as_of=DAY, viewer=SYSTEM, with_matches=False)
    work.take_up(earlier, viewer=adviser)
    with pytest.raises(work.DiagnosisRefused, match="is signed already") as refused:
        work.sign(earlier, viewer=adviser)
    assert refused.value.code == "later_one_signed"
    last = domain.diagnose(
        firms[0], as_of=DAY + timedelta(days=120), viewer=SYSTEM, with_matches=False
    )
    signed(last, adviser)
    later.refresh_from_db()
    assert later.state == Diagnosis.State.SUPERSEDED
    assert "已被更新的诊断替代" in sheet_of(later)["standing"]
    assert set(LookBack.objects.values_list("diagnosis_id", flat=True)) == {last.pk}


def test_the_platform_looks_back_by_itself_when_the_day_has_come(
    diagnosis: Diagnosis, adviser: Viewer
) -> None:
    work.take_up(diagnosis, viewer=adviser)
    work.sign(diagnosis, viewer=adviser, on=DAY)
    assert make_due_look_backs(on=DAY + timedelta(days=180)) == 0
    assert make_due_look_backs(on=DAY + timedelta(days=190)) == 1
    assert make_due_look_backs(on=DAY + timedelta(days=190)) == 0
    six, twelve = LookBack.objects.filter(diagnosis=diagnosis).order_by("months")
    assert (six.done_at is not None, twelve.done_at) == (True, None)


def test_words_without_end_are_refused_and_half_characters_dropped(
    diagnosis: Diagnosis, adviser: Viewer
) -> None:
    work.take_up(diagnosis, viewer=adviser)
    with pytest.raises(work.DiagnosisRefused, match="at most 5,000"):
        work.add_finding(diagnosis, part="policy", text="长" * 5_001, viewer=adviser)
    added = work.add_finding(diagnosis, part="policy", text="缺\ud800材料", viewer=adviser)
    assert added.text_zh == "缺材料"


def test_notes_are_the_teams_own_unless_it_shares_them(
    firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    diagnosis = domain.diagnose(firms[0], as_of=DAY, viewer=SYSTEM, with_matches=False)
    work.take_up(diagnosis, viewer=viewers["adviser"])
    first, second = diagnosis.findings.order_by("position")[:2]
    work.edit_finding(first, "改后的话", viewer=viewers["adviser"], note="老板不愿公开")
    work.edit_finding(
        second, "另一句", viewer=viewers["adviser"], note="已电话核实", note_shared=True
    )
    for role, seen in (("adviser", ["老板不愿公开", "已电话核实"]), ("enterprise", ["已电话核实"])):
        findings = as_values(diagnosis, viewer=viewers[role])["findings"]
        assert [one["note"] for one in findings if one["note"]] == seen
    page = as_html(diagnosis).decode()
    assert "改后的话" in page
    assert "老板不愿公开" not in page
    assert "已电话核实" in page
