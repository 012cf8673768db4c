"""Asking for an undo of an import: what can be taken back, and what can't, in words."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.audit.domain import log
from silian.portal.registry.domain.earlier_rejects import open_rejects
from silian.portal.registry.domain.job_locks import is_held
from silian.portal.registry.models import ImportJob

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

_State = ImportJob.State


class NotUndoable(EngineError, ValueError):
    """An import that can't be taken back, or not now."""

    code = "import_not_undoable"

    def __init__(self, message: str, *, message_zh: str, code: str = "") -> None:
        super().__init__(message)
        self.message_zh = message_zh
        if code:
            self.code = code


def undos_of(job: ImportJob) -> QuerySet[ImportJob]:
    """Undos of a load that count: made or under way, no previews."""
    return job.undos.filter(dry_run=False).order_by("-pk")


def told_jobs() -> QuerySet[ImportJob]:
    """Imports with what is asked of them one by one: open rejects, and who took them back."""
    done = ImportJob.objects.filter(undoes=OuterRef("pk"), dry_run=False, state=_State.DONE)
    waiting = open_rejects().filter(job=OuterRef("pk")).order_by().values("job")
    return ImportJob.objects.select_related("undoes").annotate(
        open_reject_count=Coalesce(Subquery(waiting.annotate(n=Count("pk")).values("n")), 0),
        undone_by_id=Subquery(done.order_by("-pk").values("public_id")[:1]),
    )


def undone_among(jobs: Iterable[ImportJob]) -> set[int]:
    """Keys of the loads among these that were taken back."""
    undos = ImportJob.objects.filter(
        undoes__in=[job.pk for job in jobs], dry_run=False, state=_State.DONE
    )
    return set(undos.values_list("undoes", flat=True))


def check_not_undone(job: ImportJob) -> None:
    """Refuse to add to a load that was taken back, or is about to be.

    Raises
    ------
    NotUndoable
        If it is so.
    """
    undo = None if job.undoes_id else undos_of(job).first()
    if undo is not None:
        raise NotUndoable(
            f"import {job.public_id} was taken back by undo {undo.public_id}; load the file again "
            "to bring its records back under the same ids.",
            message_zh=f"该导入已于 {_when(undo)} 撤销，不能再修正或续传；重新导入该文件即可恢复，公开编号不变。",
            code="import_undone",
        )


def check_undoable(job: ImportJob) -> None:
    """Refuse what can't be taken back, with the reason.

    Raises
    ------
    NotUndoable
        If it can't be.
    """
    for refuse in (_refuse_by_kind, _refuse_undone, _refuse_unfinished, _refuse_untold):
        refuse(job)


def is_undoable(job: ImportJob) -> bool:
    """Whether a page should offer the undo."""
    try:
        check_undoable(job)
    except NotUndoable:
        return False
    return True


def request_undo(job: ImportJob, viewer: "Viewer", *, dry_run: bool = False) -> ImportJob:
    """Enter the undo of a load as a job of its own; it is not begun.

    An undo that failed midway, or was killed, is entered again and goes on. Former previews are dropped.

    Parameters
    ----------
    dry_run
        Only find out what would be removed, restored and left alone.

    Raises
    ------
    NotUndoable
        If it can't be taken back, or not now.
    """
    with transaction.atomic():
        job = ImportJob.objects.select_for_update().get(pk=job.pk)
        check_undoable(job)
        previews = job.undos.filter(dry_run=True)
        if any(preview.state == _State.RUNNING and is_held(preview) for preview in previews):
            raise NotUndoable(
                "a preview of this undo is being made; wait until it has ended.",
                message_zh="正在生成该撤销的预览，请等待其完成。",
                code="undo_running",
            )
        previews.delete()
        begun = undos_of(job).first()
        if begun is not None and not dry_run:
            begun.state, begun.error_code, begun.error_message = _State.WAITING, "", ""
            begun.save(update_fields=["state", "error_code", "error_message"])
            return begun
        undo = ImportJob.objects.create(
            undoes=job,
            dry_run=dry_run,
            mapping_code=job.mapping_code,
            register_code=job.register_code,
            file_name=job.file_name,
            actor_id=viewer.user_id,
        )
    log("import.undo_asked", viewer, str(job.public_id), undo=str(undo.public_id), dry_run=dry_run)
    return undo


