"""Words that a dictionary gave are told as such, and only where there are any."""

from django.template.loader import render_to_string

from silian.engines.matching import Document, Hit
from silian.portal.exchange.domain.explanations import explanation_of


def hit_with(translations: dict[str, str]) -> Hit:
    return Hit(
        document=Document(document_id="ach-1", kind="achievement", title="废水处理"),
        rank=1,
        score=1.0,
        level=3.0,
        base_score=1.0,
        contributions=(),
        matched_terms=("废水",),
        checks=(),
        sources=("words",),
        translations=translations,
    )


def test_reasons_name_the_phrase_that_a_word_was_translated_from():
    hit = hit_with({"废水": "waste water"})
    assert explanation_of(hit)["translations"] == {"废水": "waste water"}
    page = render_to_string("exchange/partials/reasons.html", {"hit": hit})
    assert "废水 ← waste water" in page


def test_reasons_of_a_question_in_chinese_say_nothing_of_translation():
    hit = hit_with({})
    assert "translations" not in explanation_of(hit)
    assert "←" not in render_to_string("exchange/partials/reasons.html", {"hit": hit})
