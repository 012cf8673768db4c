"""What is known of one enterprise: several registers joined, lags, declarations, confirmations."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from silian.portal.accounts.domain.access import AccessDenied, Viewer, visible
from silian.portal.audit.models import AuditEntry
from silian.portal.industry.domain import facts, facts_writing
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.domain.own import change_own, create_own
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.models import Organisation, Region, Register

MakeYear = Callable[..., EnterpriseYear]


def _age(row: EnterpriseYear, days: int) -> None:
    moment = timezone.now() - timedelta(days=days)
    EnterpriseYear.objects.filter(pk=row.pk).update(updated_at=moment)


@pytest.fixture
def city_region(register: Register) -> Region:
    return Region.objects.create(
        register=register, source_key="990101", adcode="990101", name="澄屿", level="district"
    )


def test_verified_goes_before_declared_then_the_newest_then_the_register(
    enterprise: Organisation, make_year: MakeYear
) -> None:
    told: dict[str, Any] = {"revenue_cny": 1, "loan_cny": 1, "export_cny": 1, "employee_count": 1}
    old = make_year(enterprise, 2024, told, register="statistics")
    _age(old, 9)
    newer = make_year(enterprise, 2024, {"revenue_cny": 2, "loan_cny": 2, "export_cny": 2})
    _age(newer, 3)
    verified = make_year(enterprise, 2024, {"revenue_cny": 3}, register="audit", verified=True)
    _age(verified, 30)
    row = facts.facts_of(enterprise)
    found = {code: row.values[code] for code in told}
    assert found == {"revenue_cny": 3, "loan_cny": 2, "export_cny": 2, "employee_count": 1}
    origin = {code: (row.origin[code].register_code, row.origin[code].status) for code in told}
    assert origin == {
        "revenue_cny": ("audit", "verified"),
        "loan_cny": ("tax", "declared"),
        "export_cny": ("tax", "declared"),
        "employee_count": ("statistics", "declared"),
    }
    EnterpriseYear.objects.update(updated_at=timezone.now())
    assert facts.facts_of(enterprise).origin["loan_cny"].register_code == "statistics"


def test_one_enterprise_costs_one_query(
    enterprise: Organisation, make_year: MakeYear, django_assert_num_queries: Any
) -> None:
    for year in (2022, 2023, 2024):
        make_year(enterprise, year, {"revenue_cny": year})
    with django_assert_num_queries(1):
        history = facts.facts_history(enterprise)
    assert [row.year for row in history] == [2022, 2023, 2024]
    assert history[-1].values["revenue_cny_last_year"] == 2023
    assert history[-1].values["revenue_cny_mean_three_years"] == 2023
    assert history[-1].values["revenue_cny_growth_rate"] == pytest.approx(1 / 2023)


def test_the_organisation_answers_what_no_year_says(
    enterprise: Organisation, make_year: MakeYear
) -> None:
    stated = {"industry_code": "C2641", "titles": ["little_giant"]}
    make_year(enterprise, 2024, stated, verified=True)
    row = facts.facts_of(enterprise)
    told = {code: row.values[code] for code in ("industry_code", "established_on", "titles")}
    assert told == {
        "industry_code": "C2641",
        "established_on": date(2011, 5, 18),
        "titles": ";little_giant;",
    }
    assert row.origin["established_on"].status == facts.REGISTERED
    assert row.values["platforms"] is None
    assert facts.facts_of(enterprise, 2019).values["industry_code"] == "C3985"


def test_of_an_enterprise_without_years_only_its_own_record_speaks(
    enterprise: Organisation,
) -> None:
    assert facts.facts_history(enterprise) == ()
    row = facts.facts_of(enterprise, 2024)
    known = {code for code, value in row.values.items() if value is not None}
    assert known == {"organisation_kind", "industry_code", "established_on"} == set(row.origin)
    assert (row.year, row.years) == (2024, ())


def test_a_young_enterprise_is_averaged_over_the_years_it_has(
    make_organisation: Callable[..., Organisation], make_year: MakeYear
) -> None:
    young = make_organisation("新芽科技有限公司", established_on=date(2023, 3, 1))
    make_year(young, 2023, {"revenue_cny": 100, "profit_cny": -5})
    make_year(young, 2024, {"revenue_cny": 300, "profit_cny": 5})
    row = facts.facts_of(young)
    assert row.values["revenue_cny_mean_three_years"] == 200
    assert row.values["revenue_cny_growth_rate"] == 2.0
    assert row.values["profit_cny_growth_rate"] is None, "last year was no gain to grow from"
    old = make_organisation("老树机械有限公司", established_on=date(1999, 3, 1))
    make_year(old, 2023, {"revenue_cny": 100})
    make_year(old, 2024, {"revenue_cny": 300})
    assert facts.facts_of(old).values["revenue_cny_mean_three_years"] is None


def test_declaring_keeps_what_is_given_and_forgets_what_is_emptied(
    enterprise: Organisation, viewers: dict[str, Viewer], make_year: MakeYear
) -> None:
    make_year(enterprise, 2024, {"revenue_cny": 7, "loan_cny": 7})
    viewer = viewers["enterprise"]
    given = {"revenue_cny": "120万元", "market_share_rate": "12.5%", "loan_cny": "", "titles": "无"}
    facts_writing.declare_facts(enterprise, 2024, given, viewer)
    facts_writing.declare_facts(enterprise, 2024, {"export_cny": 5, "titles": ""}, viewer)
    [row] = EnterpriseYear.objects.filter(register__code="portal")
    assert row.facts == {"revenue_cny": 1200000, "market_share_rate": 0.125, "export_cny": 5}
    assert (row.status, row.audience, row.owner) == ("declared", "owner", enterprise)
    now = facts.facts_of(enterprise).values
    assert (now["revenue_cny"], now["loan_cny"]) == (1200000, 7), "what another said still stands"
    actions = list(AuditEntry.objects.values_list("action", flat=True))
    assert actions.count("facts.declare") == 2


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"employee_count": -1}, "employee_count"),
        ({"market_share_rate": 12.5}, "market_share_rate"),
        ({"titles": "独角兽之王"}, "titles"),
        ({"registered_capital_cny": "很多"}, "registered_capital_cny"),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_field(
    enterprise: Organisation, viewers: dict[str, Viewer], values: dict[str, Any], field: str
) -> None:
    with pytest.raises(RowRefused) as refused:
        facts_writing.declare_facts(enterprise, 2024, values, viewers["enterprise"])
    assert [reason.field for reason in refused.value.reasons] == [field]
    with pytest.raises(facts_writing.UnknownFactCode):
        facts_writing.declare_facts(
            enterprise, 2024, {"revenue_cny_last_year": 1}, viewers["enterprise"]
        )


def test_a_confirmed_value_outlasts_later_declarations(
    enterprise: Organisation, viewers: dict[str, Viewer]
) -> None:
    facts_writing.declare_facts(
        enterprise, 2024, {"revenue_cny": 5, "loan_cny": 1}, viewers["enterprise"]
    )
    facts_writing.verify_facts(
        enterprise, 2024, viewers["operator"], codes=["revenue_cny"], values={"export_cny": 2}
    )
    facts_writing.declare_facts(
        enterprise, 2024, {"revenue_cny": 9, "loan_cny": 9}, viewers["enterprise"]
    )
    row = facts.facts_of(enterprise)
    assert [row.values[c] for c in ("revenue_cny", "export_cny", "loan_cny")] == [5, 2, 9]
    assert row.origin["revenue_cny"].status == "verified"
    with pytest.raises(facts_writing.NothingToVerify):
        facts_writing.verify_facts(enterprise, 2020, viewers["operator"])


def test_a_statement_counts_for_the_time_it_holds(
    enterprise: Organisation, make_year: MakeYear
) -> None:
    old = make_year(enterprise, 2024, {"revenue_cny": 5}, register="a")
    newer = make_year(enterprise, 2024, {"revenue_cny": 7}, register="b")
    EnterpriseYear.objects.filter(pk=newer.pk).update(valid_from=date(2025, 6, 1))
    EnterpriseYear.objects.filter(pk=old.pk).update(valid_from=date(2025, 1, 1))
    old.refresh_from_db()
    old.save()  # loaded again, later than the other
    assert facts.facts_of(enterprise, 2024).values["revenue_cny"] == 7
    EnterpriseYear.objects.filter(pk=newer.pk).update(valid_until=date(2024, 12, 30))
    assert facts.facts_of(enterprise, 2024).values["revenue_cny"] == 5
    facts.rebuild()
    session = facts.facts_session()
    [row] = session.query("SELECT revenue_cny, declared_codes FROM facts").to_pylist()
    session.close()
    assert row == {"revenue_cny": 5.0, "declared_codes": ";revenue_cny;"}


REGISTERED = {"established_on": "2025-06-01", "industry_code": "I6510", "region_code": "330203"}


@pytest.mark.parametrize("code", REGISTERED)
def test_the_registration_goes_before_an_enterprises_own_word(
    code: str,
    firms: list[Organisation],
    viewers: dict[str, Viewer],
    make_year: MakeYear,
    city_region: Region,
) -> None:
    firm, own = firms[0], viewers["enterprise"]
    firm.region = city_region
    firm.save()
    before = facts.facts_of(firm).values[code]
    stated = {"year": 2025, code: REGISTERED[code]}
    with pytest.raises(facts_writing.DeclarationRefused, match="registration"):
        facts_writing.declare_facts(firm, 2025, {code: REGISTERED[code]}, own)
    with pytest.raises(facts_writing.DeclarationRefused, match="registration"):
        create_own("enterprise_year", stated, viewer=own, source_key="k")
    kept = create_own("enterprise_year", {"year": 2025}, viewer=own, source_key="k").record
    with pytest.raises(facts_writing.DeclarationRefused, match="registration"):
        change_own(kept, {code: REGISTERED[code]}, viewer=own)
    # Rows that are there already, and those of registers that declare.
    make_year(firm, 2025, {code: REGISTERED[code]}, register="report")
    row = facts.facts_of(firm)
    assert (row.values[code], row.origin[code].status) == (before, "registered")
    make_year(firm, 2025, {code: REGISTERED[code]}, register="bureau", verified=True)
    assert facts.facts_of(firm).origin[code].register_code == "bureau"


def test_no_way_in_takes_years_ahead_and_every_way_is_logged(
    firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    own = viewers["enterprise"]
    ahead = timezone.localdate().year + 1
    with pytest.raises(facts_writing.DeclarationRefused, match="up to"):
        create_own("enterprise_year", {"year": f"{ahead}年"}, viewer=own, source_key="k")
    made = create_own(
        "enterprise_year", {"year": 2024, "loan_cny": 5}, viewer=own, source_key="k"
    ).record
    with pytest.raises(facts_writing.DeclarationRefused, match="up to"):
        change_own(made, {"year": ahead}, viewer=own)
    logged = AuditEntry.objects.filter(action="facts.declare").get()
    assert (logged.subject, logged.details["year"]) == (firms[0].public_id, 2024)


def test_only_the_values_that_were_seen_are_confirmed(
    enterprise: Organisation, viewers: dict[str, Viewer]
) -> None:
    declared = {"revenue_cny": 5, "loan_cny": 1, "titles": "高新技术企业"}
    facts_writing.declare_facts(enterprise, 2024, declared, viewers["enterprise"])
    seen = facts_writing.stated_facts(enterprise, 2024)
    facts_writing.declare_facts(enterprise, 2024, {"revenue_cny": 9}, viewers["enterprise"])
    with pytest.raises(facts_writing.FactsChanged, match=r"revenue_cny was 5.*is 9") as refused:
        facts_writing.verify_facts(enterprise, 2024, viewers["operator"], shown=seen)
    assert [(one.code, one.shown, one.now) for one in refused.value.changed] == [
        ("revenue_cny", 5, 9)
    ]
    assert facts.facts_of(enterprise).origin["loan_cny"].status == "declared"
    # As a client has read them: codes as text, figures as JSON.
    as_read = {"titles": ";high_tech_enterprise;", "loan_cny": 1.0}
    facts_writing.verify_facts(enterprise, 2024, viewers["operator"], shown=as_read)
    origin = facts.facts_of(enterprise).origin
    assert [origin[code].status for code in ("titles", "loan_cny", "revenue_cny")] == [
        "verified",
        "verified",
        "declared",
    ]


def test_books_are_seen_by_the_enterprise_and_those_who_advise_it(
    enterprise: Organisation,
    organisations: dict[str, Organisation],
    viewers: dict[str, Viewer],
    make_year: MakeYear,
) -> None:
    make_year(organisations["enterprise"], 2024, {"revenue_cny": 1})
    seen = {
        role: visible(EnterpriseYear.objects.all(), viewer).count()
        for role, viewer in viewers.items()
    }
    assert seen == {"operator": 1, "adviser": 1, "enterprise": 1, "research": 0, "viewer": 0}


def test_a_member_neither_verifies_nor_changes_what_an_authority_said(
    organisations: dict[str, Organisation], viewers: dict[str, Viewer], make_year: MakeYear
) -> None:
    own, viewer = organisations["enterprise"], viewers["enterprise"]
    taxed = make_year(own, 2024, {"revenue_cny": 1}, verified=True)
    with pytest.raises(AccessDenied):
        change_own(taxed, {"revenue_cny": 9}, viewer=viewer)
    for status in ("verified", "部门核实"):
        values = {"year": 2024, "revenue_cny": 9, "status": status}
        with pytest.raises(AccessDenied):
            create_own("enterprise_year", values, viewer=viewer, source_key="2024")
    made = create_own(
        "enterprise_year", {"year": 2024, "revenue_cny": 9}, viewer=viewer, source_key="2024"
    )
    change_own(made.record, {"revenue_cny": 8}, viewer=viewer)
    assert facts.facts_of(own).values["revenue_cny"] == 1
    assert EnterpriseYear.objects.get(pk=made.record.pk).facts == {"revenue_cny": 8}


def test_years_ahead_and_words_against_the_registration_are_refused(
    enterprise: Organisation, make_year: MakeYear, viewers: dict[str, Viewer]
) -> None:
    make_year(enterprise, 2024, {"revenue_cny": 1})
    own = viewers["enterprise"]
    with pytest.raises(facts_writing.DeclarationRefused, match="up to"):
        facts_writing.declare_facts(enterprise, 2100, {"employee_count": 10}, own)
    with pytest.raises(facts_writing.DeclarationRefused, match="registration"):
        facts_writing.declare_facts(enterprise, 2024, {"organisation_kind": "university"}, own)
    make_year(enterprise, 2099, {"revenue_cny": 1})  # a register's slip moves no city either
    assert facts.latest_year() == 2024
