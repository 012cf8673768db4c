"""The worker that lets meaning follow words: drains the outbox, embeds, tidies, until stopped."""

import logging
import threading
import time

from django.db import DatabaseError, close_old_connections

from silian.errors import EngineError
from silian.language import EmbedderUnavailable, WrongDimension
from silian.portal.exchange.domain import consistency, outbox
from silian.portal.exchange.domain.index import embedder_of_process, open_matcher
from silian.portal.exchange.domain.list_words import index_words
from silian.portal.insight.domain.graph_refreshing import keep_up

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_RETRY_SECONDS = 10.0
# Small portions, so that a saved record never waits long for a long embedding run.
_EMBED_PORTION = 256
_EMBED_AGAIN_SECONDS = 20.0
_WORDS_PORTION = 4_000
_TIDY_EVERY_SECONDS = 600.0
_TIDY_ROWS = 200
# What the index thread of a web process leaves to us: changes too many to lay over the graph.
_GRAPH_EVERY_SECONDS = 3.0


class MeaningWorker:
    """Works on what waits. Any number may run; work done twice ends the same."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._tidied_at = time.monotonic()
        self._graph_at = 0.0
        self._has_looked_at_words = False
        self._embed_at = 0.0
        self._failure: EngineError | None = None
        self._told = ""

    def stop(self) -> None:
        """Leave after the portion at hand."""
        self._stopped.set()

    def run(self, *, once: bool = False) -> None:
        """Work until stopped, or with ``once`` until nothing waits."""
        while not self._stopped.is_set():
            try:
                n_done = self.step()
            except (EngineError, DatabaseError, OSError) as error:
                if once:
                    raise
                # A locked index or an unreachable database passes; nothing is lost meanwhile.
                self._tell(error)
                self._pause(_RETRY_SECONDS)
                continue
            self._told = ""
            if not n_done:
                if once and self._failure is not None:
                    raise self._failure
                if once:
                    return
                self._pause(_POLL_SECONDS)

    def _tell(self, error: Exception) -> None:
        """Log an error when it comes up, not with every try; what we know needs no traceback."""
        if str(error) != self._told:
            self._told = str(error)
            unforeseen = not isinstance(error, EngineError)
            logger.error(
                "the meaning worker could not go on, it tries again: %s", error, exc_info=unforeseen
            )

    def _pause(self, seconds: float) -> None:
        self._stopped.wait(seconds)
        close_old_connections()

    def step(self) -> int:
        """Drain the outbox, index lists' words, embed a portion, keep the graph up, tidy.

        The first step after an upgrade that cuts texts otherwise makes the index anew. Returns how
        much was done.
        """
        if not self._has_looked_at_words:
            if consistency.is_outdated():
                logger.warning("texts are cut into other words now; making the index anew")
                consistency.rebuild()
            self._has_looked_at_words = True
        n_done = outbox.drain() + index_words(limit=_WORDS_PORTION)
        if time.monotonic() >= self._graph_at:
            self._graph_at = time.monotonic() + _GRAPH_EVERY_SECONDS
            keep_up(rebuild=True)
        n_done += self._embed()
        if time.monotonic() - self._tidied_at > _TIDY_EVERY_SECONDS:
            self._tidied_at = time.monotonic()
            if open_matcher().statistics().unoptimised_rows > _TIDY_ROWS:
                open_matcher().optimise()
        return n_done

    def _embed(self) -> int:
        """Embed a portion; where the embedder fails, leave it alone for a while.

        Words follow the records all the same.
        """
        embedder = embedder_of_process()
        if embedder is None or time.monotonic() < self._embed_at:
            return 0
        try:
            if self._failure is not None:
                embedder.embed(["供需匹配"], role="query")  # a short try before a long one
            n_done = open_matcher().embed_pending(limit=_EMBED_PORTION)
        except (EmbedderUnavailable, WrongDimension) as error:
            if self._failure is None or self._failure.code != error.code:
                logger.warning("meaning has to wait, words are indexed meanwhile: %s", error)
            self._failure = error
            self._embed_at = time.monotonic() + _EMBED_AGAIN_SECONDS
            return 0
        if self._failure is not None:
            logger.warning("meaning is being read again")
            self._failure = None
        return n_done
