"""Scores of a table: the same as one by one, ranked, among peers, and the same again tomorrow."""

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scoring_systems import SYSTEMS, seeded_rows
from scoring_world import (
    DAY,
    SCHEMA,
    TRUTH,
    MemorySession,
    bands,
    branch,
    compiled,
    leaf,
    system,
)

from silian.engines.scoring import (
    ColumnNotKept,
    Normalisation,
    SubjectRepeated,
    UnknownIndicator,
    UnknownSubject,
    compile_system,
    score_subject,
    score_subjects,
)

INF = float("inf")
numbers = st.none() | st.integers(-20, 20).map(lambda n: n / 2) | st.floats(-50, 50)
ROW = st.fixed_dictionaries(
    {
        **dict.fromkeys("abcde", numbers),
        "staff_count": st.none() | st.integers(0, 90),
        "research_staff_count": st.none() | st.integers(0, 40),
        "listed": st.none() | st.booleans(),
        "titles": st.sampled_from([None, "", ";prize;", ";other;prize;", ";other;"]),
        "industry": st.sampled_from([None, "39", "40"]),
        "size": st.sampled_from(["small", "large"]),
    }
)
ROWS = st.lists(ROW, min_size=4, max_size=12)


def values_of(record, name):
    return {
        key.removeprefix(f"{name}."): value
        for key, value in record.items()
        if key.startswith(f"{name}.")
    }


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SYSTEMS)), ROWS)
def test_one_subject_and_the_table_give_identical_figures(name, rows):
    one = SYSTEMS[name]
    table = score_subjects(one, MemorySession(rows), "facts")
    population = table.population()
    for row, record in zip(rows, table.arrow().to_pylist(), strict=True):
        score = score_subject(one, row, population=population)
        for key in ("stage", "total", "provisional_total", "rank", "percentile", "passed"):
            assert getattr(score, key) == (record[key] if key != "stage" else record[key] or ""), (
                key
            )
        for key in ("withheld", "grade", "direct_path"):
            assert getattr(score, key) == (record[key] or "")
        for branch_id, points in score.branches:
            assert record[f"{branch_id}.points"] == points
        for part in score.leaves:
            assert values_of(record, part.indicator.indicator_id) == {
                "raw": part.raw,
                "normalised": part.normalised,
                "weight": part.weight,
                "points": part.points,
                "counted": part.counted,
            }


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SYSTEMS)), ROWS)
def test_totals_are_exactly_the_sum_of_the_parts_that_count(name, rows):
    one = SYSTEMS[name]
    for record in score_subjects(one, MemorySession(rows), "facts").arrow().to_pylist():
        if record["total"] is None:
            continue
        parts = [
            record[f"{part.indicator.indicator_id}.points"]
            for part in one.leaves
            if record[f"{part.indicator.indicator_id}.counted"]
        ]
        assert sum(parts) == sum(reversed(parts)) == math.fsum(parts) == record["total"]
        assert record["root.points"] == record["total"]


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(sorted(SYSTEMS)), ROWS)
def test_ranks_agree_with_totals_and_nobody_is_forgotten(name, rows):
    table = score_subjects(SYSTEMS[name], MemorySession(rows), "facts")
    records = [one for one in table.arrow().to_pylist() if one["total"] is not None]
    for one in records:
        better = sum(other["total"] > one["total"] + 1e-6 for other in records)
        level = sum(abs(other["total"] - one["total"]) <= 1e-6 for other in records)
        assert better < one["rank"] <= better + level
    order = sorted(records, key=lambda one: -one["total"])
    assert [one["rank"] for one in order] == sorted(one["rank"] for one in order)
    assert not records or order[0]["rank"] == 1


@settings(max_examples=25, deadline=None)
@given(ROWS, st.data())
def test_a_better_value_never_lowers_a_score(rows, data):
    one = compiled(
        leaf("banded", "a", 20.0, bands((-INF, 0), (0.5, 0.6), (2, 1))),
        leaf(
            "anchored",
            "b",
            13.7,
            Normalisation(method="anchored", worst=9.0, best=-9.0),
            direction="less",
        ),
        branch(
            "two",
            leaf("log", "c", 7.1, Normalisation(method="log", best=1e3)),
            leaf("ratio", "d", 7.1, Normalisation(method="ratio", best=4.0)),
            combine="best",
        ),
    )
    row = {
        name: row_value if row_value is not None else 0.0
        for name, row_value in rows[0].items()
        if name in "abcd"
    }
    fact = data.draw(st.sampled_from("abcd"))
    step = data.draw(st.floats(0, 20))
    better = {**row, fact: row[fact] + (-step if fact == "b" else step)}
    assert score_subject(one, better).total >= score_subject(one, row).total


