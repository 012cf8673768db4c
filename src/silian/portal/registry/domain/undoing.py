"""The undo of an import as a job: planned, carried out a portion at a time, taken up again.

Every portion is one transaction that also notes what is done, so a killed undo goes on where it
was. Before it touches a record it looks again whether others changed it or refer to it by now.
"""

from collections import Counter
from typing import Any

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM, viewer_of_user
from silian.portal.audit.domain import log
from silian.portal.catalogue import KINDS
from silian.portal.registry.domain.earlier_rejects import reopen_after
from silian.portal.registry.domain.references import portions
from silian.portal.registry.domain.reporting import Progress, Reporter
from silian.portal.registry.domain.undo_journal import read_step, steps_backwards
from silian.portal.registry.domain.undo_plan import plan_undo
from silian.portal.registry.domain.undo_requests import later_loads
from silian.portal.registry.domain.undo_steps import Undoing, in_portions
from silian.portal.registry.models import ImportJob, UndoneRecord

_RECORDS_A_PORTION = 900
_Action = UndoneRecord.Action
_DONE_AS = {
    _Action.REMOVE: "removed",
    _Action.RESTORE: "restored",
    _Action.KEEP: "kept",
}


def carry_out(undo: ImportJob, progress: Progress | None) -> None:
    """Take back what the load did; a dry run only plans it."""
    if undo.row_total is None or undo.dry_run:
        plan_undo(undo)
        undo.row_count, undo.row_total = 0, undo.undone_records.exclude(action="keep").count()
        _count(undo)
    reporter = Reporter(progress, undo.row_total)
    if not undo.dry_run:
        undoing = Undoing(undo)
        _restore(undo, undoing, reporter)
        _remove(undo, undoing, reporter)
    _finish(undo)
    reporter.report(undo.row_total or 0, last=True)


def _restore(undo: ImportJob, undoing: Undoing, reporter: Reporter) -> None:
    assert undo.undoes is not None
    for step in steps_backwards(undo.undoes, is_undone=False):
        with transaction.atomic():
            for kind, befores in read_step(step).changed.items():
                for portion in portions(befores, _RECORDS_A_PORTION):
                    undoing.restore(kind, {key: befores[key] for key in portion})
            step.is_undone = True
            step.save(update_fields=["is_undone"])
            _note_progress(undo)
        reporter.report(undo.row_count)


def _remove(undo: ImportJob, undoing: Undoing, reporter: Reporter) -> None:
    for kind in reversed(KINDS):
        for keys in in_portions(undo, kind, _RECORDS_A_PORTION):
            with transaction.atomic():
                undoing.remove(kind, keys)
                undo.row_count = (undo.row_count or 0) + len(keys)
                ImportJob.objects.filter(pk=undo.pk).update(row_count=undo.row_count)
            reporter.report(undo.row_count)


def _note_progress(undo: ImportJob) -> None:
    undo.row_count = undo.undone_records.filter(is_done=True).count()
    ImportJob.objects.filter(pk=undo.pk).update(row_count=undo.row_count)


def _count(undo: ImportJob) -> None:
    """Note how many records of each kind are, or would be, removed, restored and left alone."""
    found = undo.undone_records.values_list("kind", "action").annotate(n=Count("pk"))
    counts: dict[str, Any] = {}
    totals = Counter[str]()
    for kind, action, n in found.order_by("kind"):
        counts.setdefault(kind, dict.fromkeys(_DONE_AS.values(), 0))[_DONE_AS[action]] = n
        totals[_DONE_AS[action]] += n
    undo.counts_by_kind = {kind: counts[kind] for kind in KINDS if kind in counts}
    undo.removed_count, undo.restored_count = totals["removed"], totals["restored"]
    undo.kept_count = totals["kept"]
    if undo.undoes is not None and (n_later := len(later_loads(undo.undoes))):
        undo.notes = {"undo_later_loads": n_later}
    undo.save(
        update_fields=[
            *("row_count", "row_total", "counts_by_kind", "notes"),
            *("removed_count", "restored_count", "kept_count"),
        ]
    )


def _finish(undo: ImportJob) -> None:
    assert undo.undoes is not None
    with transaction.atomic():
        n_open = 0
        if not undo.dry_run:
            n_open = reopen_after(undo.undoes)
            undo.undoes.steps.all().delete()
            ImportJob.objects.filter(pk=undo.undoes_id).update(is_journalled=False)
        undo.row_count = undo.row_total or 0
        _count(undo)
        undo.state, undo.finished_at = ImportJob.State.DONE, timezone.now()
        undo.save(update_fields=["state", "finished_at"])
        if n_open:
            undo.notes = {**undo.notes, "undo_rejects_reopened": n_open}
            undo.save(update_fields=["notes"])
    log(
        "import.undo",
        viewer_of_user(undo.actor) if undo.actor else SYSTEM,
        str(undo.undoes.public_id),
        undo=str(undo.public_id),
        file=undo.file_name,
        dry_run=undo.dry_run,
        removed=undo.removed_count,
        restored=undo.restored_count,
        kept=undo.kept_count,
    )
