"""Scores of enterprises: the same alone and in the city, and never a total that could mislead."""

from datetime import date
from typing import Any

import numpy as np
import pytest
from firm_years import facts_of_firm
from hypothesis import given
from hypothesis import strategies as st

from silian.portal.industry.domain import scores
from silian.portal.industry.domain.facts import facts_of
from silian.portal.industry.domain.indicator_systems import SystemNotFound
from silian.portal.industry.domain.peers import (
    coarse,
    placement_of,
    quartiles_of,
    share_behind,
    step_rate,
)
from silian.portal.industry.domain.score_details import rank_interval
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Register

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
SYSTEM = "technology_sme_points"


def test_the_ranking_shows_each_enterprise_the_total_it_is_told(firms: list[Organisation]) -> None:
    ranking = scores.ranking(SYSTEM, as_of=DAY)
    told = {firm.public_id: scores.score_of(firm, SYSTEM, as_of=DAY).score for firm in firms}
    assert {row.organisation_id: (row.total, row.rank) for row in ranking.rows} == {
        key: (score.total, score.rank) for key, score in told.items()
    }
    totals = [row.total for row in ranking.rows if row.total is not None]
    assert totals == sorted(totals, reverse=True)
    assert ranking.total_count == len(firms)
    assert ranking.ranked_count == len(totals)


def test_points_of_the_indicators_that_count_sum_to_the_total(firms: list[Organisation]) -> None:
    for system in scores.systems_in_force(DAY):
        score = scores.score_of(firms[7], system.system_id, as_of=DAY).score
        if score.total is not None:
            points = [leaf.points for leaf in score.leaves if leaf.counted]
            assert sum(point for point in points if point is not None) == pytest.approx(score.total)


def test_a_withheld_total_is_not_ranked_nor_compared(firms: list[Organisation]) -> None:
    withheld = [
        sheet
        for system in scores.systems_in_force(DAY)
        if (sheet := scores.score_of(firms[0], system.system_id, as_of=DAY)).score.withheld
    ]
    assert withheld
    for sheet in withheld:
        assert (sheet.score.total, sheet.score.rank, sheet.peers) == (None, None, None)
        ranking = scores.ranking(sheet.system.system_id, as_of=DAY)
        assert (ranking.ranked_count, ranking.withheld) == (0, sheet.score.withheld)


def test_history_has_every_year_and_ends_with_today_score(firms: list[Organisation]) -> None:
    sheets = scores.history(firms[3], SYSTEM, as_of=DAY)
    assert [sheet.year for sheet in sheets] == [2023, 2024, 2025]
    assert sheets[-1] == scores.score_of(firms[3], SYSTEM, as_of=DAY)


def test_an_unknown_system_names_those_there_are(firms: list[Organisation]) -> None:
    with pytest.raises(SystemNotFound, match=SYSTEM):
        scores.score_of(firms[0], "nothing", as_of=DAY)


def test_peers_are_the_others_of_the_same_trade_and_size(firms: list[Organisation]) -> None:
    weakest, strongest = (placement_of(facts_of(firms[n])) for n in (0, 11))
    assert (strongest.group.code, strongest.group.industry_prefix) == ("division_size", "C39")
    assert strongest.group.peer_count == len(firms) - 1
    shares = [
        next(s for s in placed.standings if s.measure.code == "research_intensity")
        for placed in (weakest, strongest)
    ]
    assert [one.share_behind_rate for one in shares] == [0.0, 0.75]
    assert [one.value for one in shares] == pytest.approx([0.01, 0.12])
    debts = next(s for s in strongest.standings if s.measure.code == "liability_ratio")
    assert debts.share_behind_rate == 0.75  # less is better


def test_a_figure_that_few_peers_tell_of_is_compared_in_a_wider_group(
    firms: list[Organisation], register: Register
) -> None:
    more = [
        Organisation.objects.create(
            register=register, source_key=f"m{n}", name=f"甲{n}", industry_code="C1310"
        )
        for n in range(4)
    ]
    for number, firm in enumerate(more):
        EnterpriseYear.objects.create(
            register=register,
            source_key=f"{firm.source_key}:2025",
            organisation=firm,
            year=2025,
            status="verified",
            facts={**facts_of_firm(number, 2025), "export_cny": 2_000_000},
        )
    for firm in firms[:7]:
        facts_2025 = firm.years.get(year=2025)
        facts_2025.facts["export_cny"] = 1_000_000
        facts_2025.save()
    placed = placement_of(facts_of(firms[11]))
    assert (placed.group.industry_prefix, placed.group.peer_count) == ("C39", 11)
    by_code = {one.measure.code: one for one in placed.standings}
    export = by_code["export_share"]
    assert (export.group.code, export.group.widened, export.known_count) == (
        "section_size",
        True,
        11,
    )
    assert export.quartiles
    assert not by_code["research_intensity"].group.widened


