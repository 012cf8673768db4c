"""Which ranker orders candidates: the last trained one, or the formula where none is trained.

``SILIAN_HOME/models`` keeps every model that was ever trained in a folder of its own;
``current`` names the one that ranks.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from silian.engines.matching import Ranker

_CURRENT = "current"


def models_folder() -> Path:
    """Where models are kept."""
    return Path(settings.SILIAN_HOME) / "models"


def current_ranker_name() -> str:
    """Folder name of the model that ranks, empty for the formula."""
    try:
        return (models_folder() / _CURRENT).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def make_ranker_current(name: str) -> None:
    """Let a kept model rank from now on, in every process; empty for the formula."""
    models_folder().mkdir(parents=True, exist_ok=True)
    pointer = models_folder() / _CURRENT
    temporary = pointer.with_name(f"{_CURRENT}.{os.getpid()}")
    temporary.write_text(name, "utf-8")
    temporary.replace(pointer)


def open_ranker(name: str) -> "Ranker":
    """Load a kept model."""
    from silian.engines.matching import FusionRanker

    return FusionRanker()
