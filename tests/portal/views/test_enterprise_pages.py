"""An enterprise's own pages: facts, entitlements, scores, applications, policies it reads."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, Viewer
from silian.portal.audit.models import AuditEntry
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.facts import facts_of
from silian.portal.industry.domain.facts_writing import declare_facts, stated_facts, verify_facts
from silian.portal.industry.domain.policies import policies_in_force
from silian.portal.industry.domain.scores import score_of, systems_in_force
from silian.portal.industry.models import EnterpriseYear, PolicyApplication
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
OWN_PAGES = ("facts", "entitlements", "scores", "applications", "diagnosis")


@pytest.fixture
def enterprise(client: Client, users: dict[str, Any], firms: list[Organisation]) -> Client:
    client.force_login(users["enterprise"])
    return client


def text_of(client: Client, path: str, status: int = 200, **data: Any) -> str:
    response = client.get(path, data)
    assert response.status_code == status, path
    return response.content.decode()


def rows_of(client: Client, path: str) -> list[dict[str, str]]:
    response = client.get(path)
    body = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body)))


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_an_enterprise_opens_its_own_pages_in_both_languages(
    enterprise: Client, firms: list[Organisation], language: str
) -> None:
    enterprise.cookies["django_language"] = language
    for page in OWN_PAGES:
        assert firms[0].name in text_of(enterprise, f"/my/{page}/")
        assert firms[0].name in text_of(enterprise, f"/organisations/{firms[0].public_id}/{page}/")


def test_the_books_of_others_stay_closed(enterprise: Client, firms: list[Organisation]) -> None:
    for page in OWN_PAGES:
        assert enterprise.get(f"/organisations/{firms[1].public_id}/{page}/").status_code == 403
        assert enterprise.get(f"/organisations/org-aaaaaaaaaaaaaaaa/{page}/").status_code == 404
    assert (
        enterprise.get(
            "/policies/technology_sme/", {"organisation": firms[1].public_id}
        ).status_code
        == 403
    )


@pytest.mark.parametrize("page", ["facts", "entitlements", "scores", "diagnosis"])
def test_who_asks_for_anothers_books_behind_the_address_is_refused_not_shown_their_own(
    client: Client, users: dict[str, Any], firms: list[Organisation], page: str
) -> None:
    own, other = firms[:2]
    client.force_login(users["enterprise"])

    refused = client.get(f"/my/{page}/", {"organisation": other.public_id})

    assert refused.status_code == 403
    assert other.name not in refused.content.decode()
    assert own.name in text_of(client, f"/my/{page}/", organisation=own.public_id)
    text_of(client, f"/my/{page}/", organisation="org-aaaaaaaaaaaaaaaa", status=404)
    client.force_login(users["operator"])
    shown = text_of(client, f"/my/{page}/", organisation=other.public_id)
    assert other.name in shown
    assert own.name not in shown
    client.force_login(users["viewer"])
    assert client.get(f"/my/{page}/", {"organisation": other.public_id}).status_code == 403


def test_an_adviser_chooses_among_the_enterprises_that_have_facts(
    client: Client, users: dict[str, Any], firms: list[Organisation]
) -> None:
    client.force_login(users["adviser"])
    for page in ("facts", "entitlements", "scores", "diagnosis"):
        shown = text_of(client, f"/my/{page}/", q=firms[1].name)
        assert f"/organisations/{firms[1].public_id}/{page}/" in shown
        assert firms[0].name not in shown
    assert "没有符合的企业" in text_of(client, "/my/facts/", q="无此企业")


@pytest.mark.parametrize("count", [1, 3])
def test_choosing_costs_the_same_queries_for_any_number_of_enterprises(
    client: Client,
    users: dict[str, Any],
    firms: list[Organisation],
    django_assert_num_queries: Any,
    count: int,
) -> None:
    keep = [firm.pk for firm in firms[:count]]
    EnterpriseYear.objects.exclude(organisation_id__in=keep).delete()
    client.force_login(users["adviser"])
    with django_assert_num_queries(4):
        client.get("/my/facts/")


# -- facts ------------------------------------------------------------------------------------


@pytest.fixture
def declared(firms: list[Organisation]) -> None:
    """No authority has verified anything."""
    EnterpriseYear.objects.update(status=EnterpriseYear.Status.DECLARED)


def edit_path(firm: Organisation, year: int = 2025) -> str:
    return f"/organisations/{firm.public_id}/facts/{year}/"


def test_only_what_is_changed_is_declared_in_the_units_of_the_form(
    enterprise: Client, firms: list[Organisation], declared: None
) -> None:
    before = facts_of(firms[0], 2025).values
    posted = {
        "revenue_cny": "1234.5",
        "market_share_rate": "12.5",
        "employee_count": str(before["employee_count"] or ""),
        "zones:sent": "1",
        "zones": ["无"],
    }
    answer = enterprise.post(edit_path(firms[0]), posted)
    assert (answer.status_code, answer["Location"]) == (
        302,
        f"/organisations/{firms[0].public_id}/facts/",
    )
    own = EnterpriseYear.objects.get(organisation=firms[0], year=2025, register__code="portal")
    assert own.facts == {"revenue_cny": 12_345_000, "market_share_rate": 0.125, "zones": []}
    after = facts_of(firms[0], 2025).values
    changed = ("revenue_cny", "market_share_rate", "zones")
    assert [after[name] for name in changed] == [12_345_000.0, 0.125, ";"]
    untouched = {name: value for name, value in before.items() if name not in changed}
    assert {name: after[name] for name in untouched if not name.startswith("revenue")} == {
        name: value for name, value in untouched.items() if not name.startswith("revenue")
    }


def test_saving_an_untouched_form_declares_nothing(
    enterprise: Client, firms: list[Organisation], declared: None
) -> None:
    count = EnterpriseYear.objects.count()
    held = ["high_tech_enterprise", "above_scale_industrial"]
    year = EnterpriseYear.objects.get(organisation=firms[0], year=2025)
    year.facts["titles"] = sorted(held)
    year.save()
    posted = {"titles:sent": "1", "titles": held, "revenue_cny": "4840"}
    for order in (held, held[::-1]):
        answer = enterprise.post(edit_path(firms[0]), posted | {"titles": order})
        assert answer.status_code == 302
    assert EnterpriseYear.objects.count() == count


def test_a_wrong_figure_is_told_at_its_input_and_nothing_is_kept(
    enterprise: Client, firms: list[Organisation], declared: None
) -> None:
    count = EnterpriseYear.objects.count()
    posted = {"revenue_cny": "很多", "employee_count": "-3", "market_share_rate": "130"}
    answer = enterprise.post(edit_path(firms[0]), posted)
    shown = answer.content.decode()
    assert answer.status_code == 422
    for name in posted:
        assert f'href="#f-{name}"' in shown
    assert 'value="很多"' in shown
    assert EnterpriseYear.objects.count() == count


@pytest.mark.parametrize("year", ["0", "1979", "2101", "9" * 40])
def test_a_year_that_no_books_can_have_does_not_exist(
    enterprise: Client, firms: list[Organisation], year: str
) -> None:
    path = f"/organisations/{firms[0].public_id}/facts/{year}/"
    assert enterprise.get(path).status_code == 404


def test_a_verified_figure_is_locked_and_cannot_be_declared_away(
    enterprise: Client, firms: list[Organisation]
) -> None:
    value = facts_of(firms[0], 2025).values["revenue_cny"]
    verify_facts(firms[0], 2025, SYSTEM, codes=["revenue_cny"])
    shown = text_of(enterprise, edit_path(firms[0]))
    assert "平台核实" in shown
    enterprise.post(edit_path(firms[0]), {"revenue_cny": "1"})
    assert facts_of(firms[0], 2025).values["revenue_cny"] == value


def test_the_operator_verifies_a_year_and_an_enterprise_cannot(
    enterprise: Client, users: dict[str, Any], firms: list[Organisation]
) -> None:
    path = f"/organisations/{firms[0].public_id}/facts/verify/"
    assert enterprise.post(path, {"year": "2025"}).status_code == 403
    enterprise.force_login(users["operator"])
    assert 'name="fact" value="revenue_cny"' in text_of(enterprise, f"{path}?year=2025")
    shown = json.dumps(stated_facts(firms[0], 2025))
    posted = {"year": "2025", "fact": ["revenue_cny", "titles"], "shown": shown}
    enterprise.post(path, posted)
    origins = facts_of(firms[0], 2025).origin
    assert origins["revenue_cny"].register_code == "portal-verified"
    assert origins["profit_cny"].register_code != "portal-verified"
    refused = enterprise.post(path, {"year": "1999"})
    assert refused.status_code == 422
    assert 'class="notice bad"' in refused.content.decode()


def test_what_was_changed_since_it_was_shown_is_not_verified(
    enterprise: Client, users: dict[str, Any], firms: list[Organisation]
) -> None:
    path = f"/organisations/{firms[0].public_id}/facts/verify/"
    declare_facts(firms[0], 2025, {"loan_cny": 700_000}, SYSTEM)
    shown = json.dumps(stated_facts(firms[0], 2025))
    declare_facts(firms[0], 2025, {"loan_cny": 900_000}, SYSTEM)
    enterprise.force_login(users["operator"])
    posted = {"year": "2025", "fact": ["loan_cny", "revenue_cny"], "shown": shown}
    refused = enterprise.post(path, posted)
    told = refused.content.decode()
    assert refused.status_code == 409
    assert "70 万元" in told
    assert "90 万元" in told
    origins = facts_of(firms[0], 2025).origin
    assert {origins[code].register_code for code in ("loan_cny", "revenue_cny")}.isdisjoint(
        {"portal-verified"}
    )
    # A form that shows nothing confirms nothing.
    assert enterprise.post(path, {"year": "2025", "fact": "loan_cny"}).status_code == 409


def test_facts_download_with_their_origin_and_is_logged(
    enterprise: Client, firms: list[Organisation]
) -> None:
    path = f"/organisations/{firms[0].public_id}/facts/download/"
    rows = rows_of(enterprise, f"{path}?year=2025")
    revenue = next(row for row in rows if row["编号"] == "revenue_cny")
    assert (revenue["年度"], float(revenue["值"]), revenue["来源"]) == (
        "2025",
        facts_of(firms[0], 2025).values["revenue_cny"],
        "测试登记库",
    )
    assert {row["年度"] for row in rows} == {"2025"}
    assert enterprise.get(f"{path}?format=xlsx").status_code == 200
    assert AuditEntry.objects.filter(action="facts.export").count() == 2


# -- entitlements -----------------------------------------------------------------------------


def test_the_page_and_the_file_say_what_the_rules_say(
    enterprise: Client, firms: list[Organisation]
) -> None:
    today = timezone.localdate()
    found = entitlement_of(firms[0], as_of=today)
    shown = text_of(enterprise, "/my/entitlements/")
    for answer in (*found.entitled, *(one.answer for one in found.near), *found.unknown):
        assert answer.policy.label_zh in shown
        assert f"/policies/{answer.policy.policy_id}/" in shown
    path = f"/organisations/{firms[0].public_id}/entitlements/export/"
    rows = rows_of(enterprise, path)
    assert len(rows) == len(policies_in_force(today))
    standings = {row["政策编号"]: row["情况"] for row in rows}
    assert {one for one, standing in standings.items() if standing == "可享"} == {
        one.policy.policy_id for one in found.entitled
    }


def test_without_facts_the_page_asks_for_them(
    client: Client, users: dict[str, Any], organisations: dict[str, Organisation]
) -> None:
    client.force_login(users["enterprise"])
    assert "还没有年度数据" in text_of(client, "/my/entitlements/")
    assert "还没有任何年度的数据" in text_of(client, "/my/facts/")
    assert "还没有年度数据" in text_of(client, "/my/scores/")


@pytest.mark.parametrize("asked", ["2026-02-30", "nonsense", "0001-01-01", ""])
def test_a_day_that_makes_no_sense_is_read_as_today(enterprise: Client, asked: str) -> None:
    shown = text_of(enterprise, "/my/entitlements/", as_of=asked, year="99999")
    assert f'value="{timezone.localdate().isoformat()}"' in shown


# -- policies ---------------------------------------------------------------------------------


def test_everybody_reads_policies_with_clauses_and_sources(client: Client, db: None) -> None:
    day = timezone.localdate()
    policy = next(one for one in policies_in_force(day) if one.policy_id == "technology_sme")
    assert policy.label_zh in text_of(client, "/policies/", q="科技型中小企业")
    shown = text_of(client, "/policies/technology_sme/")
    for condition in policy.conditions:
        assert condition.label_zh in shown
    assert policy.source.title in shown
    assert 'id="standing"' not in shown
    assert client.get("/policies/nothing/").status_code == 404


def test_the_list_narrows_by_kind_and_says_when_nothing_fits(client: Client, db: None) -> None:
    titles = text_of(client, "/policies/", kind="title")
    assert "科技型中小企业" in titles
    assert "没有符合条件的政策" in text_of(client, "/policies/", q="没有这样的政策")


def test_the_list_downloads_as_it_is_narrowed(
    enterprise: Client, firms: list[Organisation]
) -> None:
    found = entitlement_of(firms[0], as_of=timezone.localdate())
    assert "/policies/export/?standing=entitled&amp;format=csv" in text_of(
        enterprise, "/policies/", standing="entitled"
    )
    rows = rows_of(enterprise, "/policies/export/?standing=entitled")
    assert [row["政策编号"] for row in rows] == sorted(
        one.policy.policy_id for one in found.entitled
    )
    assert {row["我的情况"] for row in rows} <= {"可享"}
    anonymous = rows_of(Client(), "/policies/export/")
    assert len(anonymous) == len(policies_in_force(timezone.localdate()))
    assert {row["我的情况"] for row in anonymous} == {""}


def test_a_version_that_is_not_in_force_says_so_and_judges_nobody(
    enterprise: Client, firms: list[Organisation]
) -> None:
    policy = next(one for one in policies_in_force(timezone.localdate()) if one.valid_from)
    before = date(policy.valid_from.year - 1, 1, 1)
    shown = text_of(enterprise, f"/policies/{policy.policy_id}/", as_of=before.isoformat())
    assert "不在有效期内" in shown
    assert 'id="standing"' not in shown


def test_an_enterprise_sees_how_it_stands_under_each_policy(
    enterprise: Client, firms: list[Organisation]
) -> None:
    found = entitlement_of(firms[0], as_of=timezone.localdate())
    for answer in found.answers:
        shown = text_of(enterprise, f"/policies/{answer.policy.policy_id}/")
        assert f"verdict-card {answer.entitlement}" in shown
    only = text_of(enterprise, "/policies/", standing="entitled")
    assert only.count('<article class="item') == len(found.entitled)


# -- scores -----------------------------------------------------------------------------------


def test_a_score_shows_every_part_and_no_total_that_could_pass_as_official(
    enterprise: Client, firms: list[Organisation]
) -> None:
    today = timezone.localdate()
    withheld = 0
    for system in systems_in_force(today):
        sheet = score_of(firms[0], system.system_id, as_of=today)
        path = f"/organisations/{firms[0].public_id}/scores/{system.system_id}/"
        shown = text_of(enterprise, path)
        for leaf in sheet.score.leaves:
            assert leaf.indicator.label_zh.replace("'", "&#x27;") in shown
        if sheet.score.withheld:
            withheld += 1
            assert 'id="withheld"' in shown
            assert "<tfoot>" not in shown
            assert "全市排名" not in shown
            assert "达标线" not in shown
        rows = rows_of(enterprise, f"{path}export/")
        assert len(rows) == len(sheet.score.leaves)
    assert withheld


def test_a_rank_says_how_far_it_hangs_on_the_weights(
    enterprise: Client, firms: list[Organisation]
) -> None:
    path = f"/organisations/{firms[0].public_id}/scores/innovation_points_reference/sensitivity/"
    assert "现排名" in text_of(enterprise, path)
    missing = f"/organisations/{firms[0].public_id}/scores/nothing/"
    assert enterprise.get(missing).status_code == 404


def test_a_city_too_small_for_derived_weights_still_shows_the_other_scores(
    enterprise: Client, firms: list[Organisation]
) -> None:
    EnterpriseYear.objects.exclude(organisation=firms[0]).delete()
    assert "太少" in text_of(enterprise, "/my/scores/")
    path = f"/organisations/{firms[0].public_id}/scores/innovation_points_entropy/"
    assert enterprise.get(path).status_code == 404
    made = enterprise.post(f"/organisations/{firms[0].public_id}/diagnosis/new/", follow=True)
    assert 'id="scores"' in made.content.decode()


# -- applications -----------------------------------------------------------------------------


def prepared(client: Client, firm: Organisation, policy_id: str) -> PolicyApplication:
    path = f"/organisations/{firm.public_id}/applications/new/"
    client.post(path, {"policy_id": policy_id, "year": "2025"})
    return PolicyApplication.objects.latest("pk")


@pytest.fixture
def policy_id() -> str:
    day = timezone.localdate()
    return next(
        one.policy_id
        for one in policies_in_force(day)
        if any(each.required for each in one.attachments)
    )


def test_an_application_goes_in_once_everything_required_is_at_hand(
    enterprise: Client, firms: list[Organisation], policy_id: str
) -> None:
    made = prepared(enterprise, firms[0], policy_id)
    assert prepared(enterprise, firms[0], policy_id).pk == made.pk  # twice makes one
    path = f"/applications/{made.public_id}/"
    assert made.answer["label_zh"] in text_of(enterprise, "/my/applications/")

    refused = enterprise.post(f"{path}act/", {"act": "submit"}, follow=True).content.decode()
    assert "还缺材料" in refused
    every = [one["attachment_id"] for one in made.answer["attachments"]]
    enterprise.post(f"{path}act/", {"act": "submit", "attachment": every})
    made.refresh_from_db()
    assert (made.state, made.attachments_ready) == ("submitted", every)
    enterprise.post(f"{path}act/", {"act": "withdraw"})
    made.refresh_from_db()
    assert made.state == "withdrawn"


def test_applications_of_others_do_not_exist_and_advisers_only_read(
    enterprise: Client,
    users: dict[str, Any],
    firms: list[Organisation],
    viewers: dict[str, Viewer],
    policy_id: str,
) -> None:
    enterprise.force_login(users["operator"])
    foreign = prepared(enterprise, firms[1], policy_id)
    enterprise.force_login(users["enterprise"])
    assert enterprise.get(f"/applications/{foreign.public_id}/").status_code == 404
    assert enterprise.post(f"/applications/{foreign.public_id}/act/").status_code == 404
    refused = f"/organisations/{firms[1].public_id}/applications/new/"
    assert enterprise.post(refused, {"policy_id": policy_id}).status_code == 403
    enterprise.force_login(users["adviser"])
    assert 'name="act"' not in text_of(enterprise, f"/applications/{foreign.public_id}/")
    assert enterprise.post(f"/applications/{foreign.public_id}/act/").status_code == 403


def test_an_unknown_policy_is_told(enterprise: Client, firms: list[Organisation]) -> None:
    path = f"/organisations/{firms[0].public_id}/applications/new/"
    shown = enterprise.post(path, {"policy_id": "nothing"}, follow=True).content.decode()
    assert "没有编号为 nothing 的政策" in shown


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_applications_costs_the_same_for_any_number(
    client: Client,
    users: dict[str, Any],
    firms: list[Organisation],
    django_assert_num_queries: Any,
    policy_id: str,
    count: int,
) -> None:
    client.force_login(users["operator"])
    for firm in firms[:count]:
        prepared(client, firm, policy_id)
    client.force_login(users["adviser"])
    with django_assert_num_queries(8):
        client.get("/my/applications/")


def test_the_organisation_page_leads_there_for_those_who_may(
    enterprise: Client, firms: list[Organisation], make_page: Callable[[Client, str], str]
) -> None:
    own = make_page(enterprise, firms[0].public_id)
    assert f"/organisations/{firms[0].public_id}/entitlements/" in own
    assert "/entitlements/" not in make_page(enterprise, firms[1].public_id)
    assert "/entitlements/" not in make_page(Client(), firms[0].public_id)


@pytest.fixture
def make_page(index: Any) -> Callable[[Client, str], str]:
    """The main part of an organisation's page, without the menu."""

    def page(client: Client, public_id: str) -> str:
        shown = text_of(client, f"/organisations/{public_id}/")
        return shown.partition("<main")[2]

    return page


