"""Where the free texts of papers and patents say that people work: brought to known organisations.

What is found follows from the records, so it is no record itself: a Parquet file beside the graph,
made anew by every run over organisations and swapped in whole. Between runs new and changed texts
are read.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from silian.engines.graph import resolve_affiliations
from silian.portal.innovation.models import Patent, Publication
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_records import lexicon_of_city, organisation_records
from silian.portal.registry.domain.kept_files import read_table, write_table, write_text
from silian.portal.registry.domain.references import portions
from silian.portal.work_locks import hold

if TYPE_CHECKING:
    import pyarrow as pa

Progress = Callable[[int, int | None], None]
_COLUMNS = (
    "subject_id",  # the paper or the patent
    "organisation_id",  # the record that the text names
    "canonical_id",  # the subject that the record belongs to
    "kind",  # publication or patent
    "text",
    "department",
    "state",  # linked or review
)
_LONGEST = 4_000
_SOURCES: tuple[tuple[Any, str], ...] = ((Publication, "author_text"), (Patent, "assignee_text"))
#: All organisations are read for it and the graph is built anew where something new is found.
_FOLLOW_EVERY = timedelta(minutes=10)
#: Longer than any transaction of ours: what is committed late is read with the next ones.
_OVERLAP = timedelta(minutes=2)
_LOCK = "affiliations"
_PATIENCE_S = 60.0  # a file of millions of rows is written in seconds
_Row = tuple[str, str, str, str, str, str, str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class AffiliationsReport:
    """What became of the texts.

    Attributes
    ----------
    n_texts, n_named
        Texts read, and organisations they name.
    n_linked, n_review
        Of these brought to a known organisation, and in doubt.
    """

    n_texts: int
    n_named: int
    n_linked: int
    n_review: int


def rebuild_affiliations(progress: Progress | None = None) -> AffiliationsReport:
    """Resolve every free-text affiliation and keep what was found."""
    tell = progress or (lambda done, total: None)
    tell(0, 100)
    read_at = timezone.now()
    works = list(_texts())
    tell(10, 100)
    rows, n_named = _resolved(works)
    tell(90, 100)
    with _writing():
        _write(_table(rows))
        _keep_read_at(read_at)
    tell(100, 100)
    states = [row[6] for row in rows]
    return AffiliationsReport(
        n_texts=len(works),
        n_named=n_named,
        n_linked=states.count("linked"),
        n_review=states.count("review"),
    )


def follow_affiliations() -> int:
    """Read the texts of papers and patents that changed since the last reading, once in a while.

    What is newly known of organisations counts for the other texts with the next run.

    Returns
    -------
    int
        How many works were read; 0 before the first run and shortly after a reading.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    last, now = _last_read_at(), timezone.now()
    if last is None or now - last < _FOLLOW_EVERY:
        return 0
    if read_table(_path()) is None:
        return rebuild_affiliations().n_texts
    changed = _changed_since(last - _OVERLAP)
    rows, _ = _resolved(list(_texts(changed))) if changed else ([], 0)
    with _writing():
        if changed:
            # Read only now: a run may have written while texts were resolved.
            held = affiliation_edges(linked_only=False)
            known = pc.is_in(held["subject_id"], value_set=pa.array(sorted(changed), pa.string()))
            _write(pa.concat_tables([held.filter(pc.invert(known)), _table(rows)]))
        _keep_read_at(now)
    return len(changed)


def _writing() -> AbstractContextManager[None]:
    """Between reading the file and writing it nobody else writes; resolving needs no lock.

    A run that began before a following reading and ends after it tells when it began reading, so
    that what changed since is read once more.
    """
    return hold(_LOCK, patience_s=_PATIENCE_S)


def _resolved(works: Sequence[tuple[str, str, str]]) -> tuple[list[_Row], int]:
    """Rows of the organisations that texts name, and how many names there are."""
    # The same line stands on many papers.
    texts = sorted({text for _, _, text in works})
    if not texts:
        return [], 0
    known = organisation_records()
    subjects = subject_of(one.record_id for one in known)
    found = dict(
        zip(texts, resolve_affiliations(texts, known, lexicon=lexicon_of_city()), strict=True)
    )
    rows = [
        (
            subject_id,
            match.organisation_id,
            subjects.get(match.organisation_id, match.organisation_id),
            kind,
            match.affiliation.text,
            match.affiliation.department,
            str(match.state),
            float(match.probability),
        )
        for subject_id, kind, text in works
        for match in found[text]
        if match.organisation_id
    ]
    return rows, sum(len(found[text]) for _, _, text in works)


def affiliation_edges(*, linked_only: bool = True) -> "pa.Table":
    """Work to organisation with the words that say so and how likely it is.

    Columns: ``subject_id`` (paper or patent), ``organisation_id``, ``canonical_id``, ``kind``,
    ``text``, ``department``, ``state``, ``confidence``. Empty before the first run.
    """
    import pyarrow.compute as pc

    table = read_table(_path())
    if table is None:
        return _table([])
    return table.filter(pc.equal(table["state"], "linked")) if linked_only else table


def _texts(ids: Collection[str] | None = None) -> Iterator[tuple[str, str, str]]:
    """Works that have a text: all, or those with these public ids."""
    for model, column in _SOURCES:
        rows = model._default_manager.exclude(**{column: ""}).order_by("pk")
        for portion in [None] if ids is None else portions(ids):
            some = rows if portion is None else rows.filter(public_id__in=portion)
            for public_id, text in some.values_list("public_id", column).iterator(chunk_size=5_000):
                yield public_id, model.kind, text[:_LONGEST]


def _changed_since(moment: datetime) -> set[str]:
    """Papers and patents that changed, came or went."""
    found: set[str] = set()
    for model, _ in _SOURCES:
        rows = model._default_manager.filter(updated_at__gte=moment)
        found.update(rows.values_list("public_id", flat=True))
        gone = model.history.filter(history_type="-", history_date__gte=moment)
        found.update(gone.values_list("public_id", flat=True))
    return found


def _last_read_at() -> datetime | None:
    try:
        return datetime.fromisoformat(_state_path().read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _keep_read_at(moment: datetime) -> None:
    write_text(_state_path(), moment.isoformat())


def _state_path() -> Path:
    return _path().with_name("affiliations-read-at.txt")


def _path() -> Path:
    return Path(settings.SILIAN_HOME) / "graph" / "affiliations.parquet"


def _table(rows: Sequence[_Row]) -> "pa.Table":
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * (len(_COLUMNS) + 1)
    texts = {
        name: pa.array(list(values), pa.string())
        for name, values in zip(_COLUMNS, columns, strict=False)
    }
    return pa.table({**texts, "confidence": pa.array(list(columns[-1]), pa.float64())})


def _write(table: "pa.Table") -> None:
    """Swap the table in, unless it is what is there: the graph is built anew when it changes."""
    order = [(name, "ascending") for name in ("subject_id", "organisation_id", "text")]
    table = table.sort_by([("kind", "descending"), *order])
    held = read_table(_path())
    if held is None or not held.equals(table):
        write_table(_path(), table)
