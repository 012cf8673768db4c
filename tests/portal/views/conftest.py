"""Pages are asked one after the other here: no thread works in the background."""

from typing import Any

import pytest


@pytest.fixture(autouse=True)
def _no_background_thread(settings: Any) -> None:
    settings.INDEX_THREAD = False
