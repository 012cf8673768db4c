"""From saved record to index entry within two seconds, without ever losing one.

A change leaves an ``IndexTask`` in its own transaction. After the commit a thread of the same
process, or any worker, claims tasks in batches, reads the records as they are then, writes the
index, and only then deletes the tasks. A process that dies leaves its claims behind; the next
one takes them over.
"""

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from silian.engines.matching.errors import IndexLocked
from silian.identifiers import KIND_BY_PREFIX
from silian.portal.exchange.domain import list_entries, meanwhile
from silian.portal.exchange.domain.dependents import dependents_of
from silian.portal.exchange.domain.documents import documents_for
from silian.portal.exchange.domain.index import open_matcher, rebuild_lock
from silian.portal.exchange.domain.unreadable import (
    is_of_everything,
    log_unreadable,
    told_briefly,
)
from silian.portal.exchange.models import IndexTask

_BATCH_SIZE = 8_000
# Below this many it is cheaper to write an entry again than to look whether it changed.
_FEW = 500
# Entries written one by one slow searches down until they are folded into the large part.
_UNFOLDED_ROWS = 5_000
_ROWS_A_STATEMENT = 5_000
# Far longer than a batch takes; a dead process of this machine is noticed at once.
_LEASE = timedelta(minutes=5)
_HOST = socket.gethostname()
# How long another process may get nothing done before we say so instead of waiting on.
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxStatus:
    """How far the index lags behind the records."""

    waiting_count: int
    failed_count: int
    oldest_seconds: float | None


def enqueue(public_ids: Iterable[str], *, wake: bool = True) -> int:
    """Note that these records' index entries are due; call it inside the change's transaction.

    What lists tell of the records is set right at once. Single saves and deletions of records do
    this by themselves (signals); bulk statements, which send no signals, must call it. Records
    whose documents depend on these follow by themselves.

    Parameters
    ----------
    wake
        Whether the thread of this process is to see to them; False for who drains next.

    Returns
    -------
    int
        How many ids were noted.
    """
    # In one order everywhere, so that two transactions never wait for each other's rows.
    wanted = iter(sorted(set(public_ids)))
    n_noted = 0
    while portion := list(islice(wanted, _ROWS_A_STATEMENT)):
        _note(portion)
        list_entries.refresh(portion)
        n_noted += len(portion)
    if n_noted and wake:
        transaction.on_commit(_wake)
    return n_noted


def _note(public_ids: Sequence[str]) -> None:
    # Past the models: making them and preparing their values cost ten times the insert.
    now, stamp = connection.ops.adapt_datetimefield_value(timezone.now()), _new_stamp()
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {connection.ops.quote_name(IndexTask._meta.db_table)} "
            "(public_id, stamp, claim, error, created_at) VALUES (%s, %s, '', '', %s) "
            "ON CONFLICT (public_id) DO UPDATE SET stamp = excluded.stamp, error = excluded.error",
            [(public_id, stamp, now) for public_id in public_ids],
        )


def drain(limit: int | None = None, progress: Callable[[int, int], None] | None = None) -> int:
    """Bring due entries into the index until there is none that nobody else is at.

    Parameters
    ----------
    limit
        Stop after so many tasks.
    progress
        Called with (done, done + waiting) after each batch.

    Returns
    -------
    int
        How many tasks are done.

    Raises
    ------
    IndexLocked, IndexCorrupted, IndexUnusable
        If another process holds the index too long, or it can't be read or written; the tasks
        stay.
    """
    if meanwhile.is_noted():
        _mend_killed_rebuild()
    n_done = 0
    while limit is None or n_done < limit:
        room = _BATCH_SIZE if limit is None else min(_BATCH_SIZE, limit - n_done)
        tasks = _claim(room)
        if not tasks:
            break
        try:
            n_done += _carry_out(tasks)
        finally:
            # What was not done, for whatever reason, is free for the next worker.
            IndexTask.objects.filter(claim=tasks[0].claim).update(claim="", claimed_at=None)
        if progress:
            progress(n_done, n_done + _claimable().count())
    if n_done > _FEW and open_matcher().statistics().unoptimised_rows > _UNFOLDED_ROWS:
        open_matcher().optimise()
    return n_done


def finish(progress: Callable[[int, int], None] | None = None) -> int:
    """Drain, and wait for what other threads and processes have claimed.

    A command that says what the index holds, or compares it, calls this: ``drain`` alone returns
    while somebody else is still writing entries that were due before.

    Returns
    -------
    int
        How many tasks were done here.

    Raises
    ------
    IndexLocked
        If another process is at some tasks and gets none done for a minute; and as ``drain``.
    """
    n_done, n_left, patient_until = 0, 0, 0.0
    while True:
        n_done += (n_now := drain(progress=progress))
        n_before, n_left = n_left, IndexTask.objects.filter(error="").count()
        if not n_left:
            return n_done
        if n_now or n_left != n_before:
            patient_until = time.monotonic() + _PATIENCE_SECONDS
        elif time.monotonic() > patient_until:
            raise IndexLocked(
                f"Another process has been at {n_left} changes of the index for "
                f"{_PATIENCE_SECONDS:g} s. Nothing is lost: let it end, then run `silian check`.",
                waiting_count=n_left,
            )
        time.sleep(_LOOK_SECONDS)


