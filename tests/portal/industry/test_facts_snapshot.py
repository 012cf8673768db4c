"""The city's facts as Parquet: equal to the records, renewed in part, swapped all at once."""

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from silian.library.facts import FACTS, LAGS, fact_schema, lag_name
from silian.portal.industry.domain import facts, facts_marks, facts_snapshot
from silian.portal.industry.domain.facts_files import Manifest, read_manifest
from silian.portal.industry.domain.facts_locks import SnapshotBusy, only_writer
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation, Region

MakeYear = Callable[..., EnterpriseYear]
MakeOrganisation = Callable[..., Organisation]

_VALUES: dict[str, Callable[[random.Random], Any]] = {
    "number": lambda dice: dice.choice([0, -5.25, 1e7, dice.uniform(0, 1e9)]),
    "integer": lambda dice: dice.randrange(0, 500),
    "boolean": lambda dice: dice.random() < 0.5,
    "date": lambda dice: date(2000 + dice.randrange(25), 1 + dice.randrange(12), 3).isoformat(),
    "codes": lambda dice: dice.choice([[], ["little_giant"], ["b", "a"]]),
    "text": lambda dice: dice.choice(["C3985", "330203"]),
}


def _city(make_organisation: MakeOrganisation, make_year: MakeYear) -> list[Organisation]:
    """Two registers, gaps between years, values missing here and there."""
    dice = random.Random(4)
    city = []
    for number in range(24):
        own: dict[str, Any] = {"industry_code": "C2641"} if number % 3 else {}
        if number % 2:
            own["established_on"] = date(2020 + number % 5, 5, 1)
        organisation = make_organisation(f"第{number}号机电有限公司", **own)
        city.append(organisation)
        for year in range(2019, 2025):
            for register in ("tax", "statistics"):
                if dice.random() < 0.6:
                    told = [fact for fact in FACTS if dice.random() < 0.7]
                    values = {fact.code: _VALUES[fact.type](dice) for fact in told}
                    verified = dice.random() < 0.3
                    make_year(organisation, year, values, register=register, verified=verified)
    return city


def _snapshot() -> dict[tuple[str, int], dict[str, Any]]:
    session = facts.facts_session()
    try:
        rows = session.query("SELECT * FROM facts").to_pylist()
    finally:
        session.close()
    return {(row["subject_id"], row["year"]): row for row in rows}


def _records(city: list[Organisation]) -> dict[tuple[str, int], dict[str, Any]]:
    return {
        (row.organisation_id, row.year): dict(row.values)
        for organisation in city
        for row in facts.facts_history(organisation)
    }


def _same(table: dict[str, Any], values: dict[str, Any]) -> bool:
    return {code: table[code] for code in values} == values


def test_the_snapshot_says_what_the_records_say(
    make_organisation: MakeOrganisation, make_year: MakeYear
) -> None:
    city = _city(make_organisation, make_year)
    table, records = _snapshot(), _records(city)
    assert table.keys() == records.keys()
    assert len(records) > 60
    assert [key for key in records if not _same(table[key], records[key])] == []


def test_what_is_not_of_its_facts_type_is_unknown_in_both(
    make_organisation: MakeOrganisation, make_year: MakeYear
) -> None:
    odd: dict[str, Any] = {
        "revenue_cny": "many",
        "loan_cny": "12.5",
        "employee_count": 3.0,
        "listed": True,
        "established_on": "last spring",
        "titles": 7,
        "platforms": ["b", "a"],
        "field_code": 5,
        "gone_from_the_library": 1,
        "export_cny": None,
    }
    organisation = make_organisation("怪有限公司")
    make_year(organisation, 2024, odd)
    table, records = _snapshot(), _records([organisation])
    [(key, values)] = records.items()
    assert _same(table[key], values)
    told = {code: value for code, value in values.items() if code in odd}
    assert told == {
        "revenue_cny": None,
        "loan_cny": 12.5,
        "employee_count": 3,
        "listed": True,
        "established_on": None,
        "titles": None,
        "platforms": ";a;b;",
        "field_code": "5",
        "export_cny": None,
    }


