"""Diagnoses of the whole city as one background job, taken up again where it stopped."""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from django.db import DatabaseError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import SYSTEM, require, viewer_of_user
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.diagnosis import unsaved
from silian.portal.exchange.domain.diagnosis_inputs import gather_scored
from silian.portal.exchange.models import Diagnosis, DiagnosisRun
from silian.portal.industry.domain import facts as facts_domain
from silian.portal.industry.domain.published_drafts import same_drafts
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.models import Organisation
from silian.portal.work_locks import hold, take_up_again

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

logger = logging.getLogger(__name__)
Progress = Callable[[int, int | None], None]
_State = DiagnosisRun.State
_OPEN = (_State.WAITING, _State.RUNNING)
CHUNK = 200


class NothingToDiagnose(EngineError, LookupError):
    """No enterprise has facts of the year."""

    code = "nothing_to_diagnose"

    def __init__(self, year: int) -> None:
        super().__init__(f"no enterprise has facts of {year}; load enterprise-years first.")
        self.message_zh = f"没有任何企业有 {year} 年度数据，请先导入。"


def runs(viewer: "Viewer") -> QuerySet[DiagnosisRun]:
    """All runs, the latest first."""
    require(viewer, "diagnosis.run")
    return DiagnosisRun.objects.select_related("actor")


def create_run(*, as_of: date, viewer: "Viewer", year: int | None = None) -> DiagnosisRun:
    """Enter a run over all enterprises that have facts of a year (the latest by default).

    Raises
    ------
    AccessDenied
        If the viewer may not run diagnoses.
    NothingToDiagnose
        If there is no such enterprise.
    """
    require(viewer, "diagnosis.run")
    chosen = year if year is not None else facts_domain.latest_year() or as_of.year - 1
    total = _subjects(chosen).count()
    if not total:
        raise NothingToDiagnose(chosen)
    with transaction.atomic():
        run = DiagnosisRun.objects.create(
            year=chosen, as_of=as_of, total_count=total, actor_id=viewer.person_id
        )
        audit.log("diagnosis.run", viewer, str(run.public_id), year=chosen, count=total)
    return run


def start_run(run: DiagnosisRun) -> None:
    """Queue the run for the background workers once the transaction commits."""
    from django_q.tasks import async_task

    transaction.on_commit(
        lambda: async_task("silian.portal.exchange.domain.diagnosis_runs.run_by_id", run.pk)
    )


def run_by_id(run_id: int, progress: Progress | None = None) -> DiagnosisRun:
    """Make what the run still lacks, chunk by chunk; each chunk is committed with its count.

    Needs are not matched: an enterprise's own page does that when it is opened.

    Raises
    ------
    silian.portal.work_locks.WorkTaken
        If another process is at it.
    """
    run = DiagnosisRun.objects.get(pk=run_id)
    with hold(_lock_name(run)):
        if not _begin(run):
            return run
        try:
            _make_all(run, progress or (lambda done, total: None))
        except Exception as error:  # the task boundary: noted, and raised for the worker's log
            logger.exception("diagnosis run %s failed", run.public_id)
            _end(run, _State.FAILED, str(error))
            raise
    run.refresh_from_db()
    return run


def cancel(run: DiagnosisRun, *, viewer: "Viewer") -> DiagnosisRun:
    """Stop a run after its present chunk; what is made stays."""
    require(viewer, "diagnosis.run")
    with transaction.atomic():
        DiagnosisRun.objects.filter(pk=run.pk, state__in=_OPEN).update(
            state=_State.CANCELLED, finished_at=timezone.now()
        )
        audit.log("diagnosis.run", viewer, str(run.public_id), state="cancelled")
    run.refresh_from_db()
    return run


def resume(run: DiagnosisRun, *, viewer: "Viewer", queued: bool = True) -> DiagnosisRun:
    """Open a run that failed or was cancelled again; what it has made isn't made twice.

    Parameters
    ----------
    queued
        Whether the background workers are to carry on with it.
    """
    require(viewer, "diagnosis.run")
    with transaction.atomic():
        held = DiagnosisRun.objects.select_for_update().get(pk=run.pk)
        if held.state in (_State.FAILED, _State.CANCELLED):
            held.state, held.finished_at = _State.WAITING, None
            held.save(update_fields=["state", "finished_at"])
            audit.log("diagnosis.run", viewer, str(held.public_id), state="resumed")
            if queued:
                start_run(held)
    run.refresh_from_db()
    return run


