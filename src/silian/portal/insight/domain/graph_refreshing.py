"""The graph kept up with the records, wherever the index is kept up with them."""

import logging
import time

from django.db import DatabaseError

from silian.errors import EngineError
from silian.portal.insight.domain.graph_files import is_due
from silian.portal.insight.domain.graph_store import graph_is_built
from silian.portal.work_locks import WorkTaken

logger = logging.getLogger(__name__)

_TRIES = 3
_WAIT_SECONDS = 0.5


def keep_up(*, rebuild: bool = False) -> bool:
    """Bring the graph up to the records, where there is one; failures are logged, never raised.

    Called after changes were carried to the index: by the thread of the process that made them,
    which lays small changes over the graph, and by the worker, which also builds it anew.

    Returns
    -------
    bool
        Whether to look again soon: another process is at it, and may have read the records before
        the latest change.
    """
    if not (graph_is_built() or (rebuild and is_due())):
        return False
    from silian.portal.insight.domain.graph_building import bring_up

    for _ in range(_TRIES):
        try:
            bring_up(rebuild=rebuild)
        except WorkTaken:
            time.sleep(_WAIT_SECONDS)
        except (EngineError, DatabaseError, OSError):
            logger.exception("the graph could not be brought up to date")
            return False
        else:
            return False
    return True
