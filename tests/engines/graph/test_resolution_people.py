import csv
from itertools import combinations
from pathlib import Path

import pytest

from silian.engines.graph import Decision, PersonRecord, resolve_people


def _groups(resolution):
    return [one.record_ids for one in resolution.clusters]


def _mention(record_id, **kwargs):
    return PersonRecord(record_id=record_id, name="沈知远", **kwargs)


def test_same_affiliation_and_co_authors_make_one_person():
    found = resolve_people(
        [
            _mention("1", affiliations=("宁波大学",), co_authors=("顾一", "陆二"), first_year=2019),
            _mention("2", affiliations=("宁波大学",), co_authors=("顾一", "陆二"), first_year=2021),
        ]
    )
    assert _groups(found) == [("1", "2")]
    assert {one.comparison for one in found.links[0].evidence} >= {"affiliations", "co_authors"}


def test_one_name_in_two_fields_and_places_stays_two_people():
    found = resolve_people(
        [
            _mention("1", affiliations=("宁波大学",), fields=("磁性材料", "永磁")),
            _mention("2", affiliations=("青海大学",), fields=("畜牧", "草原")),
        ]
    )
    assert _groups(found) == [("1",), ("2",)]


def test_two_orcids_never_come_together():
    same = {
        "affiliations": ("宁波大学",),
        "co_authors": ("顾一", "陆二"),
        "fields": ("永磁", "磁体"),
    }
    found = resolve_people(
        [
            _mention("1", identifiers={"orcid": "0000-0001"}, **same),
            _mention("2", identifiers={"orcid": "0000-0002"}, **same),
            _mention("3", **same),
        ]
    )
    assert not any({"1", "2"} <= set(ids) for ids in _groups(found))


def test_one_orcid_outweighs_a_change_of_place():
    found = resolve_people(
        [
            _mention("1", identifiers={"orcid": "0000-0001"}, affiliations=("宁波大学",)),
            _mention("2", identifiers={"orcid": "0000-0001"}, affiliations=("青海大学",)),
        ]
    )
    assert _groups(found) == [("1", "2")]


def test_decisions_hold_for_people_too():
    records = [
        _mention("1", affiliations=("宁波大学",), co_authors=("顾一", "陆二")),
        _mention("2", affiliations=("宁波大学",), co_authors=("顾一", "陆二")),
    ]
    apart = Decision(kind="must_not_link", record_ids=("1", "2"))
    assert _groups(resolve_people(records, decisions=[apart])) == [("1",), ("2",)]


def test_nobody_resolves_to_nobody():
    assert resolve_people([]).clusters == ()
    assert _groups(resolve_people([_mention("1")])) == [("1",)]


@pytest.mark.real_data
def test_registers_with_typing_errors_are_resolved(real_data: Path):
    path = real_data / "er_splink" / "febrl" / "dataset1.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, skipinitialspace=True))
    records = [
        PersonRecord(
            record_id=row["rec_id"],
            given_name=row["given_name"],
            family_name=row["surname"],
            birth_date=row["date_of_birth"],
            street=f"{row['street_number']} {row['address_1']}",
            locality=row["suburb"],
            postcode=row["postcode"],
            identifiers={"number": row["soc_sec_id"]},
        )
        for row in rows
    ]
    found = {
        pair for one in resolve_people(records).clusters for pair in combinations(one.record_ids, 2)
    }
    right = sum(left.split("-")[1] == right.split("-")[1] for left, right in found)
    assert (len(found), right) == (500, 500)