def test_a_form_that_was_open_for_long_overwrites_nothing_newer(
    enterprise: Client, firms: list[Organisation]
) -> None:
    path = edit_path(firms[0])
    page = text_of(enterprise, path)
    was = html.unescape(re.search(r'name="was" value="([^"]*)"', page)[1])  # type: ignore[index]
    filled = {k: v for k, v in json.loads(was).items() if isinstance(v, str)} | {"was": was}
    declare_facts(firms[0], 2025, {"loan_cny": 777_000}, SYSTEM)
    enterprise.post(path, filled | {"graduates_hired_count": "3"})
    values = facts_of(firms[0], 2025).values
    assert (values["loan_cny"], values["graduates_hired_count"]) == (777_000, 3)
    refused = enterprise.post(path, filled | {"loan_cny": "5"})
    told = refused.content.decode()
    assert refused.status_code == 409
    assert "77.7" in told
    assert "采用已保存的一版" in told
    assert facts_of(firms[0], 2025).values["loan_cny"] == 777_000
    now = html.unescape(re.search(r'name="was" value="([^"]*)"', told)[1])  # type: ignore[index]
    enterprise.post(path, filled | {"loan_cny": "5", "was": now, "choose:loan_cny": "mine"})
    assert facts_of(firms[0], 2025).values["loan_cny"] == 50_000


