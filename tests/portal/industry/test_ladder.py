"""Steps, flows, candidates and plans over a handful of enterprises counted by hand."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from silian.library.ladder import ladder_steps
from silian.portal.industry.domain import ladder as ladders
from silian.portal.industry.domain.ladder_standing import UnknownRegion
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Region

MakeYear = Callable[..., EnterpriseYear]
MakeOrganisation = Callable[..., Organisation]

TECHNOLOGY, INNOVATIVE = "technology_sme", "innovative_sme"
HIGH_TECH, GIANT = "high_tech_enterprise", "little_giant"
# What a high-tech enterprise needs and has, comfortably.
ABLE: dict[str, Any] = {
    "legal_person": True,
    "field_code": "T0401",
    "employee_count": 100,
    "technical_staff_count": 20,
    "revenue_cny": 40_000_000,
    "research_expense_cny": 2_800_000,
    "high_tech_revenue_cny": 30_000_000,
    "class_one_ip_count": 2,
    "class_two_ip_count": 4,
    "innovation_capability_points": 80,
    "serious_violation_count": 0,
}


@pytest.fixture
def city(make_organisation: MakeOrganisation, make_year: MakeYear) -> dict[str, Organisation]:
    titles: dict[str, list[list[str] | None]] = {  # of 2023, 2024, 2025; None: not told
        "甲": [[TECHNOLOGY], [TECHNOLOGY, HIGH_TECH], [TECHNOLOGY, HIGH_TECH]],
        "乙": [[TECHNOLOGY], [TECHNOLOGY], [INNOVATIVE]],
        "丙": [[HIGH_TECH], [HIGH_TECH], []],
        "丁": [[], [], [GIANT, HIGH_TECH]],
    }
    made = {}
    for name, told in titles.items():
        made[name] = make_organisation(f"{name}机电有限公司", established_on=date(2010, 1, 1))
        for year, held in zip((2023, 2024, 2025), told, strict=True):
            make_year(made[name], year, {"titles": held})
    made["戊"] = make_organisation("戊机电有限公司")
    make_year(made["戊"], 2025, {"revenue_cny": 5})
    university = make_organisation("东海大学", "university")
    make_year(university, 2025, {"titles": [GIANT]})
    return made


def test_every_enterprise_stands_on_its_highest_step(city: dict[str, Organisation]) -> None:
    ladder = ladders.ladder()
    assert ladder.year == 2025
    counts = {s.step.code: (s.count, s.holder_count) for s in ladder.steps if s.holder_count}
    assert counts == {TECHNOLOGY: (0, 1), INNOVATIVE: (1, 1), HIGH_TECH: (1, 2), GIANT: (1, 1)}
    assert (ladder.total_count, ladder.no_step_count, ladder.unknown_count) == (5, 1, 1)
    assert ladder.counts_by_year[2024] == {0: 1, 1: 1, 3: 2}
    assert [step.step for step in ladder_steps()] == [1, 2, 3, 4, 5, 6]


def test_flows_balance_with_the_counts_of_both_years(city: dict[str, Organisation]) -> None:
    ladder = ladders.ladder(2025)
    flows = {(flow.from_step, flow.to_step): flow.count for flow in ladder.flows}
    absent, unknown = ladders.ABSENT, ladders.UNKNOWN_STEP
    assert flows == {(0, 5): 1, (1, 2): 1, (3, 0): 1, (3, 3): 1, (absent, unknown): 1}
    changes = {s.step.code: (s.gained_count, s.lost_count) for s in ladder.steps}
    assert changes[HIGH_TECH] == (1, 1)
    assert changes[TECHNOLOGY] == (0, 1)
    for side, year in (("from_step", 2024), ("to_step", 2025)):
        for step, count in ladder.counts_by_year[year].items():
            assert sum(f.count for f in ladder.flows if getattr(f, side) == step) == count


def test_only_a_region_is_counted_when_asked(city: dict[str, Organisation]) -> None:
    first = city["甲"]
    first.region = Region.objects.create(
        register=first.register, source_key="330203", adcode="330203", name="海曙区"
    )
    first.save()
    assert ladders.ladder(region_code="3302").total_count == 1
    assert ladders.ladder(region_code="3301").total_count == 0
    with pytest.raises(UnknownRegion):
        ladders.ladder(region_code="33'; --")


def test_the_next_are_those_who_meet_the_conditions_or_all_but_one(
    make_organisation: MakeOrganisation, make_year: MakeYear
) -> None:
    told = {
        "已是": {**ABLE, "titles": [HIGH_TECH]},
        "已够": {**ABLE, "titles": [TECHNOLOGY]},
        "差一点": {**ABLE, "titles": [], "technical_staff_count": 9},
        "差得多": {**ABLE, "titles": [], "technical_staff_count": 1, "research_expense_cny": 10},
        "不知": {"titles": []},
    }
    for name, facts in told.items():
        organisation = make_organisation(
            f"{name}有限公司", established_on=date(2010, 1, 1), industry_code="C3985"
        )
        for year in (2023, 2024, 2025):
            make_year(organisation, year, facts)
    found = ladders.next_candidates(HIGH_TECH, as_of=date(2026, 6, 30))
    assert (found.year, found.ready_count, found.near_count) == (2025, 1, 1)
    assert [(one.name, one.present_step) for one in found.ready] == [("已够有限公司", 1)]
    [near] = found.near
    assert (near.name, near.present_step, near.industry_code) == ("差一点有限公司", 0, "C3985")
    assert [gap.shortfall for gap in near.gaps if gap.name == "technical_staff_count"] == [1]


def test_a_step_without_known_conditions_has_no_candidates(db: None) -> None:
    for code in ("specialised_sme", "unicorn"):
        with pytest.raises(ladders.UnknownStep):
            ladders.next_candidates(code, as_of=date(2026, 6, 30))


def test_a_plan_tells_how_far_it_is_and_where_it_leads(
    make_organisation: MakeOrganisation, make_year: MakeYear
) -> None:
    for number in range(8):
        organisation = make_organisation(f"第{number}号有限公司")
        for year in (2022, 2023, 2024):
            holds = number < {2022: 4, 2023: 5, 2024: 7}[year]
            make_year(organisation, year, {"titles": [HIGH_TECH] if holds else []})
    progress = ladders.doubling_plan(2022, 2026)
    assert (progress.current_year, progress.plan.source.verified) == (2024, False)
    target = progress.targets[0]
    assert target.target.code == HIGH_TECH
    assert dict(target.counts) == {2022: 4, 2023: 5, 2024: 7}
    assert (target.base_count, target.current_count, target.target_count) == (4, 7, 8)
    assert (target.progress_rate, target.expected_count) == (0.75, 6.0)
    assert (target.projected_count, target.needed_per_year, target.on_track) == (10.0, 0.5, True)
    unknown = ladders.doubling_plan(2015, 2020).targets[0]
    assert (unknown.base_count, unknown.target_count, unknown.on_track) == (None, None, None)
    with pytest.raises(ladders.UnknownPlan):
        ladders.doubling_plan(2024, 2024)
    with pytest.raises(ladders.UnknownPlan):
        ladders.doubling_plan(plan_code="tripling")


def test_an_empty_city_has_an_empty_ladder(db: None) -> None:
    assert ladders.ladder().total_count == 0
    assert ladders.doubling_plan().targets[0].current_count is None
