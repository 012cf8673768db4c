"""As of a past day everything is what it was known to be then, whatever was corrected since."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import timezone
from firm_years import facts_of_firm

from silian.portal.capital.domain.grants import paid_earlier_by_organisation, paid_earlier_cny
from silian.portal.capital.models import Grant
from silian.portal.industry.domain import scores
from silian.portal.industry.domain.city_lists import entitled_list, policy_counts
from silian.portal.industry.domain.entitlement import entitlement_of
from silian.portal.industry.domain.facts import city_facts, facts_history, facts_of, latest_year
from silian.portal.industry.domain.facts_known import known_day
from silian.portal.industry.domain.peers import placement_of
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Register

pytestmark = pytest.mark.django_db
FIRST, DAY, LATER = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 20)
SYSTEM = "technology_sme_points"
Clock = Callable[[date], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Sets the day it is, at local noon."""

    def at(day: date) -> None:
        moment = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        monkeypatch.setattr(timezone, "now", lambda: moment)

    at(FIRST)
    return at


@pytest.fixture
def city(clock: Clock, request: pytest.FixtureRequest) -> list[Organisation]:
    """Twelve firms that were told of on the first day."""
    found: list[Organisation] = request.getfixturevalue("firms")
    return found


def _correct(firm: Organisation, **facts: Any) -> EnterpriseYear:
    year = EnterpriseYear.objects.get(organisation=firm, year=2025)
    year.facts = {**year.facts, **facts}
    year.save()
    return year


def _shown(firm: Organisation, as_of: date) -> dict[str, Any]:
    """What pages tell of one firm and of the city as of a day."""
    found = entitlement_of(firm, as_of=as_of)
    ranking = scores.ranking(SYSTEM, as_of=as_of, limit=20)
    return {
        "facts": dict(found.facts.values),
        "answers": [
            (one.policy.policy_id, one.entitlement, one.amount_cny) for one in found.answers
        ],
        "scores": [
            (sheet.system.system_id, sheet.score, sheet.peers)
            for sheet in scores.scores_of(facts_of(firm, known_on=as_of), as_of=as_of)
        ],
        "ranking": ranking.rows,
        "counts": policy_counts(as_of=as_of),
        "peers": placement_of(found.facts),
    }


def test_a_day_tells_the_same_after_later_corrections_as_it_told_then(
    city: list[Organisation], clock: Clock
) -> None:
    clock(DAY)
    then = _shown(city[5], DAY)
    clock(LATER)
    assert _shown(city[5], DAY) == then
    _correct(city[5], research_expense_cny=30_000_000, employee_count=12)
    _correct(city[9], research_expense_cny=1)
    city[5].industry_code = "A0111"
    city[5].save()
    assert _shown(city[5], DAY) == then
    assert _shown(city[5], LATER) != then


def test_rows_that_came_later_are_not_known_and_deleted_ones_still_are(
    city: list[Organisation], register: Register, clock: Clock
) -> None:
    clock(LATER)
    EnterpriseYear.objects.create(
        register=register,
        source_key="late",
        organisation=city[0],
        owner=city[0],
        year=2026,
        status="verified",
        facts=facts_of_firm(0, 2025),
    )
    EnterpriseYear.objects.get(organisation=city[0], year=2023).delete()
    assert [row.year for row in facts_history(city[0])] == [2024, 2025, 2026]
    assert [row.year for row in facts_history(city[0], known_on=DAY)] == [2023, 2024, 2025]
    assert (latest_year(), latest_year(DAY)) == (2026, 2025)


def test_a_row_counts_for_the_organisation_it_was_of_then(
    city: list[Organisation], clock: Clock
) -> None:
    clock(LATER)
    moved = EnterpriseYear.objects.get(organisation=city[3], year=2025)
    told = facts_of(city[3], 2025).values
    moved.organisation = city[4]
    moved.save()
    assert facts_of(city[3], 2025, known_on=DAY).values == told
    assert facts_of(city[3], 2025).values["revenue_cny"] is None
    assert facts_of(city[4], 2025, known_on=DAY).years == (2023, 2024, 2025)


