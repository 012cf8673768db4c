from collections import Counter, defaultdict

import pytest

from silian.sample import relevance_examples
from silian.sample.relevance import GRADED_KINDS


@pytest.fixture(scope="module")
def pairs(city):
    return list(city.relevance())


def test_at_least_three_hundred_needs_have_thirty_graded_supplies(pairs):
    graded = Counter(pair.need_key for pair in pairs)
    assert len(graded) >= 300
    assert min(graded.values()) >= 30


def test_no_pair_is_graded_twice(pairs):
    assert len({pair[:3] for pair in pairs}) == len(pairs)


def test_every_kind_has_every_level(pairs):
    levels = defaultdict(Counter)
    for pair in pairs:
        levels[pair.supply_kind][pair.level] += 1
    assert {kind: sorted(found) for kind, found in levels.items()} == {
        kind: [1, 2, 3] if kind == "organisation" else [1, 2, 3, 4] for kind in GRADED_KINDS
    }


def test_most_technology_needs_have_an_answer_and_gaps_have_none(city, pairs, tables):
    kinds = {row["source_key"]: row["need_kind"] for row in tables["need"]}
    best = defaultdict(int)
    for pair in pairs:
        if pair.supply_kind in {"achievement", "person"}:
            best[pair.need_key] = max(best[pair.need_key], pair.level)
    unmet = set(city.unmet_need_keys())
    assert {best[key] for key in best if key in unmet} <= {1, 2}
    answered = [best[k] >= 3 for k in best if kinds[k] == "technology" and k not in unmet]
    assert sum(answered) / len(answered) > 0.9


def test_nobody_at_all_can_meet_a_gap(city, tables):
    unmet = city.unmet_need_keys()
    assert 0.02 < len(unmet) / len(tables["need"]) < 0.04
    for kind in ("achievement", "person", "patent", "project", "platform"):
        for need in unmet[:6]:
            levels = {city.level(need, kind, row["source_key"]) for row in tables[kind]}
            assert levels <= {1, 2}


def test_level_of_any_pair_agrees_with_the_graded_ones(city, pairs):
    assert [city.level(*pair[:3]) for pair in pairs[:2000]] == [p.level for p in pairs[:2000]]


def test_examples_hold_the_rows_of_their_keys(city, pairs):
    examples = list(relevance_examples(city))
    assert [
        (need["source_key"], kind, supply["source_key"], level)
        for need, kind, supply, level in examples
    ] == [tuple(pair) for pair in pairs]


def characters(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def test_shared_words_alone_do_not_tell_the_level(city):
    """Near misses share more words with a need than many a true answer does."""
    mistakes = comparisons = 0
    by_need = defaultdict(list)
    for need, kind, supply, level in relevance_examples(city):
        if kind == "achievement" and need["need_kind"] == "technology":
            said = characters(need["title"] + need["text"])
            offered = characters(supply["title"] + supply["summary"])
            by_need[need["source_key"]].append((level, len(said & offered) / len(offered)))
    for found in by_need.values():
        good = [overlap for level, overlap in found if level == 4]
        near = [overlap for level, overlap in found if level == 2]
        comparisons += len(good) * len(near)
        mistakes += sum(n >= g for g in good for n in near)
    assert 0.05 < mistakes / comparisons < 0.5
