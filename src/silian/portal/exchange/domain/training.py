"""Train the ranker, and put the result in place only where it is no worse."""

import json
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from silian.errors import EngineError
from silian.language import normalise
from silian.library.loading import plain_questions, ranking_priors, trade_terms
from silian.portal.accounts.domain.access import Viewer, require
from silian.portal.audit import domain as audit
from silian.portal.exchange.domain.index import embedder_of_process, open_current_ranker
from silian.portal.exchange.domain.labelled import (
    LabelFile,
    Levels,
    examples_of_records,
    examples_of_sample,
    levels_of_file,
    levels_of_outcomes,
)
from silian.portal.exchange.domain.rankers import (
    current_ranker_name,
    former_ranker_name,
    make_ranker_current,
    models_folder,
    take_back_ranker,
)

if TYPE_CHECKING:
    from silian.engines.matching.purview import PurviewExamples
    from silian.engines.matching.training import GradedCandidates, TrainingReport

Progress = Callable[[int, int], None]


class NoFormerModel(EngineError, LookupError):
    """There is no earlier ranker to go back to."""

    code = "no_former_model"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRun:
    """What a training brought.

    ``name`` is the folder under ``models`` that keeps the new model, whether or not it was put
    in place; ``former`` is the version that ranked before.
    """

    name: str
    former: str
    report: "TrainingReport"
    sources: dict[str, int]
    put_in_place: bool


def train(
    *,
    viewer: Viewer,
    outcomes: bool = True,
    label_files: Sequence[LabelFile] = (),
    sample_size: str = "",
    seed: int = 1,
    progress: Progress | None = None,
) -> TrainingRun:
    """Learn from what people recorded and from graded pairs; swap only what is no worse.

    Parameters
    ----------
    outcomes
        Whether recorded outcomes count; without pools of graded pairs they only nudge.
    label_files
        Graded pairs of records that are loaded here; they outweigh nothing, and where an
        outcome speaks of the same pair, the outcome counts.
    sample_size
        Size of a sample city to learn from too, empty for none.
    seed
        Of the division into training and test.

    Raises
    ------
    AccessDenied
        If the viewer may not train.
    TrainingDataInsufficient
        If there is too little to learn from.
    """
    require(viewer, "ranker.train")
    from silian.engines.matching.training import TrainingOptions, train_ranker

    current = open_current_ranker()
    sources: dict[str, int] = {}
    with ExitStack() as stack:
        examples: list[GradedCandidates] = []
        levels = _levels(outcomes, label_files, sources)
        for part, picked in levels:
            examples += examples_of_records(part, progress, picked=picked)
        if sample_size:
            sampled = stack.enter_context(examples_of_sample(sample_size, seed, progress))
            sources["sample city"] = sum(len(one.levels) for one in sampled)
            examples += sampled
        told = ", ".join(f"{name}: {count}" for name, count in sources.items())
        options = TrainingOptions(
            trained_on=told, priors=ranking_priors(), purview=purview_examples()
        )
        report = train_ranker(examples, current, seed=seed, options=options)
    return _keep(report, sources, viewer, former=current.version)


def purview_examples() -> "PurviewExamples | None":
    """What a ranker learns to tell apart from needs; None where nothing is read for its meaning."""
    from silian.engines.matching.purview import PurviewExamples

    embedder = embedder_of_process()
    if embedder is None:
        return None
    texts = (plain_questions("everyday"), plain_questions("needs"), trade_terms())
    everyday, needs, terms = (
        embedder.embed([normalise(text) for text in some], role="query") for some in texts
    )
    return PurviewExamples(everyday=everyday, needs=needs, terms=terms)


def rollback(viewer: Viewer) -> str:
    """Let the ranker before the present one rank again; returns its version.

    Raises
    ------
    AccessDenied
        If the viewer may not train.
    NoFormerModel
        If the present one is the first.
    """
    require(viewer, "ranker.train")
    if former_ranker_name() is None:
        raise NoFormerModel(
            "There is no earlier ranker: none was ever put in place by `silian train`."
        )
    left = current_ranker_name()
    with transaction.atomic():
        audit.log("ranker.rollback", viewer, left, back_to=former_ranker_name() or "")
        take_back_ranker()
    return open_current_ranker().version


def _levels(
    outcomes: bool, label_files: Sequence[LabelFile], sources: dict[str, int]
) -> list[tuple[Levels, bool]]:
    """Levels of needs that files judge, and of those that only outcomes speak of.

    Whoever records an outcome has picked what to judge; a file is a pool.
    """
    pooled: Levels = {}
    picked: Levels = {}
    for labels in label_files:
        part = levels_of_file(labels)
        sources[str(labels.path.name)] = sum(len(supply) for supply in part.values())
        for need_id, supply in part.items():
            pooled.setdefault(need_id, {}).update(supply)
    if outcomes:
        part = levels_of_outcomes()
        sources["outcomes"] = sum(len(supply) for supply in part.values())
        for need_id, supply in part.items():
            (pooled if need_id in pooled else picked).setdefault(need_id, {}).update(supply)
    return [(levels, levels is picked) for levels in (pooled, picked) if levels]


def _keep(
    report: "TrainingReport", sources: dict[str, int], viewer: Viewer, *, former: str
) -> TrainingRun:
    now = datetime.now(UTC)
    name = f"{now:%Y%m%d-%H%M%S-%f}-{report.ranker.version}"
    folder = models_folder() / name
    folder.mkdir(parents=True)
    report.ranker.save(folder / "model.npz")
    values: dict[str, Any] = {
        "version": report.ranker.version,
        "former": former,
        "trained_at": now.isoformat(),
        "sources": sources,
        "seed": report.seed,
        "question_count": report.question_count,
        "pair_count": report.pair_count,
        "picked_pair_count": report.picked_pair_count,
        "learned_anew": report.learned_anew,
        "before": asdict(report.before),
        "after": asdict(report.after),
        "ndcg_gain": asdict(report.ndcg_gain),
        "accepted": report.accepted,
        "reason": report.reason,
        "embedder": getattr(embedder_of_process(), "name", ""),
    }
    text = json.dumps(values, ensure_ascii=False, indent=2)
    (folder / "report.json").write_text(text, "utf-8")
    with transaction.atomic():
        audit.log("ranker.train", viewer, name, **values)
        if report.accepted:
            make_ranker_current(name)
    return TrainingRun(
        name=name,
        former=former,
        report=report,
        sources=sources,
        put_in_place=report.accepted,
    )
