"""Ranking quality on real graded pairs, beside BM25 alone, meaning alone and their fusion.

``python -m benchmarks.matching_quality [--data FOLDER] [--seeds 2] [--without-pairs]``

The folder holds ``needs.jsonl`` (rid, title, content), ``achievements.jsonl`` (aid,
title_tokens) and ``pairs_dev.csv`` (aid, rid, level). Without it the benchmark says so and ends.
"""

import argparse
import csv
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from sklearn.isotonic import IsotonicRegression

from benchmarks.measuring import Stopwatch, machine, timed_calls
from benchmarks.quality_tables import WANTED, as_markdown, as_table
from silian.engines.matching import CandidateBatch, Document, FusionRanker, Matcher, Query, Question
from silian.engines.matching.candidates import Ragged
from silian.engines.matching.evaluation import by_group, level_score, ndcg_at
from silian.engines.matching.interplay import InterplayOptions
from silian.engines.matching.ranker import TrainedRanker, levels_of
from silian.engines.matching.training import GradedCandidates, TrainingOptions, fit_ranker
from silian.language import Segmenter, default_embedder, normalise

RESULTS = Path(__file__).parent / "results" / "matching_quality.json"
DEFAULT_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
PAGE = RESULTS.with_suffix(".md")
FOLDS = 5
DEPTH = 1_000
# Questions judged before are remembered: only this division asks about them again.
REMEMBERING = InterplayOptions(
    memory_weight=2.0, pair_weight=1.0, noise=0.5, document_anchors=800, feature_anchors=400
)
BASELINES = ("words (BM25)", "meaning", "fusion (RRF)")
TRAINED = "trained ranker"

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pool:
    """One need: its graded pairs, and everything retrieval brings for it."""

    graded: GradedCandidates
    question: Question
    retrieved: CandidateBatch


