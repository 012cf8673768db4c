import hashlib
import json
import os
import subprocess
import sys
from datetime import date

import pytest

from silian.sample import generate_city, scaled_size, write_city
from silian.sample.credit_codes import body_check_character, credit_check_character
from silian.sample.generate import UnknownSampleFormat, UnknownSampleKind
from silian.sample.size import UnknownCitySize
from silian.sample.vocabulary import field_labels

REFERENCES = {
    "person": [("organisation_key", "organisation")],
    "affiliation": [("person_key", "person"), ("organisation_key", "organisation")],
    "platform": [("organisation_key", "organisation"), ("region_adcode", "region")],
    "facility": [("organisation_key", "organisation"), ("region_adcode", "region")],
    "service_agency": [("organisation_key", "organisation"), ("region_adcode", "region")],
    "achievement": [
        ("organisation_key", "organisation"),
        ("inventor_keys", "person"),
        ("region_adcode", "region"),
    ],
    "patent": [("assignee_keys", "organisation"), ("inventor_keys", "person")],
    "project": [("organisation_key", "organisation"), ("leader_key", "person")],
    "publication": [("author_keys", "person")],
    "need": [("organisation_key", "organisation"), ("region_adcode", "region")],
    "organisation": [("region_adcode", "region")],
    "enterprise_year": [("organisation_key", "organisation")],
    "service_agency_year": [("subject_key", "service_agency")],
    "facility_year": [("subject_key", "facility")],
    "grant": [("organisation_key", "organisation")],
    "chain_link": [("from_key", "chain_node"), ("to_key", "chain_node")],
    "chain_member": [("organisation_key", "organisation"), ("node_key", "chain_node")],
}


def test_small_city_has_the_promised_counts(tables):
    counts = {kind: len(rows) for kind, rows in tables.items()}
    affiliations = counts.pop("affiliation")
    assert 7_000 < counts.pop("enterprise_year") <= 8_000, "four years of 2,000, less of the young"
    assert 400 < counts.pop("grant") < 800
    assert counts.pop("chain_node") == 366
    assert 600 < counts.pop("chain_link") < 800
    assert 1_400 < counts.pop("chain_member") < 2_000
    assert counts == {
        "region": 9,
        "organisation": 2184,
        "person": 1000,
        "platform": 120,
        "facility": 440,
        "service_agency": 100,
        "achievement": 1700,
        "patent": 1300,
        "project": 340,
        "publication": 800,
        "need": 700,
        "service_agency_year": 300,
        "facility_year": 1320,
    }
    assert 1100 < affiliations < 1300


def test_larger_cities_keep_the_promised_proportions():
    medium, large = scaled_size(10), scaled_size(25)
    assert (medium.enterprise_count, medium.supply_count) == (20_000, 50_000)
    assert (large.enterprise_count, large.supply_count) == (50_000, 125_000)


def test_every_key_is_unique_and_every_reference_resolves(tables):
    keys = {kind: {row["source_key"] for row in rows} for kind, rows in tables.items()}
    assert {kind: len(found) for kind, found in keys.items()} == {
        kind: len(rows) for kind, rows in tables.items()
    }
    for kind, references in REFERENCES.items():
        for column, target in references:
            for row in tables[kind]:
                value = row[column]
                named = value if isinstance(value, list) else [value]
                # An enterprise from elsewhere is named, for want of a key.
                assert {one for one in named if one is not None} <= keys[target]
    parents = {row["parent_adcode"] for row in tables["region"]}
    assert parents <= keys["region"] | {None}


def test_credit_codes_are_valid_unique_and_of_the_fictional_city(tables):
    codes = [row["unified_social_credit_code"] for row in tables["organisation"]]
    assert len(set(codes)) == len(codes)
    for row, code in zip(tables["organisation"], codes, strict=True):
        assert code[2:8] == row["region_adcode"]
        assert code[2:5] == "990"
        assert code[16] == body_check_character(code[8:16])
        assert code[17] == credit_check_character(code[:17])


def test_organisation_names_are_unique(tables):
    names = [row["name"] for row in tables["organisation"]]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", ["achievement", "patent", "project", "publication", "need"])
def test_titles_hardly_repeat(tables, kind):
    titles = [row["title"] for row in tables[kind]]
    assert len(set(titles)) / len(titles) > 0.95


