"""Texts of papers and patents are read by every run, and new ones between runs."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.innovation.models import Patent, Publication
from silian.portal.registry.domain import identity_affiliations
from silian.portal.registry.domain.identity_affiliations import (
    affiliation_edges,
    follow_affiliations,
    rebuild_affiliations,
)
from silian.portal.registry.domain.identity_runs import run_by_id, start_run
from silian.portal.registry.models import Organisation, Register
from silian.portal.work_locks import hold


@pytest.fixture
def university(settings: Any, tmp_path: Any, register: Register) -> Organisation:
    settings.SILIAN_HOME = tmp_path
    return Organisation.objects.create(register=register, source_key="u", name="屹澍大学")


def paper(register: Register, key: str) -> Publication:
    return Publication.objects.create(
        register=register, source_key=key, title="论文", author_text="屹澍大学 材料学院"
    )


def named() -> set[tuple[str, str]]:
    table = affiliation_edges()
    columns = (table[name].to_pylist() for name in ("subject_id", "organisation_id"))
    return set(zip(*columns, strict=True))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity_affiliations, "_FOLLOW_EVERY", timedelta(0))


def test_a_run_that_a_worker_carries_out_reads_the_texts(
    university: Organisation, register: Register
) -> None:
    first = paper(register, "1")
    run = start_run("organisation", viewer=SYSTEM)
    assert run_by_id(run.pk) == "done"
    assert named() == {(first.public_id, university.public_id)}


def test_texts_that_came_changed_or_went_are_read_between_runs(
    university: Organisation, register: Register, at_once: None
) -> None:
    assert follow_affiliations() == 0  # nobody resolved yet
    first, second = paper(register, "1"), paper(register, "2")
    run_by_id(start_run("organisation", viewer=SYSTEM).pk)
    Publication.objects.update(updated_at=timezone.now() - timedelta(hours=1))
    third = Patent.objects.create(
        register=register, source_key="3", title="专利", assignee_text="屹澍大学"
    )
    first.author_text = "沐岚"
    first.save()
    gone = second.public_id
    second.delete()

    assert follow_affiliations() == 3

    assert gone not in {work for work, _ in named()}
    assert named() == {(third.public_id, university.public_id)}


def test_texts_are_read_again_once_in_a_while_and_nothing_is_written_for_nothing(
    university: Organisation, register: Register, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    paper(register, "1")
    run_by_id(start_run("organisation", viewer=SYSTEM).pk)
    assert follow_affiliations() == 0  # just read
    path = tmp_path / "graph" / "affiliations.parquet"
    before = path.stat().st_mtime_ns
    monkeypatch.setattr(identity_affiliations, "_FOLLOW_EVERY", timedelta(0))
    assert follow_affiliations() == 1
    assert path.stat().st_mtime_ns == before


def test_a_run_that_ends_while_texts_are_read_is_kept(
    university: Organisation, register: Register, at_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rebuild_affiliations()
    early, late = paper(register, "1"), paper(register, "2")
    Publication.objects.filter(pk=late.pk).update(updated_at=timezone.now() - timedelta(hours=1))
    resolved = identity_affiliations._resolved

    def slowly(works: Any) -> Any:
        monkeypatch.setattr(identity_affiliations, "_resolved", resolved)
        rebuild_affiliations()
        return resolved(works)

    monkeypatch.setattr(identity_affiliations, "_resolved", slowly)

    assert follow_affiliations() == 1

    assert named() == {(one.public_id, university.public_id) for one in (early, late)}


def test_who_writes_waits_until_the_other_has_written(
    university: Organisation, register: Register
) -> None:
    work = paper(register, "1")
    begun = threading.Event()

    def write() -> None:
        with hold("affiliations"):
            begun.set()
            time.sleep(0.2)

    other = threading.Thread(target=write)
    other.start()
    begun.wait()
    rebuild_affiliations()
    other.join()

    assert named() == {(work.public_id, university.public_id)}


def test_a_file_that_was_cut_short_is_made_anew(
    university: Organisation, register: Register, at_once: None
) -> None:
    first = paper(register, "1")
    rebuild_affiliations()
    path = identity_affiliations._path()
    path.write_bytes(path.read_bytes()[:100])
    assert named() == set()
    assert follow_affiliations() == 1
    assert named() == {(first.public_id, university.public_id)}
