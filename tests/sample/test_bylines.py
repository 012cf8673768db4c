"""What papers and patents write of their organisations, and that it can be read again."""

from typing import Any

import pytest

from silian.engines.graph import (
    OrganisationRecord,
    default_lexicon,
    resolve_affiliations,
    with_places,
)
from silian.sample import generate_city, scaled_size
from silian.sample.bylines import Byline, paper_bylines, patent_applicants
from silian.sample.generate import City


@pytest.fixture(scope="module")
def city() -> City:
    return generate_city(scaled_size(0.3), seed=3)


def known(city: City) -> list[OrganisationRecord]:
    return [
        OrganisationRecord(
            record_id=row["source_key"],
            name=row["name"],
            other_names=(*row["aliases"], *row["former_names"], row["name_en"]),
        )
        for row in city.rows("organisation")
    ]


def read(city: City, texts: list[str]) -> list[set[str]]:
    places = {row["source_key"]: row["name"] for row in city.rows("region")}
    lexicon = with_places(default_lexicon(), places)
    found = resolve_affiliations(texts, known(city), lexicon=lexicon)
    return [{one.organisation_id for one in held if one.state == "linked"} for held in found]


def truth(city: City, bylines: list[Byline]) -> list[set[str]]:
    keys = [row["source_key"] for row in city.rows("organisation")]
    return [{keys[one] for one in byline.organisations} for byline in bylines]


def test_papers_name_their_authors_organisations_and_some_an_enterprise(city: City) -> None:
    bylines = list(paper_bylines(city._setting))
    assert bylines == list(paper_bylines(city._setting))
    assert [row["author_text"] for row in city.rows("publication")] == [one.text for one in bylines]
    assert all(one.text for one in bylines)
    several = sum(len(one.organisations) > 1 for one in bylines)
    english = sum("China" in one.text for one in bylines)
    assert 0.15 < several / len(bylines) < 0.45
    assert 0.08 < english / len(bylines) < 0.25


def test_some_patents_have_applicants_that_no_key_tells(city: City) -> None:
    rows: list[dict[str, Any]] = list(city.rows("patent"))
    applicants = list(patent_applicants(city._setting))
    assert [row["assignee_text"] for row in rows] == [one.text for one in applicants]
    for row, named in zip(rows, truth(city, applicants), strict=True):
        assert not named or row["assignee_keys"][0] in named
    assert 0.08 < sum(len(one.organisations) == 2 for one in applicants) / len(rows) < 0.25


@pytest.mark.parametrize(("make", "least_recall"), [(paper_bylines, 0.9), (patent_applicants, 1.0)])
def test_the_texts_are_brought_to_their_organisations(
    city: City, make: Any, least_recall: float
) -> None:
    bylines = [one for one in make(city._setting) if one.text]
    found, true = read(city, [one.text for one in bylines]), truth(city, bylines)
    right = sum(len(one & other) for one, other in zip(found, true, strict=True))
    assert right / sum(map(len, true)) >= least_recall
    assert right == sum(map(len, found))  # nobody who isn't named