@settings(max_examples=25, deadline=None)
@given(ROWS, st.sampled_from([0.25, 2.0, 8.0]))
def test_scaling_all_full_scores_scales_totals_and_leaves_ranks(rows, factor):
    def scored(scale):
        one = compiled(
            leaf("a", "a", 20.0 * scale, Normalisation(method="anchored", worst=-9.0, best=9.0)),
            leaf("b", "b", 30.0 * scale, Normalisation(method="percentile"), missing="reweigh"),
            leaf("c", "c", 50.0 * scale, Normalisation(method="log", best=9.0), missing="zero"),
        )
        return score_subjects(one, MemorySession(rounded), "facts")

    # Ties are told in millionths of a point, so that values a billionth apart might not stay tied.
    rounded = [
        {key: round(value, 2) if key in "abc" and value else value for key, value in row.items()}
        for row in rows
    ]
    plain, scaled = scored(1.0), scored(factor)
    np.testing.assert_allclose(scaled.verdict.total, plain.verdict.total * factor, atol=1e-7)
    assert scaled.ranks()[0].tolist() == plain.ranks()[0].tolist()


@settings(max_examples=25, deadline=None)
@given(ROWS)
def test_percentiles_do_not_depend_on_the_unit(rows):
    one, other = (
        compiled(leaf("a", text, 100.0, Normalisation(method="percentile")))
        for text in ("a", "a * 4")
    )
    session = MemorySession(rows)
    np.testing.assert_array_equal(
        score_subjects(one, session, "facts").verdict.total,
        score_subjects(other, session, "facts").verdict.total,
    )


def test_a_past_day_gives_the_same_figures_again():
    rows = seeded_rows(200)
    for one in SYSTEMS.values():
        again = compile_system(one.system, SCHEMA, as_of=DAY)
        first = score_subjects(one, MemorySession(rows), "facts").arrow()
        assert score_subjects(again, MemorySession(rows), "facts").arrow().equals(first)


def test_the_day_of_scoring_decides_and_not_today():
    one = system(leaf("age", "years_between(founded_on, as_of) / 10"))
    row = {"founded_on": date(2020, 3, 2)}
    totals = [
        score_subject(compile_system(one, SCHEMA, as_of=day), row).total
        for day in (date(2026, 3, 1), date(2026, 3, 2), date(2030, 3, 2))
    ]
    assert totals == [5.0, 6.0, 10.0]


def test_the_order_of_rows_does_not_matter():
    rows = seeded_rows(50)
    session = MemorySession(rows)
    turned = MemorySession(rows)
    turned.register("facts", turned.facts.take(list(reversed(range(50)))))
    for one in SYSTEMS.values():
        assert (
            score_subjects(one, session, "facts").arrow()
            == score_subjects(one, turned, "facts").arrow()
        )


def test_derived_weights_sum_to_the_total_score_and_bonus_stays_outside():
    table = score_subjects(SYSTEMS["critic"], MemorySession(seeded_rows(300)), "facts")
    placed, b, c, e, prize = table.full_points[0]
    assert placed + b + e == pytest.approx(100.0)
    assert (b, prize) == (c, 5.0)
    assert min(placed, b, e) > 0


def test_a_population_can_be_kept_and_strangers_scored_against_it():
    one = SYSTEMS["critic"]
    rows = seeded_rows(300)
    population = score_subjects(one, MemorySession(rows), "facts").population()
    table = score_subjects(one, MemorySession(rows[:1]), "facts", population=population)
    score = score_subject(one, rows[0], population=population)
    assert table.arrow()["total"].to_pylist() == [score.total]
    assert table.arrow()["rank"].to_pylist() == [score.rank]
    assert score.n_ranked == 300


