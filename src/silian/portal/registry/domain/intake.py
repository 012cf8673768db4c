"""Import jobs: a file, a mapping, and what became of every row."""

import hashlib
import logging
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import SYSTEM, viewer_of_user
from silian.portal.audit.domain import log
from silian.portal.error_words import words_of
from silian.portal.exchange.domain import worker
from silian.portal.exchange.domain.index import load_engine
from silian.portal.garbage import collect_young, collected_later
from silian.portal.industry.domain import facts_snapshot
from silian.portal.registry.domain.batches import (
    BatchReport,
    CheckedBatch,
    KeptRow,
    new_context,
    save_batch,
)
from silian.portal.registry.domain.earlier_rejects import EarlierRejects, mark_of
from silian.portal.registry.domain.inserting import many_writes
from silian.portal.registry.domain.job_files import (
    register_of_job,
    template_kind,
)
from silian.portal.registry.domain.job_locks import JobTaken, hold_job, is_held
from silian.portal.registry.domain.reading import Reading
from silian.portal.registry.domain.reporting import Progress, Reporter
from silian.portal.registry.domain.saving import LoadContext
from silian.portal.registry.domain.undo_journal import Journal, forget_old_journals
from silian.portal.registry.domain.undo_requests import check_not_undone
from silian.portal.registry.domain.upsert import PORTAL_REGISTER
from silian.portal.registry.interfaces.mapping_library import TEMPLATE_PREFIX, find_mapping
from silian.portal.registry.models import ImportJob, RejectedRow
from silian.tables.readers import NoRows, format_of

logger = logging.getLogger(__name__)


_UNFINISHED = [ImportJob.State.WAITING, ImportJob.State.RUNNING]
_PROGRESS = [
    "row_count",
    "accepted_count",
    "changed_count",
    "unchanged_count",
    "rejected_count",
    "remarked_count",
    "counts_by_kind",
    "notes",
]


class FileChanged(EngineError, RuntimeError):
    """The file of an interrupted job is not what it was."""

    code = "file_changed"

    def __init__(self, file_name: str) -> None:
        super().__init__(f"{file_name} changed since the import began; enter it as a new import.")
        self.message_zh = f"{file_name} 在导入开始后有改动，请作为新的导入提交。"


def create_job(
    path: Path | str,
    mapping_code: str,
    *,
    register_code: str = "",
    file_name: str = "",
    companions: Sequence[Path | str] = (),
    dry_run: bool = False,
    replace: bool = False,
    actor: Any = None,
) -> ImportJob:
    """Enter a file for import; nothing is read yet beyond its first bytes.

    Parameters
    ----------
    mapping_code
        A shipped or stored mapping, or ``template:<kind>`` for files in our own columns.
    register_code
        Register of the records; by default the mapping's own (``portal`` for templates).
    companions
        Further files that the mapping joins, if they aren't beside ``path``; they are moved
        nowhere, so they must stay where they are until the job is done.
    dry_run
        Check and count everything, write nothing.
    replace
        Let rows take the place of records that have their keys and are other things; else such
        rows are refused.
    actor
        User who asked, or ``None``.

    Raises
    ------
    silian.tables.readers.FileRefused
        If the file is of a type that isn't read.
    silian.portal.registry.interfaces.mapping_library.UnknownMapping
        If there is no such mapping.
    """
    path = Path(path).resolve()
    if mapping_code.startswith(TEMPLATE_PREFIX):
        template_kind(mapping_code)
        default, wanted = PORTAL_REGISTER, ""
    else:
        spec = find_mapping(mapping_code)
        default, wanted = spec.code, spec.file.format
    format_of(path, wanted)
    return ImportJob.objects.create(
        mapping_code=mapping_code,
        register_code=register_code or default,
        file_name=(file_name or path.name)[:300],
        stored_path=str(path),
        companion_paths=[str(Path(companion).resolve()) for companion in companions],
        file_hash=_hash_of(path),
        dry_run=dry_run,
        replace=replace,
        actor=actor,
    )


def start_job(job: ImportJob) -> None:
    """Queue the job for the background workers once the transaction commits."""
    from django_q.tasks import async_task

    transaction.on_commit(
        lambda: async_task("silian.portal.registry.domain.intake.run_job_by_id", job.pk)
    )


def run_job_by_id(job_id: int) -> str:
    """Entry of the background worker: run the job, answer its state.

    A queue may deliver twice: what is done, failed or in other hands is left alone.
    """
    job = ImportJob.objects.filter(pk=job_id).first()
    if job is None:
        return "gone"  # a preview that another one replaced
    if job.state not in _UNFINISHED:
        return job.state
    try:
        return run_job(job_id).state
    except JobTaken:
        return "taken"


