"""Counts of the map: what is counted where, what is withheld, and that nothing undoes it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.core.cache import cache
from django.utils import timezone

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, Viewer
from silian.portal.exchange.domain.listing import ListQuestion, page_of
from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Patent
from silian.portal.insight.domain import maps_unmet
from silian.portal.insight.domain.maps import AreaNotFound, area_map
from silian.portal.insight.domain.maps_counts import count_records, map_counts
from silian.portal.insight.domain.maps_fields import map_fields
from silian.portal.insight.domain.maps_flows import flows
from silian.portal.insight.domain.maps_unmet import match_open_needs, matched_needs, unmet_needs
from silian.portal.registry.models import (
    Affiliation,
    IdentityMember,
    IdentityRun,
    Organisation,
    Person,
    Region,
    Register,
)

pytestmark = pytest.mark.django_db
_SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}


@pytest.fixture
def regions(register: Register) -> dict[str, Region]:
    """A city of three districts, the first two with boundaries."""
    rows = [
        ("990100", "海市", "Sea City", "city", ""),
        ("990101", "东区", "East", "district", "990100"),
        ("990102", "西区", "West", "district", ""),
        ("990103", "北区", "North", "district", "990100"),
    ]
    return {
        code: Region.objects.create(
            register=register,
            source_key=code,
            adcode=code,
            name=name,
            name_en=name_en,
            level=level,
            parent_adcode=parent,
            boundary=_SQUARE if code in ("990101", "990102") else None,
            centre_longitude_degrees=0.5,
            centre_latitude_degrees=0.5,
        )
        for code, name, name_en, level, parent in rows
    }


@pytest.fixture
def firms_by_district(
    regions: dict[str, Region], make_organisation: Callable[..., Organisation]
) -> dict[str, Organisation]:
    return {
        code: make_organisation(f"企业 {code}", region=region) for code, region in regions.items()
    }


@pytest.fixture
def hire(register: Register, firms_by_district: dict[str, Organisation]) -> Callable[..., None]:
    """So many people at the firm of a district."""

    def make(code: str, number: int, field: str = "T0401", **values: Any) -> None:
        start = Person.objects.count()
        for key in range(start, start + number):
            Person.objects.create(
                register=register,
                source_key=str(key),
                name=f"人 {key}",
                organisation=firms_by_district[code],
                field_codes=[field],
                **values,
            )
        cache.clear()

    return make


def values(measure: str, viewer: Viewer = ANONYMOUS_VIEWER, **asked: Any) -> dict[str, int | None]:
    cache.clear()
    found = area_map(viewer=viewer, **asked)
    rows = {row.area.code: row.values[measure] for row in found.rows}
    return rows | {"total": found.total.values[measure]}


def test_an_area_holds_what_its_parts_and_its_rest_hold(
    firms_by_district: dict[str, Organisation],
) -> None:
    assert values("enterprises") == {
        "990101": 1,
        "990102": 1,
        "990103": 1,
        "990100-": 1,
        "total": 4,
    }


def test_the_map_opens_with_the_only_city_and_leads_up_to_everything(
    firms_by_district: dict[str, Organisation],
) -> None:
    opened = area_map(viewer=ANONYMOUS_VIEWER)
    assert [area.code for area in opened.path] == ["", "990100"]
    assert [row.has_parts for row in opened.rows] == [False] * 4
    everything = area_map("", viewer=ANONYMOUS_VIEWER)
    assert [row.area.code for row in everything.rows] == ["990100"]


def test_the_map_opens_with_the_region_of_the_setting(
    regions: dict[str, Region], register: Register, settings: Any
) -> None:
    Region.objects.create(
        register=register, source_key="980000", adcode="980000", name="他省", level="province"
    )
    cache.clear()
    assert area_map(viewer=ANONYMOUS_VIEWER).area.code == ""
    settings.HOME_REGION = "990100"
    assert area_map(viewer=ANONYMOUS_VIEWER).area.code == "990100"
    settings.HOME_REGION = "990101"
    assert area_map(viewer=ANONYMOUS_VIEWER).area.code == ""


@pytest.mark.parametrize("code", ["990101", "123456", "x"])
def test_areas_without_parts_have_no_map(code: str, regions: dict[str, Region]) -> None:
    with pytest.raises(AreaNotFound):
        area_map(code, viewer=ANONYMOUS_VIEWER)
    with pytest.raises(AreaNotFound):
        area_map(viewer=ANONYMOUS_VIEWER, field="T0401")


def test_a_record_counts_in_each_of_its_top_fields_and_since_its_year(
    register: Register, regions: dict[str, Region]
) -> None:
    for key, codes, day in (
        ("a", ["T0401", "T0402", "T0801"], "2020-05-01"),
        ("b", ["T08"], "2023-05-01"),
        ("c", [], None),
    ):
        Achievement.objects.create(
            register=register,
            source_key=key,
            title=key,
            field_codes=codes,
            completed_on=day,
            region=regions["990101"],
        )
    assert values("achievements")["total"] == 3
    assert values("achievements", field="T04")["990101"] == 1
    assert values("achievements", field="T08")["990101"] == 2
    assert values("achievements", field="none")["990101"] == 1
    assert values("achievements", until=2022)["total"] == 1
    assert values("achievements", field="T08", until=2023)["total"] == 2
    assert area_map(viewer=ANONYMOUS_VIEWER).years == (2023, 2020)


def test_an_enterprise_has_the_fields_of_its_public_records(
    register: Register, firms_by_district: dict[str, Organisation]
) -> None:
    def patent(key: str, **shown: Any) -> None:
        Patent.objects.create(
            register=register,
            source_key=key,
            title=key,
            field_codes=["T0301"],
            organisation=firms_by_district["990102"],
            **shown,
        )

    patent("hidden", audience="members")
    assert values("enterprises", field="T03")["total"] == 0
    patent("shown")
    assert values("enterprises", field="T03") == {
        "990101": 0,
        "990102": 1,
        "990103": 0,
        "total": 1,
    }


def test_only_public_records_are_counted_whoever_asks(
    make_need: Callable[..., Need], regions: dict[str, Region], viewers: dict[str, Viewer]
) -> None:
    make_need("public", region=regions["990101"])
    make_need("members", region=regions["990101"], audience="members")
    make_need("draft", region=regions["990101"], status="draft")
    for viewer in (ANONYMOUS_VIEWER, *viewers.values(), SYSTEM):
        assert values("needs", viewer)["990101"] == 1


def test_few_people_are_withheld_and_their_neighbours_with_them(hire: Callable[..., None]) -> None:
    hire("990101", 4)
    hire("990102", 9)
    hire("990103", 12)
    found = values("people")
    assert found["990101"] is None
    assert found["total"] == 25
    assert sum(count is None for count in found.values()) == 2


def test_nobody_sees_more_people_than_anybody_else(
    hire: Callable[..., None], viewers: dict[str, Viewer]
) -> None:
    hire("990101", 4, audience="owner")
    hire("990101", 6, field="T0801")
    hire("990102", 9)
    hire("990103", 12)
    told = [values("people", viewer) for viewer in (ANONYMOUS_VIEWER, *viewers.values(), SYSTEM)]
    assert all(one == told[0] for one in told)
    # Ten people, but the six public ones can be counted in the list.
    assert told[0]["990101"] is None


def test_people_are_not_told_by_year_nor_by_narrow_fields(hire: Callable[..., None]) -> None:
    hire("990101", 30, valid_from=timezone.localdate())
    assert values("people", until=2000)["990101"] == 30


def test_counts_of_people_do_not_follow_from_all_that_is_told(
    hire: Callable[..., None], settings: Any
) -> None:
    """Every area, every field: what is shown leaves each withheld count open."""
    dice = np.random.default_rng(3)
    for code in ("990101", "990102", "990103"):
        for field in ("T0101", "T0401", "T0801", "T0301"):
            hire(code, int(dice.integers(0, 14)), field=field)
    table = count_records().people
    shown = ~table.hidden
    small = (table.counts > 0) & (table.counts < settings.SMALL_COUNT_MIN)
    assert small.any()
    assert not (small & shown).any()
    tree = count_records().tree
    columns = np.vstack([np.ones(len(map_fields())), np.eye(len(map_fields()))])
    sums_told = [
        np.outer(tree.groups.member[row], columns[column]).ravel()
        for row, column in np.argwhere(shown)
    ]
    rank = np.linalg.matrix_rank(np.array(sums_told))
    for row, column in np.argwhere(small):
        wanted = np.outer(tree.groups.member[row], columns[column]).ravel()
        assert np.linalg.matrix_rank(np.vstack([*sums_told, wanted])) == rank + 1


def test_lists_count_only_people_that_the_reader_may_open(
    hire: Callable[..., None], viewers: dict[str, Viewer]
) -> None:
    """Facets of lists are no statistics: each counts rows that the reader can open one by one."""
    hire("990101", 2)
    hire("990101", 3, audience="members")
    hire("990102", 1, audience="owner")
    question = ListQuestion(kinds=("person",), chosen={})
    for viewer, expected in (
        (ANONYMOUS_VIEWER, {"990101": 2}),
        (viewers["research"], {"990101": 5}),
    ):
        page = page_of(question, viewer=viewer, all_kinds=("person",))
        facet = next(one for one in page.facets if one.name == "region")
        assert {value.value: value.count for value in facet.values} == expected
        assert page.total == sum(expected.values())


def _affiliate(person: Person, firm: Organisation, kind: str, day: str, **shown: Any) -> None:
    Affiliation.objects.create(
        register=person.register,
        source_key=f"{person.pk}-{firm.pk}-{kind}",
        person=person,
        organisation=firm,
        affiliation_kind=kind,
        valid_from=day,
        **shown,
    )


def test_people_who_serve_two_employers_flow_from_the_first(
    hire: Callable[..., None], firms_by_district: dict[str, Organisation]
) -> None:
    hire("990101", 6)
    hire("990102", 3)
    for person in Person.objects.all():
        away = firms_by_district["990103"]
        _affiliate(person, person.organisation, "employment", "2015-01-01")
        _affiliate(person, away, "dual_employment", "2020-01-01")
    cache.clear()
    table = flows("shared")
    assert [end.code for end in table.ends] == ["990101", "990102", "990103", ""]
    assert table.counts[1][2] is None
    assert table.out_totals[1] is None
    # With the six told, nine in all would give the three away.
    assert table.counts[0][2] is None
    assert all(count == 0 for row in flows("moves").counts for count in row)


def test_people_who_change_employer_count_once_between_two_areas(
    hire: Callable[..., None], firms_by_district: dict[str, Organisation]
) -> None:
    hire("990101", 5)
    for person in Person.objects.all():
        _affiliate(person, firms_by_district["990101"], "employment", "2010-01-01")
        _affiliate(person, firms_by_district["990102"], "employment", "2016-01-01")
    cache.clear()
    table = flows("moves")
    assert table.counts[0][1] == 5
    assert table.out_totals == (5, 0, 0, 0)
    assert [(one.code, other.code, count) for one, other, count in table.lines] == [
        ("990101", "990102", 5)
    ]


def _merge(kind: str, *records: Any) -> None:
    ids = sorted(record.public_id for record in records)
    for one in ids:
        IdentityMember.objects.create(subject_kind=kind, record_id=one, subject_id=ids[0])
    IdentityRun.objects.create(subject_kind=kind, state="done", finished_at=timezone.now())


def test_several_records_of_one_enterprise_count_once_with_all_their_fields(
    firms_by_district: dict[str, Organisation],
    make_organisation: Callable[..., Organisation],
    register: Register,
) -> None:
    listed = firms_by_district["990101"]
    again = make_organisation("东区企业（园区名录）", established_on="2019-01-01")
    other = make_organisation("东区企业（上市名录）", region=firms_by_district["990102"].region)
    Achievement.objects.create(
        register=register, source_key="a", title="a", field_codes=["T0401"], organisation=again
    )
    assert values("enterprises", code="")["total"] == 6
    _merge("organisation", listed, again, other)
    first = min((listed, other), key=lambda one: one.public_id)
    assert first.region is not None
    assert values("enterprises", code="")["total"] == 4
    assert values("enterprises")[first.region.adcode] == 1 + (first is other)
    assert values("enterprises", field="T04")[first.region.adcode] == 1
    assert values("enterprises", until=2020)[first.region.adcode] == 1


def test_several_records_of_one_person_count_once_where_most_readers_see_them(
    hire: Callable[..., None], settings: Any
) -> None:
    settings.SMALL_COUNT_MIN = 0
    hire("990101", 2, field="T0401", audience="owner")
    hire("990102", 1, field="T0801")
    hire("990103", 1, field="T0801", audience="members")
    away, east, west, north = (*Person.objects.order_by("source_key"),)
    assert values("people")["total"] == 4
    _merge("person", away, west, north)
    assert values("people") == {
        "990101": 1, "990102": 1, "990103": 0, "990100-": 0, "total": 2,
    }  # fmt: skip
    assert values("people", field="T08")["990102"] == 1
    assert values("people", field="T04")["total"] == 1
    assert east.public_id


def test_what_is_withheld_counts_people_not_records(hire: Callable[..., None]) -> None:
    """Six records of four people are a small count, public ones among them or not."""
    hire("990101", 6)
    hire("990102", 9)
    hire("990103", 12)
    assert values("people")["990101"] == 6
    first, second, third, fourth, *_ = Person.objects.order_by("pk")
    _merge("person", first, second)
    _merge("person", third, fourth)
    assert values("people")["990101"] is None


def test_moves_between_records_of_one_person_are_told_and_those_within_one_employer_not(
    hire: Callable[..., None],
    firms_by_district: dict[str, Organisation],
    make_organisation: Callable[..., Organisation],
    regions: dict[str, Region],
    settings: Any,
) -> None:
    settings.SMALL_COUNT_MIN = 0
    hire("990101", 2)
    first, second = Person.objects.order_by("pk")
    again = make_organisation("东区企业（名录）", region=regions["990103"])
    _merge("organisation", firms_by_district["990101"], again)
    _merge("person", first, second)
    _affiliate(first, firms_by_district["990101"], "employment", "2010-01-01")
    _affiliate(second, again, "employment", "2012-01-01")
    _affiliate(second, firms_by_district["990102"], "employment", "2016-01-01")
    cache.clear()
    assert [(one.code, other.code, n) for one, other, n in flows("moves").lines] == [
        ("990103", "990102", 1)
    ]


def test_contracts_are_told_only_where_they_are_many(
    register: Register,
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    regions: dict[str, Region],
) -> None:
    for number in range(7):
        buyer = "990102" if number < 5 else "990103"
        Match.objects.create(
            need=make_need(str(number), region=regions[buyer], status="contracted"),
            supply_kind="achievement",
            supply_id=make_achievement(str(number), region=regions["990101"]).public_id,
            status="signed",
        )
    cache.clear()
    table = flows("contracts")
    assert table.counts[0] == (None, 5, None, None)
    assert {count for row in table.counts[1:] for count in row} == {None}
    assert (table.out_totals, table.in_totals) == ((), ())


def test_needs_without_supply_are_those_that_no_public_supply_bears_on(
    make_need: Callable[..., Need],
    make_achievement: Callable[..., Achievement],
    regions: dict[str, Region],
    index: Callable[[], int],
    settings: Any,
    tmp_path: Any,
) -> None:
    settings.SILIAN_HOME = tmp_path
    lonely = make_need(
        "lonely",
        title="深海热液采矿机器人",
        text="需要耐高压密封的采矿头。",
        region=regions["990101"],
    )
    make_need("hidden", audience="owner", region=regions["990101"])
    index()
    assert matched_needs() is None
    assert values("needs", SYSTEM)["990101"] == 1
    made = match_open_needs()
    assert made.levels == {lonely.public_id: 0.0}
    assert [need.need_id for need in unmet_needs("990100")] == [lonely.public_id]
    assert values("needs_unmet", SYSTEM) == {"990101": 1, "990102": 0, "990103": 0, "total": 1}
    assert "needs_unmet" not in area_map(viewer=ANONYMOUS_VIEWER).total.values
    lonely.status = "closed"
    lonely.save()
    cache.clear()
    assert unmet_needs("990100") == []
    assert maps_unmet.is_running() is False


def test_counts_are_kept_until_a_record_changes(
    firms_by_district: dict[str, Organisation], django_assert_num_queries: Any
) -> None:
    map_counts()
    with django_assert_num_queries(0):
        map_counts()
    firms_by_district["990101"].region = None
    firms_by_district["990101"].save()
    cache.clear()
    assert values("enterprises", code="")["-"] == 1
