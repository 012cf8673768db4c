"""All diagnoses of a city: in chunks that are kept, taken up again, never made twice."""

from datetime import date
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM, AccessDenied, Viewer
from silian.portal.exchange.domain import diagnosis as domain
from silian.portal.exchange.domain import diagnosis_runs as runs
from silian.portal.exchange.models import Diagnosis, DiagnosisRun
from silian.portal.registry.models import Organisation
from silian.portal.work_locks import WorkTaken, hold, is_held

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "CHUNK", 5)


class Killed(BaseException):
    """As a process ends that is killed."""


def test_a_killed_run_goes_on_where_it_stopped(firms: list[Organisation]) -> None:
    run = runs.create_run(as_of=DAY, viewer=SYSTEM)
    assert (run.year, run.total_count) == (2025, len(firms))

    def killed(done: int, total: int | None) -> None:
        if done >= 5:
            raise Killed

    with pytest.raises(Killed):
        runs.run_by_id(run.pk, killed)
    run.refresh_from_db()
    assert (run.state, run.done_count) == ("running", 5)
    kept = set(Diagnosis.objects.values_list("pk", flat=True))
    seen: list[tuple[int, Any]] = []
    run = runs.run_by_id(run.pk, lambda done, total: seen.append((done, total)))
    assert (run.state, run.done_count, run.failed_count) == ("done", len(firms), 0)
    assert seen == [(5, 12), (10, 12), (12, 12)]
    made = Diagnosis.objects.filter(run=run)
    assert kept <= set(made.values_list("pk", flat=True))
    assert made.values("organisation").distinct().count() == made.count() == len(firms)


def test_a_run_says_of_each_what_its_own_page_says(firms: list[Organisation]) -> None:
    run = runs.run_by_id(runs.create_run(as_of=DAY, viewer=SYSTEM).pk)
    for diagnosis in Diagnosis.objects.filter(run=run).select_related("organisation"):
        alone = domain.preview(diagnosis.organisation, as_of=DAY, with_matches=False)
        assert domain.diagnosis_content(diagnosis) == domain._plain(alone)
        assert domain.reproduce(diagnosis).reproduced


def test_a_second_run_supersedes_what_nobody_works_on(firms: list[Organisation]) -> None:
    first = runs.run_by_id(runs.create_run(as_of=DAY, viewer=SYSTEM).pk)
    held = Diagnosis.objects.filter(run=first).first()
    assert held is not None
    Diagnosis.objects.filter(pk=held.pk).update(state="in_work")
    runs.run_by_id(runs.create_run(as_of=DAY, viewer=SYSTEM).pk)
    states = dict(Diagnosis.objects.filter(run=first).values_list("pk", "state"))
    assert states.pop(held.pk) == "in_work"
    assert set(states.values()) == {"superseded"}


def test_a_cancelled_run_stops_and_keeps_what_it_made(
    firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    run = runs.create_run(as_of=DAY, viewer=viewers["operator"])

    def cancelled(done: int, total: int | None) -> None:
        if done == 5:
            runs.cancel(DiagnosisRun.objects.get(pk=run.pk), viewer=viewers["operator"])

    ended = runs.run_by_id(run.pk, cancelled)
    assert (ended.state, ended.done_count) == ("cancelled", 5)
    assert runs.run_by_id(run.pk).done_count == 5


def test_one_process_at_a_time_carries_on(firms: list[Organisation]) -> None:
    run = runs.create_run(as_of=DAY, viewer=SYSTEM)
    name = f"diagnosis-run-{run.public_id}"
    with hold(name):
        assert is_held(name)
        with pytest.raises(WorkTaken):
            runs.run_by_id(run.pk)
    assert not is_held(name)


def test_runs_that_lost_their_process_are_queued_again(
    firms: list[Organisation], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = runs.create_run(as_of=DAY, viewer=SYSTEM)
    waiting = runs.create_run(as_of=DAY, viewer=SYSTEM)
    DiagnosisRun.objects.filter(pk=run.pk).update(state="running")
    queued: list[DiagnosisRun] = []
    monkeypatch.setattr(runs, "start_run", queued.append)
    assert runs.resume_interrupted() == queued == [run]
    assert runs.resume_interrupted() == []  # it waits in the queue now
    DiagnosisRun.objects.filter(pk=run.pk).update(state="running")
    with hold(f"diagnosis-run-{run.public_id}"):
        assert runs.resume_interrupted() == []
    assert waiting.state == "waiting"


@pytest.mark.parametrize("role", ["adviser", "enterprise", "research", "viewer"])
def test_only_operators_run_all(
    role: str, firms: list[Organisation], viewers: dict[str, Viewer]
) -> None:
    with pytest.raises(AccessDenied):
        runs.create_run(as_of=DAY, viewer=viewers[role])


def test_a_city_without_facts_has_nothing_to_run() -> None:
    with pytest.raises(runs.NothingToDiagnose):
        runs.create_run(as_of=DAY, viewer=SYSTEM)


def test_at_a_start_a_run_that_never_began_is_queued_too(firms: list[Organisation]) -> None:
    run = runs.create_run(as_of=DAY, viewer=SYSTEM)
    assert runs.resume_interrupted() == []
    assert runs.resume_interrupted(waiting=True) == [run]


def test_what_is_unforeseen_of_one_enterprise_does_not_stop_the_others(
    firms: list[Organisation], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = runs.gather_scored

    def gather(organisation: Organisation, **options: Any) -> Any:
        if organisation == firms[3]:
            raise OverflowError("too large")
        return real(organisation, **options)

    monkeypatch.setattr(runs, "gather_scored", gather)
    run = runs.run_by_id(runs.create_run(as_of=DAY, viewer=SYSTEM).pk)
    assert (run.state, run.done_count, run.failed_count) == ("done", len(firms) - 1, 1)
    assert run.error_message == f"{firms[3].public_id}: OverflowError too large"
