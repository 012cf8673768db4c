"""Graded pairs to learn from: recorded outcomes, files of labels, the sample city."""

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from silian.engines.matching.values import Document, Query
from silian.errors import EngineError
from silian.identifiers import public_id
from silian.library.loading import outcome_levels
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain.index import embedder_of_process, embedding_cache, open_matcher
from silian.portal.exchange.domain.outcomes import effective_outcomes
from silian.portal.exchange.domain.projections import PROJECTIONS, SUPPLY_KINDS
from silian.portal.exchange.domain.questions import Filters, question_of_need
from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need

if TYPE_CHECKING:
    from silian.engines.matching import Matcher
    from silian.engines.matching.training import GradedCandidates

Progress = Callable[[int, int], None]
Levels = dict[str, dict[str, int]]  # need id -> supply id -> level

_NEEDS_A_QUERY = 2_000
_LEVELS = frozenset("1234")


class LabelsUnreadable(EngineError, ValueError):
    """A file of graded pairs that can't be used."""

    code = "labels_unreadable"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFile:
    """A CSV of graded pairs of records that are loaded here.

    Attributes
    ----------
    need_column, supply_column
        Columns with the source keys; the level is in ``level``, 1 to 4.
    need_register, supply_register
        Registers that the keys belong to.
    supply_kind
        Kind of the supply; empty where the file has a column ``supply_kind``.
    """

    path: Path
    need_register: str
    supply_register: str
    need_column: str = "need_key"
    supply_column: str = "supply_key"
    supply_kind: str = ""


def levels_of_outcomes() -> Levels:
    """What people recorded, as the library weighs it; the last standing word counts."""
    level_by_action = outcome_levels()
    levels: Levels = {}
    matches = Match.objects.select_related("need").prefetch_related("outcomes").order_by("pk")
    for match in matches.iterator(chunk_size=1_000):
        standing = effective_outcomes(match.outcomes.all())
        if standing:
            level = level_by_action[standing[-1].action]
            levels.setdefault(match.need.public_id, {})[match.supply_id] = level
    return levels


def levels_of_file(labels: LabelFile) -> Levels:
    """Levels from a file, by public ids.

    Raises
    ------
    LabelsUnreadable
        If a column is missing or a level is none of 1 to 4.
    """
    levels: Levels = {}
    with labels.path.open(encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), start=2):
            need_key, supply_key = row.get(labels.need_column), row.get(labels.supply_column)
            kind = labels.supply_kind or row.get("supply_kind") or ""
            level = row.get("level") or ""
            if not (need_key and supply_key and kind in SUPPLY_KINDS and level in _LEVELS):
                raise LabelsUnreadable(
                    f"{labels.path}, line {number}: arrived need {need_key!r}, supply "
                    f"{supply_key!r}, kind {kind!r}, level {level!r}; expected the columns "
                    f"{labels.need_column}, {labels.supply_column}, level (1 to 4) and a kind of "
                    f"supply ({', '.join(SUPPLY_KINDS)}) as a column or an option."
                )
            need_id = public_id("need", labels.need_register, need_key)
            supply_id = public_id(kind, labels.supply_register, supply_key)
            levels.setdefault(need_id, {})[supply_id] = int(level)
    return levels


def examples_of_records(
    levels: Levels, progress: Progress | None = None, *, picked: bool = False
) -> "list[GradedCandidates]":
    """Candidates as the index holds them, for needs and supply that are loaded here.

    A need that is not here, or whose graded supply isn't, is left out. ``picked``: see
    ``GradedCandidates``.
    """
    matcher = open_matcher()
    held = matcher.content_hashes()
    questions: list[tuple[Query, dict[str, int], str]] = []
    ids = list(levels)
    for start in range(0, len(ids), _NEEDS_A_QUERY):
        found = Need.objects.filter(public_id__in=ids[start : start + _NEEDS_A_QUERY])
        for need in found.select_related("organisation", "owner").order_by("pk"):
            present = {one: at for one, at in levels[need.public_id].items() if one in held}
            if present:
                query = question_of_need(need, viewer=SYSTEM, kinds=(), filters=Filters(), limit=10)
                questions.append((query, present, need.public_id))
    return _examples(matcher, questions, progress, picked=picked)


