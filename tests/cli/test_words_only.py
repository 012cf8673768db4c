"""Commands while the embedding endpoint is down."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from embedding_endpoint import EmbeddingEndpoint, embedding_endpoint

from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.index import forget_opened, open_matcher
from silian.portal.industry.models import Need

Silian = Callable[..., Any]


@pytest.fixture
def endpoint(settings: Any) -> Iterator[EmbeddingEndpoint]:
    with embedding_endpoint(settings) as server:
        yield server


def test_match_answers_by_words_and_check_asks_nothing(
    endpoint: EmbeddingEndpoint, need: Need, silian: Silian
) -> None:
    outbox.drain()
    open_matcher().embed_pending()
    forget_opened()
    endpoint.off, endpoint.n_requests = True, 0
    assert silian("check").code == 0
    assert silian("status").code == 0
    assert endpoint.n_requests == 0

    answer = silian("match", "--text", "耐高温的永磁材料")
    assert answer.code == 0
    assert "耐高温永磁材料第0代" in answer.out
    assert "语义暂不可用，仅按用词" in answer.out + answer.err
    values = silian("match", "--text", "耐高温的永磁材料", "--json").json()["all"]
    assert values["meaning_failure"] == "endpoint_refused"
    assert endpoint.n_requests == 1


def test_serve_refuses_an_address_that_is_none(settings: Any, silian: Silian, db: None) -> None:
    settings.EMBEDDER = "endpoint"
    settings.EMBEDDER_ENDPOINT = {"url": "", "model": "m", "api_key": "", "n_dimensions": ""}
    forget_opened()
    answer = silian("serve", "--port", "18963")
    assert answer.code == 1
    assert "SILIAN_EMBEDDER_URL 未设置" in answer.out + answer.err