def test_below_the_least_number_nothing_is_compared(
    firms: list[Organisation], settings: Any
) -> None:
    settings.SMALL_COUNT_MIN = 6
    placed = placement_of(facts_of(firms[3]))
    assert placed.group.code == "city"
    assert {(one.share_behind_rate, one.quartiles) for one in placed.standings} == {(None, ())}
    sheet = scores.score_of(firms[3], SYSTEM, as_of=DAY)
    assert sheet.score.total is not None
    assert (sheet.score.rank, sheet.score.percentile, sheet.score.n_ranked) == (None, None, 0)
    assert {(leaf.rank, leaf.n_ranked) for leaf in sheet.score.leaves} == {(None, 0)}
    assert sheet.peers is None
    assert rank_interval(firms[3].public_id, SYSTEM, as_of=DAY, year=2025) is None
    settings.SMALL_COUNT_MIN = 5
    assert scores.score_of(firms[3], SYSTEM, as_of=DAY).score.rank is not None


@given(
    st.lists(st.floats(1.0, 1e9), min_size=10, max_size=40, unique=True),
    st.integers(0, 2),
)
def test_a_quartile_is_the_mean_of_as_many_firms_as_must_stand_together(
    figures: list[float], quarter: int
) -> None:
    ordered = np.sort(np.array(figures))
    found = quartiles_of(ordered)[quarter]
    windows = [ordered[start : start + 5].mean() for start in range(len(ordered) - 4)]
    assert found in coarse(np.array(windows))


def test_an_enterprise_without_a_figure_has_no_place(firms: list[Organisation]) -> None:
    standings = placement_of(facts_of(firms[0])).standings
    unknown = next(s for s in standings if s.measure.code == "export_share")
    assert (unknown.value, unknown.known_count, unknown.share_behind_rate, unknown.quartiles) == (
        None,
        0,
        None,
        (),
    )


figures = st.lists(st.integers(-3, 3).map(float), min_size=10, max_size=70)


@given(figures, st.integers(-4, 4).map(float))
def test_a_position_follows_from_the_published_quartiles_alone(
    others: list[float], value: float
) -> None:
    ordered = np.sort(np.array(others))
    found, step = share_behind(value, ordered), step_rate(len(ordered))
    assert found is not None
    assert step == (0.1 if len(others) >= 50 else 0.25)
    if step == 0.25:
        quartiles = quartiles_of(ordered)
        assert sum(one < value for one in quartiles) <= found / step
        assert found / step <= sum(one <= value for one in quartiles)
    mirrored = share_behind(-value, np.sort(-ordered), less=True)
    assert mirrored == pytest.approx(found, abs=step)


@given(figures, st.integers(-4, 4).map(float))
def test_nobody_is_ahead_of_those_who_stand_level(others: list[float], value: float) -> None:
    ordered = np.sort(np.array(others))
    ahead, middle = (share_behind(value, ordered, level=one) for one in (False, True))
    assert ahead is not None
    assert middle is not None
    assert ahead <= middle
    assert ahead <= float((ordered < value).mean()) + (step_rate(len(ordered)) or 0)
    assert share_behind(ordered[0], ordered, level=False) == 0
    assert share_behind(ordered[-1], ordered, less=True, level=False) == 0


@given(figures, st.integers(-4, 3).map(float))
def test_a_better_value_never_stands_lower(others: list[float], value: float) -> None:
    ordered = np.sort(np.array(others))
    lower, higher = share_behind(value, ordered), share_behind(value + 1, ordered)
    assert lower is not None
    assert higher is not None
    assert lower <= higher


def test_no_series_of_own_figures_finds_a_single_peers() -> None:
    books = np.array([0.0275, 0.0425, 0.0485, 0.0695, 0.0785, 0.105, 0.115, 0.121, 0.135, 0.25])
    probes = np.linspace(0, 0.3, 3001)
    shares = [share_behind(value, books) for value in probes]
    found = {
        round(float(probe), 4)
        for probe, before, now in zip(probes[1:], shares[:-1], shares[1:], strict=True)
        if before != now
    }
    steps = {round(bound + shift, 4) for bound in quartiles_of(books) for shift in (0.0, 0.0001)}
    assert len(found) <= 6
    assert found <= steps


def test_too_few_peers_give_no_place() -> None:
    few = np.arange(9, dtype=float)
    assert share_behind(1.0, few) is None
