"""The large segment as files: written beside the old one, switched in one rename, mapped.

A reader keeps the files it has mapped even after they are replaced, and a writer that is killed
half way leaves a folder that nothing points to.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import Ragged
from silian.engines.matching.errors import IndexCorrupted
from silian.engines.matching.meaning import MeaningBlock
from silian.engines.matching.postings import Postings
from silian.engines.matching.segment import CategoryColumn, Segment
from silian.engines.matching.vocabulary import StringColumn, Vocabulary, hash_text

_POINTER = "CURRENT"
_FORMAT = 1
_STRINGS = ("document_id", "title", "body", "keywords", "content_hash")
_CATEGORIES = ("kind", "region", "fields", "owner", "audience")
_ARRAYS = (
    "sorted_id_hashes",
    "rows_by_id_hash",
    "readiness_level",
    "price_cny",
    "longitude_degrees",
    "latitude_degrees",
    "track_record_count",
    "updated_on_day",
    "available_from_day",
    "available_until_day",
    "text_hash",
)
_POSTINGS = ("term_ids", "offsets", "rows", "impacts", "largest_impacts")
_MEANING = (
    "vectors",
    "rows",
    "sorted_rows",
    "positions",
    "lengths",
    "mean",
    "centroids",
    "list_offsets",
)

AnyArray = NDArray[Any]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Snapshot:
    """The large segment, its vocabulary, and up to which commits it holds the store's rows."""

    name: str
    segment: Segment
    vocabulary: Vocabulary
    documents_version: int
    vectors_version: int


def current_name(folder: Path) -> str:
    """Name of the snapshot in force, "" where there is none yet."""
    try:
        # A damaged pointer names no folder, which is told where the folder is opened.
        return (folder / _POINTER).read_text("ascii", errors="replace").strip()
    except FileNotFoundError:
        return ""


