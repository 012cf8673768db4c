"""The parks' directory: its rows are what the truth says, and resolution finds them."""

from collections import Counter

from silian.engines.graph import (
    OrganisationRecord,
    OrganisationSettings,
    default_lexicon,
    resolve_organisations,
    with_places,
)
from silian.sample import generate_city, scaled_size
from silian.sample.generate import City

CHANGES = {
    "shortened",
    "renamed",
    "other_form",
    "without_city",
    "with_city",
    "misspelt",
    "branch",
    "sibling",
}


def _records(city: City) -> list[OrganisationRecord]:
    found = []
    for source, rows in (("city", city.rows("organisation")), ("parks", city.park_directory())):
        for row in rows:
            others = [*row.get("former_names", ()), *row.get("aliases", ())]
            found.append(
                OrganisationRecord(
                    record_id=row["source_key"],
                    name=row["name"],
                    other_names=tuple(others),
                    source=source,
                    unified_code=row["unified_social_credit_code"] or "",
                    region_code=row["region_adcode"],
                )
            )
    return found


def test_every_row_has_its_truth_and_points_to_an_enterprise() -> None:
    city = generate_city("small", seed=7)
    keys = [row["source_key"] for row in city.park_directory()]
    truth = list(city.identities())
    enterprises = {row["source_key"]: row for row in city.rows("organisation")}

    assert [one.park_key for one in truth] == keys
    assert len(set(keys)) == len(keys)
    assert {one.change for one in truth} <= CHANGES
    for one in truth:
        if one.change in ("branch", "sibling"):
            assert one.city_key == ""
        else:
            assert enterprises[one.city_key]["organisation_kind"] == "enterprise"
    counts = Counter(bool(one.city_key) for one in truth)
    assert counts[True] > counts[False] > 0


def test_the_directory_leaves_the_city_as_it_was() -> None:
    city, other = generate_city(scaled_size(0.1), seed=3), generate_city(scaled_size(0.1), seed=3)
    list(city.park_directory())
    assert list(city.rows("organisation")) == list(other.rows("organisation"))


def test_resolution_links_the_same_and_merges_no_look_alike() -> None:
    city = generate_city(scaled_size(0.5), seed=7)
    truth = {one.park_key: one.city_key for one in city.identities()}

    places = {row["source_key"]: row["name"] for row in city.rows("region")}
    found = resolve_organisations(
        _records(city),
        settings=OrganisationSettings(link_from=0.85),
        lexicon=with_places(default_lexicon(), places),
    )
    linked = {
        right if right in truth else left: left if right in truth else right
        for one in found.links
        for left, right in [(one.left_id, one.right_id)]
        if (left in truth) != (right in truth)
    }

    wrong = {key: other for key, other in linked.items() if truth[key] != other}
    assert wrong == {}
    n_same = sum(bool(other) for other in truth.values())
    assert len(linked) >= 0.7 * n_same
