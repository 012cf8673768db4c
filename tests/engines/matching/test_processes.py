"""Several processes on one index: nobody's commit is lost, killed or not."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from matching_world import DOCUMENTS, SEGMENTER, new_matcher, reopened
from writing_process import PORTION, documents

from silian.engines.matching import Matcher, Query, errors
from silian.engines.matching.locking import file_lock

WRITER = Path(__file__).with_name("writing_process.py")
# Of each portion these are the writer's own; the rest are shared by all.
OWN = PORTION - 2


def start_writer(index: Path, name: str, portions: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(WRITER), str(index), name, str(portions)],
        stdout=subprocess.PIPE,
        text=True,
    )


def test_concurrent_writers_lose_nothing(tmp_path: Path) -> None:
    index = tmp_path / "index"
    Matcher.create(index, segmenter=SEGMENTER, n_dimensions=8).close()
    writers = [start_writer(index, name, 6) for name in ("first", "tidying")]
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    with Matcher.open(index, segmenter=SEGMENTER) as matcher:
        hashes = matcher.content_hashes()
        for name in ("first", "tidying"):
            for portion in range(6):
                for one in documents(name, portion):
                    if not one.document_id.startswith("shared"):
                        assert hashes[one.document_id] == one.content_hash
        assert len(hashes) == 2 * 6 * OWN + 2
        before = matcher.search(Query(title="永磁材料", limit=1000)).candidate_count
        matcher.optimise()
        assert matcher.content_hashes() == hashes
        assert matcher.search(Query(title="永磁材料", limit=1000)).candidate_count == before


def test_a_reader_sees_another_process_within_two_seconds(tmp_path: Path) -> None:
    index = tmp_path / "index"
    with Matcher.create(index, segmenter=SEGMENTER, n_dimensions=8) as reader:
        assert reader.content_hashes() == {}
        writer = start_writer(index, "other", 1)
        assert writer.stdout is not None
        assert [writer.stdout.readline().strip() for _ in range(2)] == ["ready", "0"]
        start = time.monotonic()
        assert len(reader.search(Query(title="永磁材料", limit=100)).hits) == PORTION
        assert time.monotonic() - start < 2
        writer.communicate(timeout=60)


@pytest.mark.parametrize(("name", "kills_after"), [("killed", [4]), ("tidy-killed", [4, 9])])
def test_a_killed_writer_loses_no_commit_and_leaves_none_half(
    tmp_path: Path, name: str, kills_after: list[int]
) -> None:
    index = tmp_path / "index"
    Matcher.create(index, segmenter=SEGMENTER, n_dimensions=8).close()
    for round_number, after in enumerate(kills_after):
        writer = start_writer(index, f"{name}{round_number}", 1_000)
        assert writer.stdout is not None
        assert writer.stdout.readline().strip() == "ready"
        committed = -1
        while committed < after:
            committed = int(writer.stdout.readline())
        time.sleep(0.003 * round_number)  # so that the kill falls at different moments
        os.kill(writer.pid, signal.SIGKILL)
        rest, _ = writer.communicate(timeout=60)
        committed = max([committed, *(int(line) for line in rest.split())])
        with Matcher.open(index, segmenter=SEGMENTER) as matcher:
            hashes = matcher.content_hashes()
            own = [one for one in hashes if one.startswith(f"{name}{round_number}-")]
            portions = {int(one.rsplit("-", 2)[1]) for one in own}
            # Whole portions, all that were reported, at most one more.
            assert portions in (set(range(committed + 1)), set(range(committed + 2)))
            assert len(own) == len(portions) * OWN
            matcher.add(DOCUMENTS)
            matcher.optimise()
            assert len(matcher.content_hashes()) == len(hashes) + (
                len(DOCUMENTS) if round_number == 0 else 0
            )


def test_a_writer_that_waits_too_long_is_told(tmp_path: Path) -> None:
    with new_matcher(tmp_path / "index", lock_timeout_s=0.05) as matcher:
        lock = file_lock(tmp_path / "index" / "tables" / "write.lock", 1.0, "the test")
        with lock, pytest.raises(errors.IndexLocked, match=r"write\.lock .* 0\.05 s"):
            matcher.add(DOCUMENTS)
        assert matcher.add(DOCUMENTS).inserted == len(DOCUMENTS)


def test_damaged_files_are_named_and_the_snapshot_can_be_made_again(tmp_path: Path) -> None:
    index = tmp_path / "index"
    with new_matcher(index) as matcher:
        matcher.add(DOCUMENTS)
        matcher.optimise()
    [snapshot] = [one for one in (index / "snapshots").iterdir() if one.is_dir()]
    (snapshot / "postings_rows.npy").write_bytes(b"not an array")
    with reopened(index) as matcher:
        with pytest.raises(errors.IndexCorrupted, match="optimise"):
            matcher.search(Query(title="永磁"))
        matcher.optimise()
        assert len(matcher.search(Query(title="永磁")).hits) == 2
    (index / "index.json").write_text("{", "utf-8")
    with pytest.raises(errors.IndexCorrupted):
        reopened(index)


def test_missing_tables_are_named(tmp_path: Path) -> None:
    index = tmp_path / "index"
    new_matcher(index).close()
    (index / "tables" / "documents.lance").rename(tmp_path / "elsewhere")
    with pytest.raises(errors.IndexCorrupted, match="backup"):
        reopened(index)
