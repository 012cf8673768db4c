"""The sample city's payments follow from its policies and its enterprises' books."""

from collections import Counter


def test_payments_are_those_of_earlier_years_once_each(tables):
    grants = tables["grant"]
    assert {row["year"] for row in grants} == {2022, 2023, 2024}
    assert (
        max(Counter((r["organisation_key"], r["policy_id"], r["year"]) for r in grants).values())
        == 1
    )
    assert all(row["paid_on"] == f"{row['year'] + 1}-09-30" for row in grants)


def test_payments_follow_what_was_newly_recognised(tables):
    recognised = {
        (row["organisation_key"], row["year"])
        for row in tables["enterprise_year"]
        if row["titles_new"] or row["platforms_new"]
    }
    assert {(row["organisation_key"], row["year"]) for row in tables["grant"]} <= recognised


def test_some_enterprises_are_promoted_after_they_were_paid(tables):
    paid = {r["organisation_key"] for r in tables["grant"] if r["year"] < 2024}
    again = {r["organisation_key"] for r in tables["grant"] if r["year"] == 2024}
    assert paid & again
