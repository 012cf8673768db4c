"""The worker that lets meaning follow words: drains the outbox, embeds, tidies, until stopped."""

import logging
import threading
import time

from django.db import DatabaseError, close_old_connections

from silian.errors import EngineError
from silian.portal.exchange.domain import consistency, outbox
from silian.portal.exchange.domain.index import embedder_of_process, open_matcher
from silian.portal.exchange.domain.list_words import index_words
from silian.portal.insight.domain.graph_refreshing import keep_up

logger = logging.getLogger(__name__)

_POLL_SECONDS = 1.0
_RETRY_SECONDS = 10.0
# Small portions, so that a saved record never waits long for a long embedding run.
_EMBED_PORTION = 256
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

    def stop(self) -> None:
        """Leave after the portion at hand."""
        self._stopped.set()

    def run(self, *, once: bool = False) -> None:
        """Work until stopped, or with ``once`` until nothing waits."""
        while not self._stopped.is_set():
            try:
                n_done = self.step()
            except (EngineError, DatabaseError, OSError):
                if once:
                    raise
                # A locked index or an unreachable database passes; nothing is lost meanwhile.
                logger.exception("the meaning worker could not go on; it tries again")
                self._pause(_RETRY_SECONDS)
                continue
            if not n_done:
                if once:
                    return
                self._pause(_POLL_SECONDS)

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
        if embedder_of_process() is not None:
            n_done += open_matcher().embed_pending(limit=_EMBED_PORTION)
        if time.monotonic() - self._tidied_at > _TIDY_EVERY_SECONDS:
            self._tidied_at = time.monotonic()
            if open_matcher().statistics().unoptimised_rows > _TIDY_ROWS:
                open_matcher().optimise()
        return n_done