def resume_interrupted(*, waiting: bool = False) -> list[DiagnosisRun]:
    """Queue runs again that lost their process; ``waiting`` as in ``take_up_again``."""
    return take_up_again(
        DiagnosisRun.objects.all(), lock_name=_lock_name, start=start_run, waiting=waiting
    )


def _lock_name(run: DiagnosisRun) -> str:
    return f"diagnosis-run-{run.public_id}"


def _subjects(year: int) -> QuerySet[Organisation]:
    has_facts = EnterpriseYear.objects.filter(organisation=OuterRef("pk"), year=year)
    return Organisation.objects.filter(Exists(has_facts))


def _begin(run: DiagnosisRun) -> bool:
    """Whether there is something to do; one that was cancelled begins again by ``resume``."""
    run.refresh_from_db()
    if run.state in (_State.DONE, _State.CANCELLED):
        return False
    run.state, run.error_message = _State.RUNNING, ""
    run.started_at = run.started_at or timezone.now()
    run.failed_count = 0
    run.save(update_fields=["state", "error_message", "started_at", "failed_count"])
    return True


def _make_all(run: DiagnosisRun, report: Progress) -> None:
    # One snapshot for all, so that everybody is held against the same city.
    snapshot = facts_domain.snapshot_version()
    report(_made_count(run), run.total_count)
    for chunk in _chunks(run):
        with same_drafts():
            made, failures = _made(chunk, run, snapshot)
        if not _keep(run, made, failures):
            return
        report(run.done_count + run.failed_count, run.total_count)
    _end(run, _State.DONE)


def _chunks(run: DiagnosisRun) -> Iterator[Sequence[Organisation]]:
    """Enterprises that the run hasn't made yet, by key; one that failed isn't tried again."""
    made = Diagnosis.objects.filter(run=run, organisation=OuterRef("pk"))
    after = 0
    while True:
        subjects = _subjects(run.year).filter(~Exists(made), pk__gt=after)
        chunk = list(
            subjects.select_related("region", "register")
            .prefetch_related("patents", "needs", "achievements", "projects")
            .order_by("pk")[:CHUNK]
        )
        if not chunk:
            return
        after = chunk[-1].pk
        yield chunk


def _made(
    chunk: Sequence[Organisation], run: DiagnosisRun, snapshot: str
) -> tuple[list[Diagnosis], list[str]]:
    made, failures = [], []
    for organisation in chunk:
        try:
            gathered = gather_scored(
                organisation,
                as_of=run.as_of,
                year=run.year,
                with_matches=False,
                snapshot=snapshot,
            )
            if gathered is not None:
                made.append(unsaved(organisation, *gathered, run=run, created_by=run.actor_id))
        except EngineError as error:
            failures.append(f"{organisation.public_id}: {error}")
        except DatabaseError:
            raise  # nothing that is wrong with one enterprise
        except Exception as error:  # one enterprise must not stop the city's run
            logger.exception("the diagnosis of %s failed", organisation.public_id)
            failures.append(f"{organisation.public_id}: {type(error).__name__} {error}")
    return made, failures


def _keep(run: DiagnosisRun, made: list[Diagnosis], failures: list[str]) -> bool:
    """Commit a chunk with its counts; False where the run was cancelled meanwhile."""
    with transaction.atomic():
        held = DiagnosisRun.objects.select_for_update().get(pk=run.pk)
        if held.state != _State.RUNNING:
            return False
        keys = [one.organisation_id for one in made]
        Diagnosis.objects.filter(
            organisation_id__in=keys,
            year=run.year,
            as_of__lte=run.as_of,
            state=Diagnosis.State.MADE,
        ).update(state=Diagnosis.State.SUPERSEDED)
        Diagnosis.objects.bulk_create(made)
        held.done_count = Diagnosis.objects.filter(run=held).count()
        held.failed_count += len(failures)
        if failures:
            held.error_message = "\n".join([held.error_message, *failures]).strip()[-4_000:]
        held.save(update_fields=["done_count", "failed_count", "error_message"])
    run.refresh_from_db()
    return True


def _made_count(run: DiagnosisRun) -> int:
    return Diagnosis.objects.filter(run=run).count()


def _end(run: DiagnosisRun, state: str, message: str = "") -> None:
    viewer = viewer_of_user(run.actor) if run.actor else SYSTEM
    with transaction.atomic():
        held = DiagnosisRun.objects.select_for_update().get(pk=run.pk)
        held.state, held.finished_at = state, timezone.now()
        if message:
            held.error_message = message[:4_000]
        held.save(update_fields=["state", "finished_at", "error_message"])
        audit.log("diagnosis.run", viewer, str(held.public_id), state=str(state))
