"""The arrays that a ranker's file holds, and the parts of a ranker that they are read back as.

What was added later is left out where there is none, so that former files are read and keep their
version.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from silian.engines.matching.curves import N_HEADS, Curve
from silian.engines.matching.features import FEATURES, MeaningFrame
from silian.engines.matching.interplay import Interplay
from silian.engines.matching.memory import Memory
from silian.engines.matching.purview import Purview
from silian.engines.matching.wordparts import WordParts

if TYPE_CHECKING:
    from silian.engines.matching.ranker import TrainedRanker

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


def arrays_of(ranker: "TrainedRanker") -> dict[str, NDArray[Any]]:
    """All that decides what a ranker answers, by the name it has in the file."""
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
    if ranker.purview is not None:
        arrays["purview_weights"] = ranker.purview.weights
        arrays["purview_offset"] = np.array(ranker.purview.offset)
    for name in ("title_mean", "question_mean", "document_mean"):
        mean = getattr(ranker.frame, name)
        if mean is not None:
            arrays[name] = mean
    return arrays


def parts_of(arrays: Mapping[str, NDArray[Any]], names: list[str]) -> dict[str, Any]:
    """Read back the parts of a ranker with the given features.

    Raises
    ------
    KeyError
        If an array is missing.
    """
    return {
        "curves": _curves_of(arrays, names),
        "base": arrays["base"],
        "sharpness": float(arrays["sharpness"]),
        "word_parts": WordParts(arrays.get("part_weights")),
        "interplay": _interplay_of(arrays),
        "kind_worths": _by_kind(arrays, _KIND_WORTH),
        "kind_ceilings": {
            kind: int(level) for kind, level in _by_kind(arrays, _KIND_CEILING).items()
        },
        "purview": _purview_of(arrays),
        "nudges": _nudges_of(arrays),
        "frame": MeaningFrame(
            title_mean=arrays.get("title_mean"),
            question_mean=arrays.get("question_mean"),
            document_mean=arrays.get("document_mean"),
        ),
    }


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


def _purview_of(arrays: Mapping[str, NDArray[Any]]) -> Purview | None:
    if "purview_weights" not in arrays:
        return None
    return Purview(weights=arrays["purview_weights"], offset=float(arrays["purview_offset"]))


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