def test_the_relation_has_every_column_that_expressions_may_name(
    enterprise: Organisation, make_year: MakeYear
) -> None:
    make_year(enterprise, 2024, {"revenue_cny": 1})
    session = facts.facts_session()
    types = session.column_types("facts")
    session.close()
    missing = [column.name for column in fact_schema().columns if column.name not in types]
    assert missing == []
    assert {types["subject_id"], types["year"], types["name"]} == {"varchar", "integer"}


def test_lags_are_those_that_window_functions_find(
    make_organisation: MakeOrganisation, make_year: MakeYear
) -> None:
    _city(make_organisation, make_year)
    session = facts.facts_session()
    for fact in [fact for fact in FACTS if fact.lags][:6]:
        last, mean, growth = (lag_name(fact.code, lag.suffix) for lag in LAGS)
        found = session.query(f"""
            WITH placed AS (
              SELECT a.year, a.{last} l, a.{mean} m, a.{growth} g, a.{fact.code}::DOUBLE v,
                     b.{fact.code}::DOUBLE v1, c.{fact.code}::DOUBLE v2,
                     year(a.established_on) AS since
              FROM facts a
              LEFT JOIN facts b ON b.subject_id = a.subject_id AND b.year = a.year - 1
              LEFT JOIN facts c ON c.subject_id = a.subject_id AND c.year = a.year - 2
            ), expected AS (
              SELECT *, v1 AS el, CASE WHEN v1 > 0 THEN (v - v1) / v1 END AS eg,
                CASE WHEN since = year THEN v
                     WHEN since = year - 1 THEN (v + v1) / 2
                     WHEN since > year THEN NULL
                     ELSE (v + v1 + v2) / 3 END AS em
              FROM placed
            )
            SELECT count(*) AS n,
              count(*) FILTER (l IS DISTINCT FROM el
                OR (g IS NULL) <> (eg IS NULL) OR abs(g - eg) > 1e-12
                OR (m IS NULL) <> (em IS NULL) OR abs(m - em) > 1e-6) AS n_wrong
            FROM expected""").to_pylist()
        assert found[0]["n_wrong"] == 0, fact.code
        assert found[0]["n"] > 60
    session.close()


def _manifest() -> Manifest:
    manifest = read_manifest()
    assert manifest is not None
    return manifest


@pytest.mark.parametrize("most_in_delta", [0, 2_000])
def test_a_refresh_writes_only_what_changed_enterprises_need(
    make_organisation: MakeOrganisation,
    make_year: MakeYear,
    monkeypatch: pytest.MonkeyPatch,
    most_in_delta: int,
) -> None:
    """To their buckets where they are many, to the delta where they are few."""
    monkeypatch.setattr(facts_snapshot, "_SUBJECTS_A_BUCKET", 3)
    monkeypatch.setattr(facts_snapshot, "_MOST_IN_DELTA", most_in_delta)
    city = _city(make_organisation, make_year)
    first = facts.rebuild()
    assert (first.changed_count, first.file_count, first.rebuilt) == (24, 8, True)
    before = set(_manifest().buckets.values())
    assert facts.refresh().changed_count == 0
    changed = city[5]
    changed.years.all()[0].delete()
    make_year(changed, 2025, {"revenue_cny": 12})
    assert facts.freshness().pending_count == 1
    report = facts.refresh()
    assert (report.changed_count, report.file_count, report.rebuilt) == (1, 1, False)
    n_rewritten = len(before - set(_manifest().buckets.values()))
    in_delta = () if most_in_delta == 0 else (changed.pk,)
    assert (n_rewritten, _manifest().replaced) == (1 - len(in_delta), in_delta)
    assert report.version == facts.snapshot_version() != first.version
    assert _snapshot()[changed.public_id, 2025]["revenue_cny"] == 12
    for organisation in city[8:11]:
        organisation.years.all().delete()
    assert facts.refresh().changed_count == 3
    records, table = _records(city), _snapshot()
    assert table.keys() == records.keys()
    assert [key for key in records if not _same(table[key], records[key])] == []
    manifest = _manifest()
    counts = (manifest.row_count, manifest.record_count, manifest.subject_count)
    assert counts == (len(records), EnterpriseYear.objects.count(), 21)


