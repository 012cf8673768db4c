"""The thread that carries changes to the index right after their commit, and the worker loop."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection

from silian.errors import EngineError

logger = logging.getLogger(__name__)

# After its last task the thread stays as long as saves usually follow each other.
_IDLE_SECONDS = 30.0
_RETRY_SECONDS = 1.0
# What a load leaves is for the worker.
_WORDS_AT_ONCE = 1_000
# How long a process that ends lets its thread finish: what it leaves another takes over.
_LAST_SECONDS = 60.0

_lock = threading.Lock()
_due = threading.Event()
_quiet = threading.Event()
_quiet.set()
_thread: threading.Thread | None = None
_thread_process = 0
_paused = 0


@contextmanager
def paused() -> Iterator[None]:
    """Leave this process's changes in the outbox meanwhile: a bulk load drains them at its end."""
    global _paused  # noqa: PLW0603
    _paused += 1
    try:
        yield
    finally:
        _paused -= 1


def wake() -> None:
    """Let this process's index thread look for due entries now; start it if need be."""
    global _thread, _thread_process  # noqa: PLW0603  one thread a process is the point
    if _paused or not settings.INDEX_THREAD:
        return
    with _lock:
        _due.set()
        _quiet.clear()
        # A forked child has the module's state, but not the parent's thread.
        if _thread is None or not _thread.is_alive() or _thread_process != os.getpid():
            _thread = threading.Thread(target=_run, name="silian-index", daemon=True)
            _thread_process = os.getpid()
            _thread.start()


def finish(timeout_s: float = _LAST_SECONDS) -> bool:
    """Wait until this process's thread has carried its changes to the index.

    A command calls this before it ends: the thread would be stopped in the middle of its work.

    Returns
    -------
    bool
        Whether nothing is left to do; False where it failed, which the log tells, or takes longer.
        What is left stays in the outbox.
    """
    with _lock:
        thread, is_ours = _thread, _thread_process == os.getpid()
    if thread is None or not is_ours or not thread.is_alive():
        return True
    return _quiet.wait(timeout_s) and not _due.is_set()


def _run() -> None:
    from silian.engines.matching.errors import IndexLocked
    from silian.portal.exchange.domain.list_words import index_words
    from silian.portal.exchange.domain.outbox import drain

    global _thread  # noqa: PLW0603
    look_again, told = False, ""
    try:
        while True:
            if not _due.wait(_RETRY_SECONDS if look_again else _IDLE_SECONDS) and not look_again:
                with _lock:
                    if not _due.is_set():
                        _thread = None
                        return
            _due.clear()
            close_old_connections()
            try:
                drain()
                index_words(limit=_WORDS_AT_ONCE)
                look_again = _keep_graph_up()
                told = ""
                with _lock:
                    if not _due.is_set():
                        _quiet.set()
            except (EngineError, DatabaseError, OSError) as error:
                if str(error) != told:  # once, however often it is tried
                    told = str(error)
                    unforeseen = not isinstance(error, EngineError)
                    logger.error(
                        "the index could not be brought up to date, trying again: %s",
                        error,
                        exc_info=unforeseen,
                    )
                if not isinstance(error, IndexLocked):  # that one passes
                    _due.set()
                    _quiet.set()  # nobody need wait for it
                time.sleep(_RETRY_SECONDS)
                _due.set()
    finally:
        connection.close()


def _keep_graph_up() -> bool:
    from silian.portal.insight.domain.graph_refreshing import keep_up

    return keep_up()
