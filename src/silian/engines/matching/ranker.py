"""A trained ranker that adds up one curve for each named feature.

Because the score is a sum, its explanation is exact: every feature's share is what its curve
says, and shares plus base are the score.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.candidates import (
    CandidateBatch,
    FeatureTable,
    Floats,
    Question,
    Ranking,
)
from silian.engines.matching.errors import ModelUnreadable
from silian.engines.matching.features import (
    FEATURES,
    LEARNED_FEATURES,
    MeaningFrame,
    compute_features,
    document_directions,
    question_direction,
)
from silian.engines.matching.interplay import Interplay
from silian.engines.matching.memory import Memory
from silian.engines.matching.wordparts import WordParts

_FORMAT = 1
# Heads of every curve: the score, and the probabilities that the level is at least 2, 3 and 4.
N_HEADS = 4
LOWEST_LEVEL, HIGHEST_LEVEL = 1, 4
_INTERPLAY_ARRAYS = (
    "question_anchors",
    "document_anchors",
    "feature_anchors",
    "weights",
    "feature_weights",
    "feature_means",
    "feature_spreads",
)
_MEMORY_ARRAYS = ("questions", "which", "documents", "features", "weights")
_KIND_WORTH, _KIND_CEILING = "kind_worth.", "kind_ceiling."
_LEARNED_AT = [FEATURES.index(name) for name in LEARNED_FEATURES]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """What a feature adds, piecewise linear and flat beyond its ends; NaN adds nothing.

    Attributes
    ----------
    knots
        Shape (k,), rising values of the feature, k >= 1.
    heights
        Shape (k, N_HEADS), what is added there to the score and to P(level >= 2, 3, 4).
    """

    knots: Floats
    heights: Floats

    def __call__(self, values: Floats) -> Floats:
        """Evaluate at feature values of shape (n,); the answer has shape (n, N_HEADS)."""
        unknown = np.isnan(values)
        if unknown.all():
            return np.zeros((len(values), N_HEADS))
        if len(self.knots) == 1:
            added = np.repeat(self.heights, len(values), axis=0)
        else:
            right = np.searchsorted(self.knots[1:-1], values, side="right") + 1
            low, high = self.knots[right - 1], self.knots[right]
            share = np.minimum(np.maximum((values - low) / (high - low), 0.0), 1.0)[:, None]
            added = self.heights[right - 1] * (1.0 - share) + self.heights[right] * share
        added[unknown] = 0.0
        return added


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainedRanker:
    """Orders candidates by the sum of one curve for each feature.

    Attributes
    ----------
    curves
        One for each name in ``FEATURES``, in that order.
    base
        Shape (N_HEADS,): score and level probabilities of a candidate of which nothing is known.
    sharpness
        How wide around one half a probability still moves the level gradually; 0 rounds to the
        median level, which makes the mean absolute error least.
    word_parts, frame
        What the features need besides question and candidates.
    interplay
        What was learned of similar pairs; its answer is the feature ``meaning_interplay``.
    kind_worths
        What supplies of a kind are worth beside what they say, shape (N_HEADS,) each; its answer
        is the feature ``kind_worth``. A kind that was never judged adds nothing.
    kind_ceilings
        The highest level at which supplies of a kind were judged, where pools of many questions
        judged it and none reached the top: a level above it is never given. It bounds levels
        only; scores, which order, are what contributions add up to.
    nudges, nudged_by
        What picked judgments add to single curves, and hashes of these judgments; kept apart, so
        that they can be forgotten (see ``nudging``).
    trained_on
        Where the weights come from, for people.
    learned_from
        Hashes of the judgments that it learned from, sorted, so that nobody measures it on these;
        nothing can be read back from them, and the version does not depend on them.
    """

    curves: Mapping[str, Curve]
    base: Floats
    sharpness: float = 0.0
    word_parts: WordParts = field(default_factory=WordParts)
    frame: MeaningFrame = field(default_factory=MeaningFrame)
    interplay: Interplay | None = None
    kind_worths: Mapping[str, Floats] = field(default_factory=dict)
    kind_ceilings: Mapping[str, int] = field(default_factory=dict)
    nudges: Mapping[str, Curve] = field(default_factory=dict)
    nudged_by: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    trained_on: str = ""
    learned_from: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, dtype=np.uint64))
    version: str = field(init=False, default="")

    def __post_init__(self) -> None:
        if tuple(self.curves) != FEATURES:
            raise ModelUnreadable(
                f"The model has curves for {', '.join(self.curves)}; this version of silian "
                f"computes {', '.join(FEATURES)}. Train it anew with `silian train`.",
                arrived=list(self.curves),
                expected=list(FEATURES),
            )
        digest = hashlib.sha256()
        for name, array in sorted(_arrays_of(self).items()):
            digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
        object.__setattr__(self, "version", f"additive-{_FORMAT}-{digest.hexdigest()[:12]}")

    def features(self, question: Question, candidates: CandidateBatch) -> FeatureTable:
        """Compute the named features as this model was trained on them.

        Vectors of another length than it was trained with come from another embedder: then each
        side is centred on the index's mean, and the interplay keeps silent.
        """
        mean = self.frame.question_mean
        at_home = question.vector is None or mean is None or len(mean) == len(question.vector)
        frame = self.frame if at_home else MeaningFrame()
        table = compute_features(question, candidates, parts=self.word_parts, frame=frame)
        learned = np.stack(
            [
                self._of_interplay(question, candidates, frame if at_home else None, table),
                self._of_kinds(candidates),
            ],
            axis=1,
        )
        values = table.values.copy()
        values[:, _LEARNED_AT] = learned[:, :, 0]
        return replace(
            table,
            values=values,
            evidence=learned[:, :, 1:].sum(axis=1),
            ceilings=self._ceilings_of(question, candidates),
        )

    def _of_interplay(
        self,
        question: Question,
        candidates: CandidateBatch,
        frame: MeaningFrame | None,
        table: FeatureTable,
    ) -> Floats:
        """What similar pairs taught, shape (n, N_HEADS); nothing for meanings of another kind."""
        nothing = np.zeros((len(candidates), N_HEADS))
        if self.interplay is None or frame is None:
            return nothing
        asked = question_direction(question, frame)
        held = document_directions(question, candidates, frame)
        if asked is None or held is None:
            return nothing
        read = table.values[:, [FEATURES.index(name) for name in self.interplay.feature_names]]
        known = candidates.has_vector[:, None]
        return np.where(known, self.interplay(asked, held, read), 0.0)

    def _of_kinds(self, candidates: CandidateBatch) -> Floats:
        nothing = np.zeros(N_HEADS)
        worths = [self.kind_worths.get(kind, nothing) for kind in candidates.kinds]
        return np.array(worths).reshape(len(candidates), N_HEADS)

    def _ceilings_of(self, question: Question, candidates: CandidateBatch) -> Floats | None:
        if question.is_general:  # It is about everything alike, and so nothing stands out.
            return np.full(len(candidates), LOWEST_LEVEL, dtype=np.float64)
        if not self.kind_ceilings:
            return None
        ceilings = [self.kind_ceilings.get(kind, HIGHEST_LEVEL) for kind in candidates.kinds]
        return np.array(ceilings, dtype=np.float64)

    def rank(self, table: FeatureTable) -> Ranking:
        """Score all candidates; contributions plus ``base_score`` are the scores.

        Raises
        ------
        ModelUnreadable
            If the table holds other features than the model knows.
        """
        if table.names != FEATURES:
            raise ModelUnreadable(
                f"The table holds {', '.join(table.names)}; this model reads "
                f"{', '.join(FEATURES)}. Compute it with this ranker's own features().",
                arrived=list(table.names),
                expected=list(FEATURES),
            )
        added = np.stack(
            [self.curves[name](table.values[:, at]) for at, name in enumerate(FEATURES)], axis=1
        )
        for name, nudge in self.nudges.items():
            at = FEATURES.index(name)
            added[:, at] += nudge(table.values[:, at])
        contributions: Floats = added[:, :, 0]
        contributions[:, _LEARNED_AT] = table.values[:, _LEARNED_AT]
        exceedance = self.base[1:] + added[:, :, 1:].sum(axis=1)
        if table.evidence is not None:
            exceedance += table.evidence
        levels, ceilings = levels_of(exceedance, self.sharpness), table.ceilings
        return Ranking(
            scores=self.base[0] + contributions.sum(axis=1),
            levels=levels if ceilings is None else np.minimum(levels, ceilings),
            base_score=float(self.base[0]),
            contributions=contributions,
            cut=None if ceilings is None else levels > ceilings,
        )

    def save(self, path: Path) -> None:
        """Write the model as NPZ; nothing in it is executable."""
        meta = {"format": _FORMAT, "features": FEATURES, "trained_on": self.trained_on}
        encoded = np.frombuffer(json.dumps(meta).encode(), dtype=np.uint8)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez_compressed(
                file,
                allow_pickle=False,
                meta=encoded,
                learned_from=self.learned_from,
                nudged_by=self.nudged_by,
                **_arrays_of(self),
            )

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a model.

        Raises
        ------
        ModelUnreadable
            If the file is missing, damaged, of another format or of other features.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            meta = json.loads(arrays["meta"].tobytes())
            if meta["format"] != _FORMAT:
                raise ValueError(f"format {meta['format']}, expected {_FORMAT}")
            return cls(
                curves=_curves_of(arrays, meta["features"]),
                base=arrays["base"],
                sharpness=float(arrays["sharpness"]),
                word_parts=WordParts(arrays.get("part_weights")),
                interplay=_interplay_of(arrays),
                kind_worths=_by_kind(arrays, _KIND_WORTH),
                kind_ceilings={
                    kind: int(level) for kind, level in _by_kind(arrays, _KIND_CEILING).items()
                },
                nudges=_nudges_of(arrays),
                nudged_by=arrays.get("nudged_by", np.empty(0, dtype=np.uint64)),
                frame=MeaningFrame(
                    title_mean=arrays.get("title_mean"),
                    question_mean=arrays.get("question_mean"),
                    document_mean=arrays.get("document_mean"),
                ),
                trained_on=meta["trained_on"],
                learned_from=arrays.get("learned_from", np.empty(0, dtype=np.uint64)),
            )
        except ModelUnreadable:
            raise
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise ModelUnreadable(
                f"{path} is no ranking model that this version reads ({error}). Train one with "
                "`silian train`, or leave the path out to use the packaged one.",
                path=str(path),
            ) from error


def levels_of(exceedance: Floats, sharpness: float) -> Floats:
    """Level 1 to 4 from the probabilities that it is at least 2, 3 and 4.

    Parameters
    ----------
    exceedance
        Shape (n, 3); made to fall from left to right and kept within 0 to 1.
    sharpness
        Width of probabilities around one half over which the level moves from one whole level to
        the next; 0 gives the median, the least mean absolute error there is for a given level.

    Examples
    --------
    >>> levels_of(np.array([[0.9, 0.5, 0.1]]), 0.2).tolist()
    [2.5]
    """
    falling = np.minimum.accumulate(np.clip(exceedance, 0.0, 1.0), axis=1)
    width = max(sharpness, 1e-9)
    steps = np.clip((falling - 0.5) / width + 0.5, 0.0, 1.0)
    levels: Floats = 1.0 + steps.sum(axis=1)
    return levels


def _curves_of(arrays: Mapping[str, NDArray[Any]], names: list[str]) -> dict[str, Curve]:
    curves = {
        name: Curve(knots=arrays[f"knots.{name}"], heights=arrays[f"heights.{name}"])
        for name in names
    }
    # Models from before kinds were told apart have no curve for what they never read.
    curves.setdefault("kind_worth", Curve(knots=np.zeros(1), heights=np.zeros((1, N_HEADS))))
    return curves


def _by_kind(arrays: Mapping[str, NDArray[Any]], start: str) -> dict[str, NDArray[Any]]:
    """What a model keeps of each kind; nothing in one from before it was learned."""
    return {
        name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)
    }


def _nudges_of(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Curve]:
    return {
        name: Curve(knots=arrays[f"nudge_knots.{name}"], heights=arrays[f"nudge_heights.{name}"])
        for name in FEATURES
        if f"nudge_knots.{name}" in arrays
    }


def _interplay_of(arrays: Mapping[str, NDArray[Any]]) -> Interplay | None:
    if "interplay_weights" not in arrays:
        return None
    question_width, document_width, feature_width = arrays["interplay_widths"].tolist()
    return Interplay(
        **{name: arrays[f"interplay_{name}"] for name in _INTERPLAY_ARRAYS},
        feature_names=tuple(arrays["interplay_feature_names"].tolist()),
        widths=(question_width, document_width, feature_width),
        memory=_memory_of(arrays),
    )


def _memory_of(arrays: Mapping[str, NDArray[Any]]) -> Memory | None:
    if "memory_weights" not in arrays:
        return None
    return Memory(**{name: arrays[f"memory_{name}"] for name in _MEMORY_ARRAYS})


def _arrays_of(ranker: TrainedRanker) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {
        "base": ranker.base,
        "sharpness": np.array(ranker.sharpness),
        "part_weights": ranker.word_parts.weights,
    }
    for name, curve in ranker.curves.items():
        arrays[f"knots.{name}"] = curve.knots
        arrays[f"heights.{name}"] = curve.heights
    if ranker.interplay is not None:
        for name in _INTERPLAY_ARRAYS:
            arrays[f"interplay_{name}"] = getattr(ranker.interplay, name)
        arrays["interplay_feature_names"] = np.array(ranker.interplay.feature_names)
        arrays["interplay_widths"] = np.array(ranker.interplay.widths)
        if ranker.interplay.memory is not None:
            for name in _MEMORY_ARRAYS:
                arrays[f"memory_{name}"] = getattr(ranker.interplay.memory, name)
    for name, nudge in ranker.nudges.items():
        arrays[f"nudge_knots.{name}"] = nudge.knots
        arrays[f"nudge_heights.{name}"] = nudge.heights
    for kind, worth in ranker.kind_worths.items():
        arrays[f"{_KIND_WORTH}{kind}"] = worth
    for kind, ceiling in ranker.kind_ceilings.items():
        arrays[f"{_KIND_CEILING}{kind}"] = np.array(ceiling)
    for name in ("title_mean", "question_mean", "document_mean"):
        mean = getattr(ranker.frame, name)
        if mean is not None:
            arrays[name] = mean
    return arrays
