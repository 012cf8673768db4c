"""The city on pages: policies with their lists and budgets, the ladder, rankings, coverage."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.test import Client

from silian.portal.audit.models import AuditEntry
from silian.portal.industry.domain.budget_preview import budget_preview
from silian.portal.industry.domain.city_lists import (
    declared_shares,
    entitled_list,
    policy_counts,
)
from silian.portal.industry.domain.facts_coverage import coverage
from silian.portal.industry.domain.policies import compiled_policy
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Region, Register

pytestmark = pytest.mark.django_db
DAY = "2026-03-02"
STEP_POLICY = "technology_sme"
BUDGETED = "chengyu_research_subsidy"


@pytest.fixture
def operator(client: Client, users: dict[str, Any], firms: list[Organisation]) -> Client:
    client.force_login(users["operator"])
    return client


@pytest.fixture
def city_firms(firms: list[Organisation], register: Register) -> list[Organisation]:
    """The firms, registered in the city whose policies the library makes up."""
    code = "990102"
    region = Region.objects.create(
        register=register, source_key=code, adcode=code, name="望潮区", level="district"
    )
    for firm in firms:
        firm.region = region
        firm.save()
    for row in EnterpriseYear.objects.all():
        spent = row.facts["research_expense_cny"]
        row.facts |= {"research_deduction_base_cny": spent, "statistics_reported": True}
        row.save()
    return firms


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


def rows_of(response: Any) -> list[dict[str, str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def test_every_policy_shows_whom_it_concerns(
    operator: Client, city_firms: list[Organisation]
) -> None:
    counts = policy_counts(as_of=date.fromisoformat(DAY))
    idle = next(one.policy_id for one in counts if one.not_entitled == 12 and not one.near)
    shown = text_of(operator.get(f"/city/?as_of={DAY}"))
    assert f"/policies/{STEP_POLICY}/city/" in shown
    assert f"/policies/{idle}/city/" not in shown
    assert f"/policies/{idle}/city/" in text_of(operator.get(f"/city/?as_of={DAY}&all=1"))
    assert "没有涉及本市企业的政策" in text_of(operator.get(f"/city/?as_of={DAY}&q=查无此策"))


def test_the_entitled_list_its_pages_and_its_file_agree(
    operator: Client, firms: list[Organisation]
) -> None:
    shown = text_of(operator.get(f"/policies/{STEP_POLICY}/city/?as_of={DAY}"))
    rows = rows_of(operator.get(f"/policies/{STEP_POLICY}/city/export/?as_of={DAY}"))
    assert rows
    assert {row["单位编号"] for row in rows} < {firm.public_id for firm in firms}
    assert all(row["名称"] in shown for row in rows)
    logged = AuditEntry.objects.filter(action="list.export").get()
    assert logged.details["list"] == "entitled"
    assert operator.get("/policies/no-such/city/").status_code == 404


def test_near_misses_say_how_far_and_how_to_close_it(
    operator: Client, firms: list[Organisation]
) -> None:
    shown = text_of(operator.get(f"/policies/{STEP_POLICY}/near-misses/?as_of={DAY}"))
    assert "综合评价不低于六十分" in shown
    assert "研发费用 +" in shown
    rows = rows_of(operator.get(f"/policies/{STEP_POLICY}/near-misses/export/?as_of={DAY}"))
    rates = [float(row["最小调整幅度"]) for row in rows if row["最小调整幅度"]]
    assert rates == sorted(rates)
    assert rows[0]["怎样达到"]
    page = operator.get(f"/policies/{STEP_POLICY}/near-misses/export/?as_of={DAY}&format=xlsx")
    assert b"".join(page.streaming_content).startswith(b"PK")


def test_a_budget_goes_to_those_entitled_only_and_is_never_exceeded(
    city_firms: list[Organisation], operator: Client
) -> None:
    day = date.fromisoformat(DAY)
    preview = budget_preview(BUDGETED, as_of=day)
    assert preview is not None
    assert preview.budget_cny == compiled_policy(BUDGETED, day).budget_cny
    assert 0 < preview.awarded_cny == preview.asked_cny <= preview.budget_cny
    shown = text_of(operator.get(f"/policies/{BUDGETED}/city/?as_of={DAY}"))
    assert "预算预演" in shown
    listed = rows_of(operator.get(f"/policies/{BUDGETED}/city/export/?as_of={DAY}"))
    paid = {row.enterprise.organisation_id: row.awarded_cny for row in preview.rows}
    assert paid == {
        row["单位编号"]: pytest.approx(float(row["应享金额（元）"]), abs=0.01) for row in listed
    }
    assert budget_preview(STEP_POLICY, as_of=day) is None


def test_totals_and_budgets_tell_what_rests_on_declared_facts(
    city_firms: list[Organisation], operator: Client
) -> None:
    day = date.fromisoformat(DAY)
    entitled = [row.policy_id for row in policy_counts(as_of=day) if row.entitled]
    told = {one.count for one in declared_shares(as_of=day).values()}
    declared = EnterpriseYear.objects.filter(organisation__in=city_firms[:9], year=2025)
    for row in declared:
        row.status = EnterpriseYear.Status.DECLARED
        row.save()
    shares, lists = declared_shares(as_of=day), [entitled_list(one, as_of=day) for one in entitled]
    assert told == {0}
    assert sum(one.count for one in shares.values()) > 0
    assert {key: (one.count, one.amount_cny) for key, one in shares.items()} == {
        one.policy.policy_id: (one.declared_count, one.declared_cny) for one in lists
    }
    preview = budget_preview(BUDGETED, as_of=day)
    assert preview is not None
    assert preview.declared_cny == shares[BUDGETED].amount_cny > 0
    assert "其中依企业申报" in text_of(operator.get(f"/city/?as_of={DAY}"))
    assert "其中依企业申报" in text_of(operator.get(f"/policies/{BUDGETED}/city/?as_of={DAY}"))


def test_the_ladder_counts_flows_and_candidates(
    operator: Client, firms: list[Organisation]
) -> None:
    for number, title in ((3, "technology_sme"), (4, "high_tech_enterprise")):
        row = EnterpriseYear.objects.get(organisation=firms[number], year=2025)
        row.facts["titles"] = [title]
        row.save()
    shown = text_of(operator.get(f"/ladder/?as_of={DAY}"))
    assert "2024 年到 2025 年的流动" in shown
    assert '<td class="r num up">1</td>' in shown
    assert '"source": "2024 \\u672a\\u5165\\u68af\\u961f"' in shown
    assert f'hx-get="/ladder/candidates/?as_of={DAY}"' in shown
    part = text_of(operator.get(f"/ladder/candidates/?as_of={DAY}"))
    rows = rows_of(operator.get(f"/ladder/technology_sme/export/?as_of={DAY}"))
    assert all(row["名称"] in part for row in rows)
    assert firms[3].public_id not in {row["单位编号"] for row in rows}
    assert {row["情况"] for row in rows} <= {"已达条件", "差一项条件"}
    assert operator.get("/ladder/nothing/export/").status_code == 404
    wrong = text_of(operator.get("/ladder/?base=2025&target=2024"))
    assert "target_year is 2024" in wrong or "目标" in wrong


def test_who_may_not_see_books_sees_the_ladder_without_names(
    operator: Client, users: dict[str, Any], firms: list[Organisation]
) -> None:
    visitor = Client()
    visitor.force_login(users["viewer"])
    shown = text_of(visitor.get("/ladder/"))
    assert "各级企业" in shown
    assert all(firm.name not in shown for firm in firms)
    assert "谁是下一批" not in shown
    assert visitor.get("/ladder/candidates/").status_code == 403
    assert visitor.get("/ladder/technology_sme/export/").status_code == 403


@pytest.mark.parametrize("role", ["enterprise", "research", "viewer"])
@pytest.mark.parametrize(
    "path",
    [
        "/city/",
        f"/policies/{STEP_POLICY}/city/",
        f"/policies/{STEP_POLICY}/near-misses/",
        "/ranking/",
        "/drafts/",
        "/scenarios/",
        "/diagnosis-runs/",
        "/facts-overview/",
        "/look-backs/",
    ],
)
def test_city_wide_pages_are_closed_to_others(
    role: str, path: str, client: Client, users: dict[str, Any], firms: list[Organisation]
) -> None:
    client.force_login(users[role])
    assert client.get(path).status_code == 403


def test_a_ranking_withholds_what_could_pass_as_official(operator: Client) -> None:
    shown = text_of(operator.get("/ranking/?system=technology_sme_points"))
    assert "全市名次" in shown
    rows = rows_of(operator.get("/ranking/technology_sme_points/export/"))
    ranks = [int(row["名次"]) for row in rows if row["名次"]]
    assert ranks == sorted(ranks)
    assert operator.get("/ranking/no-such/export/").status_code == 404


def test_an_unverified_official_system_ranks_nobody(operator: Client) -> None:
    from silian.portal.industry.domain.scores import ranking, systems_in_force

    day = date.fromisoformat(DAY)
    withheld = [
        one.system_id
        for one in systems_in_force(day)
        if ranking(one.system_id, as_of=day).withheld == "unverified_figures"
    ]
    for system_id in withheld:
        shown = text_of(operator.get(f"/ranking/?system={system_id}&as_of={DAY}"))
        assert "尚未核对" in shown
        rows = rows_of(operator.get(f"/ranking/{system_id}/export/?as_of={DAY}"))
        assert {(row["名次"], row["总分"], row["暂计分"]) for row in rows} == {("", "", "")}


def test_coverage_counts_what_is_known_by_year(operator: Client, firms: list[Organisation]) -> None:
    row = EnterpriseYear.objects.get(organisation=firms[0], year=2025)
    del row.facts["revenue_cny"]
    row.save()
    found = coverage()
    assert found.years == (2025, 2024, 2023)
    assert dict(found.enterprise_counts) == {2025: 12, 2024: 12, 2023: 12}
    by_code = {one.fact.code: dict(one.counts) for one in found.facts}
    assert by_code["revenue_cny"] == {2025: 11, 2024: 12, 2023: 12}
    shown = text_of(operator.get("/facts-overview/"))
    assert "92%" in shown
    assert operator.post("/facts-overview/").status_code == 302


def test_pages_of_a_city_without_facts_say_so(
    client: Client, users: dict[str, Any], settings: Any, tmp_path: Any
) -> None:
    settings.SILIAN_HOME = tmp_path
    client.force_login(users["operator"])
    for path in ("/city/", "/ladder/", "/facts-overview/", "/ranking/", "/diagnosis-runs/"):
        assert client.get(path).status_code == 200, path
    assert "还没有企业年度数据" in client.get("/ladder/").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        "year=99999999999999999999",
        "year=2001&as_of=2026-02-30",
        "as_of=9999-99-99&page=abc",
        "page=0",
        "page=99999999999",
        "base=1&target=999999999",
        "base=2025&target=2024",
        "base=1990&target=2000",
        "region=%27%3B--&section=ZZ&system=%00",
        "step=%00&q=%00",
        "q=" + "x" * 3_000,
        "sort=%3Cscript%3E&state=nothing",
    ],
)
def test_odd_addresses_are_answered(query: str, operator: Client) -> None:
    pages = (
        "city/",
        f"policies/{STEP_POLICY}/city/",
        f"policies/{STEP_POLICY}/near-misses/",
        "ladder/",
        "ladder/candidates/",
        "ranking/",
        "drafts/",
        "scenarios/",
        "scenarios/new/",
        "diagnoses/",
        "diagnosis-runs/",
        "visits/",
        "look-backs/",
        "facts-overview/",
    )
    assert {page: operator.get(f"/{page}?{query}").status_code for page in pages} == dict.fromkeys(
        pages, 200
    )
