"""A snapshot on disk: raw arrays, Arrow files for texts, and a manifest written last.

Arrays are plain little-endian numbers without a header; the manifest gives type and length of
each. Texts (node ids, labels, evidence) are Arrow IPC files. Both are memory-mapped: a question
reads only the pages it touches, and several processes share them.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from silian.engines.graph.snapshot_errors import SnapshotExists, SnapshotUnreadable

FORMAT: Final = "silian-graph"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"

Array = NDArray[Any]


class SnapshotWriter:
    """Writes into a folder beside the final one, which appears whole or not at all.

    Parameters
    ----------
    folder
        Where the snapshot will be; must not be there yet.

    Raises
    ------
    SnapshotExists
        If something is there.
    """

    def __init__(self, folder: Path) -> None:
        if folder.exists():
            raise SnapshotExists(
                f"{folder} is already there; a snapshot is never written over: name a new folder."
            )
        self.folder = folder
        self.workplace = folder.with_name(f".{folder.name}.{os.getpid()}.part")
        self._arrays: dict[str, dict[str, Any]] = {}
        self._texts: dict[str, int] = {}

    def __enter__(self) -> "SnapshotWriter":
        """Open the workplace."""
        shutil.rmtree(self.workplace, ignore_errors=True)
        self.workplace.mkdir(parents=True)
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        """Leave nothing behind after a failure."""
        if failed is not None:
            shutil.rmtree(self.workplace, ignore_errors=True)

    def array(self, name: str, values: Array) -> None:
        """Write one array."""
        little = values.astype(values.dtype.newbyteorder("<"), copy=False)
        little.tofile(self.workplace / f"{name}.bin")
        self._arrays[name] = {"dtype": little.dtype.str, "length": len(values)}

    def texts(self, name: str, columns: dict[str, pa.Array | pa.ChunkedArray]) -> None:
        """Write one table of texts as a single batch, so that a place is an offset."""
        table = pa.table(
            {key: _one_chunk(column).cast(pa.large_string()) for key, column in columns.items()}
        )
        path = self.workplace / f"{name}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=max(1, table.num_rows))
        self._texts[name] = table.num_rows

    def publish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest and give the folder its name."""
        whole = {
            "format": FORMAT,
            "version": VERSION,
            **manifest,
            "arrays": self._arrays,
            "texts": self._texts,
        }
        text = json.dumps(whole, ensure_ascii=False, indent=1)
        (self.workplace / MANIFEST).write_text(text, "utf-8")
        self.workplace.rename(self.folder)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read what a snapshot says of itself.

    Raises
    ------
    SnapshotUnreadable
        If there is none, or one of another format.
    """
    path = folder / MANIFEST
    try:
        manifest: dict[str, Any] = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SnapshotUnreadable(
            f"no graph snapshot in {folder} ({error}); build one with build_snapshot."
        ) from error
    found = (manifest.get("format"), manifest.get("version"))
    if found != (FORMAT, VERSION):
        raise SnapshotUnreadable(
            f"{path} says {found}; this version reads {(FORMAT, VERSION)}. Build it again."
        )
    return manifest


def map_array(folder: Path, name: str, manifest: dict[str, Any]) -> Array:
    """Map one array, read-only.

    Raises
    ------
    SnapshotUnreadable
        If the file is absent or not as long as the manifest says.
    """
    about = manifest["arrays"][name]
    dtype, length = np.dtype(about["dtype"]), about["length"]
    path = folder / f"{name}.bin"
    size = path.stat().st_size if path.is_file() else -1
    if size != dtype.itemsize * length:
        raise SnapshotUnreadable(
            f"{path} has {size} bytes, the manifest says {dtype.itemsize * length}; build it again."
        )
    if not length:
        return np.empty(0, dtype)
    # A plain view of the map: slicing np.memmap itself costs ten times as much.
    return np.asarray(np.memmap(path, dtype, mode="r", shape=(length,)))


def map_texts(folder: Path, name: str, manifest: dict[str, Any]) -> pa.Table:
    """Map one table of texts.

    Raises
    ------
    SnapshotUnreadable
        If the file is absent, damaged or not as long as the manifest says.
    """
    path = folder / f"{name}.arrow"
    try:
        table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
    except (OSError, pa.ArrowInvalid) as error:
        raise SnapshotUnreadable(f"{path} can't be read ({error}); build it again.") from error
    if table.num_rows != manifest["texts"][name]:
        raise SnapshotUnreadable(
            f"{path} has {table.num_rows} rows, the manifest says {manifest['texts'][name]}; "
            "build it again."
        )
    return table


def _one_chunk(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    if not isinstance(column, pa.ChunkedArray):
        return column
    # Long texts of many rows pass what 32-bit offsets can count.
    return column.cast(pa.large_string()).combine_chunks()
