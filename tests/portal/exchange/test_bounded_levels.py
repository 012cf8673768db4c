"""A level that something other than the pair holds down says what, in the reader's language."""

from dataclasses import replace

import pytest
from django.template.loader import render_to_string
from django.utils import translation

from silian.engines.matching import Document, Hit
from silian.engines.matching.values import Contribution, SearchResult
from silian.portal.exchange.domain.explanations import explanation_of
from silian.portal.exchange.interfaces.reasons import bars_of, top_reasons


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
        ("words", 3.0, "zh-hans", "相当一部分没有提到"),
        ("words", 3.0, "en", "Level 3 at most: much of what is asked"),
        ("unshared", 2.0, "zh-hans", "没有能说明内容的共同词"),
        ("unshared", 2.0, "en", "no telling word is shared"),
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


@pytest.mark.parametrize(
    ("language", "told"),
    [("zh-hans", "未提到：油墨、导电"), ("en", "Not mentioned: 油墨, 导电")],
)
def test_reasons_say_what_is_missing(language, told):
    hit = replace(hit_bound_by("words", 3.0), missing_terms=("油墨", "导电"))
    assert explanation_of(hit)["missing_terms"] == ["油墨", "导电"]
    with translation.override(language):
        assert told in render_to_string("exchange/partials/reasons.html", {"hit": hit})


def test_where_nothing_is_missing_nothing_is_said_of_it():
    hit = hit_bound_by("", 4.0)
    assert "missing_terms" not in explanation_of(hit)
    assert "未提到" not in render_to_string("exchange/partials/reasons.html", {"hit": hit})


def weighed(**contributions):
    return tuple(
        Contribution(feature=name, value=1.0, contribution=given)
        for name, given in contributions.items()
    )


def test_what_holds_for_all_of_a_kind_is_no_reason_and_is_drawn_last():
    parts = weighed(kind_worth=-0.9, title_meaning=0.2, document_term_match=0.4, freshness=0.0)
    hit = replace(hit_bound_by("", 3.0), contributions=parts)
    assert [one.feature for one in top_reasons(hit)] == ["document_term_match", "title_meaning"]
    assert [bar.contribution for bar in bars_of(hit)] == [0.4, 0.2, -0.9]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("person", "名称、专长或关键词被提到"), ("achievement", "供给标题被提到")],
)
def test_a_name_is_not_said_to_be_mentioned_where_its_keywords_are(kind, told):
    hit = hit_bound_by("", 3.0)
    document = replace(hit.document, kind=kind)
    hit = replace(hit, document=document, contributions=weighed(document_term_match=0.4))
    assert [bar.label for bar in bars_of(hit)] == [told]


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