def test_applications_are_narrowed_by_state_policy_and_year_and_taken_away_as_a_file(
    client: Client, users: dict[str, Any], firms: list[Organisation], policy_id: str
) -> None:
    client.force_login(users["operator"])
    first, second = (prepared(client, firm, policy_id) for firm in firms[:2])
    client.post(f"/applications/{second.public_id}/act/", {"act": "withdraw"})
    withdrawn = text_of(client, "/my/applications/?state=withdrawn")
    assert firms[1].name in withdrawn
    assert f"/applications/{first.public_id}/" not in withdrawn
    assert "还没有申报" in text_of(client, "/my/applications/?policy=another")
    assert "还没有申报" in text_of(client, "/my/applications/?year=1999")
    answer = client.get(f"/my/applications/export/?state=preparing&policy={policy_id}")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    assert [row[:4] for row in rows[1:]] == [
        [str(first.public_id), firms[0].public_id, firms[0].name, policy_id]
    ]
    entry = AuditEntry.objects.filter(action="list.export").get()
    assert entry.details["list"] == "applications"


def test_a_page_as_of_a_past_day_says_what_of_it_is_of_today(
    enterprise: Client, firms: list[Organisation]
) -> None:
    for page in ("/my/entitlements/", "/my/scores/"):
        assert "企业数据、排名和同行为现在所知" in text_of(enterprise, f"{page}?as_of=2026-03-02")
        assert "企业数据、排名和同行为现在所知" not in text_of(enterprise, page)


