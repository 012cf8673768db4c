"""Chinese until the reader chooses; the browser's own preference doesn't count."""

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import RequestFactory

from silian.portal.bilingual import choose
from silian.portal.language_choice import LanguageChoiceMiddleware


@pytest.mark.parametrize(
    ("cookie", "word"), [("", "需求"), ("en", "Need"), ("zh-hans", "需求"), ("xx", "需求")]
)
def test_only_the_readers_choice_sets_the_language(cookie: str, word: str) -> None:
    request = RequestFactory().get("/", headers={"accept-language": "en-US,en;q=0.9"})
    if cookie:
        request.COOKIES[settings.LANGUAGE_COOKIE_NAME] = cookie
    middleware = LanguageChoiceMiddleware(lambda _: HttpResponse(choose("需求", "Need")))
    assert middleware(request).content.decode() == word