def test_parts_are_ranked_where_totals_are_withheld():
    one = compiled(leaf("x", "a", None), leaf("y", "b", None, direction="less"), official=True)
    rows = [{"a": 1.0, "b": 0.1}, {"a": 3.0, "b": 0.5}, {"a": 3.0}]
    table = score_subjects(one, MemorySession(rows), "facts")
    assert table.arrow()["rank"].to_pylist() == [None] * 3
    assert table.arrow()["withheld"].to_pylist() == ["weights_unknown"] * 3
    assert table.leaf_ranks("x")[0].tolist() == [3, 1, 1]
    assert table.leaf_ranks("y")[0].tolist() == [1, 2, 0]
    score = score_subject(one, rows[0], population=table.population())
    assert [(part.rank, part.percentile, part.n_ranked) for part in score.leaves] == [
        (3, 1 / 6, 3),
        (1, 0.75, 2),
    ]


def test_peers_are_of_the_same_industry_and_size():
    rows = [
        {"a": 0.1, "industry": "39", "size": "small"},
        {"a": 0.3, "industry": "39", "size": "small"},
        {"a": 0.9, "industry": "39", "size": "large"},
        {"a": 0.2, "industry": "39", "size": "small"},
        {"a": 0.8, "size": "small"},
    ]
    one = compiled(branch("one", leaf("x", "a", 100.0)))
    table = score_subjects(one, MemorySession(rows), "facts", keep=("industry", "size"))
    standing = table.peers(("industry", "size"))
    assert standing.rank.tolist() == [3, 1, 1, 2, 0]
    assert standing.n_peers.tolist() == [3, 3, 1, 3, 0]
    assert standing.median.tolist()[:4] == [20.0, 20.0, 90.0, 20.0]
    assert table.peers(("size",), of="x").rank.tolist() == [4, 2, 1, 3, 1]
    raw = table.peers(("size",), of="x", raw=True)
    assert raw.median.tolist() == pytest.approx([0.25, 0.25, 0.9, 0.25, 0.25])
    assert table.peers(("size",), of="one").rank.tolist() == [4, 2, 1, 3, 1]
    with pytest.raises(UnknownIndicator):
        table.peers(("size",), of="z")
    with pytest.raises(ColumnNotKept, match="keep="):
        table.peers(("region",))


def test_years_are_kept_apart():
    rows = [{"a": 0.1, "year": 2024}, {"a": 0.9, "year": 2025}]
    one = compiled(leaf("x", "a", 100.0))
    session = MemorySession(rows, year=2025)
    table = score_subjects(one, session, "facts", year=2025)
    assert table.arrow()["total"].to_pylist() == [90.0]


def test_a_subject_with_two_rows_is_refused():
    session = MemorySession([{"a": 0.1}, {"a": 0.2}])
    session.register("facts", session.facts.take([0, 0, 1]))
    with pytest.raises(SubjectRepeated, match="pass year="):
        score_subjects(compiled(leaf("x", "a")), session, "facts")


def test_positions_and_unknown_names():
    table = score_subjects(compiled(leaf("x", "a")), MemorySession([{}, {}]), "facts")
    assert (len(table), table.position("s000001")) == (2, 1)
    with pytest.raises(UnknownSubject):
        table.position("s9")
    with pytest.raises(UnknownIndicator, match="there are x"):
        table.leaf_ranks("y")


def test_no_subjects_give_an_empty_table():
    table = score_subjects(SYSTEMS["given"], MemorySession([]), "facts")
    assert table.arrow().num_rows == 0
    assert table.population().n_subjects == 0


def test_infinite_facts_are_clipped_and_not_a_number_is_missing():
    one = compiled(leaf("x", "a", 10.0, Normalisation(method="log", best=9.0)))
    rows = [{"a": INF}, {"a": -INF}, {"a": float("nan")}]
    table = score_subjects(one, MemorySession(rows), "facts")
    assert table.arrow()["total"].to_pylist() == [10.0, 0.0, None]
    assert [score_subject(one, row).total for row in rows] == [10.0, 0.0, None]


def test_not_a_number_is_missing_inside_conditions_too():
    one = compiled(leaf("x", "a > 1", normalisation=TRUTH), leaf("y", "greatest(a, b)"))
    row = {"a": float("nan"), "b": 1.0}
    record = score_subjects(one, MemorySession([row]), "facts").arrow().to_pylist()[0]
    score = score_subject(one, row)
    assert [record["x.raw"], record["y.raw"]] == [part.raw for part in score.leaves] == [None, None]
