"""Rejected rows of earlier loads that a later one answers, so that they don't pile up.

A row is known again by the record that failed in it: register, kind and key. Where it has no key,
or the key itself was the trouble, it is known by what else it says.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import Case, F, Q, QuerySet, When

from silian.identifiers import UnknownKind, public_id
from silian.portal.registry.domain.batches import (
    BatchReport,
    CheckedBatch,
    KeptRow,
    keys_of,
    storable,
)
from silian.portal.registry.domain.job_files import Mapper
from silian.portal.registry.domain.key_holders import KEY_TAKEN
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import ImportJob, RejectedRow
from silian.tables.readers import SourceRow
from silian.tables.values import is_missing

_State = RejectedRow.State
MENDABLE = (_State.OPEN, _State.REMARKED)
_BY_CONTENT = "content-"
# Another row holds the key, so the key doesn't tell which row this is.
_ABOUT_THE_KEY = {"duplicate_key", KEY_TAKEN}


def mark_of(register_code: str, row: KeptRow) -> str:
    """By what a later load of the register knows a row again."""
    is_about_key = any(reason.code in _ABOUT_THE_KEY for reason in row.reasons)
    if row.key and row.kind and not is_about_key:
        return _mark_of_record(register_code, row.kind, row.key)
    return content_mark(register_code, row.values, row.key)


def content_mark(register_code: str, values: Mapping[str, Any], key: str) -> str:
    """Mark of a row by its filled cells, in any order and under any headings, without its key.

    So a row is known again once it got the key that it lacked, or another one.

    Examples
    --------
    >>> first = content_mark("city", {"编号": "1", "名称": "甲公司", "地址": ""}, "1")
    >>> first == content_mark("city", {"名称": "甲公司", "编号": "2"}, "2")
    True
    >>> first == content_mark("city", {"名称": "乙公司", "编号": "1"}, "1")
    False
    """
    texts = (" ".join(str(value).split()) for value in values.values() if not is_missing(value))
    content = "\x1f".join((register_code, *sorted(text for text in texts if text != key)))
    digest = hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=12)
    return _BY_CONTENT + digest.hexdigest()


def open_rejects(register_code: str = "") -> QuerySet[RejectedRow]:
    """Rows that wait for somebody; those of dry runs only report."""
    found = RejectedRow.objects.filter(state=_State.OPEN, job__dry_run=False)
    return found.filter(job__register_code=register_code) if register_code else found


class EarlierRejects:
    """What waits from earlier loads of a job's register.

    Parameters
    ----------
    job
        The load whose rows answer.
    mapper
        Gives its mapping, to mark rows that were kept before rows had marks.
    """

    def __init__(self, job: ImportJob, mapper: Callable[[], Mapper] | None = None) -> None:
        self._job = job
        self._register = job.register_code
        earlier = RejectedRow.objects.filter(
            state__in=MENDABLE, job__register_code=self._register, job__dry_run=False
        ).exclude(job=job)
        if mapper is not None:
            _mark_unmarked(earlier.filter(mark="", job__mapping_code=job.mapping_code), mapper)
        own = RejectedRow.objects.filter(answered_by=job, state=_State.REPLACED)
        by_content = Q(mark__startswith=_BY_CONTENT)
        self._by_content = any(rows.filter(by_content).exists() for rows in (earlier, own))
        self._by_record = any(
            rows.exclude(by_content).exclude(mark="").exists() for rows in (earlier, own)
        )

    def answer(
        self, report: BatchReport, batch: CheckedBatch, former_marks: Iterable[str] = ()
    ) -> None:
        """Close what these rows answer; the caller holds the transaction.

        Parameters
        ----------
        former_marks
            Of rows that were mended and are records now.
        """
        if not (self._by_content or self._by_record):
            return
        refused = {mark_of(self._register, row) for row in report.rejected}
        remarked = {mark_of(self._register, row) for row in report.remarked}
        taken = (self._marks_of(report, batch) | remarked | set(former_marks)) - refused
        own = Q(state=_State.REPLACED, answered_by=self._job)  # refused here first, resolved since
        self._close(taken, Q(state=_State.OPEN) | own, _State.ANSWERED)
        self._close(taken - remarked, Q(state=_State.REMARKED), _State.ANSWERED)
        self._close(refused | remarked, Q(state__in=MENDABLE), _State.REPLACED)

    def _marks_of(self, report: BatchReport, batch: CheckedBatch) -> set[str]:
        marks = set[str]()
        if self._by_record:
            marks.update(
                _mark_of_record(self._register, saved.row.kind, saved.row.source_key)
                for saved in report.saved
            )
        if self._by_content:
            refused = {row.number for row in report.rejected}
            keys = {saved.row.number: saved.row.source_key for saved in reversed(report.saved)}
            values = batch.values_of(keys.keys() - refused)
            marks.update(
                content_mark(self._register, storable(one), keys[number])
                for number, one in values.items()
            )
        return marks

    def _close(self, marks: Iterable[str], narrowing: Q, state: str) -> None:
        for portion in portions(sorted(marks)):
            rows = RejectedRow.objects.filter(narrowing, mark__in=portion).exclude(job=self._job)
            former = Case(When(state__in=MENDABLE, then=F("state")), default=F("former_state"))
            rows.update(former_state=former, state=state, answered_by=self._job)


def _mark_of_record(register_code: str, kind: str, key: str) -> str:
    try:
        return public_id(kind, register_code, key)
    except UnknownKind:
        return ""


def _mark_unmarked(rows: QuerySet[RejectedRow], mapper: Callable[[], Mapper]) -> None:
    """Mark rows that were kept before rows had marks, by what the mapping makes of them now."""
    keys = list(rows.values_list("pk", flat=True))
    for portion in portions(keys):
        found = list(RejectedRow.objects.filter(pk__in=portion).select_related("job"))
        source = [SourceRow(place, row.values) for place, row in enumerate(found)]
        named = keys_of(mapper(), source)
        for place, row in enumerate(found):
            kind, key = named.get(place, ("", ""))
            row.mark = _mark_again(row, row.kind or kind, key)
        RejectedRow.objects.bulk_update(found, ["mark"], batch_size=200)


def _mark_again(row: RejectedRow, kind: str, key: str) -> str:
    is_about_key = any(reason["code"] in _ABOUT_THE_KEY for reason in row.reasons)
    if kind and key and not is_about_key:
        return _mark_of_record(row.job.register_code, kind, key)
    return content_mark(row.job.register_code, row.values, key)


def reopen_after(job: ImportJob) -> int:
    """Let rows wait again that a load closed which was taken back, and its own no more.

    A row that came once more in a later load is answered by that one instead.

    Returns
    -------
    int
        How many wait again.
    """
    job.rejected_rows.filter(state__in=MENDABLE).update(state=_State.WITHDRAWN)
    later = {
        mark: (state, answered_by)
        for mark, state, answered_by in job.rejected_rows.exclude(answered_by=None).values_list(
            "mark", "state", "answered_by"
        )
    }
    n_open = 0
    closed = RejectedRow.objects.filter(answered_by=job).only("mark", "former_state")
    for portion in portions(closed):
        for row in portion:
            state, answered_by = later.get(row.mark, (row.former_state or _State.OPEN, None))
            row.state, row.answered_by_id = state, answered_by
            n_open += answered_by is None
        RejectedRow.objects.bulk_update(portion, ["state", "answered_by"], batch_size=200)
    return n_open
