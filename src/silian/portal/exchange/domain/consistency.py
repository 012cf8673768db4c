"""Records held against index and lists, and the index made anew."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from django.conf import settings
from django.utils import timezone

from silian.engines.matching.errors import IndexCorrupted, IndexMissing
from silian.engines.matching.values import Document
from silian.portal.exchange.domain import list_entries, meanwhile, outbox
from silian.portal.exchange.domain.dictionary import grown_segmenter
from silian.portal.exchange.domain.documents import documents_for, findable_count, findable_ids
from silian.portal.exchange.domain.filling import fill, findable_total
from silian.portal.exchange.domain.index import (
    current_generation,
    dictionary_path,
    dictionary_version,
    generation_folder,
    is_cut_by_other_rules,
    make_current,
    make_first,
    new_matcher,
    open_matcher,
    rebuild_lock,
)
from silian.portal.exchange.domain.index_crew import Crew
from silian.portal.exchange.domain.projections import PROJECTIONS
from silian.portal.exchange.domain.unreadable import failed_reasons, set_apart
from silian.portal.exchange.models import IndexTask
from silian.portal.garbage import collected_later

Progress = Callable[[int, int], None]

_BATCH_SIZE = 4_000
# Fewer changes than this are written one batch after another, however small the index.
_WORTH_A_REBUILD = 10_000
# A record that is changed while it is compared again looks like one that could not be mended.
_TRIES = 2
_REASONS_TOLD = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyReport:
    """What the index lacks, holds in an old form, or holds without a record.

    ``waiting_count`` changes were in the outbox when the check began: what they explain is no
    drift. ``failed_count`` records could not be indexed at all. ``unlisted_ids`` are records of
    which the lists tell something else than they say, ``mislaid_ids`` those that searches find
    otherwise than the index's own table holds them.

    ``outdated`` is an index whose texts were cut into words by rules that an upgrade has changed.

    Counts and ids are those before a repair, except where ``rebuilt``: the former index was
    outdated or could not be read, and they are those of the new one. ``repaired`` is told only
    after what differed was compared again; ``left_ids`` are records that differ all the same,
    such as those that can't be indexed, named with what is wrong in ``failed_reasons``.
    """

    record_count: int
    indexed_count: int
    missing_ids: tuple[str, ...]
    stale_ids: tuple[str, ...]
    orphaned_ids: tuple[str, ...]
    unlisted_ids: tuple[str, ...]
    waiting_count: int
    failed_count: int
    meaning_pending_count: int
    repaired: bool
    mislaid_ids: tuple[str, ...] = ()
    rebuilt: bool = False
    outdated: bool = False
    left_ids: tuple[str, ...] = ()
    failed_reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def consistent(self) -> bool:
        """Nothing is missing, stale, orphaned, mislaid or outdated, and lists are true."""
        return not (
            self.missing_ids
            or self.stale_ids
            or self.orphaned_ids
            or self.unlisted_ids
            or self.mislaid_ids
            or (self.outdated and not self.rebuilt)
        )


def check(repair: bool = False, progress: Progress | None = None) -> ConsistencyReport:
    """Compare content hashes of all records with the index, and repair if asked.

    Records are read in batches; of the index only ids and hashes are held in memory (about
    200 bytes a document). The index is what searches find; it is held against its own table
    too, which the next searches follow.

    Parameters
    ----------
    repair
        Index what is missing, stale or mislaid, remove what has no record, try failed ones
        again; make the index anew where its files are gone or damaged, or its words outdated.
        What differed is compared once more before it is called repaired.
    progress
        Called with (records read, records in all).

    Raises
    ------
    IndexMissing, IndexCorrupted
        If the index can't be read and is not to be repaired.
    IndexLocked
        If another process holds the index, or changes due, for too long.
    """
    outdated = is_outdated()
    try:
        if not (outdated and repair):
            return replace(_checked(repair, progress), outdated=outdated)
    except (IndexMissing, IndexCorrupted):
        if not repair:
            raise
    rebuild(progress)
    report = _checked(repair=True, progress=progress)
    return replace(report, rebuilt=True, outdated=outdated, repaired=not report.left_ids)


def _checked(repair: bool, progress: Progress | None) -> ConsistencyReport:
    waiting = outbox.status()
    matcher = open_matcher()
    mislaid = matcher.mislaid_ids()
    held = matcher.content_hashes()
    n_indexed = len(held)
    missing: list[str] = []
    stale: list[str] = []
    n_records = 0
    for documents in _batches(progress):
        n_records += len(documents)
        for document in documents:
            known = held.pop(document.document_id, None)
            if known is None:
                missing.append(document.document_id)
            elif known != document.content_hash:
                stale.append(document.document_id)
    orphaned = sorted(held)
    unlisted = list_entries.drifted()
    differing = {*missing, *stale, *orphaned, *mislaid, *unlisted}
    left = _repaired(differing, mislaid=bool(mislaid)) if repair else set[str]()
    return ConsistencyReport(
        record_count=n_records,
        indexed_count=n_indexed,
        missing_ids=tuple(missing),
        stale_ids=tuple(stale),
        orphaned_ids=tuple(orphaned),
        unlisted_ids=tuple(unlisted),
        waiting_count=waiting.waiting_count,
        failed_count=outbox.status().failed_count,
        meaning_pending_count=open_matcher().statistics().pending_vectors,
        repaired=repair and not left,
        mislaid_ids=mislaid,
        left_ids=tuple(sorted(left)),
        failed_reasons=dict(islice(failed_reasons().items(), _REASONS_TOLD)),
    )


def _repaired(differing: set[str], *, mislaid: bool) -> set[str]:
    """Mend what differs and compare it again; returns what differs all the same."""
    differing = differing | set(failed_reasons())
    if mislaid:
        open_matcher().optimise()  # searches follow the table; what it lacks is written again
    for _ in range(_TRIES):
        list_entries.refresh(sorted(differing))
        # No thread of ours is woken: it would be at half of them when the command ends.
        outbox.enqueue(differing, wake=False)
        outbox.finish()
        if not differing or not (differing := _still_differing(differing)):
            break
    return differing


def _still_differing(public_ids: set[str]) -> set[str]:
    """Which of these records index or lists still hold otherwise than they are."""
    matcher = open_matcher()
    held = matcher.content_hashes()
    differing = {public_id for public_id in matcher.mislaid_ids() if public_id in public_ids}
    ids = sorted(public_ids)
    for start in range(0, len(ids), _BATCH_SIZE):
        portion = ids[start : start + _BATCH_SIZE]
        failed = failed_reasons(portion)
        found = {one.document_id: one.content_hash for one in _readable(portion, failed)}
        differing.update(one for one in portion if one in failed or held.get(one) != found.get(one))
    return differing | (public_ids & set(list_entries.drifted()))


def _readable(public_ids: list[str], failed: Mapping[str, str]) -> list[Document]:
    return documents_for([one for one in public_ids if one not in failed])


def rebuild(progress: Progress | None = None) -> int:
    """Make the index anew from the records, with a dictionary grown from them.

    The former index answers until the new one is complete. Vectors of texts that were embedded
    before are taken over; the rest follow in the background.

    Returns
    -------
    int
        How many documents the new index holds.

    Raises
    ------
    IndexLocked
        If another rebuild is running.
    """
    with rebuild_lock():
        outbox.take_up_missed()
        meanwhile.begin()
        due = dict(IndexTask.objects.values_list("pk", "stamp"))
        try:
            generation, n_documents, unreadable = _new_generation(progress)
        except BaseException:
            meanwhile.end()
            raise
        former = current_generation()
        make_current(generation)
        # Before anything is settled: a task that was due and carried out meanwhile is due again.
        outbox.take_up_missed()
        _drop_generations(keep={generation, former})
    outbox.settle(due)
    set_apart(unreadable)
    outbox.drain()
    return n_documents


def _new_generation(progress: Progress | None) -> tuple[str, int, dict[str, str]]:
    with Crew(findable_total()) as crew:
        make_first()  # questions are answered meanwhile, though by nothing
        segmenter = grown_segmenter()
        now = timezone.now().strftime("%Y%m%d-%H%M%S-%f")
        generation = f"{now}-{segmenter.dictionary_version[:8]}"
        matcher = new_matcher(generation, segmenter)
        try:
            crew.begin(dictionary_path(generation))
            n_documents, unreadable = fill(matcher, segmenter, crew, progress)
        except BaseException:
            matcher.close()
            shutil.rmtree(generation_folder(generation), ignore_errors=True)
            raise
        matcher.close()
    return generation, n_documents, unreadable


def catch_up(progress: Progress | None = None) -> int:
    """Bring all that waits into the index, by a rebuild where that is less work.

    What other threads and processes are at is waited for.

    Returns
    -------
    int
        How many changes were waiting.
    """
    n_waiting = outbox.status().waiting_count
    if n_waiting > _WORTH_A_REBUILD and n_waiting > _indexed_count():
        rebuild(progress)
    outbox.finish(progress=progress)
    return n_waiting


def _indexed_count() -> int:
    # Where there is no index yet, none is made only to be counted.
    return open_matcher().statistics().document_count if current_generation() else 0


def is_current() -> bool:
    """Whether the index was cut by today's rules and the dictionary that the registers give."""
    generation = current_generation()
    return (
        bool(generation)
        and not is_outdated()
        and dictionary_version(generation) == grown_segmenter().dictionary_version
    )


def is_outdated() -> bool:
    """Whether the index was cut by rules that an upgrade has changed; it answers all the same."""
    return is_cut_by_other_rules(current_generation())


def _batches(progress: Progress | None) -> Iterator[list[Document]]:
    """Documents of all findable records, in batches."""
    total = sum(findable_count(kind) for kind in PROJECTIONS)
    done = 0
    for kind in PROJECTIONS:
        ids = findable_ids(kind)
        while portion := list(islice(ids, _BATCH_SIZE)):
            with collected_later():  # until whoever asked has dealt with the batch
                yield documents_for(portion)
            done += len(portion)
            if progress:
                progress(done, total)


def _drop_generations(keep: set[str]) -> None:
    # The former generation stays one round longer: other processes may be answering from it.
    for folder in settings.INDEX_DIRECTORY.iterdir():
        if folder.is_dir() and folder.name not in keep:
            shutil.rmtree(folder, ignore_errors=True)