def write_snapshot(
    folder: Path, segment: Segment, vocabulary: Vocabulary, versions: tuple[int, int]
) -> str:
    """Write a snapshot and put it in force; older ones are removed."""
    folder.mkdir(parents=True, exist_ok=True)
    before = current_name(folder)
    temporary = Path(tempfile.mkdtemp(prefix="unfinished-", dir=folder))
    for name, array in _arrays_of(segment, vocabulary).items():
        np.save(temporary / f"{name}.npy", array)
    manifest = {
        "format": _FORMAT,
        "documents_version": versions[0],
        "vectors_version": versions[1],
        "average_length": segment.postings.average_length,
        "categories": {name: getattr(segment, name).values for name in _CATEGORIES},
    }
    (temporary / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    for file in temporary.iterdir():
        _flush(file)
    first = before.split("-")[0]
    number = int(first) if first.isdecimal() else 0
    name = f"{number + 1:08d}-{versions[0]}"
    temporary.rename(folder / name)
    _flush(folder)
    _point(folder, name)
    _remove_others(folder, name)
    return name


def read_snapshot(folder: Path, name: str) -> Snapshot:
    """Map a snapshot.

    Raises
    ------
    FileNotFoundError
        If it was replaced meanwhile: ask for the current name again.
    IndexCorrupted
        If its files don't fit together.
    """
    place = folder / name
    if not place.is_dir():
        raise FileNotFoundError(place)
    try:
        manifest = json.loads((place / "manifest.json").read_text("utf-8"))
        if manifest["format"] != _FORMAT:
            raise ValueError(f"format {manifest['format']}, expected {_FORMAT}")

        def load(name: str) -> AnyArray:
            # A plain array over the mapping: the memmap class costs microseconds a slice.
            return np.asarray(np.load(place / f"{name}.npy", mmap_mode="r"))

        segment = _segment_of(load, manifest)
        words = StringColumn(load("word_offsets"), load("word_data"))
        vocabulary = Vocabulary(words, load("word_hashes"), load("word_numbers"))
        _check(segment, vocabulary)
        return Snapshot(
            name=name,
            segment=segment,
            vocabulary=vocabulary,
            documents_version=manifest["documents_version"],
            vectors_version=manifest["vectors_version"],
        )
    except (ValueError, TypeError, LookupError, EOFError, OSError) as error:
        if not place.is_dir():
            raise FileNotFoundError(place) from error
        raise IndexCorrupted(
            f"The snapshot {place} can't be read: {error}. Delete the folder 'snapshots' of the "
            "index and run Matcher.optimise(): it is derived from the tables beside it.",
            path=str(place),
        ) from error


def _arrays_of(segment: Segment, vocabulary: Vocabulary) -> dict[str, AnyArray]:
    arrays: dict[str, AnyArray] = {name: getattr(segment, name) for name in _ARRAYS}
    for name in _STRINGS:
        column: StringColumn = getattr(segment, name)
        arrays[f"{name}_offsets"], arrays[f"{name}_data"] = column.offsets, column.data
    for name in _CATEGORIES:
        arrays[f"{name}_codes"] = getattr(segment, name).codes
    for name in ("title_terms", "body_terms"):
        ragged: Ragged = getattr(segment, name)
        arrays[f"{name}_offsets"], arrays[f"{name}_values"] = ragged.offsets, ragged.values
    arrays |= {f"postings_{name}": getattr(segment.postings, name) for name in _POSTINGS}
    arrays |= {f"meaning_{name}": getattr(segment.meaning, name) for name in _MEANING}
    words = vocabulary.words(range(len(vocabulary)))
    hashes = np.fromiter((hash_text(word) for word in words), np.uint64, len(words))
    order = np.argsort(hashes, kind="stable").astype(np.int32)
    column = StringColumn.of(words)
    arrays |= {"word_offsets": column.offsets, "word_data": column.data}
    return arrays | {"word_hashes": hashes[order], "word_numbers": order}


def _segment_of(load: Callable[[str], AnyArray], manifest: dict[str, Any]) -> Segment:
    parts: dict[str, Any] = {name: load(name) for name in _ARRAYS}
    for name in _STRINGS:
        parts[name] = StringColumn(load(f"{name}_offsets"), load(f"{name}_data"))
    for name in _CATEGORIES:
        parts[name] = CategoryColumn(load(f"{name}_codes"), manifest["categories"][name])
    for name in ("title_terms", "body_terms"):
        parts[name] = Ragged(offsets=load(f"{name}_offsets"), values=load(f"{name}_values"))
    parts["postings"] = Postings(
        **{name: load(f"postings_{name}") for name in _POSTINGS},
        average_length=manifest["average_length"],
    )
    parts["meaning"] = MeaningBlock(**{name: load(f"meaning_{name}") for name in _MEANING})
    return Segment(**parts)


def _check(segment: Segment, vocabulary: Vocabulary) -> None:
    n_rows = len(segment)
    sizes = {
        "document_id": len(segment.document_id),
        "kind": len(segment.kind.codes),
        "title_terms": len(segment.title_terms),
        "body_terms": len(segment.body_terms),
        "price_cny": len(segment.price_cny),
    }
    wrong = {name: size for name, size in sizes.items() if size != n_rows}
    if wrong or len(segment.meaning.vectors) != len(segment.meaning.rows):
        raise ValueError(f"columns of different lengths: {wrong}, expected {n_rows}")
    if len(segment.postings.rows) != len(segment.postings.impacts):
        raise ValueError("postings of different lengths")
    if len(segment.postings.term_ids) > len(vocabulary):
        raise ValueError("more words in postings than in the vocabulary")


def _remove_others(folder: Path, name: str) -> None:
    """Remove what is not in force; a reader that is just opening it finds it gone as a whole."""
    for old in folder.iterdir():
        if old.is_dir() and old.name != name:
            unwanted = folder / f"unwanted-{old.name}"
            if not old.name.startswith("unwanted-"):
                old.rename(unwanted)
            shutil.rmtree(unwanted if unwanted.exists() else old, ignore_errors=True)


def _point(folder: Path, name: str) -> None:
    temporary = folder / f"{_POINTER}.new"
    temporary.write_text(name, "ascii")
    _flush(temporary)
    os.replace(temporary, folder / _POINTER)
    _flush(folder)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
