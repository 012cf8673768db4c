"""Policies, facts, entitlements, scores, diagnoses and scenarios over REST, role by role."""

from datetime import date
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.models import User
from silian.portal.exchange.domain import diagnosis as domain
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.scenarios import run_scenario
from silian.portal.industry.models import EnterpriseYear, Scenario
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
POLICY = "technology_sme"
OWN_PATHS = (
    "/organisations/{id}/facts",
    "/organisations/{id}/entitlements",
    "/organisations/{id}/gaps/technology_sme",
    "/organisations/{id}/joint-plan?policy=technology_sme&policy=innovative_sme",
    "/organisations/{id}/scores",
    "/organisations/{id}/diagnoses",
)


@pytest.mark.parametrize("path", OWN_PATHS)
def test_an_enterprise_reads_its_own_and_nobody_elses(
    path: str, callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    statuses = {
        (role, which): callers[role].get(path.format(id=firm.public_id)).status_code
        for role in ("operator", "enterprise", "research", "viewer", "anonymous")
        for which, firm in (("own", firms[0]), ("other", firms[1]))
    }
    assert statuses == {
        ("operator", "own"): 200,
        ("operator", "other"): 200,
        ("enterprise", "own"): 200,
        ("enterprise", "other"): 403,
        ("research", "own"): 403,
        ("research", "other"): 403,
        ("viewer", "own"): 403,
        ("viewer", "other"): 403,
        ("anonymous", "own"): 401,
        ("anonymous", "other"): 401,
    }


def test_policies_are_public_with_their_clauses(callers: dict[str, Any], index: Any) -> None:
    listed = callers["anonymous"].get("/policies?as_of=2026-03-02").json()
    assert POLICY in {one["policy_id"] for one in listed}
    shown = callers["anonymous"].get(f"/policies/{POLICY}?as_of=2026-03-02").json()
    assert shown["in_force"]
    assert all(one["source"]["title"] for one in shown["conditions"])
    missing = callers["anonymous"].get("/policies/nothing")
    assert (missing.status_code, missing.json()["code"]) == (404, "policy_not_found")


def test_entitlements_are_those_of_the_domain(
    callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    path = f"/organisations/{firms[11].public_id}/entitlements?as_of=2026-03-02"
    shown = callers["operator"].get(path).json()
    found = entitlement_of(firms[11], as_of=DAY)
    assert [one["policy_id"] for one in shown["entitled"]] == [
        one.policy.policy_id for one in found.entitled
    ]
    assert shown["unverified"] == sorted(found.unverified)
    assert (shown["total_unverified_cny"], shown["unknown_amounts"], shown["paid_earlier_cny"]) == (
        found.total_unverified_cny,
        list(found.unknown_amounts),
        {},
    )
    listed = callers["operator"].get(f"/policies/{POLICY}/entitled?as_of=2026-03-02").json()
    assert firms[11].public_id in {row["organisation_id"] for row in listed["rows"]}
    near = callers["operator"].get(f"/policies/{POLICY}/near-misses?as_of=2026-03-02").json()
    assert near["total_count"] == len(near["rows"])
    ranking = callers["operator"].get(
        "/indicator-systems/technology_sme_points/ranking?as_of=2026-03-02"
    )
    assert ranking.json()["total_count"] == len(firms)
    assert callers["enterprise"].get(f"/policies/{POLICY}/entitled").status_code == 403


def test_an_enterprise_declares_facts_and_its_answers_follow(
    callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    path = f"/organisations/{firms[0].public_id}/facts"
    sent = callers["enterprise"].request("PUT", f"{path}/2026", {"values": {"employee_count": 77}})
    assert sent.status_code == 200, sent.content
    shown = {one["code"]: one for one in sent.json()["facts"]}
    assert (shown["employee_count"]["value"], shown["employee_count"]["status"]) == (77, "declared")
    wrong = callers["enterprise"].request("PUT", f"{path}/2026", {"values": {"nothing": 1}})
    assert wrong.status_code == 422
    other = f"/organisations/{firms[1].public_id}/facts/2026"
    refused = callers["enterprise"].request("PUT", other, {"values": {"employee_count": 1}})
    assert refused.status_code == 403


def test_a_diagnosis_is_made_read_downloaded_and_acted_on(
    callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    own = callers["enterprise"]
    made = own.post(f"/organisations/{firms[0].public_id}/diagnoses", {"as_of": "2026-03-02"})
    assert made.status_code == 201, made.content
    path = f"/diagnoses/{made.json()['public_id']}"
    content = own.get(path).json()
    assert content["organisation"]["public_id"] == firms[0].public_id
    for file_format, start in (("pdf", b"%PDF-"), ("html", b"<!doctype"), ("json", b"{")):
        assert own.get(f"{path}/report?format={file_format}").content.startswith(start)
    finding = next(
        one["code"]
        for one in content["findings"]
        if "need" in {offer["kind"] for offer in one["offers"]}
    )
    advice = own.post(f"{path}/advice", {"finding_code": finding, "kind": "need"})
    assert (advice.status_code, advice.json()["target_id"][:5]) == (201, "need-")
    other = domain.diagnose(firms[1], as_of=DAY, viewer=SYSTEM, with_matches=False)
    assert own.get(f"/diagnoses/{other.public_id}").status_code == 404
    assert callers["research"].get(path).status_code == 403


def test_a_scenario_is_entered_run_and_read_by_operators(
    callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    asked = {"policy_id": POLICY, "overrides": {"employees_at_most": 99}, "as_of": "2026-03-02"}
    made = callers["operator"].post("/scenarios", asked)
    assert made.status_code == 202, made.content
    run_scenario(Scenario.objects.get().pk)
    shown = callers["operator"].get(f"/scenarios/{made.json()['public_id']}").json()
    assert (shown["state"], shown["result"]["winners"]) == ("done", 0)
    assert callers["operator"].get("/scenarios").json()["total"] == 1
    assert callers["enterprise"].post("/scenarios", asked).status_code == 403
    wrong = callers["operator"].post("/scenarios", asked | {"overrides": {"nothing": 1}})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "unknown_parameter")


def test_the_ladder_is_for_the_signed_in(
    callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    assert callers["viewer"].get("/ladder?year=2025").status_code == 200
    assert callers["anonymous"].get("/ladder").status_code == 401


def test_what_is_verified_is_what_was_read(
    callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    path = f"/organisations/{firms[0].public_id}/facts"
    operator, enterprise = callers["operator"], callers["enterprise"]
    enterprise.request("PUT", f"{path}/2025", {"values": {"loan_cny": 700_000}})
    read = {one["code"]: one["value"] for one in operator.get(path).json()["facts"]}
    shown = {"loan_cny": read["loan_cny"], "titles": read["titles"]}
    enterprise.request("PUT", f"{path}/2025", {"values": {"loan_cny": 900_000}})
    assert (
        enterprise.request("PUT", f"{path}/2025/verification", {"shown": shown}).status_code == 403
    )
    refused = operator.request("PUT", f"{path}/2025/verification", {"shown": shown})
    assert (refused.status_code, refused.json()["code"]) == (409, "facts_changed")
    (changed,) = refused.json()["errors"]
    assert (changed["field"], changed["arrived"], changed["message_en"]) == (
        "loan_cny",
        "700000.0",
        "is 900000 now",
    )
    again = operator.request(
        "PUT", f"{path}/2025/verification", {"shown": shown | {"loan_cny": 900_000}}
    )
    status = {one["code"]: one["status"] for one in again.json()["facts"]}
    assert (again.status_code, status["loan_cny"]) == (200, "verified")


def test_books_are_for_those_who_may_read_facts_also_as_records(
    callers: dict[str, Any], firms: list[Organisation], index: Any
) -> None:
    year = firms[0].years.get(year=2025)
    EnterpriseYear.objects.filter(pk=year.pk).update(owner=firms[0])
    User.objects.filter(role="viewer").update(organisation=firms[0])
    paths = ("/records?kind=enterprise_year", f"/records/{year.public_id}")
    own = [callers["enterprise"].get(path) for path in paths]
    assert [one.status_code for one in own] == [200, 200]
    assert own[0].json()["total"] == 3
    listed, single = (callers["viewer"].get(path) for path in paths)
    assert (listed.json()["total"], single.status_code) == (0, 404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "/organisations/{id}/facts/2025", {"values": {"employee_count": "\ud800x"}}),
        ("PUT", "/organisations/{id}/facts/2025", {"values": {"\ud800": 1}}),
        ("POST", "/scenarios", {"policy_id": POLICY, "overrides": {"\udfff": 1}}),
    ],
)
def test_half_characters_are_refused_wherever_they_stand(
    method: str,
    path: str,
    body: dict[str, Any],
    callers: dict[str, Any],
    firms: list[Organisation],
    index: Any,
) -> None:
    answer = callers["operator"].request(method, path.format(id=firms[0].public_id), body)
    assert answer.status_code == 422