def main(arguments: list[str] | None = None) -> int:
    """Measure, print the table, keep the figures; returns 0."""
    options = _options(arguments)
    console = Console()
    folder = options.data / "needs_achievements"
    if not (folder / "pairs_dev.csv").is_file():
        console.print(f"no graded pairs at {folder}: set SILIAN_REAL_DATA or --data; skipped")
        return 0
    with tempfile.TemporaryDirectory() as home:
        pools = _pools(folder, Path(home), console)
    figures = _by_need(pools, options.seeds, console)
    if not options.without_pairs:
        for name, value in _by_pair(pools, options.seeds, console).items():
            figures[name]["pair_level_score"] = value
    cost = _cost(pools)
    console.print(as_table(figures))
    console.print(f"ranking 150 candidates: {cost['cpu_p50_ms']} ms CPU (p50)")
    values = {
        "machine": machine(),
        "data_sha256": _digest(folder),
        "seeds": options.seeds,
        "figures": figures,
        "wanted": WANTED,
        "rank_150_candidates": cost,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(as_markdown(values), "utf-8")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    data = Path(os.environ.get("SILIAN_REAL_DATA", DEFAULT_DATA))
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--seeds", type=int, default=2, help="repeats of the division")
    parser.add_argument("--without-pairs", action="store_true", help="skip the division over pairs")
    return parser.parse_args(arguments)


# Reading


def _pools(folder: Path, home: Path, console: Console) -> list[Pool]:
    needs = {row["rid"]: row for row in _json_lines(folder / "needs.jsonl")}
    levels: dict[str, dict[str, float]] = {}
    with (folder / "pairs_dev.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            levels.setdefault(row["rid"], {})[row["aid"]] = float(row["level"])
    matcher = Matcher.create(
        home / "index", segmenter=Segmenter(), embedder=default_embedder(n_threads=1)
    )
    with closing(matcher), Stopwatch() as watch:
        matcher.add(
            Document(document_id=row["aid"], kind="achievement", title=row["title_tokens"] or "-")
            for row in _json_lines(folder / "achievements.jsonl")
        )
        matcher.embed_pending()
        matcher.optimise()
        pools = [_pool(matcher, needs[rid], graded) for rid, graded in sorted(levels.items())]
    n_pairs = sum(len(graded) for graded in levels.values())
    console.print(f"{len(pools)} needs, {n_pairs} graded pairs, read in {watch.wall_s:.0f} s")
    return pools


def _pool(matcher: Matcher, need: dict[str, str], graded: dict[str, float]) -> Pool:
    query = Query(title=need["title"], body=need["content"], limit=DEPTH)
    question, batch = matcher.candidates(query, list(graded))
    _, retrieved = matcher.candidates(query)
    return Pool(
        graded=GradedCandidates(
            question=question,
            candidates=batch,
            levels=np.array([graded[one] for one in batch.document_ids]),
            # The same need told twice stays on one side of a division.
            group="".join(normalise(need["title"]).split()),
        ),
        question=question,
        retrieved=retrieved,
    )


def _json_lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in ("needs.jsonl", "achievements.jsonl", "pairs_dev.csv"):
        digest.update((folder / name).read_bytes())
    return digest.hexdigest()[:16]


# Needs disjoint between training and test


def _by_need(pools: Sequence[Pool], seeds: int, console: Console) -> dict[str, dict[str, Any]]:
    rows: dict[str, list[dict[str, float]]] = {name: [] for name in (*BASELINES, TRAINED)}
    by_fold: dict[str, list[dict[str, float]]] = {name: [] for name in rows}
    judged = {one for pool in pools for one in pool.graded.candidates.document_ids}
    for seed in range(seeds):
        fold_of = _folds_of_needs(pools, seed)
        scores = {name: [np.empty(0)] * len(pools) for name in rows}
        levels = {name: [np.empty(0)] * len(pools) for name in rows}
        recalls: dict[str, list[dict[str, float]]] = {name: [{}] * len(pools) for name in rows}
        for fold in range(FOLDS):
            train = [one.graded for one, at in zip(pools, fold_of, strict=True) if at != fold]
            ranker = fit_ranker(train, TrainingOptions(seed=seed))
            calibrated = {name: _calibrated(name, train) for name in BASELINES}
            for at, pool in enumerate(pools):
                if fold_of[at] != fold:
                    continue
                for name in rows:
                    order = _scores(name, ranker, pool.question, pool.retrieved)
                    recalls[name][at] = _recalls(pool, order, judged)
                    own = _scores(name, ranker, pool.question, pool.graded.candidates)
                    scores[name][at] = own
                    levels[name][at] = (
                        _levels(ranker, pool.graded)
                        if name == TRAINED
                        else levels_of(calibrated[name](own), 0.0)
                    )
            console.print(f"seed {seed}, fold {fold + 1} of {FOLDS}")
        for name, figures in rows.items():
            figures.append(_figures(pools, scores[name], levels[name], recalls[name]))
            for fold in range(FOLDS):
                rest = [
                    [one for one, at in zip(column, fold_of, strict=True) if at == fold]
                    for column in (pools, scores[name], levels[name], recalls[name])
                ]
                by_fold[name].append(_figures(*rest))
    return {
        name: _summary(figures) | {"spread_over_folds": _spread(by_fold[name])}
        for name, figures in rows.items()
    }


def _folds_of_needs(pools: Sequence[Pool], seed: int) -> list[int]:
    names = sorted({one.graded.group for one in pools})
    shuffled = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    fold = dict(zip(names, shuffled.tolist(), strict=True))
    return [fold[one.graded.group] for one in pools]


def _scores(
    name: str, ranker: TrainedRanker | None, question: Question, batch: CandidateBatch
) -> Floats:
    if name == "words (BM25)":
        return batch.bm25
    if name == "meaning":
        return np.nan_to_num(batch.cosine, nan=-1.0)
    chosen = FusionRanker() if ranker is None or name == "fusion (RRF)" else ranker
    return chosen.rank(chosen.features(question, batch)).scores


def _levels(ranker: TrainedRanker, one: GradedCandidates) -> Floats:
    return ranker.rank(ranker.features(one.question, one.candidates)).levels


def _calibrated(name: str, train: Sequence[GradedCandidates]) -> Any:
    """Level probabilities of a baseline's score, fitted as fairly as the ranker's own."""
    scores = np.concatenate([_scores(name, None, one.question, one.candidates) for one in train])
    levels = np.concatenate([one.levels for one in train])
    curves = [
        IsotonicRegression(out_of_bounds="clip").fit(scores, levels >= least) for least in (2, 3, 4)
    ]
    return lambda new: np.stack([curve.predict(new) for curve in curves], axis=1)


def _recalls(pool: Pool, scores: Floats, judged: set[str]) -> dict[str, float]:
    """Share of a need's level 3 and 4 that 50 places show, over four readings of "all".

    Over everything in the index, or over what was judged for any need; each supply in a place of
    its own, or all copies of a text in one.
    """
    graded = pool.graded
    relevant = {
        one
        for one, level in zip(graded.candidates.document_ids, graded.levels, strict=True)
        if level >= 3
    }
    ids, texts = pool.retrieved.document_ids, pool.retrieved.title_terms
    order = np.argsort(-scores, kind="stable").tolist()
    of_judged = [at for at in order if ids[at] in judged]
    found: dict[str, float] = {}
    for suffix, places in (("", order), ("_judged", of_judged)):
        first = sum(ids[at] in relevant for at in places[:50])
        shown: set[tuple[int, ...]] = set()
        covered = 0
        for at in places:
            text = tuple(texts.row(at).tolist())
            if text not in shown and len(shown) == 50:
                break
            shown.add(text)
            covered += ids[at] in relevant
        share = 1.0 / len(relevant) if relevant else float("nan")
        found[f"recall_at_50{suffix}"] = first * share
        found[f"recall_at_50{suffix}_distinct"] = covered * share
    return found


def _figures(
    pools: Sequence[Pool],
    scores: list[Floats],
    levels: list[Floats],
    recalls: list[dict[str, float]],
) -> dict[str, float]:
    true = np.concatenate([one.graded.levels for one in pools])
    groups = np.repeat(np.arange(len(pools)), [len(one.graded.levels) for one in pools])
    return {
        "ndcg_at_10": float(by_group(ndcg_at, true, np.concatenate(scores), groups).mean()),
        "level_score": level_score(true, np.concatenate(levels)),
        **{name: float(np.nanmean([one[name] for one in recalls])) for name in recalls[0]},
    }


def _summary(figures: list[dict[str, float]]) -> dict[str, Any]:
    return {key: round(float(np.mean([one[key] for one in figures])), 4) for key in figures[0]}


def _spread(figures: list[dict[str, float]]) -> dict[str, float]:
    """Standard deviation of each figure over the folds of all divisions."""
    return {
        key: round(float(np.std([one[key] for one in figures], ddof=1)), 4) for key in figures[0]
    }


# Pairs divided at random: other pairs of the same need are known


def _by_pair(pools: Sequence[Pool], seeds: int, console: Console) -> dict[str, float]:
    rows: dict[str, list[float]] = {name: [] for name in (*BASELINES, TRAINED)}
    true = np.concatenate([one.graded.levels for one in pools])
    for seed in range(seeds):
        fold_of = np.random.default_rng(seed).permutation(len(true)) % FOLDS
        ends = np.cumsum([len(one.graded.levels) for one in pools])[:-1]
        of_pool = np.split(fold_of, ends)
        predicted = {name: np.zeros(len(true)) for name in rows}
        for fold in range(FOLDS):
            parts = list(zip(pools, of_pool, strict=True))
            train = [_part(one.graded, np.flatnonzero(at != fold)) for one, at in parts]
            test = [_part(one.graded, np.flatnonzero(at == fold)) for one, at in parts]
            train = [one for one in train if len(one.levels)]
            test = [one for one in test if len(one.levels)]
            ranker = fit_ranker(train, TrainingOptions(seed=seed, interplay=REMEMBERING))
            for name in rows:
                if name == TRAINED:
                    levels = [_levels(ranker, one) for one in test]
                else:
                    calibrated = _calibrated(name, train)
                    levels = [
                        levels_of(
                            calibrated(_scores(name, ranker, one.question, one.candidates)), 0.0
                        )
                        for one in test
                    ]
                predicted[name][fold_of == fold] = np.concatenate(levels)
            console.print(f"pairs, seed {seed}, fold {fold + 1} of {FOLDS}")
        for name, values in rows.items():
            values.append(level_score(true, predicted[name]))
    return {name: round(float(np.mean(values)), 4) for name, values in rows.items()}


def _part(one: GradedCandidates, rows: NDArray[np.int64]) -> GradedCandidates:
    return GradedCandidates(
        question=one.question,
        candidates=_take(one.candidates, rows),
        levels=one.levels[rows],
        group=one.group,
    )


_COLUMNS = (
    "vectors",
    "has_vector",
    "bm25",
    "cosine",
    "readiness_level",
    "price_cny",
    "longitude_degrees",
    "latitude_degrees",
    "track_record_count",
    "updated_on_day",
    "from_words",
    "from_meaning",
)


def _take(batch: CandidateBatch, rows: NDArray[np.int64]) -> CandidateBatch:
    chosen = rows.tolist()
    columns = {name: getattr(batch, name)[rows] for name in _COLUMNS}
    return replace(
        batch,
        document_ids=tuple(batch.document_ids[at] for at in chosen),
        kinds=tuple(batch.kinds[at] for at in chosen),
        region_codes=tuple(batch.region_codes[at] for at in chosen),
        field_codes=tuple(batch.field_codes[at] for at in chosen),
        title_terms=Ragged.of([batch.title_terms.row(at) for at in chosen]),
        body_terms=Ragged.of([batch.body_terms.row(at) for at in chosen]),
        **columns,
    )


def _cost(pools: Sequence[Pool]) -> dict[str, float]:
    """CPU time of features and ranking for 150 retrieved candidates."""
    ranker = fit_ranker([one.graded for one in pools])
    batches = [
        (one.question, _take(one.retrieved, np.arange(150)))
        for one in pools
        if len(one.retrieved) >= 150
    ]

    def call(question: Question, batch: CandidateBatch) -> Any:
        return lambda: ranker.rank(ranker.features(question, batch))

    return timed_calls([call(question, batch) for question, batch in batches])


if __name__ == "__main__":
    sys.exit(main())