def later_loads(job: ImportJob) -> list[ImportJob]:
    """Loads of the same register after this one that stand and found rows of its kinds unchanged.

    On these they left no trace: they go with the load that brought them.
    """
    later = ImportJob.objects.filter(
        register_code=job.register_code, dry_run=False, undoes=None, pk__gt=job.pk
    ).exclude(undos__dry_run=False)
    return [
        one
        for one in later.order_by("pk")
        if any(
            counts.get("unchanged")
            for kind, counts in one.counts_by_kind.items()
            if kind in job.counts_by_kind
        )
    ]


def _refuse_by_kind(job: ImportJob) -> None:
    if job.undoes_id:
        raise NotUndoable(
            "this is an undo itself; to take it back, load the file again: its records come back "
            "under the same ids.",
            message_zh="这本身就是一次撤销；要反悔，请重新导入原文件，记录会以原公开编号恢复。",
        )
    if job.dry_run:
        raise NotUndoable(
            "a dry run wrote nothing, so there is nothing to take back.",
            message_zh="试运行没有写入任何内容，无需撤销。",
        )


def _refuse_undone(job: ImportJob) -> None:
    undo = undos_of(job).exclude(state=_State.FAILED).first()
    if undo is None:
        return
    if undo.state != _State.DONE and not is_held(undo):
        return  # killed, or not begun: it is taken up
    if undo.state != _State.DONE:
        raise NotUndoable(
            f"undo {undo.public_id} of this import is under way; wait until it has ended.",
            message_zh="该导入正在撤销中，请等待其完成。",
            code="undo_running",
        )
    raise NotUndoable(
        f"this import was taken back already, by undo {undo.public_id}, which left "
        f"{undo.kept_count} records alone; change those one by one.",
        message_zh=f"该导入已于 {_when(undo)} 撤销过；当时保留的 {undo.kept_count} 条记录请逐条处理。",
        code="import_undone",
    )


def _refuse_unfinished(job: ImportJob) -> None:
    if job.state in (_State.WAITING, _State.RUNNING):
        raise NotUndoable(
            "the import is still running; wait until it has ended, then take it back.",
            message_zh="该导入仍在进行中，请等它结束后再撤销。",
            code="import_running",
        )
    running = ImportJob.objects.filter(state=_State.RUNNING, dry_run=False, undoes=None)
    for other in running:
        if is_held(other):
            raise NotUndoable(
                f"import {other.public_id} ({other.file_name}) is running and may refer to what "
                "would go; wait until it has ended.",
                message_zh=f"另一个导入“{other.file_name}”正在进行，可能引用到将被删除的记录，请等它结束后再撤销。",
                code="import_running",
            )


def _refuse_untold(job: ImportJob) -> None:
    if not job.is_journalled:
        raise NotUndoable(
            "what this import changed is not kept any more (SILIAN_UNDO_DAYS, SILIAN_UNDO_LOADS), "
            "or it is older than undos; remove or mend its records one by one.",
            message_zh="该导入的变更日志已过保留期（SILIAN_UNDO_DAYS、SILIAN_UNDO_LOADS），或早于撤销功能，"
            "无法整体撤销，请逐条处理。",
            code="undo_journal_gone",
        )
    if not job.steps.exists():
        raise NotUndoable(
            "this import changed nothing, so there is nothing to take back.",
            message_zh="该导入没有改动任何记录，无需撤销。",
            code="nothing_to_undo",
        )


def _when(undo: ImportJob) -> str:
    moment: Any = undo.finished_at or undo.created_at
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M")
