"""Where the free texts of papers and patents say that people work: brought to known organisations.

What is found follows from the records, so it is no record itself: a Parquet file beside the graph,
made anew by every run and swapped in whole.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

from silian.engines.graph import resolve_affiliations
from silian.portal.innovation.models import Patent, Publication
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_records import lexicon_of_city, organisation_records

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
    works = list(_texts())
    known = organisation_records()
    subjects = subject_of(one.record_id for one in known)
    tell(10, 100)
    # The same line stands on many papers.
    texts = sorted({text for _, _, text in works})
    found = dict(
        zip(texts, resolve_affiliations(texts, known, lexicon=lexicon_of_city()), strict=True)
    )
    tell(90, 100)
    rows, n_named = [], 0
    for subject_id, kind, text in works:
        for match in found[text]:
            n_named += 1
            if match.organisation_id:
                rows.append(
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
                )
    _write(rows)
    tell(100, 100)
    states = [row[6] for row in rows]
    return AffiliationsReport(
        n_texts=len(works),
        n_named=n_named,
        n_linked=states.count("linked"),
        n_review=states.count("review"),
    )


def affiliation_edges(*, linked_only: bool = True) -> "pa.Table":
    """Work to organisation with the words that say so and how likely it is.

    Columns: ``subject_id`` (paper or patent), ``organisation_id``, ``canonical_id``, ``kind``,
    ``text``, ``department``, ``state``, ``confidence``. Empty before the first run.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = _path()
    if not path.exists():
        return _table([])
    table = pq.read_table(path)
    return table.filter(pc.equal(table["state"], "linked")) if linked_only else table


def _texts() -> Iterator[tuple[str, str, str]]:
    papers = Publication.objects.exclude(author_text="").order_by("pk")
    patents = Patent.objects.exclude(assignee_text="").order_by("pk")
    for kind, rows, column in (
        ("publication", papers, "author_text"),
        ("patent", patents, "assignee_text"),
    ):
        for public_id, text in rows.values_list("public_id", column).iterator(chunk_size=5_000):
            yield public_id, kind, text[:_LONGEST]


def _path() -> Path:
    return Path(settings.SILIAN_HOME) / "graph" / "affiliations.parquet"


def _table(rows: list[tuple[str, str, str, str, str, str, str, float]]) -> "pa.Table":
    import pyarrow as pa

    columns = list(zip(*rows, strict=True)) or [()] * (len(_COLUMNS) + 1)
    texts = {
        name: pa.array(list(values), pa.string())
        for name, values in zip(_COLUMNS, columns, strict=False)
    }
    return pa.table({**texts, "confidence": pa.array(list(columns[-1]), pa.float64())})


def _write(rows: list[tuple[str, str, str, str, str, str, str, float]]) -> None:
    import pyarrow.parquet as pq

    path = _path()
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".affiliations-")
    os.close(handle)
    try:
        pq.write_table(_table(rows), name)
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)
