"""Damaged files of an index are told as such, whichever they are."""

import errno
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from silian.engines.matching import Document, Matcher, Query
from silian.engines.matching.damage import damage_told
from silian.engines.matching.errors import IndexCorrupted, IndexUnusable
from silian.language import Segmenter

_N_DIMENSIONS = 8


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _overwrite(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


DAMAGES: dict[str, Callable[[Path], None]] = {
    "cut": _cut,
    "overwritten": _overwrite,
    "gone": Path.unlink,
}
#: What an index can't do without: rows, vectors, the index of ids, the snapshot.
FILES = [
    "tables/documents.lance/data/*.lance",
    "tables/documents.lance/_deletions/*",
    "tables/documents.lance/_indices/*/*.lance",
    "tables/vectors.lance/data/*.lance",
    "snapshots/*/title_data.npy",
    "snapshots/*/manifest.json",
    "snapshots/CURRENT",
]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index with a large part, rows written since, and vectors."""
    path = tmp_path_factory.mktemp("index") / "whole"
    works = [
        Document(document_id=f"ach-{number}", kind="achievement", title=f"永磁材料 {number}")
        for number in range(60)
    ]
    with Matcher.create(path, segmenter=Segmenter(), n_dimensions=_N_DIMENSIONS) as matcher:
        matcher.add(works)
        vectors = np.eye(_N_DIMENSIONS)[np.arange(60) % _N_DIMENSIONS]
        matcher.add_vectors([one.document_id for one in works], vectors)
        matcher.optimise()
        matcher.add(works[:5])
        matcher.delete(["ach-9"])
    return path


@pytest.fixture
def index(whole: Path, tmp_path: Path) -> Path:
    path = tmp_path / "index"
    shutil.copytree(whole, path)
    return path


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("pattern", FILES)
def test_damage_of_any_file_is_found_by_looking_for_what_is_mislaid(
    index: Path, pattern: str, damage: str
) -> None:
    files = sorted(index.glob(pattern))
    if (pattern, damage) == ("snapshots/CURRENT", "gone"):
        pytest.skip("without it everything is read from the tables")
    assert files, pattern
    # One of them alone may be of a former version, which nothing reads.
    for file in files if "_deletions" in pattern else files[:1]:
        DAMAGES[damage](file)

    with pytest.raises(IndexCorrupted) as told, Matcher.open(index, segmenter=Segmenter()) as one:
        one.mislaid_ids()

    assert len(str(told.value)) < 700
    assert ".rs:" not in str(told.value)


@pytest.mark.parametrize("damage", DAMAGES)
def test_searching_and_writing_tell_damage_too(index: Path, damage: str) -> None:
    for file in index.glob("tables/documents.lance/data/*.lance"):
        DAMAGES[damage](file)

    with Matcher.open(index, segmenter=Segmenter()) as matcher:
        with pytest.raises(IndexCorrupted, match="can't be read"):
            matcher.search(Query(title="永磁"))
        with pytest.raises(IndexCorrupted):
            matcher.add([Document(document_id="ach-1", kind="achievement", title="铁氧体")])
        with pytest.raises(IndexCorrupted):
            matcher.optimise()


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        RuntimeError("lance error: LanceError(IO): disk, No space left on device (os error 28)"),
        RuntimeError("lance error: Permission denied (os error 13), /root/.cargo/a/b.rs:12:5"),
    ],
)
def test_what_the_machine_refuses_is_no_damage(error: Exception, tmp_path: Path) -> None:
    with pytest.raises(IndexUnusable, match="files are whole"), damage_told(tmp_path, "failed"):
        raise error


def test_other_errors_and_our_own_pass(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), damage_told(tmp_path, "failed"):
        raise KeyboardInterrupt
    with pytest.raises(IndexUnusable, match="own"), damage_told(tmp_path, "failed"):
        raise IndexUnusable("own")
