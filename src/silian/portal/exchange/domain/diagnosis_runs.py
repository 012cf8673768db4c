"""Diagnoses of the whole city as one background job, taken up again where it stopped."""

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import QuerySet

from silian.portal.accounts.domain.access import require
from silian.portal.exchange.models import DiagnosisRun

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer

Progress = Callable[[int, int | None], None]
_State = DiagnosisRun.State


def runs(viewer: "Viewer") -> QuerySet[DiagnosisRun]:
    """All runs, the latest first."""
    require(viewer, "diagnosis.run")
    return DiagnosisRun.objects.select_related("actor")


def create_run(*, as_of: date, year: int | None = None, viewer: "Viewer") -> DiagnosisRun:
    """Enter a run over all enterprises that have facts of a year (the latest by default)."""
    raise NotImplementedError


def start_run(run: DiagnosisRun) -> None:
    """Queue the run for the background workers once the transaction commits."""
    from django_q.tasks import async_task

    transaction.on_commit(
        lambda: async_task("silian.portal.exchange.domain.diagnosis_runs.run_by_id", run.pk)
    )


def run_by_id(run_id: int, progress: Progress | None = None) -> DiagnosisRun:
    """Make what is still missing, chunk by chunk; each chunk is committed with its count."""
    raise NotImplementedError


def cancel(run: DiagnosisRun, *, viewer: "Viewer") -> DiagnosisRun:
    """Stop a run after its present chunk; what is made stays."""
    raise NotImplementedError