def test_the_city_of_a_past_day_holds_what_each_enterprise_is_told(
    city: list[Organisation], clock: Clock
) -> None:
    clock(LATER)
    for number in (1, 6, 11):
        _correct(city[number], revenue_cny=number)
    session = city_facts(DAY)
    rows = session.query("SELECT * FROM facts ORDER BY subject_id, year").to_pylist()
    session.close()
    single = {
        (firm.public_id, row.year): dict(row.values)
        for firm in city
        for row in facts_history(firm, known_on=DAY)
    }
    assert {
        key: {code: row[code] for code in single[key]}
        for row in rows
        if (key := (row["subject_id"], row["year"]))
    } == single


def test_lists_name_enterprises_as_they_were(city: list[Organisation], clock: Clock) -> None:
    clock(DAY)
    policy_id = next(one.policy_id for one in policy_counts(as_of=DAY) if one.entitled)
    then = entitled_list(policy_id, as_of=DAY)
    clock(LATER)
    for firm in city:
        firm.name += "（更名）"
        firm.save()
    now = entitled_list(policy_id, as_of=DAY)
    assert now == replace(then, rows=now.rows)
    assert [row.name for row in now.rows] == [row.name for row in then.rows]


def test_a_day_before_anything_was_known_is_told_by_the_first_day(
    city: list[Organisation], clock: Clock
) -> None:
    long_ago = date(2025, 6, 1)
    assert known_day(long_ago) is None  # the first day isn't over
    clock(LATER)
    told = facts_of(city[2], known_on=long_ago)
    _correct(city[2], employee_count=1)
    assert (known_day(long_ago), known_day(DAY), known_day(LATER)) == (FIRST, DAY, None)
    assert facts_of(city[2], known_on=long_ago) == told
    assert told.known_on == FIRST
    assert told.values["employee_count"] == 100


def test_days_between_which_nothing_changed_share_one_table(
    city: list[Organisation], clock: Clock, settings: Any
) -> None:
    clock(LATER)
    _correct(city[2], employee_count=1)
    clock(date(2026, 4, 1))
    for day in (DAY, date(2026, 3, 10), date(2026, 3, 19), LATER, date(2026, 3, 31)):
        city_facts(day).close()
    tables = Path(settings.SILIAN_HOME) / "tables" / "facts" / "past"
    assert len([path for path in tables.iterdir() if path.is_dir()]) == 2


def test_payments_recorded_later_take_nothing_off_a_past_day(
    city: list[Organisation], register: Register, clock: Clock
) -> None:
    paid = Grant(register=register, organisation=city[0], owner=city[0], year=2024)
    paid.policy_id, paid.amount_cny, paid.paid_on = "chengyu_patent_award", 5_000, FIRST
    paid.source_key = "g1"
    paid.save()
    asked = {"organisation_id": city[0].public_id, "year": 2025}
    clock(LATER)
    paid.amount_cny = 9_000
    paid.save()
    assert paid_earlier_cny(**asked, as_of=DAY) == {"chengyu_patent_award": 5_000.0}
    assert paid_earlier_cny(**asked, as_of=LATER) == {"chengyu_patent_award": 9_000.0}
    assert paid_earlier_by_organisation(year=2025, as_of=DAY) == {
        city[0].public_id: {"chengyu_patent_award": 5_000.0}
    }


def test_pages_say_of_which_day_facts_are(city: list[Organisation], clock: Clock) -> None:
    def label(as_of: date) -> str:
        return render_to_string("industry/partials/past_day.html", {"as_of": as_of})

    assert "企业数据、排名和同行为现在所知" in label(date(2025, 6, 1))
    clock(LATER)
    assert "按 2026-03-02 终了时所知" in label(DAY)
    assert "平台自 2026-03-01 起才有企业数据" in label(date(2025, 6, 1))
    assert label(LATER).strip() == ""
