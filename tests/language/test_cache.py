import hashlib
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from silian.language import (
    CacheUnusable,
    EmbeddingCache,
    InvalidText,
    UnknownRole,
    WrongDimension,
    cache_key,
    embed_cached,
)


class CountingEmbedder:
    """A small real embedder (hashed characters) that remembers what it was asked."""

    n_dimensions = 16

    def __init__(self, name="counting/1", fail_after=None):
        self.name = name
        self.asked = []
        self.fail_after = fail_after

    def embed(self, texts, *, role):
        if self.fail_after is not None and len(self.asked) >= self.fail_after:
            raise ConnectionError("the server is gone")
        self.asked += [(role, text) for text in texts]
        vectors = np.zeros((len(texts), self.n_dimensions), dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for character in text:
                row[hashlib.md5(character.encode()).digest()[0] % self.n_dimensions] += 1
        return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


@pytest.fixture
def cache(tmp_path):
    with EmbeddingCache(tmp_path / "vectors.sqlite") as cache:
        yield cache


def test_a_text_is_embedded_once_whatever_its_spelling(cache):
    embedder = CountingEmbedder()
    first = embed_cached(embedder, ["電機", "电机", "泵", "电机"], role="passage", cache=cache)
    again = embed_cached(embedder, ["泵", "电机 "], role="passage", cache=cache)
    assert sorted(embedder.asked) == [("passage", "泵"), ("passage", "电机")]
    assert np.array_equal(first[0], first[1])
    assert np.array_equal(again, first[[2, 0]])


def test_role_and_embedder_are_part_of_the_key(cache):
    one, other = CountingEmbedder("a/1"), CountingEmbedder("a/2")
    embed_cached(one, ["泵"], role="passage", cache=cache)
    embed_cached(one, ["泵"], role="query", cache=cache)
    embed_cached(other, ["泵"], role="query", cache=cache)
    assert one.asked == [("passage", "泵"), ("query", "泵")]
    assert other.asked == [("query", "泵")]
    assert len({cache_key("a", "query", "bc"), cache_key("a", "passage", "bc")}) == 2


def test_vectors_come_back_in_order_with_float16_precision(cache):
    embedder = CountingEmbedder()
    texts = [f"文本{number}" for number in range(50)] + [""]
    expected = embedder.embed(texts, role="passage")
    found = embed_cached(embedder, texts, role="passage", cache=cache, batch_size=7)
    assert found.dtype == np.float32
    assert np.abs(found - expected).max() < 1e-3
    assert not found[-1].any()


def test_progress_counts_texts_to_the_end(cache):
    embedder, calls = CountingEmbedder(), []
    embed_cached(embedder, ["甲"], role="passage", cache=cache)
    texts = ["甲", "乙", "乙", "丙", "丁"]
    embed_cached(
        embedder, texts, role="passage", cache=cache, batch_size=1,
        progress=lambda done, total: calls.append((done, total)),
    )  # fmt: skip
    assert calls[0] == (1, 5)
    assert calls[-1] == (5, 5)
    assert calls == sorted(calls)


def test_a_run_that_fails_resumes_where_it_stopped(cache):
    texts = [f"文本{number}" for number in range(20)]
    failing = CountingEmbedder(fail_after=8)
    with pytest.raises(ConnectionError):
        embed_cached(failing, texts, role="passage", cache=cache, batch_size=4)
    assert len(cache) == 8
    resumed = CountingEmbedder()
    embed_cached(resumed, texts, role="passage", cache=cache, batch_size=4)
    assert len(resumed.asked) == 12
    assert not set(resumed.asked) & set(failing.asked)


KILLED_RUN = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from test_cache import CountingEmbedder
from silian.language import EmbeddingCache, embed_cached

class Slow(CountingEmbedder):
    def embed(self, texts, *, role):
        time.sleep(0.05)
        vectors = super().embed(texts, role=role)
        print(len(self.asked), flush=True)
        return vectors

texts = [f"文本{number}" for number in range(400)]
with EmbeddingCache(Path(sys.argv[1])) as cache:
    embed_cached(Slow(), texts, role="passage", cache=cache, batch_size=10)
"""


def test_a_killed_process_loses_at_most_one_batch(tmp_path):
    path = tmp_path / "vectors.sqlite"
    run = subprocess.Popen(
        [sys.executable, "-c", KILLED_RUN, str(path), str(Path(__file__).parent)],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    n_embedded = 0
    while n_embedded < 60:
        n_embedded = int(run.stdout.readline())
    run.send_signal(signal.SIGKILL)
    n_embedded = max([n_embedded, *map(int, run.stdout.read().split())])
    assert run.wait() == -signal.SIGKILL
    run.stdout.close()
    with EmbeddingCache(path) as cache:
        assert n_embedded - 10 <= len(cache) <= n_embedded
        resumed = CountingEmbedder()
        n_kept = len(cache)
        texts = [f"文本{number}" for number in range(400)]
        embed_cached(resumed, texts, role="passage", cache=cache)
        assert len(resumed.asked) == 400 - n_kept


def test_many_may_open_a_new_cache_in_the_same_moment(tmp_path):
    for attempt in range(20):
        path = tmp_path / f"{attempt}.sqlite"
        together = threading.Barrier(8)

        def open_one(path=path, together=together):
            together.wait()
            with EmbeddingCache(path) as cache:
                return len(cache)

        with ThreadPoolExecutor(8) as pool:
            opened = [pool.submit(open_one) for _ in range(8)]
        assert [one.result() for one in opened] == [0] * 8


def test_two_processes_share_a_cache(tmp_path):
    path = tmp_path / "vectors.sqlite"
    command = [sys.executable, "-c", KILLED_RUN.replace("0.05", "0.001"), str(path)]
    runs = [
        subprocess.Popen([*command, str(Path(__file__).parent)], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    totals = [max(map(int, run.communicate()[0].split()), default=0) for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    with EmbeddingCache(path) as cache:
        assert len(cache) == 400
    # Side by side they may both take a batch, but far from all of them.
    assert 400 <= sum(totals) <= 800


def test_looking_up_100_000_vectors_is_fast(cache):
    vector = np.ones(384, dtype=np.float32)
    keys = [cache_key("model", "passage", str(number)) for number in range(100_000)]
    for start in range(0, 50_000, 10_000):
        cache.put_many(dict.fromkeys(keys[start : start + 10_000], vector))
    started = time.process_time()
    absent = cache.missing(keys)
    found = cache.get_many(keys)
    took_s = time.process_time() - started
    assert absent == set(keys[50_000:])
    assert found.keys() == set(keys[:50_000])
    assert took_s < 3


class ShortEmbedder(CountingEmbedder):
    def embed(self, texts, *, role):
        return super().embed(texts, role=role)[:, :8]


def test_wrong_dimension_is_refused_before_it_is_kept(cache):
    with pytest.raises(WrongDimension, match=r"\(1, 8\); expected \(1, 16\)"):
        embed_cached(ShortEmbedder(), ["泵"], role="passage", cache=cache)
    assert len(cache) == 0


def test_two_models_of_one_name_are_noticed(cache):
    cache.put_many({cache_key("counting/1", "passage", "泵"): np.ones(8, dtype=np.float32)})
    with pytest.raises(WrongDimension, match="share one name"):
        embed_cached(CountingEmbedder(), ["泵"], role="passage", cache=cache)


def test_wrong_requests_are_refused_before_any_work(cache):
    embedder = CountingEmbedder()
    with pytest.raises(UnknownRole):
        embed_cached(embedder, ["泵"], role="document", cache=cache)
    with pytest.raises(InvalidText, match=r"texts\[1\] is NoneType"):
        embed_cached(embedder, ["泵", None], role="passage", cache=cache)
    with pytest.raises(InvalidText, match="one str"):
        embed_cached(embedder, "泵", role="passage", cache=cache)
    assert embedder.asked == []


def test_no_texts_give_no_vectors(cache):
    found = embed_cached(CountingEmbedder(), [], role="passage", cache=cache)
    assert found.shape == (0, 16)


def test_a_foreign_file_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("not a database, but long enough to look like one" * 10)
    with pytest.raises(CacheUnusable, match="remove the file"):
        EmbeddingCache(path)


def test_a_damaged_cache_is_no_silent_error(tmp_path):
    path = tmp_path / "vectors.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE vectors (something TEXT)")
    connection.commit()
    connection.close()
    with pytest.raises(CacheUnusable, match="can't be used"):
        EmbeddingCache(path)