def test_questions_see_every_kind_of_change_at_once(
    make_organisation: MakeOrganisation, make_year: MakeYear
) -> None:
    first, second = make_organisation("甲有限公司"), make_organisation("乙有限公司")
    others = [make_organisation(f"丙{n}有限公司") for n in range(4)]
    for other in others:
        make_year(other, 2024, {"revenue_cny": 1})
    row = make_year(first, 2024, {"revenue_cny": 1})
    key = (first.public_id, 2024)
    assert _snapshot()[key]["revenue_cny"] == 1
    row.facts = {"revenue_cny": 2}
    row.save()
    assert _snapshot()[key]["revenue_cny"] == 2
    first.industry_code = "C3985"
    first.region = Region.objects.create(
        register=first.register, source_key="330203", adcode="330203", name="海曙区"
    )
    first.save()
    told = _snapshot()[key]
    assert (told["industry_code"], told["region_code"]) == ("C3985", "330203")
    row.organisation = second
    row.save()
    assert {key for key in _snapshot() if key[0] == first.public_id} == set()
    assert (second.public_id, 2024) in _snapshot()
    row.delete()
    assert len(_snapshot()) == 4
    others[0].delete()
    assert len(_snapshot()) == 3
    with connection.cursor() as cursor:  # past every signal and history
        cursor.execute(
            "DELETE FROM industry_enterpriseyear WHERE organisation_id = %s", [others[1].pk]
        )
    facts_snapshot._checked.clear()
    assert len(_snapshot()) == 2


def test_a_killed_refresh_leaves_the_old_snapshot(
    enterprise: Organisation,
    make_organisation: MakeOrganisation,
    make_year: MakeYear,
    tables_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(4):
        make_year(make_organisation(f"丁{number}有限公司"), 2024, {"revenue_cny": 1})
    row = make_year(enterprise, 2024, {"revenue_cny": 1})
    facts.rebuild()
    old = read_manifest()
    row.facts = {"revenue_cny": 2}
    row.save()
    with monkeypatch.context() as killed:

        def die(*_: Any) -> None:
            raise KeyboardInterrupt

        killed.setattr(Path, "replace", die)
        with pytest.raises(KeyboardInterrupt):
            facts.refresh()
    assert read_manifest() == old
    assert old is not None
    assert all((tables_home / name).exists() for name in old.files())
    left = {path.name for path in tables_home.glob("*.parquet")} - old.files()
    assert len(left) == 1
    facts.refresh()
    assert _snapshot()[enterprise.public_id, 2024]["revenue_cny"] == 2
    assert not left & {path.name for path in tables_home.iterdir()}, "what it left is swept up"


def test_a_load_that_was_taken_in_is_not_looked_at_for_ever(
    enterprise: Organisation, make_year: MakeYear, monkeypatch: pytest.MonkeyPatch
) -> None:
    for year in range(2015, 2025):
        make_year(enterprise, year, {"revenue_cny": year})
    first = facts.rebuild()
    monkeypatch.setattr(facts_snapshot, "_MANY_MARKS", 5)
    assert facts.refresh().version == first.version
    monkeypatch.setattr(facts_marks, "MARGIN", timedelta(0))
    again = facts.refresh()
    assert (again.changed_count, again.version != first.version) == (0, True)
    assert facts_marks.marks_since(datetime.fromisoformat(_manifest().watermark)) == []
    make_year(enterprise, 2025, {"revenue_cny": 1})
    assert facts.refresh().changed_count == 1
    assert len(_snapshot()) == 11


def test_only_one_process_refreshes_at_a_time(
    enterprise: Organisation, make_year: MakeYear, tables_home: Path
) -> None:
    make_year(enterprise, 2024, {"revenue_cny": 1})
    facts.rebuild()
    make_year(enterprise, 2023, {"revenue_cny": 1})
    with only_writer(tables_home):
        with pytest.raises(SnapshotBusy):
            facts.refresh()
        assert len(_snapshot()) == 1, "questions are answered from the old one meanwhile"
    assert len(_snapshot()) == 2


def test_without_any_record_there_is_an_empty_relation(db: None) -> None:
    assert _snapshot() == {}
    assert facts.latest_year() is None
    assert facts.years() == ()
    assert facts.freshness().pending_count == 0
