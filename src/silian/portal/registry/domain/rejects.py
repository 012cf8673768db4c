"""Rejected rows, and rows read in part: mend one, mend many by a file, or let go."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.audit.domain import log
from silian.portal.catalogue import find_record
from silian.portal.registry.domain import intake
from silian.portal.registry.domain.batches import BatchReport, check_batch, new_context, save_batch
from silian.portal.registry.domain.earlier_rejects import MENDABLE, EarlierRejects, mark_of
from silian.portal.registry.domain.job_files import Mapper, mapper_of, register_of_job
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.saving import UNCHANGED
from silian.portal.registry.domain.undo_journal import Journal
from silian.portal.registry.domain.undo_requests import check_not_undone
from silian.portal.registry.domain.upsert import UpsertResult
from silian.portal.registry.interfaces.rejects import OWN_HEADINGS, ROW_HEADING
from silian.portal.registry.models import ImportJob, RejectedRow
from silian.tables.readers import (
    FileRefused,
    FormulaText,
    FormulaWithoutValue,
    SourceRow,
    formula_text,
    open_rows,
)
from silian.tables.values import ValueRefused, parse_integer, shorten

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_ROWS_A_BATCH = 2_000
_State = RejectedRow.State


class NotReplayable(EngineError, ValueError):
    """A rejected row that can't be imported again."""

    code = "not_replayable"

    def __init__(self, message: str, *, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


def replay(
    rejected_row_id: int, values: Mapping[str, Any], viewer: "Viewer"
) -> tuple[UpsertResult, ...]:
    """Import one rejected row again with corrected values (columns of the original file).

    Returns
    -------
    tuple[UpsertResult, ...]
        One for each record that the row yields.

    Raises
    ------
    silian.portal.registry.domain.reasons.RowRefused
        If it is still wrong; the row stays open with the new values and reasons.
    NotReplayable
        If it was mended already, or belongs to a dry run.
    """
    row = RejectedRow.objects.select_related("job", "job__actor", "answered_by").get(
        pk=rejected_row_id
    )
    _check_replayable(row.job, [row])
    mapper = _mapper_of(row.job)
    try:
        report = _replay_rows(row.job, mapper, [(row, dict(values))], viewer.user_id, viewer.label)
    finally:
        mapper.close()
    if report.rejected:
        raise RowRefused(tuple(report.rejected[0].reasons))
    log("import.replay", viewer, str(row.job.public_id), row=row.row_number)
    return tuple(
        UpsertResult(record=find_record(saved.public_id), status=saved.status)
        for saved in report.saved
    )


def replay_file(job: ImportJob, path: Path | str, viewer: "Viewer") -> dict[str, int]:
    """Import a corrected rejects file (CSV or XLSX, as downloaded) again.

    Returns
    -------
    dict[str, int]
        Counts: ``mended``, ``open`` (still wrong), ``skipped`` (no such open row).

    Raises
    ------
    silian.tables.readers.FileRefused
        If the file can't be read or lacks the column of row numbers.
    """
    open_by_number = {row.row_number: row for row in job.rejected_rows.filter(state__in=MENDABLE)}
    _check_replayable(job, list(open_by_number.values()))
    counts: Counter[str] = Counter(mended=0, open=0, skipped=0)
    mapper = _mapper_of(job)
    try:
        for batch in _corrected(Path(path), open_by_number, counts):
            for state in MENDABLE:
                pairs = [pair for pair in batch if pair[0].state == state]
                report = _replay_rows(job, mapper, pairs, viewer.user_id, viewer.label)
                n_open = len(report.rejected)
                if state == _State.REMARKED:
                    n_open += len(report.remarked)
                counts["open"] += n_open
                counts["mended"] += len(pairs) - n_open
    finally:
        mapper.close()
    log("import.replay", viewer, str(job.public_id), **counts)
    return dict(counts)


def dismiss(rejected_row_id: int, viewer: "Viewer") -> RejectedRow:
    """Let a rejected row go, on purpose; it stays readable."""
    with transaction.atomic():
        row = RejectedRow.objects.select_for_update().get(pk=rejected_row_id)
        if row.state in MENDABLE:
            row.state = RejectedRow.State.DISMISSED
            row.save(update_fields=["state"])
            log("import.dismiss", viewer, str(row.job.public_id), row=row.row_number)
    return row


def retry_unresolved(job: ImportJob, mapper: "Callable[[], Mapper] | None" = None) -> int:
    """Try rows again that failed only because a record they name wasn't there yet.

    Called at the end of a job; call it again after further files of one delivery.

    Parameters
    ----------
    mapper
        Gives the job's mapping if it is needed; whoever gave it closes it.

    Returns
    -------
    int
        How many rows are records now.
    """
    waiting = job.rejected_rows.filter(state=RejectedRow.State.OPEN).order_by("pk")
    keys = [
        key
        for key, reasons in waiting.values_list("pk", "reasons").iterator()
        if all(reason["code"] == "reference_unknown" for reason in reasons)
    ]
    if not keys:
        return 0
    own = mapper() if mapper else mapper_of(job)
    n_resolved = 0
    try:
        for start in range(0, len(keys), _ROWS_A_BATCH):
            portion = keys[start : start + _ROWS_A_BATCH]
            rows = list(RejectedRow.objects.filter(pk__in=portion).order_by("pk"))
            with transaction.atomic():
                pairs = [(row, row.values) for row in rows]
                report = _replay_rows(job, own, pairs, job.actor_id, "import")
                n_resolved += len(rows) - len(report.rejected)
                # They were never wrong: nothing is left to tell of them.
                resolved = [row.pk for row in rows if row.state == RejectedRow.State.MENDED]
                RejectedRow.objects.filter(pk__in=resolved).delete()
    finally:
        if mapper is None:
            own.close()
    return n_resolved


def _check_replayable(job: ImportJob, rows: Sequence[RejectedRow]) -> None:
    check_not_undone(job)
    if job.dry_run:
        raise NotReplayable(
            "the row was rejected in a dry run, which imports nothing. Run the import itself.",
            message_zh="该行来自试运行，试运行不入库；请先正式导入。",
        )
    if len(rows) == 1 and rows[0].state == RejectedRow.State.MENDED:
        raise NotReplayable(
            "the row was mended already.", message_zh="该行已修正入库，无需再次提交。"
        )
    if len(rows) == 1 and (later := rows[0].answered_by) is not None:
        raise NotReplayable(
            f"import {later.public_id} ({later.file_name}) brought the row again; see there.",
            message_zh=f"该行已随后续导入 {later.file_name} 再次到来，请到那次导入中处理。",
        )


def _mapper_of(job: ImportJob) -> "Mapper":
    """The job's mapping; one that joins files or looks for repeats reads the whole file again."""
    try:
        return mapper_of(job)
    except (OSError, FileRefused) as error:
        raise NotReplayable(
            f"{job.file_name} or a file joined to it can't be read any more ({error}). Put it back, "
            "or enter the corrected rows as a new import.",
            message_zh=f"{job.file_name} 或其合并文件已无法读取，请放回原处，或将修正后的行作为新文件导入。",
        ) from error


def _replay_rows(
    job: ImportJob,
    mapper: "Mapper",
    pairs: Sequence[tuple[RejectedRow, dict[str, Any]]],
    user_id: int | None,
    label: str,
) -> BatchReport:
    """Load rows again that are all open, or that were all loaded with remarks."""
    if not pairs:
        return BatchReport()
    was_loaded = pairs[0][0].state == _State.REMARKED
    journal = Journal() if job.is_journalled else None
    context = new_context(
        register_of_job(job),
        f"import {job.public_id}: replay by {label}",
        user_id,
        replace=job.replace,
        journal=journal,
    )
    for row, _ in pairs:
        for reason in row.reasons:
            if reason["code"] == "duplicate_key":
                # Alone again, the key would overwrite the row that had it first.
                context.seen.setdefault(row.kind, set()).add(hash(reason["arrived"]))
    source = [
        SourceRow(row.row_number, values, _formula_left(row, values)) for row, values in pairs
    ]
    with transaction.atomic():
        held = ImportJob.objects.select_for_update().get(pk=job.pk)
        batch = check_batch(mapper.map(source), source)
        report = save_batch(batch, context)
        if journal is not None:
            journal.write(job)
        remarked = {kept.number: kept for kept in report.remarked}
        still_open = {kept.number: kept for kept in report.rejected}
        mended = {row.mark for row, _ in pairs if row.mark and row.row_number not in still_open}
        EarlierRejects(job).answer(report, batch, mended)
        for row, _ in pairs:
            kept = still_open.get(row.row_number) or remarked.get(row.row_number)
            if kept is None:
                row.state, row.mended_at = _State.MENDED, timezone.now()
                continue
            row.values, row.mark = kept.values, mark_of(job.register_code, kept)
            row.reasons = [reason.as_dict() for reason in kept.reasons]
            if row.row_number in remarked:
                row.state = _State.REMARKED
        RejectedRow.objects.bulk_update(
            [row for row, _ in pairs],
            ["state", "mended_at", "values", "reasons", "mark"],
            batch_size=200,
        )
        if was_loaded:
            n_mended = len(pairs) - len(report.remarked) - len(report.rejected)
            held.remarked_count = max(0, held.remarked_count - n_mended)
        else:
            _recount(held, report, len(pairs))
            held.remarked_count += len(report.remarked)
        held.save()
    for name in (
        "counts_by_kind",
        "accepted_count",
        "changed_count",
        "rejected_count",
        "remarked_count",
        "notes",
    ):
        setattr(job, name, getattr(held, name))
    job.unchanged_count = held.unchanged_count
    return report


def _formula_left(row: RejectedRow, values: Mapping[str, Any]) -> ValueRefused | None:
    """Why a row that was refused for a formula still is: nobody has replaced it by a value."""
    for reason in row.reasons:
        if reason["code"] not in {FormulaText.code, FormulaWithoutValue.code}:
            continue
        for value in values.values():
            if isinstance(value, str) and shorten(value, 200) == reason["arrived"]:
                refused = FormulaText if reason["code"] == FormulaText.code else FormulaWithoutValue
                return refused(reason["message_en"], message_zh=reason["message_zh"], arrived=value)
        return formula_text(values)
    return None


def _recount(job: ImportJob, report: BatchReport, n_rows: int) -> None:
    """A mended row was counted as rejected; now it counts as what it became."""
    for kind, counts in report.counts.items():
        held = job.counts_by_kind.get(kind, {})
        n_saved = sum(count for status, count in counts.items() if status != "rejected")
        # Records of the row that were saved the first time are unchanged now.
        n_now = n_saved - min(counts[UNCHANGED], n_saved)
        held["rejected"] = max(0, held.get("rejected", 0) - n_now)
        counts[UNCHANGED] = 0
        counts["rejected"] = 0
    n_open = len(report.rejected)
    rejected, report.rejected = report.rejected, []
    intake.add_counts(job, report)
    report.rejected = rejected
    job.rejected_count = max(0, job.rejected_count - (n_rows - n_open))


def _corrected(path: Path, open_by_number: dict[int, RejectedRow], counts: Counter[str]) -> Any:
    """Batches of (rejected row, corrected values) from an uploaded file."""
    pairs: list[tuple[RejectedRow, dict[str, Any]]] = []
    source = open_rows(path, is_heading=lambda cells: ROW_HEADING in cells)
    for line in source.rows:
        if ROW_HEADING not in line.values:
            raise FileRefused(
                f"the file lacks the column {ROW_HEADING}; correct the downloaded rejects file.",
                message_zh=f"文件缺少“{ROW_HEADING}”列，请在下载的拒收文件上修改。",
            )
        number = parse_integer(line.values[ROW_HEADING])
        row = open_by_number.pop(number, None) if number is not None else None
        if row is None:
            counts["skipped"] += 1
            continue
        given = {k: v for k, v in line.values.items() if k not in OWN_HEADINGS}
        # Lists and objects stay as they came unless somebody wrote another text over them.
        pairs.append((row, {**row.values, **_changed(row.values, given)}))
        if len(pairs) == _ROWS_A_BATCH:
            yield pairs
            pairs = []
    if pairs:
        yield pairs


def _changed(before: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    from silian.portal.registry.interfaces.rejects import as_cell, as_written
    from silian.portal.registry.interfaces.sheets import MAX_CELL, harmless

    return {
        name: as_written(value)
        for name, value in given.items()
        # A cell of a workbook holds only so much of a long text: that is no change of it.
        if as_written(value)
        not in {
            as_written(shown := as_cell(before.get(name))),
            as_written(harmless(shown)[:MAX_CELL] if isinstance(shown, str) else shown),
        }
    }
