"""What a reader sees of an index at one moment, and how it keeps up with writers.

The large segment comes from the snapshot files; rows stamped after it are read from the store
into small segments; rows they replace are marked dead. Vectors that arrive after their document
stand in a late block beside the segment.
"""

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.building import VectorBook, build_segment
from silian.engines.matching.candidates import Booleans, Floats, SmallFloats, TermIds
from silian.engines.matching.clauses import Clause
from silian.engines.matching.errors import IndexCorrupted
from silian.engines.matching.meaning import MeaningBlock
from silian.engines.matching.segment import Segment
from silian.engines.matching.snapshot import Snapshot, current_name, read_snapshot
from silian.engines.matching.store import Store
from silian.engines.matching.vocabulary import Vocabulary

_MOST_SMALL_PARTS = 8
_MOST_KEPT_MASKS = 32
_COARSEST_STEP_NS = 50_000_000
# Stands for a mask not computed yet; None means that all rows pass.
_UNKNOWN = np.empty(0, dtype=np.bool_)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A segment as of now: which rows still count, and vectors that came late."""

    segment: Segment
    dead: Booleans | None = None
    late: MeaningBlock | None = None
    _masks: dict[tuple[Clause, ...], Booleans | None] = field(default_factory=dict)
    _held: list[Booleans] = field(default_factory=list)

    def mask(self, clauses: tuple[Clause, ...]) -> Booleans | None:
        """Rows that count and pass every clause; None where all do."""
        # Threads share the kept masks, and any of them may clear them: look once, then use that.
        if (known := self._masks.get(clauses, _UNKNOWN)) is not _UNKNOWN:
            return known
        mask = np.ones(len(self.segment), dtype=np.bool_) if self.dead is None else ~self.dead
        for clause in clauses:
            mask &= self._clause_mask(clause)
        kept = None if mask.all() else mask
        if len(self._masks) >= _MOST_KEPT_MASKS:
            self._masks.clear()
        self._masks[clauses] = kept
        return kept

    def _clause_mask(self, clause: Clause) -> Booleans:
        masks = self.segment.masks
        mask: Booleans | None = masks.get(clause)
        if mask is None:
            if len(masks) >= _MOST_KEPT_MASKS:
                masks.clear()
            mask = masks[clause] = clause.mask(self.segment)
        return mask

    @property
    def live_count(self) -> int:
        """How many rows count."""
        return len(self.segment) - (0 if self.dead is None else int(self.dead.sum()))

    def find(self, document_id: str) -> int:
        """Row of a document that counts, -1 where there is none."""
        row = self.segment.find(document_id)
        return -1 if row >= 0 and self.dead is not None and self.dead[row] else row

    def blocks(self) -> list[MeaningBlock]:
        """All vectors of the part."""
        return [self.segment.meaning] if self.late is None else [self.segment.meaning, self.late]

    def has_vector(self) -> Booleans:
        """Shape (n,): rows that have a vector."""
        if not self._held:
            found = np.zeros(len(self.segment), dtype=np.bool_)
            for block in self.blocks():
                found[block.rows] = True
            self._held.append(found)
        return self._held[0]

    def with_dead(self, rows: NDArray[np.int64]) -> "Part":
        """Let rows count no more."""
        dead = np.zeros(len(self.segment), np.bool_) if self.dead is None else self.dead.copy()
        dead[rows] = True
        return Part(segment=self.segment, dead=dead, late=self.late, _held=self._held)

    def live(self) -> Booleans:
        """Shape (n,): rows that count."""
        return np.ones(len(self.segment), dtype=np.bool_) if self.dead is None else ~self.dead


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class View:
    """All parts at one moment; searching it needs no lock."""

    parts: tuple[Part, ...]
    vocabulary: Vocabulary
    mean: SmallFloats | None
    snapshot_name: str
    versions: tuple[int, int]
    document_count: int
    idf_table: Floats
    pending_count: int

    def idf(self, term_ids: TermIds) -> Floats:
        """Weight of words, shape as given; words that no document holds weigh most."""
        # Words numbered after this view was made are in no document of it.
        known = (term_ids >= 0) & (term_ids < len(self.idf_table) - 1)
        return self.idf_table[np.where(known, term_ids, -1)]

    def pending_passing(self, clauses: tuple[Clause, ...]) -> int:
        """How many documents pass the constraints but have no vector yet."""
        if not self.pending_count:
            return 0
        count = 0
        for part in self.parts:
            mask = part.mask(clauses)
            passing = part.live() if mask is None else mask
            count += int((passing & ~part.has_vector()).sum())
        return count

    def find(self, document_id: str) -> tuple[int, int]:
        """Part and row of a document, (-1, -1) where it is not indexed."""
        for number, part in enumerate(self.parts):
            row = part.find(document_id)
            if row >= 0:
                return number, row
        return -1, -1


class ViewKeeper:
    """Holds the current view and renews it when any process has written.

    Parameters
    ----------
    store
        Where rows come from.
    folder
        Where snapshots lie.
    n_dimensions
        Length of the vectors.
    """

    def __init__(self, store: Store, folder: Path, n_dimensions: int) -> None:
        self._store = store
        self._folder = folder
        self._n_dimensions = n_dimensions
        self._lock = threading.Lock()
        self._stamp: tuple[tuple[int, int], str] | None = None
        self._view: View | None = None
        self._book = VectorBook(n_dimensions)
        self._base_versions = (0, 0)
        self._has_base = False

    def current(self) -> View:
        """Return the view, renewed if the index changed since."""
        stamp = (self._store.stamp(), current_name(self._folder))
        view = self._view
        if view is not None and stamp == self._stamp:
            return view
        with self._lock:
            while True:
                stamp = (self._store.stamp(), current_name(self._folder))
                if self._view is not None and stamp == self._stamp:
                    return self._view
                try:
                    view = self._renewed(stamp[1])
                except FileNotFoundError as error:
                    if current_name(self._folder) == stamp[1]:
                        raise _snapshot_gone(self._folder, stamp[1]) from error
                    continue  # replaced while it was being opened
                # Tombstones may be purged as soon as a new snapshot holds their effect.
                if current_name(self._folder) == stamp[1]:
                    self._view = view
                    self._stamp = stamp if _is_settled(stamp[0]) else None
                    return view

    def _renewed(self, name: str) -> View:
        view = self._view
        if view is None or view.snapshot_name != name:
            view = self._opened(name)
        versions = self._store.versions()
        if versions == view.versions:
            return view
        parts, mean = list(view.parts), view.mean
        if versions[1] > view.versions[1]:
            book = self._new_vectors(view.versions[1])
            mean, parts = self._with_mean(view, parts)
            parts = [self._with_late(part, book, mean) for part in parts]
        if versions[0] > view.versions[0]:
            since = view.versions[0]
            if len(parts) > _MOST_SMALL_PARTS:
                # Read all that came since the snapshot again, as one part.
                parts = self._large_part(view)
                since = self._base_versions[0]
            parts = self._with_new_rows(parts, since, mean, view.vocabulary)
        return _assembled(parts, view.vocabulary, mean, name, versions)

    def _with_mean(self, view: View, parts: list[Part]) -> tuple[SmallFloats | None, list[Part]]:
        """Until a snapshot holds vectors and so fixes the mean, it follows those that come."""
        if view.snapshot_name and len(view.parts[0].segment.meaning):
            return view.mean, parts
        mean = self._book.mean()
        if mean is None or (view.mean is not None and np.array_equal(mean, view.mean)):
            return mean, parts
        return mean, [
            replace(
                part,
                late=None if part.late is None else part.late.recentred(mean),
                segment=replace(part.segment, meaning=part.segment.meaning.recentred(mean)),
            )
            for part in parts
        ]

    def _large_part(self, view: View) -> list[Part]:
        if not view.snapshot_name:
            return []
        return [Part(segment=view.parts[0].segment, late=view.parts[0].late)]

    def _opened(self, name: str) -> View:
        self._book = VectorBook(self._n_dimensions)
        self._has_base = bool(name)
        if not name:
            self._base_versions = (0, 0)
            return _assembled([], Vocabulary(), None, name, (0, 0))
        snapshot = read_snapshot(self._folder, name)
        self._base_versions = (snapshot.documents_version, snapshot.vectors_version)
        return self._of_snapshot(snapshot)

    def _of_snapshot(self, snapshot: Snapshot) -> View:
        parts = [Part(segment=snapshot.segment)]
        mean = snapshot.segment.meaning.mean
        has_mean = len(snapshot.segment.meaning) > 0
        return _assembled(
            parts,
            snapshot.vocabulary,
            mean if has_mean else None,
            snapshot.name,
            self._base_versions,
        )

    def _new_vectors(self, after: int) -> VectorBook:
        book = VectorBook(self._n_dimensions)
        for hashes, vectors in self._store.read_vectors(after):
            book.add(hashes, vectors)
            self._book.add(hashes, vectors)
        return book

    def _with_late(self, part: Part, book: VectorBook, mean: SmallFloats | None) -> Part:
        if not len(book):
            return part
        lacking = np.flatnonzero(~part.has_vector())
        fresh = book.block(part.segment.text_hash[lacking], mean)
        if not len(fresh):
            return part
        late = fresh.with_rows(lacking[fresh.rows].astype(np.int32))
        if part.late is not None:
            late = part.late.joined(late)
        return Part(segment=part.segment, dead=part.dead, late=late)

    def _with_new_rows(
        self, parts: list[Part], since: int, mean: SmallFloats | None, vocabulary: Vocabulary
    ) -> list[Part]:
        tables = list(self._store.read_documents(since, None))
        if not tables:
            return parts
        changed: list[str] = [one for table in tables for one in table["document_id"].to_pylist()]
        parts, inherited = self._with_dead(parts, changed)
        book = self._book.joined_with(*inherited)
        average = parts[0].segment.postings.average_length if parts else None
        segment = build_segment(
            tables, vocabulary, book, average_length=average, mean=mean, with_lists=False
        )
        return [*parts, Part(segment=segment)] if len(segment) else parts

    def _with_dead(
        self, parts: list[Part], document_ids: Sequence[str]
    ) -> tuple[list[Part], tuple[NDArray[np.int64], NDArray[np.float16]]]:
        """Mark replaced rows, and take over their vectors: most changes leave the text alone."""
        hashes: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
        vectors = [np.empty((0, self._n_dimensions), np.float16)]
        renewed = []
        for part in parts:
            found = part.segment.find_many(document_ids)
            rows = found[found >= 0]
            if not len(rows):
                renewed.append(part)
                continue
            for block in part.blocks():
                positions = block.positions_of(rows)
                held = positions >= 0
                hashes.append(part.segment.text_hash[rows[held]])
                vectors.append(block.vectors[positions[held]])
            changed = part.with_dead(rows)
            # The first part of a snapshot stays: others take the mean and the lengths from it.
            if changed.live_count or (self._has_base and not renewed):
                renewed.append(changed)
        return renewed, (np.concatenate(hashes), np.concatenate(vectors))


def _snapshot_gone(folder: Path, name: str) -> IndexCorrupted:
    return IndexCorrupted(
        f"The snapshot {folder / name} is gone. Delete the folder 'snapshots' of the index and run "
        "Matcher.optimise(): it is derived from the tables beside it.",
        path=str(folder / name),
    )


def _is_settled(times_ns: tuple[int, int]) -> bool:
    """Whether a later commit must show another time; file times advance in coarse steps."""
    return time.time_ns() - max(times_ns) > _COARSEST_STEP_NS


def _assembled(
    parts: list[Part],
    vocabulary: Vocabulary,
    mean: SmallFloats | None,
    name: str,
    versions: tuple[int, int],
) -> View:
    n_live = sum(part.live_count for part in parts)
    # The last place stands for words that no document holds.
    counts = np.zeros(len(vocabulary) + 1)
    for part in parts:
        postings = part.segment.postings
        counts[postings.term_ids] += np.diff(postings.offsets)
    counts = np.minimum(counts, n_live)
    pending = sum(int((part.live() & ~part.has_vector()).sum()) for part in parts)
    return View(
        parts=tuple(parts),
        vocabulary=vocabulary,
        mean=mean,
        snapshot_name=name,
        versions=versions,
        document_count=n_live,
        idf_table=np.log1p((n_live - counts + 0.5) / (counts + 0.5)),
        pending_count=pending,
    )