@contextmanager
def examples_of_sample(
    size: str, seed: int, progress: Progress | None = None
) -> "Iterator[list[GradedCandidates]]":
    """Graded candidates of a sample city, from an index that goes when the block ends."""
    from silian.engines.matching import Matcher
    from silian.language import Segmenter
    from silian.sample import generate_city, relevance_examples

    city = generate_city(size, seed)
    documents: dict[str, Document] = {}
    graded: dict[str, tuple[dict[str, Any], dict[str, int]]] = {}
    for need, kind, supply, level in relevance_examples(city):
        document = _sample_document(kind, supply)
        documents[document.document_id] = document
        _, levels = graded.setdefault(need["source_key"], (need, {}))
        levels[document.document_id] = level
    folder = Path(tempfile.mkdtemp(prefix="training-", dir=settings.SILIAN_HOME))
    try:
        matcher = Matcher.create(
            folder / "index",
            segmenter=Segmenter(),
            embedder=embedder_of_process(),
            embedding_cache=embedding_cache(),
        )
        with closing(matcher):
            matcher.add(list(documents.values()))
            if embedder_of_process() is not None:
                matcher.embed_pending(progress=progress)
            matcher.optimise()
            questions = [
                (query, levels, key)
                for key, (row, levels) in graded.items()
                for query in _tellings(row)
            ]
            yield _examples(matcher, questions, None)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _examples(
    matcher: "Matcher",
    questions: Sequence[tuple[Query, dict[str, int], str]],
    progress: Progress | None,
    *,
    picked: bool = False,
) -> "list[GradedCandidates]":
    from silian.engines.matching.training import GradedCandidates

    examples = []
    for number, (query, levels, group) in enumerate(questions, start=1):
        question, candidates = matcher.candidates(query, list(levels))
        examples.append(
            GradedCandidates(
                question=question,
                candidates=candidates,
                levels=np.array([levels[one] for one in candidates.document_ids], dtype=float),
                group=group,
                picked=picked,
            )
        )
        if progress:
            progress(number, len(questions))
    return examples


def _sample_document(kind: str, row: dict[str, Any]) -> Document:
    """A row of the sample city as a document, by the same projection as its record would be."""
    projection = PROJECTIONS[kind]
    keywords = (str(term) for column in projection.keywords for term in row.get(column) or ())
    price = row.get(projection.price) if projection.price else None
    return Document(
        document_id=public_id(kind, "sample", row["source_key"]),
        kind=kind,
        title=row[projection.title],
        body="\n".join(str(row[c]) for c in projection.body if row.get(c)),
        keywords=tuple(dict.fromkeys(keywords)),
        region_code=row.get("region_adcode") or "",
        field_codes=tuple(row.get("field_codes") or ()),
        readiness_level=row.get(projection.readiness) if projection.readiness else None,
        price_cny=None if price is None else float(price),
        owner_id=row.get("organisation_key") or "",
    )


def _tellings(row: dict[str, Any]) -> Iterator[Query]:
    """A need as it was written, and its title alone, as it is typed into a search box.

    Learned from long needs alone, a ranker takes a short question's words for too good a match,
    and the same need falls when more is written.
    """
    query = _sample_query(row)
    yield query
    yield replace(query, body="", keywords=())


def _sample_query(row: dict[str, Any]) -> Query:
    budget = row.get("budget_cny")
    return Query(
        title=row["title"],
        body="\n".join(str(row[c]) for c in PROJECTIONS["need"].body if row.get(c)),
        keywords=tuple(row.get("keywords") or ()),
        field_codes=tuple(row.get("field_codes") or ()),
        budget_cny=None if budget is None else float(budget),
        readiness_target=row.get("readiness_target"),
        region_code=row.get("region_adcode") or "",
    )
