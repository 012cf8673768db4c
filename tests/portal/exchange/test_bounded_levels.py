"""A level that something other than the pair holds down says what, in the reader's language."""

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from silian.engines.matching import Document, Hit
from silian.engines.matching.values import SearchResult
from silian.portal.exchange.domain.explanations import explanation_of


def hit_bound_by(bound: str, level: float) -> Hit:
    return Hit(
        document=Document(document_id="org-1", kind="organisation", title="磁材公司"),
        rank=1,
        score=3.6,
        level=level,
        base_score=3.6,
        contributions=(),
        matched_terms=("永磁",),
        checks=(),
        sources=("words",),
        level_bound=bound,
    )


@pytest.mark.parametrize(
    ("bound", "level", "language", "told"),
    [
        ("kind", 3.0, "zh-hans", "此类供给从未高于 3 级"),
        ("kind", 3.0, "en", "Level 3 at most"),
        ("question", 1.0, "zh-hans", "所写过于笼统"),
        ("question", 1.0, "en", "so general that it fits any supply"),
        ("subject", 1.0, "zh-hans", "不像同一类事"),
        ("subject", 1.0, "en", "about something else than supplies are for"),
    ],
)
def test_reasons_say_what_holds_a_level_down(bound, level, language, told):
    hit = hit_bound_by(bound, level)
    assert explanation_of(hit)["level_bound"] == bound
    with translation.override(language):
        assert told in render_to_string("exchange/partials/reasons.html", {"hit": hit})


def test_reasons_of_a_free_level_say_nothing_of_bounds():
    hit = hit_bound_by("", 4.0)
    assert "level_bound" not in explanation_of(hit)
    assert "级" not in render_to_string("exchange/partials/reasons.html", {"hit": hit})


def found(*bounds_and_levels):
    return SearchResult(
        hits=tuple(hit_bound_by(bound, level) for bound, level in bounds_and_levels),
        candidate_count=9,
        meaning_pending_count=0,
        ranker_version="additive-1",
        timings_ms={},
    )


@pytest.mark.parametrize(
    ("hits", "bound"),
    [
        ((), ""),
        ((("", 1.0),), ""),
        ((("kind", 3.0), ("", 2.0)), ""),
        ((("question", 1.0), ("", 1.0)), "question"),
        ((("subject", 1.0), ("", 1.0)), "subject"),
        ((("subject", 1.0), ("", 2.0)), ""),  # it shares words with the question
    ],
)
def test_an_answer_says_what_is_amiss_with_the_question(hits, bound):
    assert found(*hits).question_bound == bound
