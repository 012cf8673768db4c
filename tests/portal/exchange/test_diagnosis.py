"""A diagnosis follows from frozen inputs alone, belongs to its enterprise, and names its evidence."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain import diagnosis as domain
from silian.portal.exchange.domain.diagnosis_findings import as_values, finding_from
from silian.portal.exchange.domain.diagnosis_inputs import facts_from, gather
from silian.portal.exchange.models import Diagnosis
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.facts import facts_of
from silian.portal.industry.models import EnterpriseYear, Need
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
KINDS = {"strength", "weakness", "entitled", "near", "missing", "deadline"}


def made(firm: Organisation, **options: Any) -> Diagnosis:
    return domain.diagnose(firm, as_of=DAY, viewer=SYSTEM, **options)


def test_it_has_three_parts_and_says_of_policies_what_the_rules_say(
    firms: list[Organisation],
) -> None:
    diagnosis = made(firms[11])
    content = domain.diagnosis_content(diagnosis)
    found = entitlement_of(firms[11], as_of=DAY)
    assert [one["policy_id"] for one in content["policy"]["entitled"]] == [
        one.policy.policy_id for one in found.entitled
    ]
    assert (diagnosis.entitled_count, diagnosis.near_count, diagnosis.unknown_count) == (
        len(found.entitled),
        len(found.near),
        len(found.unknown),
    )
    assert {one["part"] for one in content["findings"]} == {"technology", "management", "policy"}
    assert {one["kind"] for one in content["findings"]} <= KINDS
    codes = [one["code"] for one in content["findings"]]
    assert len(codes) == len(set(codes))


def test_findings_about_figures_carry_evidence_distance_and_an_offer(
    firms: list[Organisation],
) -> None:
    findings = {one.code: one for one in domain.findings_of(made(firms[0]))}
    weak = findings["technology.weakness.research_intensity"]
    assert {one.label_en for one in weak.evidence} == {"R&D expense (2025)", "Revenue (2025)"}
    assert all(one.record_id.startswith("ey-") or one.record_id for one in weak.evidence)
    assert {one.source for one in weak.evidence} == {"测试登记库"}
    (distance,) = weak.distances
    assert distance.current == pytest.approx(0.01)
    assert distance.required is not None
    assert distance.value == pytest.approx(distance.required - 0.01)
    assert [offer.kind for offer in weak.offers] == ["need"]
    for one in findings.values():
        assert one.text_zh
        assert one.text_en
        if one.kind == "near":
            assert one.offers
            assert one.policy_id


def test_the_same_inputs_give_the_same_content(firms: list[Organisation]) -> None:
    diagnosis = made(firms[4])
    again = domain.reproduce(diagnosis)
    assert again == domain.Reproduction(differing=(), library_changed=False, code_changed=False)


def test_it_is_reproduced_though_the_city_moved_on(firms: list[Organisation]) -> None:
    diagnosis = made(firms[4])
    for year in EnterpriseYear.objects.exclude(organisation=firms[4]):
        year.facts["research_expense_cny"] = 1
        year.save()
    EnterpriseYear.objects.filter(organisation=firms[4]).delete()
    assert domain.reproduce(diagnosis).reproduced


def test_a_tampered_content_is_noticed(firms: list[Organisation]) -> None:
    import zlib

    diagnosis = made(firms[4])
    content = domain.diagnosis_content(diagnosis)
    content["counts"]["amount_cny"] = 1e9
    diagnosis.content = zlib.compress(json.dumps(content).encode())
    assert domain.reproduce(diagnosis).differing == ("counts",)


def test_facts_survive_being_frozen(firms: list[Organisation]) -> None:
    inputs = gather(firms[2], as_of=DAY)
    assert inputs is not None
    thawed = facts_from(json.loads(json.dumps(inputs)))
    now = facts_of(firms[2])
    assert dict(thawed.values) == dict(now.values)
    assert {code: one.record_public_id for code, one in thawed.origin.items()} == {
        code: one.record_public_id
        for code, one in now.origin.items()
        if now.values[code] is not None
    }


def test_an_earlier_one_of_the_year_is_superseded_unless_somebody_works_on_it(
    firms: list[Organisation],
) -> None:
    first, other = made(firms[0]), made(firms[1])
    second = made(firms[0])
    Diagnosis.objects.filter(pk=second.pk).update(state="in_work")
    third = made(firms[0])
    states = dict(Diagnosis.objects.values_list("pk", "state"))
    assert states == {
        first.pk: "superseded",
        other.pk: "made",
        second.pk: "in_work",
        third.pk: "made",
    }
    assert domain.latest(firms[0]) == third


def test_the_first_enterprise_of_a_city_is_diagnosed_too(firms: list[Organisation]) -> None:
    EnterpriseYear.objects.exclude(organisation=firms[0]).delete()
    content = domain.diagnosis_content(made(firms[0]))
    assert content["peers"]["peer_count"] == 0
    shown = {one["system_id"] for one in content["scores"]}
    assert "technology_sme_points" in shown
    assert "innovation_points_reference" not in shown  # its weights need a population


def test_an_enterprise_without_facts_is_told_so(make_organisation: Callable[..., Any]) -> None:
    with pytest.raises(domain.NoFacts, match="no yearly facts"):
        made(make_organisation("空白有限公司"))


def test_needs_come_with_matches_that_the_enterprise_may_see(
    firms: list[Organisation],
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Any],
) -> None:
    from silian.portal.exchange.domain.outbox import drain

    need = make_need("n")
    seen, hidden = make_achievement("seen"), make_achievement("hidden", audience="owner")
    drain()
    content = domain.preview(firms[0], as_of=DAY)
    (shown,) = content["technology"]["needs"]
    matched = {one["public_id"] for one in shown["matches"]}
    assert (shown["public_id"], seen.public_id in matched, hidden.public_id in matched) == (
        need.public_id,
        True,
        False,
    )
    assert f"technology.need.{need.public_id}" in {one["code"] for one in content["findings"]}


MAY_READ = {"operator": 2, "adviser": 2, "enterprise": 1, "research": None, "viewer": None}


@pytest.mark.parametrize(("role", "count"), MAY_READ.items())
def test_each_role_reads_what_the_table_gives_it(
    role: str, count: int | None, firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    own, other = made(firms[0]), made(firms[1])
    if count is None:
        with pytest.raises(AccessDenied):
            domain.diagnoses(viewers[role])
        return
    shown = set(domain.diagnoses(viewers[role]).values_list("pk", flat=True))
    assert shown == ({own.pk, other.pk} if count == 2 else {own.pk})


def test_an_enterprise_diagnoses_itself_and_nobody_else(
    firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    own = domain.diagnose(firms[0], as_of=DAY, viewer=viewers["enterprise"])
    assert own.created_by_id == viewers["enterprise"].user_id
    with pytest.raises(AccessDenied):
        domain.diagnose(firms[1], as_of=DAY, viewer=viewers["enterprise"])
    entry = AuditEntry.objects.get(action="diagnosis.make")
    assert (entry.actor_label, entry.subject) == ("enterprise", firms[0].public_id)


def test_findings_are_the_same_after_json(firms: list[Organisation]) -> None:
    for finding in domain.findings_of(made(firms[3])):
        assert finding_from(json.loads(json.dumps(as_values(finding)))) == finding


def test_a_look_back_at_an_earlier_day_sets_no_newer_diagnosis_aside(
    firms: list[Organisation],
) -> None:
    newer = domain.diagnose(firms[0], as_of=DAY, viewer=SYSTEM, with_matches=False)
    domain.diagnose(firms[0], as_of=date(2024, 1, 1), viewer=SYSTEM, with_matches=False)
    newer.refresh_from_db()
    assert newer.state == "made"
    assert domain.latest(firms[0]) == newer
