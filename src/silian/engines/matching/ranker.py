"""A trained ranker that adds up one curve for each named feature.

Because the score is a sum, its explanation is exact: every feature's share is what its curve
says, and shares plus base are the score.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.askedwords import lacks_much, shares_nothing
from silian.engines.matching.candidates import (
    CandidateBatch,
    FeatureTable,
    Floats,
    Question,
    Ranking,
)
from silian.engines.matching.ceilings import Bounds, ceilings_of, taken_by_kinds
from silian.engines.matching.curves import N_HEADS, Curve
from silian.engines.matching.errors import ModelUnreadable
from silian.engines.matching.features import (
    FEATURES,
    LEARNED_FEATURES,
    MeaningFrame,
    compute_features,
    document_directions,
    need_directions,
    question_direction,
)
from silian.engines.matching.interplay import Interplay
from silian.engines.matching.modelarrays import arrays_of, parts_of
from silian.engines.matching.purview import Purview
from silian.engines.matching.wordparts import WordParts

_FORMAT = 1
_LEARNED_AT = [FEATURES.index(name) for name in LEARNED_FEATURES]


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
        judged it and none reached the top: neither level nor score goes above it.
    purview
        Tells questions that are about something else; None in a model that was not taught so.
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
    purview: Purview | None = None
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
        for name, array in sorted(arrays_of(self).items()):
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
        is_of_need = question.query.direction == "need"
        kinds = (question.query.kind,) * len(candidates) if is_of_need else candidates.kinds
        learned = np.stack(
            [
                self._of_interplay(question, candidates, frame if at_home else None, table),
                self._of_kinds(kinds),
            ],
            axis=1,
        )
        values = table.values.copy()
        values[:, _LEARNED_AT] = learned[:, :, 0]
        bounds = Bounds(
            of_kinds=self.kind_ceilings,
            is_general=question.is_general,
            is_off_subject=at_home and self._is_off_subject(question),
            is_translated=bool(question.title_phrases or question.body_phrases),
            lacks_much=lacks_much(
                question,
                candidates,
                values[:, FEATURES.index("title_meaning")],
            ),
            shares_nothing=shares_nothing(
                question, candidates, values[:, FEATURES.index("meaning")]
            ),
        )
        return replace(
            table,
            values=values,
            evidence=learned[:, :, 1:].sum(axis=1),
            ceilings=ceilings_of(bounds, kinds, table),
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
        read = table.values[:, [FEATURES.index(name) for name in self.interplay.feature_names]]
        known = candidates.has_vector[:, None]
        if question.query.direction == "need":
            found = need_directions(question, candidates, frame)
            if found is None:
                return nothing
            supply = np.repeat(found[1][None, :], len(candidates), axis=0)
            return np.where(known, self.interplay.of_pairs(found[0], supply, read), 0.0)
        asked = question_direction(question, frame)
        held = document_directions(question, candidates, frame)
        if asked is None or held is None:
            return nothing
        return np.where(known, self.interplay(asked, held, read), 0.0)

    def _of_kinds(self, kinds: Sequence[str]) -> Floats:
        nothing = np.zeros(N_HEADS)
        worths = [self.kind_worths.get(kind, nothing) for kind in kinds]
        return np.array(worths).reshape(len(kinds), N_HEADS)

    def _is_off_subject(self, question: Question) -> bool:
        """Whether a need is none; a supply that asks for needs is what it is."""
        if self.purview is None or question.query.direction != "supply":
            return False
        direction = question_direction(question, self.frame)
        return direction is not None and self.purview.is_left_by(direction)

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
        levels, bounds = levels_of(exceedance, self.sharpness), tuple[str, ...]()
        if table.ceilings is not None:
            cut = levels > table.ceilings.levels
            told = zip(cut.tolist(), table.ceilings.reasons, strict=True)
            bounds = tuple(reason if is_cut else "" for is_cut, reason in told)
            levels = np.minimum(levels, table.ceilings.levels)
            taken = taken_by_kinds(self.base[0] + contributions.sum(axis=1), table.ceilings)
            contributions[:, FEATURES.index("kind_worth")] += taken
        return Ranking(
            scores=self.base[0] + contributions.sum(axis=1),
            levels=levels,
            base_score=float(self.base[0]),
            contributions=contributions,
            bounds=bounds,
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
                **arrays_of(self),
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
                **parts_of(arrays, meta["features"]),
                nudged_by=arrays.get("nudged_by", np.empty(0, dtype=np.uint64)),
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