def resume_interrupted(*, waiting: bool = True) -> list[ImportJob]:
    """Queue jobs again that began, or should have, and that no process works on.

    Parameters
    ----------
    waiting
        Also those that never began: at a start, when nothing can be about to fetch them.
    """
    states = _UNFINISHED if waiting else [ImportJob.State.RUNNING]
    found = [job for job in ImportJob.objects.filter(state__in=states) if not is_held(job)]
    for job in found:
        # Waiting, so that the next look doesn't queue it once more.
        n_left = ImportJob.objects.filter(pk=job.pk, state=job.state, row_count=job.row_count)
        if n_left.update(state=ImportJob.State.WAITING):
            start_job(job)
    return found


def run_job(job_id: int, progress: Progress | None = None) -> ImportJob:
    """Run an import to its end, also one that was interrupted or failed.

    Every batch is one transaction that also notes how far the job is: killed and run again, it
    goes on behind the last whole batch and arrives at the same records and the same counts.

    Returns
    -------
    ImportJob
        Done, or failed with ``error_code`` and ``error_message`` where the file as a whole was
        refused; what was imported before stays.

    Raises
    ------
    JobTaken
        If another worker carries on with it.
    """
    job = ImportJob.objects.select_related("undoes").get(pk=job_id)
    if job.state == ImportJob.State.DONE:
        return job
    check_not_undone(job)
    with hold_job(job), hold_job(job.undoes) if job.undoes else nullcontext():
        job = _run_held(job_id, progress)
    facts_snapshot.follow_load(job)
    return job


def _run_held(job_id: int, progress: Progress | None) -> ImportJob:
    job = _begun(job_id)
    if job.state == ImportJob.State.DONE:
        return job
    from silian.portal.registry.domain.undoing import carry_out

    try:
        if job.undoes_id is None:
            _check_file(job)
        # The index follows at the end: two writers would only wait for each other.
        with worker.paused(), many_writes(), collected_later():
            (_import if job.undoes_id is None else carry_out)(job, progress)
    except JobTaken:
        raise
    except (EngineError, OSError) as error:
        _fail(job, error)
    except BaseException as error:
        if isinstance(error, Exception):
            logger.exception("import job %s broke", job.public_id)
            _fail(job, error)
        raise
    worker.wake()
    job.refresh_from_db()
    return job


def _hash_of(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1024 * 1024):
            digest.update(chunk)
    return digest.hexdigest()


def _begun(job_id: int) -> ImportJob:
    """The job as it stands now, marked as running; nothing else of it is written."""
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().get(pk=job_id)
        if job.state == ImportJob.State.DONE:
            return job
        written = ["state", "started_at", "error_code", "error_message", "is_journalled"]
        if job.dry_run:
            _forget_progress(job)
            written += _PROGRESS
        elif job.started_at is None:
            # Of one that began before there were journals not everything could be taken back.
            job.is_journalled = job.undoes_id is None
        job.state = ImportJob.State.RUNNING
        job.started_at = job.started_at or timezone.now()
        job.error_code = job.error_message = ""
        job.save(update_fields=written)
    return job


def _check_file(job: ImportJob) -> None:
    if job.row_count and _hash_of(Path(job.stored_path)) != job.file_hash:
        raise FileChanged(job.file_name)


def _forget_progress(job: ImportJob) -> None:
    """A dry run keeps nothing between batches, so it begins anew."""
    job.rejected_rows.all().delete()
    job.row_count = job.accepted_count = job.changed_count = 0
    job.unchanged_count = job.rejected_count = job.remarked_count = 0
    job.counts_by_kind, job.notes = {}, {}


def _fail(job: ImportJob, error: BaseException) -> None:
    job.refresh_from_db()
    job.state = ImportJob.State.FAILED
    job.error_code = getattr(error, "code", "unexpected")
    told = words_of(error) if isinstance(error, EngineError) else ("", str(error))
    # Chinese above, English below: ImportJob.failure parts them again.
    job.error_message = "\n".join(" ".join(text.split()) for text in told if text)[:4000]
    job.finished_at = timezone.now()
    job.save(update_fields=["state", "error_code", "error_message", "finished_at"])


