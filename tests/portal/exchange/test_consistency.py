"""Records and index can't drift apart unseen."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lancedb
import pytest
from django.utils import timezone

from silian.engines.matching.errors import IndexCorrupted, IndexLocked, IndexMissing
from silian.language import Segmenter
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain import consistency, filling, outbox
from silian.portal.exchange.domain.index import (
    current_generation,
    forget_opened,
    open_matcher,
    rebuild_lock,
)
from silian.portal.exchange.domain.meaning import MeaningWorker
from silian.portal.exchange.domain.service import search
from silian.portal.exchange.models import IndexTask
from silian.portal.innovation.models import Achievement


@pytest.fixture
def drifted(city: Any, make_achievement: Callable[..., Achievement]) -> dict[str, str]:
    """One record missing in the index, one there in an old form, one there without a record."""
    outbox.drain()
    missing = make_achievement("M")
    gone = make_achievement("G")
    IndexTask.objects.filter(public_id=missing.public_id).delete()
    outbox.drain()
    Achievement.objects.filter(pk=city.achievement.pk).update(title="改了名的永磁材料")
    Achievement.objects.filter(pk=gone.pk).delete()
    IndexTask.objects.all().delete()
    return {
        "missing": missing.public_id,
        "stale": city.achievement.public_id,
        "orphaned": gone.public_id,
    }


def test_drift_is_found_and_named(drifted: dict[str, str]) -> None:
    report = consistency.check()

    assert report.missing_ids == (drifted["missing"],)
    # The author's document quotes the title of the work.
    assert drifted["stale"] in report.stale_ids
    assert report.orphaned_ids == (drifted["orphaned"],)
    assert not report.consistent
    assert report.record_count == report.indexed_count


def test_drift_is_repaired(drifted: dict[str, str]) -> None:
    assert consistency.check(repair=True).repaired

    after = consistency.check()
    assert after.consistent
    assert after.record_count == after.indexed_count


def test_rows_that_the_index_lost_are_named_and_written_again(city: Any, index: Path) -> None:
    outbox.drain()
    open_matcher().optimise()
    _remove_row(index, city.patent.public_id)

    report = consistency.check()

    assert report.missing_ids == ()  # the snapshot still finds it
    assert report.mislaid_ids == (city.patent.public_id,)
    assert not report.consistent
    assert consistency.check(repair=True).repaired
    assert consistency.check().consistent
    open_matcher().optimise()  # searches follow the table
    assert city.patent.public_id in open_matcher().content_hashes()


@pytest.mark.parametrize("gone", ["dictionary.txt", "tables", "index.json"])
def test_an_index_with_files_missing_is_told_and_made_anew_by_a_repair(
    city: Any, index: Path, gone: str
) -> None:
    outbox.drain()
    lost = index / current_generation() / gone
    shutil.rmtree(lost) if lost.is_dir() else lost.unlink()
    forget_opened()

    with pytest.raises((IndexCorrupted, IndexMissing), match=r"gone|exist|no index|opened"):
        consistency.check()
    report = consistency.check(repair=True)

    assert report.rebuilt
    assert report.consistent
    assert search("永磁材料", viewer=SYSTEM).hits


@pytest.mark.parametrize("folded", [False, True])
@pytest.mark.parametrize(
    "damaged", ["documents.lance/data", "vectors.lance/data", "documents.lance/_versions"]
)
def test_a_damaged_index_is_told_and_made_anew_by_a_repair(
    city: Any, index: Path, damaged: str, folded: bool
) -> None:
    outbox.drain()
    open_matcher().embed_pending()
    if folded:
        open_matcher().optimise()
    _damage(index, damaged)

    with pytest.raises(IndexCorrupted, match="check --repair"):
        consistency.check()
    report = consistency.check(repair=True)

    assert (report.rebuilt, report.repaired, report.consistent) == (True, True, True)
    assert report.meaning_pending_count == 0  # vectors are kept by text
    assert search("永磁材料", viewer=SYSTEM).hits
    assert consistency.check().consistent


def test_no_record_is_blamed_for_a_damaged_index(city: Any, index: Path) -> None:
    outbox.drain()
    _damage(index, "documents.lance/data")
    city.achievement.title = "改名后的成果"
    city.achievement.save()

    with pytest.raises(IndexCorrupted):
        outbox.drain()

    due = IndexTask.objects.filter(public_id=city.achievement.public_id)
    assert list(due.values_list("error", "claim")) == [("", "")]
    assert consistency.check(repair=True).repaired
    assert search("改名后的成果", viewer=SYSTEM).hits[0].hit.document.title == "改名后的成果"


def _damage(index: Path, folder: str) -> None:
    forget_opened()
    for file in (index / current_generation() / "tables" / folder).iterdir():
        file.write_bytes(file.read_bytes()[:100])


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> str:
    """A word at which reading a text falls into itself."""
    read = Segmenter.words_many

    def read_or_fall(self: Segmenter, texts: Iterable[str]) -> list[list[str]]:
        texts = list(texts)
        if any("铜硫" in text for text in texts):
            raise RecursionError("maximum recursion depth exceeded")
        return read(self, texts)

    monkeypatch.setattr(Segmenter, "words_many", read_or_fall)
    return "铜硫"


def test_a_text_that_cannot_be_read_is_set_apart_by_a_rebuild_and_no_other(
    city: Any,
    make_achievement: Callable[..., Achievement],
    unreadable: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = make_achievement("B", title=f"{unreadable}分离")

    n_documents = consistency.rebuild()

    report = consistency.check()
    assert report.missing_ids == (bad.public_id,)
    assert n_documents == report.record_count - 1
    assert report.failed_reasons == {
        bad.public_id: "RecursionError: maximum recursion depth exceeded"
    }
    monkeypatch.undo()
    assert consistency.check(repair=True).repaired
    assert consistency.check().consistent


def test_what_cannot_be_repaired_is_not_called_repaired(
    city: Any, make_achievement: Callable[..., Achievement], unreadable: str
) -> None:
    outbox.drain()
    bad = make_achievement("B", title=f"{unreadable}分离")
    Achievement.objects.filter(pk=city.achievement.pk).update(title="改了名的永磁材料")

    report = consistency.check(repair=True)

    assert (report.repaired, report.left_ids) == (False, (bad.public_id,))
    assert search("改了名的永磁材料", viewer=SYSTEM).hits[0].record == city.achievement
    assert consistency.check().missing_ids == (bad.public_id,)


def test_a_repair_waits_for_who_is_at_the_same_records(
    drifted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    drain = outbox.drain

    def drain_after_others(**named: Any) -> int:
        if not pauses:  # another process was quicker to claim them
            IndexTask.objects.update(claim="elsewhere:1:2", claimed_at=timezone.now())
        return drain(**named)

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            IndexTask.objects.update(claim="")

    monkeypatch.setattr(outbox, "drain", drain_after_others)
    monkeypatch.setattr(outbox.time, "sleep", pause)

    assert consistency.check(repair=True).repaired
    assert len(pauses) >= 3
    assert consistency.check().consistent


def test_waiting_for_others_ends_with_a_message(
    drifted: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_PATIENCE_SECONDS", 0.1)
    outbox.enqueue(drifted.values())
    IndexTask.objects.update(claim="elsewhere:1:2", claimed_at=timezone.now())

    with pytest.raises(IndexLocked, match=r"at 3 changes.*Nothing is lost"):
        consistency.check(repair=True)


@pytest.fixture
def outdated(city: Any, index: Path) -> None:
    """An index from before an upgrade that cuts texts otherwise."""
    outbox.drain()
    (index / current_generation() / "words.version").unlink()


@pytest.mark.usefixtures("outdated")
def test_an_index_cut_by_former_rules_answers_is_told_and_made_anew_by_a_repair() -> None:
    report = consistency.check()
    assert report.outdated
    assert not report.consistent
    assert not consistency.is_current()
    assert search("永磁材料", viewer=SYSTEM).hits

    repaired = consistency.check(repair=True)

    assert (repaired.outdated, repaired.rebuilt, repaired.consistent) == (True, True, True)
    assert consistency.check() == replace(repaired, repaired=False, rebuilt=False, outdated=False)


@pytest.mark.usefixtures("outdated")
def test_a_worker_makes_an_outdated_index_anew_by_itself() -> None:
    former = current_generation()

    MeaningWorker().step()

    made = current_generation()
    assert made != former
    assert not consistency.is_outdated()
    MeaningWorker().step()
    assert current_generation() == made


def _remove_row(index: Path, public_id: str) -> None:
    database = lancedb.connect(str(index / current_generation() / "tables"))
    database.open_table("documents").delete(f"document_id = '{public_id}'")


def test_failed_records_are_tried_again_by_a_repair(city: Any) -> None:
    outbox.drain()
    city.achievement.save()
    IndexTask.objects.filter(public_id=city.achievement.public_id).update(error="once")
    outbox.drain()
    assert outbox.status().failed_count == 1

    report = consistency.check(repair=True)

    assert report.failed_count == 0
    assert city.achievement.public_id in open_matcher().content_hashes()


def test_progress_counts_every_record(city: Any) -> None:
    steps: list[tuple[int, int]] = []

    report = consistency.check(progress=lambda done, total: steps.append((done, total)))

    assert steps[-1] == (report.record_count, report.record_count)


def test_a_rebuild_holds_every_record_and_settles_the_outbox(city: Any) -> None:
    n_documents = consistency.rebuild()

    assert n_documents == consistency.check().record_count
    assert IndexTask.objects.count() == 0
    assert consistency.check().consistent


def test_a_rebuild_takes_over_vectors_that_are_known(city: Any) -> None:
    outbox.drain()
    open_matcher().embed_pending()

    consistency.rebuild()

    assert consistency.check().meaning_pending_count == 0


def test_a_rebuild_lets_the_dictionary_grow(
    city: Any, make_achievement: Callable[..., Achievement]
) -> None:
    outbox.drain()
    for number in range(2):
        make_achievement(f"K{number}", keywords=["晶界扩散重稀土技术"])
    assert not consistency.is_current()

    consistency.rebuild()

    assert consistency.is_current()
    hit = search("晶界扩散重稀土技术", viewer=SYSTEM).hits[0].hit
    assert "晶界扩散重稀土技术" in hit.matched_terms


def test_the_former_index_answers_while_a_new_one_is_made(city: Any) -> None:
    outbox.drain()
    answers: list[int] = []

    def ask(done: int, total: int) -> None:
        answers.append(len(search("永磁材料", viewer=SYSTEM).hits))

    before = current_generation()
    consistency.rebuild(progress=ask)

    assert min(answers) > 0
    assert current_generation() != before


def test_a_rebuild_hears_of_what_others_carry_out_on_the_former_index(
    city: Any, make_achievement: Callable[..., Achievement]
) -> None:
    outbox.drain()
    n_made = 0

    def change(done: int, total: int) -> None:
        nonlocal n_made
        n_made += 1
        if n_made == 1:
            city.achievement.title = "改名后的成果"
            city.achievement.save()
            city.patent.delete()
            make_achievement("M1", title="其间新增的成果")
            outbox.drain()  # as another process would; no task is left of it

    consistency.rebuild(progress=change)

    assert consistency.check().consistent
    assert IndexTask.objects.count() == 0
    assert search("其间新增的成果", viewer=SYSTEM).hits[0].hit.document.title == "其间新增的成果"


def test_a_rebuild_hears_of_what_another_process_is_still_carrying_out(city: Any) -> None:
    outbox.drain()
    claimed: list[int] = []

    def claim(done: int, total: int) -> None:
        city.achievement.save()
        IndexTask.objects.update(claim="elsewhere:1:2")
        claimed[:] = IndexTask.objects.values_list("stamp", flat=True)

    consistency.rebuild(progress=claim)

    # Due again under another stamp: whoever holds it won't delete it.
    [task] = IndexTask.objects.filter(public_id=city.achievement.public_id)
    assert task.claim == "elsewhere:1:2"
    assert task.stamp not in claimed


def test_a_failed_rebuild_leaves_the_former_index(
    city: Any, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox.drain()
    before = current_generation()

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(filling, "known_vectors", fail)
    with pytest.raises(OSError, match="disk full"):
        consistency.rebuild()

    assert current_generation() == before
    assert [path.name for path in index.iterdir() if path.is_dir()] == [before]
    assert search("永磁材料", viewer=SYSTEM).hits


def test_only_one_rebuild_runs_at_a_time(city: Any) -> None:
    with rebuild_lock(), pytest.raises(IndexLocked):
        consistency.rebuild()


def test_catching_up_drains_few_changes_and_rebuilds_for_many(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = consistency.catch_up()
    generation = current_generation()
    monkeypatch.setattr(consistency, "_WORTH_A_REBUILD", 1)
    outbox.enqueue(f"ach-{number:016d}" for number in range(100))

    second = consistency.catch_up()

    assert first > 0
    assert second == 100
    assert current_generation() != generation
    assert consistency.check().consistent
