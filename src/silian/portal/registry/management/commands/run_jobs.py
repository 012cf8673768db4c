"""``run_jobs``: the background workers, and jobs taken up again that lost theirs."""

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from silian.portal.exchange.domain import diagnosis_runs
from silian.portal.exchange.domain.diagnosis_look_backs import make_due_look_backs
from silian.portal.industry.domain import scenarios
from silian.portal.registry.domain import identity_runs
from silian.portal.registry.domain.draft_uploads import forget_uploads
from silian.portal.registry.domain.intake import resume_interrupted

_SECONDS_BETWEEN_LOOKS = 30.0


class Command(BaseCommand):
    help = "Run background jobs; those that a killed process left begin again by themselves."

    def handle(self, **options: Any) -> None:
        from django_q.cluster import Cluster

        self._resume(waiting=True)
        self._look_back()
        cluster = Cluster()
        cluster.start()
        looked_at, day = time.monotonic(), timezone.localdate()
        while cluster.sentinel is not None and cluster.sentinel.is_alive():
            time.sleep(0.5)
            if time.monotonic() - looked_at >= _SECONDS_BETWEEN_LOOKS:
                # A worker may have been killed alone, for its memory.
                self._resume(waiting=False)
                looked_at = time.monotonic()
                if timezone.localdate() != day:
                    day = timezone.localdate()
                    self._look_back()

    def _look_back(self) -> None:
        """Once a day and at every start: what fell due meanwhile is not forgotten."""
        try:
            n_done = make_due_look_backs()
            if n_done:
                self.stdout.write(f"looked back at {n_done} signed diagnoses")
            forget_uploads()
        except DatabaseError as error:
            self.stderr.write(f"could not look back: {error}")
        finally:
            connection.close()

    def _resume(self, *, waiting: bool) -> None:
        try:
            for job in resume_interrupted(waiting=waiting):
                self.stdout.write(f"import {job.public_id} ({job.file_name}) is taken up again")
            for run in diagnosis_runs.resume_interrupted(waiting=waiting):
                self.stdout.write(f"diagnosis run {run.public_id} is taken up again")
            for scenario in scenarios.resume_interrupted(waiting=waiting):
                self.stdout.write(f"scenario {scenario.public_id} is taken up again")
            for resolution in identity_runs.resume_interrupted(waiting=waiting):
                self.stdout.write(f"resolution {resolution.pk} is taken up again")
        except DatabaseError as error:
            self.stderr.write(f"could not look for interrupted jobs: {error}")
        finally:
            # The workers are forked from here and open their own.
            connection.close()
