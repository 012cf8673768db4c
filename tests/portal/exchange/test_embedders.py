"""With an embedding endpoint that fails, words answer with a remark, and nothing else waits."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from embedding_endpoint import EmbeddingEndpoint, embedding_endpoint

from silian.language import EmbedderUnavailable, EndpointUnreachable
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain import consistency, outbox, service
from silian.portal.exchange.domain.embedders import EmbedderMisconfigured, configured_embedder
from silian.portal.exchange.domain.explanations import frozen_match
from silian.portal.exchange.domain.index import forget_opened, open_matcher
from silian.portal.exchange.domain.meaning import MeaningWorker

WORDS = "耐高温永磁材料"


@pytest.fixture
def endpoint(settings: Any) -> Iterator[EmbeddingEndpoint]:
    with embedding_endpoint(settings) as server:
        yield server


@pytest.fixture
def ready(endpoint: EmbeddingEndpoint, city: Any) -> Any:
    """An index with meaning, of which another process opens the files while the server is down."""
    outbox.drain()
    open_matcher().embed_pending()
    assert service.search(WORDS, viewer=SYSTEM).meaning_failure == ""
    forget_opened()
    endpoint.off, endpoint.n_requests = True, 0
    return city


@pytest.mark.parametrize(
    ("setting", "given", "told"),
    [
        ("url", "", "SILIAN_EMBEDDER_URL 未设置；SILIAN_EMBEDDER=endpoint 需要形如"),
        ("url", "127.0.0.1:9", "SILIAN_EMBEDDER_URL 为 '127.0.0.1:9'；SILIAN_EMBEDDER=endpoint"),
        ("url", "ftp://h/v1", "SILIAN_EMBEDDER_URL 为 'ftp://h/v1'"),
        ("model", " ", "SILIAN_EMBEDDER_MODEL 未设置"),
        ("n_dimensions", "many", "SILIAN_EMBEDDER_DIMENSIONS 为 'many'"),
        ("n_dimensions", "0", "SILIAN_EMBEDDER_DIMENSIONS 为 '0'"),
    ],
)
def test_settings_that_can_not_be_meant_are_told_by_name(
    settings: Any, setting: str, given: str, told: str
) -> None:
    settings.EMBEDDER = "endpoint"
    sound = {"url": "http://h/v1", "model": "m", "api_key": "", "n_dimensions": "8"}
    settings.EMBEDDER_ENDPOINT = {**sound, setting: given}
    with pytest.raises(EmbedderMisconfigured) as caught:
        configured_embedder()
    assert caught.value.message_zh.startswith(told)
    settings.EMBEDDER_ENDPOINT = sound
    embedder = configured_embedder()
    assert embedder is not None
    assert embedder.n_dimensions == 8


def test_pages_answer_by_words_and_say_so(
    ready: Any, endpoint: EmbeddingEndpoint, client: Client
) -> None:
    client.force_login(_operator())
    for address in (
        f"/search/?q={WORDS}",
        f"/needs/{ready.need.public_id}/matches/",
        reverse("exchange:record_matches", args=[ready.achievement.public_id]),
    ):
        page = client.get(address)
        assert page.status_code == 200
        assert "语义暂不可用，仅按用词" in page.text
    assert ready.achievement.public_id in client.get(f"/search/?q={WORDS}").text
    assert endpoint.n_requests == 1


def _operator() -> Any:
    from django.contrib.auth import get_user_model

    user, _ = get_user_model().objects.get_or_create(
        username="superintendent", defaults={"is_staff": True, "is_superuser": True}
    )
    return user


def test_every_question_is_answered_by_words_after_one_try(
    ready: Any, endpoint: EmbeddingEndpoint
) -> None:
    page = service.search(WORDS, viewer=SYSTEM)
    by_kind = service.match_need(ready.need, viewer=SYSTEM)
    best = service.best_for_need(ready.need, viewer=SYSTEM)
    absence = service.why_not(ready.need, ready.achievement.public_id, viewer=SYSTEM)
    frozen = frozen_match(ready.need, ready.achievement.public_id, SYSTEM)

    assert page.meaning_failure == best.meaning_failure == "endpoint_refused"
    assert {one.meaning_failure for one in by_kind.values()} == {"endpoint_refused"}
    assert ready.achievement.public_id in {one.record.public_id for one in page.hits}
    assert absence.hit is not None
    assert absence.hit.meaning_failure == "endpoint_refused"
    assert frozen["explanation"]["meaning_failure"] == "endpoint_refused"
    assert endpoint.n_requests == 1


def test_what_is_kept_of_many_needs_does_not_rest_on_words_alone(ready: Any) -> None:
    with pytest.raises(EmbedderUnavailable, match="by their words only"):
        service.best_for_needs([ready.need], viewer=SYSTEM)


def test_home_lists_and_check_ask_the_endpoint_nothing(
    ready: Any, endpoint: EmbeddingEndpoint, client: Client
) -> None:
    for address in ("/", reverse("exchange:need_list"), reverse("exchange:supply_list")):
        assert client.get(address).status_code == 200
    ready.achievement.title = "另一个题目"
    ready.achievement.save()
    outbox.enqueue([ready.achievement.public_id])
    report = consistency.check(repair=True)
    assert report.meaning_pending_count == 2  # the achievement, and the person who made it
    assert consistency.check().consistent
    assert endpoint.n_requests == 0


def test_an_index_is_made_anew_while_the_endpoint_is_down(
    ready: Any, endpoint: EmbeddingEndpoint
) -> None:
    n_documents = open_matcher().statistics().document_count
    assert consistency.rebuild() == n_documents
    assert open_matcher().statistics().pending_vectors == 0
    endpoint.off = False
    assert service.search(WORDS, viewer=SYSTEM).meaning_failure == ""


def test_without_any_index_a_page_tries_the_endpoint_once(
    endpoint: EmbeddingEndpoint, city: Any, client: Client
) -> None:
    endpoint.off = True
    page = client.get(f"/search/?q={WORDS}")
    assert "语义服务拒绝了请求" in page.text
    assert endpoint.n_requests == 1


def test_the_worker_indexes_words_meanwhile_and_logs_one_line(
    endpoint: EmbeddingEndpoint, ready: Any, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    monkeypatch.setattr("silian.portal.exchange.domain.meaning._EMBED_AGAIN_SECONDS", 0.0)
    ready.achievement.title = "另一个题目"
    ready.achievement.save()
    outbox.enqueue([ready.achievement.public_id])
    worker = MeaningWorker()
    with caplog.at_level(logging.INFO, "silian.portal.exchange.domain"):
        for _ in range(4):
            worker.step()
        assert outbox.status().waiting_count == 0
        with pytest.raises(EmbedderUnavailable):
            worker.run(once=True)
        endpoint.off = False
        worker.run(once=True)
    assert open_matcher().statistics().pending_vectors == 0
    told = [record for record in caplog.records if record.name.endswith("meaning")]
    assert [record.getMessage().partition(":")[0] for record in told] == [
        "meaning has to wait, words are indexed meanwhile",
        "meaning is being read again",
    ]
    assert all(record.exc_info is None for record in told)


def test_an_error_that_comes_again_is_logged_once(
    city: Any, caplog: pytest.LogCaptureFixture, monkeypatch: Any
) -> None:
    worker = MeaningWorker()
    tries: list[int] = []

    def fail() -> int:
        tries.append(1)
        if len(tries) == 4:
            worker.stop()
        raise EndpointUnreachable("no answer") if len(tries) != 2 else OSError("disk")

    monkeypatch.setattr(worker, "step", fail)
    monkeypatch.setattr("silian.portal.exchange.domain.meaning._RETRY_SECONDS", 0.0)
    with caplog.at_level(logging.INFO, "silian.portal.exchange.domain.meaning"):
        worker.run()
    assert len(tries) == 4
    assert [(record.getMessage()[-9:], bool(record.exc_info)) for record in caplog.records] == [
        ("no answer", False), ("ain: disk", True), ("no answer", False),
    ]  # fmt: skip
