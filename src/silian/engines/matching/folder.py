"""The folder of an index and the small file that makes it one."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from silian.engines.matching.errors import (
    EmbedderMismatch,
    IndexCorrupted,
    IndexExists,
    IndexMissing,
)
from silian.engines.matching.locking import file_lock
from silian.engines.matching.store import LanceStore
from silian.language import Embedder

_FORMAT = 1
_META = "index.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMeta:
    """What an index was made for; ``embedder`` is empty where vectors come from outside."""

    format: int = _FORMAT
    n_dimensions: int
    embedder: str


def make_folder(path: Path, meta: IndexMeta, lock_timeout_s: float) -> None:
    """Make an empty index.

    Raises
    ------
    IndexExists
        If the folder already holds one.
    """
    path.mkdir(parents=True, exist_ok=True)
    with file_lock(path / "create.lock", lock_timeout_s, "making the index"):
        if (path / _META).exists():
            raise IndexExists(
                f"{path} already holds an index. Open it with Matcher.open, or delete the folder "
                "first.",
                path=str(path),
            )
        LanceStore(path / "tables", meta.n_dimensions, create=True)
        # Last, because it is what makes the folder an index.
        (path / _META).write_text(json.dumps(asdict(meta)), "utf-8")


def read_meta(path: Path) -> IndexMeta:
    """Read what the index was made for.

    Raises
    ------
    IndexMissing, IndexCorrupted
        If there is none, or it is of another format.
    """
    try:
        values = json.loads((path / _META).read_text("utf-8"))
        meta = IndexMeta(**values)
    except FileNotFoundError as error:
        raise IndexMissing(
            f"{path} holds no index. Make one with Matcher.create, or check the path.",
            path=str(path),
        ) from error
    except (ValueError, TypeError) as error:
        raise IndexCorrupted(
            f"{path / _META} is not readable: {error}. Restore the folder from a backup, or "
            "delete it and build the index again from the records.",
            path=str(path),
        ) from error
    if meta.format != _FORMAT:
        raise IndexCorrupted(
            f"{path} has index format {meta.format}; this version reads {_FORMAT}. Delete the "
            "folder and build the index again from the records.",
            path=str(path),
        )
    return meta


def check_embedder(embedder: Embedder, meta: IndexMeta) -> None:
    """Refuse another embedder than the index was made with, without asking it anything.

    How long its vectors are, a server alone may know, and it may be down.

    Raises
    ------
    EmbedderMismatch
        If it goes by another name; where the index knows no name, if its vectors don't fit.
    """
    if not meta.embedder:
        check_dimensions(embedder, meta)
    elif embedder.name != meta.embedder:
        raise EmbedderMismatch(
            f"The index holds vectors of {meta.embedder!r}; the embedder given is "
            f"{embedder.name!r}. Open it with the same embedder, or build a new index.",
            expected=meta.embedder,
            arrived=embedder.name,
        )


def check_dimensions(embedder: Embedder, meta: IndexMeta) -> None:
    """Refuse vectors of another length than the index holds.

    Raises
    ------
    EmbedderMismatch
        If they are.
    """
    if embedder.n_dimensions != meta.n_dimensions:
        raise EmbedderMismatch(
            f"The index holds vectors of {meta.n_dimensions} numbers; {embedder.name!r} gives "
            f"vectors of {embedder.n_dimensions}. Open it with the embedder that it was built "
            "with, or build a new index.",
            expected=meta.embedder,
            arrived=embedder.name,
        )


def disk_bytes(path: Path) -> int:
    """Bytes of all files; one that another process removes meanwhile counts nothing."""
    total = 0
    for file in path.rglob("*"):
        try:
            total += file.stat().st_size if file.is_file() else 0
        except FileNotFoundError:
            continue
    return total
