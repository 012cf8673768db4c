"""Import jobs and those who work on them: one at a time, and none is forgotten."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django_q.models import OrmQ
from made_once import migrated_home

from silian.portal.registry.domain import intake, reading
from silian.portal.registry.domain.intake import (
    create_job,
    resume_interrupted,
    run_job,
    run_job_by_id,
)
from silian.portal.registry.domain.job_locks import JobTaken, hold_job, is_held
from silian.portal.registry.models import ImportJob, Organisation, RejectedRow

LINES = "".join(f"E{n},公司{n}\n" if n % 7 else f"E{n},\n" for n in range(1, 101))
RUN_AND_DIE = """
import os, signal, sys, django
django.setup()
from silian.portal.registry.domain import intake, reading
reading.BATCH_ROWS = 10
job = intake.create_job(sys.argv[1], "template:organisation", register_code="city")
save_batch, batches = intake.save_batch, []
def dying(*arguments):
    batches.append(1)
    if len(batches) == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return save_batch(*arguments)
intake.save_batch = dying
intake.run_job(job.pk)
"""
REPORT = """
import django
django.setup()
from silian.portal.registry.models import ImportJob, Organisation
job = ImportJob.objects.get()
print(job.state, job.row_count, job.rejected_count, job.rejected_rows.count(),
      Organisation.objects.count())
"""


@pytest.fixture
def job(tmp_path: Path, db: None) -> ImportJob:
    path = tmp_path / "rows.csv"
    path.write_text("source_key,name\n" + LINES, "utf-8")
    return create_job(path, "template:organisation", register_code="city")


def test_a_second_worker_leaves_a_running_job_alone(
    job: ImportJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH_ROWS", 10)
    save_batch, answers = intake.save_batch, []

    def meanwhile_another(*arguments: Any) -> Any:
        answers.append(run_job_by_id(job.pk))
        with pytest.raises(JobTaken):
            run_job(job.pk)
        return save_batch(*arguments)

    monkeypatch.setattr(intake, "save_batch", meanwhile_another)
    done = run_job(job.pk)
    assert answers == ["taken"] * 10
    assert (done.state, done.row_count, done.rejected_count) == ("done", 100, 14)
    assert (Organisation.objects.count(), RejectedRow.objects.count()) == (86, 14)
    assert not is_held(job)


def test_beginning_writes_nothing_that_another_worker_has_counted(job: ImportJob) -> None:
    ImportJob.objects.filter(pk=job.pk).update(row_count=30, accepted_count=26, rejected_count=4)
    begun = intake._begun(job.pk)
    held = ImportJob.objects.get(pk=job.pk)
    for found in (begun, held):
        assert (found.state, found.row_count, found.accepted_count) == ("running", 30, 26)


@pytest.mark.parametrize("row_count", [0, 10])
def test_a_job_without_its_file_fails_and_says_so(job: ImportJob, row_count: int) -> None:
    ImportJob.objects.filter(pk=job.pk).update(row_count=row_count)
    Path(job.stored_path).unlink()
    failed = run_job(job.pk)
    assert failed.state == "failed"
    assert "rows.csv" in failed.error_message


def test_a_queue_that_delivers_twice_repeats_nothing(job: ImportJob) -> None:
    Path(job.stored_path).unlink()
    assert run_job_by_id(job.pk) == "failed"
    Path(job.stored_path).write_text("source_key,name\n" + LINES, "utf-8")
    assert run_job_by_id(job.pk) == "failed"
    assert run_job(job.pk).state == "done"
    assert run_job_by_id(job.pk) == "done"


def test_jobs_that_nobody_works_on_are_queued_again(
    job: ImportJob, django_capture_on_commit_callbacks: Any
) -> None:
    ImportJob.objects.filter(pk=job.pk).update(state="running", row_count=10)
    with hold_job(job):
        assert resume_interrupted() == []
    with django_capture_on_commit_callbacks(execute=True):
        assert resume_interrupted(waiting=False) == [job]
        # It waits in the queue now.
        assert resume_interrupted(waiting=False) == []
    job.refresh_from_db()
    assert (job.state, job.row_count, OrmQ.objects.count()) == ("waiting", 10, 1)
    ImportJob.objects.filter(pk=job.pk).update(state="done")
    assert resume_interrupted() == []


@pytest.mark.slow
def test_a_killed_import_ends_by_itself_once_the_workers_run(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path / "home"
    shutil.copytree(migrated_home(tmp_path_factory), home)
    own = {name: value for name, value in os.environ.items() if name != "SILIAN_DATABASE_URL"}
    own |= {
        "SILIAN_HOME": str(home),
        "SILIAN_EMBEDDER": "none",
        "DJANGO_SETTINGS_MODULE": "silian.portal.settings",
    }
    path = tmp_path / "rows.csv"
    path.write_text("source_key,name\n" + LINES, "utf-8")
    django = [sys.executable, "-m", "django"]
    killed = subprocess.run([sys.executable, "-c", RUN_AND_DIE, str(path)], env=own, check=False)
    assert killed.returncode == -9

    def report() -> list[str]:
        told = subprocess.run(
            [sys.executable, "-c", REPORT], env=own, check=True, capture_output=True, text=True
        )
        return told.stdout.split()

    def state() -> str:
        with closing(sqlite3.connect(home / "silian.sqlite3")) as records:
            [[found]] = records.execute("SELECT state FROM registry_importjob").fetchall()
        return str(found)

    assert report()[:2] == ["running", "30"]
    workers = subprocess.Popen([*django, "run_jobs"], env=own)
    try:
        deadline = time.monotonic() + 60
        while state() != "done" and time.monotonic() < deadline:
            time.sleep(0.2)
    finally:
        workers.terminate()
        workers.wait(30)
    assert report() == ["done", "100", "14", "14", "86"]