def settle(stamps: Mapping[int, int]) -> None:
    """Delete tasks that still bear these stamps, by primary key: a rebuild has done their work."""
    pairs = list(stamps.items())
    for start in range(0, len(pairs), _ROWS_A_STATEMENT):
        # A portion is one statement for the driver: so each row is compared as it is deleted.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(
                f"DELETE FROM {connection.ops.quote_name(IndexTask._meta.db_table)} "
                "WHERE id = %s AND stamp = %s",
                pairs[start : start + _ROWS_A_STATEMENT],
            )


def take_up_missed() -> None:
    """Note due again what a rebuild, running or killed, may have missed; under its lock."""
    if meanwhile.is_noted():
        enqueue(meanwhile.missed_ids(), wake=False)  # whoever calls this drains next
        meanwhile.end()


def status() -> OutboxStatus:
    """How many records wait for the index, and since when."""
    waiting = IndexTask.objects.filter(error="")
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return OutboxStatus(
        waiting_count=waiting.count(),
        failed_count=IndexTask.objects.exclude(error="").count(),
        oldest_seconds=(timezone.now() - oldest).total_seconds() if oldest else None,
    )


def _mend_killed_rebuild() -> None:
    with suppress(IndexLocked), rebuild_lock(timeout_s=0.0):  # locked: it is running
        take_up_missed()


def _wake() -> None:
    from silian.portal.exchange.domain.worker import wake

    wake()


def _new_stamp() -> int:
    return secrets.randbits(63)


def _claimable() -> QuerySet[IndexTask]:
    free = Q(claim="") | Q(claimed_at__lt=timezone.now() - _LEASE)
    claims = IndexTask.objects.exclude(claim="").values_list("claim", flat=True).distinct()
    dead = [claim for claim in claims if _is_dead(claim)]
    return IndexTask.objects.filter(free | Q(claim__in=dead), error="")


def _is_dead(claim: str) -> bool:
    """Whether the process behind a claim ran on this machine and runs no more."""
    host, process, _ = claim.rsplit(":", 2)
    if host != _HOST:
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _claim(size: int) -> list[IndexTask]:
    # Looked up before a transaction begins: on SQLite every transaction takes the write lock.
    if not _claimable().exists():
        return []
    claim = f"{_HOST}:{os.getpid()}:{secrets.token_hex(8)}"
    with transaction.atomic():
        # Newest first: one saved record doesn't wait behind a bulk load.
        query = _claimable().select_for_update(skip_locked=True).order_by("-pk")[:size]
        tasks = list(query)
        for start in range(0, len(tasks), _ROWS_A_STATEMENT):
            keys = [task.pk for task in tasks[start : start + _ROWS_A_STATEMENT]]
            IndexTask.objects.filter(pk__in=keys).update(claim=claim, claimed_at=timezone.now())
    for task in tasks:
        task.claim = claim
    return tasks


def _carry_out(tasks: Sequence[IndexTask]) -> int:
    try:
        _write_index([task.public_id for task in tasks])
    except Exception as error:
        if is_of_everything(error):
            raise
        if len(tasks) > 1:  # one bad document must not hold up the others
            middle = len(tasks) // 2
            return _carry_out(tasks[:middle]) + _carry_out(tasks[middle:])
        log_unreadable(tasks[0].public_id, error)
        IndexTask.objects.filter(pk=tasks[0].pk, stamp=tasks[0].stamp).update(
            error=told_briefly(error)
        )
        return 1
    _finish(tasks)
    return len(tasks)


def _write_index(public_ids: Sequence[str]) -> None:
    matcher = open_matcher()
    documents = {document.document_id: document for document in documents_for(public_ids)}
    held = matcher.content_hashes() if len(public_ids) > _FEW else {}
    changed = [
        document
        for document in documents.values()
        if held.get(document.document_id) != document.content_hash
    ]
    gone = [public_id for public_id in public_ids if public_id not in documents]
    if changed:
        matcher.add(changed)
    if gone:
        matcher.delete(gone)


def _finish(tasks: Sequence[IndexTask]) -> None:
    stamps = {task.pk: task.stamp for task in tasks}
    meanwhile.note(task.public_id for task in tasks)
    with transaction.atomic():
        # Whoever drains goes on with them: waking the thread would set two at one work.
        dependents = dependents_of(task.public_id for task in tasks if _has_dependents(task))
        enqueue(dependents, wake=False)
        now = IndexTask.objects.filter(pk__in=stamps).select_for_update()
        done = [key for key, stamp in now.values_list("pk", "stamp") if stamps[key] == stamp]
        IndexTask.objects.filter(pk__in=done).delete()


def _has_dependents(task: IndexTask) -> bool:
    kind = KIND_BY_PREFIX.get(task.public_id.partition("-")[0], "")
    return kind not in {"person", "need", "platform", "facility", "service_agency"}