def _import(job: ImportJob, progress: Progress | None) -> None:
    with Reading(job) as reading:
        if reading.leaves_time:
            load_engine()  # takes as long, and the index follows the load
        total = reading.row_total
        register = register_of_job(job)
        context = new_context(
            register,
            f"import {job.public_id}",
            job.actor_id,
            dry_run=job.dry_run,
            replace=job.replace,
            journal=Journal() if job.is_journalled else None,
        )
        ImportJob.objects.filter(pk=job.pk).update(row_total=total)
        job.row_total = total
        reporter = Reporter(progress, total)
        n_done, n_skipped = 0, job.row_count
        earlier = None if job.dry_run else EarlierRejects(job, lambda: reading.mapper)
        for batch in reading.batches(n_skipped):
            if n_done < n_skipped:
                # Rows that are done count as met, so that repeats are still seen as such.
                for kind, key in batch.keys:
                    context.seen.setdefault(kind, set()).add(hash(key))
            else:
                _run_batch(job, batch, n_done, context, earlier)
            n_done += batch.row_count
            del batch
            collect_young()
            reporter.report(n_done)
        if not n_done:
            raise NoRows(
                f"{job.file_name} holds no rows below its headings. Fill it, or export it again.",
                message_zh=f"{job.file_name} 中没有数据行，请填写后再导入，或重新导出。",
            )
        _finish(job, reading, context, n_done)
        reporter.report(n_done, last=True)


def _run_batch(
    job: ImportJob,
    batch: CheckedBatch,
    n_before: int,
    context: LoadContext,
    earlier: EarlierRejects | None,
) -> None:
    with transaction.atomic():
        _hold(job, n_before)
        report = save_batch(batch, context)
        if context.change.journal is not None:
            context.change.journal.write(job)
        if earlier is not None:
            earlier.answer(report, batch)
        _keep(job, report.rejected, RejectedRow.State.OPEN)
        _keep(job, report.remarked, RejectedRow.State.REMARKED)
        add_counts(job, report)
        job.remarked_count += len(report.remarked)
        job.row_count = n_before + batch.row_count
        job.notes = dict(Counter(job.notes) + context.notes + batch.notes)
        context.notes.clear()
        job.save(update_fields=_PROGRESS)


def _keep(job: ImportJob, rows: Sequence[KeptRow], state: str) -> None:
    RejectedRow.objects.bulk_create(
        [
            RejectedRow(
                job=job,
                kind=row.kind,
                row_number=row.number,
                values=row.values,
                reasons=[reason.as_dict() for reason in row.reasons],
                state=state,
                mark="" if job.dry_run else mark_of(job.register_code, row),
            )
            for row in rows
        ],
        batch_size=1_000,
    )


def _hold(job: ImportJob, n_before: int) -> None:
    """Lock the job's row; its counts may have changed by a rejected row that was mended."""
    held = ImportJob.objects.select_for_update().get(pk=job.pk)
    if held.row_count != n_before or held.state != ImportJob.State.RUNNING:
        raise JobTaken(
            f"import {job.public_id} is at row {held.row_count} ({held.state}), expected row "
            f"{n_before}: another worker carries on with it."
        )
    for name in _PROGRESS:
        setattr(job, name, getattr(held, name))


def add_counts(job: ImportJob, report: BatchReport) -> None:
    """Add a batch's counts to its job (not saved yet)."""
    for kind, counts in report.counts.items():
        held = job.counts_by_kind.setdefault(
            kind, {"accepted": 0, "changed": 0, "unchanged": 0, "rejected": 0}
        )
        for status, count in counts.items():
            held[status] = held.get(status, 0) + count
    totals = Counter[str]()
    for counts in job.counts_by_kind.values():
        totals.update(counts)
    job.accepted_count, job.changed_count = totals["accepted"], totals["changed"]
    job.unchanged_count = totals["unchanged"]
    job.rejected_count += len(report.rejected)


def _finish(job: ImportJob, reading: Reading, context: LoadContext, n_rows: int) -> None:
    from silian.portal.registry.domain.rejects import retry_unresolved

    if not job.dry_run:
        retry_unresolved(job, lambda: reading.mapper)
    job.state = ImportJob.State.DONE
    job.row_count = job.row_total = n_rows
    job.finished_at = timezone.now()
    job.save(update_fields=["state", "row_count", "row_total", "finished_at"])
    if not job.dry_run:
        forget_old_journals()
    log(
        "import.run",
        viewer_of_user(job.actor) if job.actor else SYSTEM,
        str(job.public_id),
        file=job.file_name,
        mapping=job.mapping_code,
        dry_run=job.dry_run,
        replace=job.replace,
        accepted=job.accepted_count,
        changed=job.changed_count,
        rejected=job.rejected_count,
    )