def test_texts_have_no_unfilled_or_empty_places(tables):
    for kind, rows in tables.items():
        for row in rows:
            for column, value in row.items():
                if isinstance(value, str):
                    assert "{" not in value, (kind, column, value)
                    assert "None" not in value, (kind, column, value)
                    assert "的的" not in value, (kind, column, value)


def test_fields_exist_and_dates_are_real(tables):
    for rows in tables.values():
        for row in rows:
            assert set(row.get("field_codes", [])) <= set(field_labels())
            for column, value in row.items():
                if value and column.endswith(("_on", "_date", "deadline", "valid_from")):
                    date.fromisoformat(value)


def test_facts_follow_each_other_in_time(tables):
    assert all(row["started_on"] < row["ended_on"] for row in tables["project"])
    granted = [row for row in tables["patent"] if row["grant_date"]]
    assert all(row["application_date"] < row["grant_date"] for row in granted)
    ended = [row for row in tables["affiliation"] if row["valid_until"]]
    assert all(row["valid_from"] < row["valid_until"] for row in ended)


def test_works_come_from_the_organisation_of_their_people(tables):
    homes = {row["source_key"]: row["organisation_key"] for row in tables["person"]}
    for row in tables["achievement"]:
        assert {homes[key] for key in row["inventor_keys"]} == {row["organisation_key"]}
    for row in tables["project"]:
        assert homes[row["leader_key"]] == row["organisation_key"]


def test_all_kinds_of_affiliation_and_of_need_occur(tables):
    assert {row["affiliation_kind"] for row in tables["affiliation"]} == {
        "employment",
        "dual_employment",
        "industry_professor",
        "technical_executive",
    }
    assert {row["need_kind"] for row in tables["need"]} == {
        "technology",
        "facility",
        "service",
        "talent",
    }


def test_unclear_needs_lack_what_an_expert_would_ask_for(city, tables):
    unclear = set(city.unclear_need_keys())
    assert 0.1 < len(unclear) / len(tables["need"]) < 0.3
    for row in tables["need"]:
        if row["source_key"] in unclear:
            assert (row["target"], row["present_state"], row["deadline"]) == ("", "", None)


def test_districts_have_industrial_profiles(tables):
    enterprises = [r for r in tables["organisation"] if r["organisation_kind"] == "enterprise"]
    battery = [r["region_adcode"] for r in enterprises if r["industry_code"] == "C3841"]
    at_home = sum(code in {"990106", "990108"} for code in battery)
    assert at_home / len(battery) > 0.5


def test_rows_can_be_read_again(city):
    assert list(city.rows("patent")) == list(city.rows("patent"))


def test_seeds_make_different_cities(tables):
    other = [row["title"] for row in generate_city("small", seed=8).rows("need")]
    assert other != [row["title"] for row in tables["need"]]


WRITE = "import sys; from silian.sample import *; write_city(sys.argv[1], scaled_size(0.2), 5)"


def test_files_are_identical_in_another_process(tmp_path):
    manifest = write_city(tmp_path / "here", scaled_size(0.2), seed=5)
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path / "there")], check=True, env=environment
    )
    assert json.loads((tmp_path / "there" / "manifest.json").read_text("utf-8")) == manifest
    for entry in manifest["files"].values():
        here = (tmp_path / "here" / entry["file"]).read_bytes()
        assert here == (tmp_path / "there" / entry["file"]).read_bytes()
        assert hashlib.sha256(here).hexdigest() == entry["sha256"]


def test_csv_says_the_same_as_jsonl(tmp_path):
    first = write_city(tmp_path, scaled_size(0.1), seed=5, format="csv")
    second = write_city(tmp_path, scaled_size(0.1), seed=5, format="jsonl")
    assert {k: v["row_count"] for k, v in first["files"].items()} == {
        k: v["row_count"] for k, v in second["files"].items()
    }


def test_progress_is_told_for_every_kind(tmp_path):
    told = {}
    manifest = write_city(tmp_path, scaled_size(0.1), seed=5, progress=told.__setitem__)
    assert set(told) == set(manifest["files"])
    assert told["person"] == 100


def test_refusals_say_what_is_allowed(city, tmp_path):
    with pytest.raises(UnknownCitySize, match="expected small, medium, large, or a factor"):
        generate_city("huge")
    with pytest.raises(UnknownSampleKind, match="expected one of region, organisation"):
        city.rows("loan")
    with pytest.raises(UnknownSampleFormat, match="expected one of jsonl, csv"):
        write_city(tmp_path, "small", format="xlsx")