def test_pages_as_of_a_past_day_stay_as_they_were_when_facts_are_corrected(
    enterprise: Client, firms: list[Organisation]
) -> None:
    for model in (EnterpriseYear, Organisation):
        model.history.update(history_date=timezone.now() - timedelta(days=9))
    day = timezone.localdate() - timedelta(days=5)
    pages = [
        f"{page}?as_of={day}"
        for page in (
            "/my/entitlements/",
            "/my/scores/",
            f"/organisations/{firms[0].public_id}/scores/technology_sme_points/",
            "/policies/technology_sme/",
        )
    ]
    before = [_lasting(enterprise, page) for page in pages]
    now = _lasting(enterprise, "/my/entitlements/")
    row = EnterpriseYear.objects.get(organisation=firms[0], year=2025)
    row.facts = {**row.facts, "research_expense_cny": 30_000_000.0, "class_one_ip_count": 40}
    row.save()
    assert [_lasting(enterprise, page) for page in pages] == before
    assert all(f"按 {day} 终了时所知" in text for text in before)
    assert _lasting(enterprise, "/my/entitlements/") != now


def _lasting(client: Client, path: str) -> str:
    """A page without what differs from call to call."""
    return re.sub(r'(nonce|value|content)="[^"]{16,}"|X-CSRFToken[^}]*', "", text_of(client, path))
