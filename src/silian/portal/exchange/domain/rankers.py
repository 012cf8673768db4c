"""Which ranker orders candidates: the last trained one, or what ships where none is trained.

``SILIAN_HOME/models`` keeps every model that was ever trained in a folder of its own;
``current`` names the one that ranks, and below it those that ranked before.
"""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from silian.engines.matching import Ranker

logger = logging.getLogger(__name__)

_CURRENT = "current"


def models_folder() -> Path:
    """Where models are kept."""
    return Path(settings.SILIAN_HOME) / "models"


def current_ranker_name() -> str:
    """Folder name of the model that ranks, empty for the one that ships."""
    names = _names()
    return names[-1] if names else ""


def former_ranker_name() -> str | None:
    """Folder name of the model that ranked before, empty for the one that ships; ``None`` while
    none was ever put in its place."""
    names = _names()
    if not names:
        return None
    return names[-2] if len(names) > 1 else ""


def make_ranker_current(name: str) -> None:
    """Let a kept model rank from now on, in every process."""
    _write([*_names(), name])


def take_back_ranker() -> None:
    """Let the model before the present one rank again."""
    _write(_names()[:-1])


def open_ranker(name: str) -> "Ranker":
    """Load a kept model; without a name the one that ships, or the formula if that can't serve.

    The shipped model reads e5's meaning; under another embedder its curves would mislead.

    Raises
    ------
    ModelUnreadable
        If a kept model is missing, damaged or of another version.
    """
    if name:
        from silian.engines.matching.ranker import TrainedRanker

        return TrainedRanker.load(models_folder() / name / "model.npz")
    from silian.engines.matching import FusionRanker
    from silian.engines.matching.errors import ModelUnreadable

    if settings.EMBEDDER == "e5":
        from silian.library.loading import default_ranker

        try:
            return default_ranker()
        except (ModelUnreadable, FileNotFoundError):
            # A source checkout before its model was trained: the formula needs none.
            logger.info("the shipped ranker can't be read; ranking by the fusion formula")
    return FusionRanker()


def _names() -> list[str]:
    try:
        return (models_folder() / _CURRENT).read_text("utf-8").split()
    except FileNotFoundError:
        return []


def _write(names: list[str]) -> None:
    models_folder().mkdir(parents=True, exist_ok=True)
    pointer = models_folder() / _CURRENT
    temporary = pointer.with_name(f"{_CURRENT}.{os.getpid()}")
    temporary.write_text("\n".join(names), "utf-8")
    temporary.replace(pointer)
