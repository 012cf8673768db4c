"""What a web process does when it starts; gunicorn reads this as its configuration."""

import logging
import threading
from typing import Any

logger = logging.getLogger(__name__)


def post_worker_init(worker: Any) -> None:
    """Open the index and load the meaning model beside the first pages, not within one."""
    threading.Thread(target=_warm_up, name="silian-warm-up", daemon=True).start()


def _warm_up() -> None:
    from silian.errors import EngineError
    from silian.portal.exchange.domain.index import warm_up

    try:
        warm_up()
    except (EngineError, OSError):
        # The first question will meet the same fault, and tell the person who asked it.
        logger.exception("the index or the embedder could not be made ready")
