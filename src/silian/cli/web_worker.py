"""What a web process does when it starts; gunicorn reads this as its configuration."""

import logging
import threading
from typing import Any

from silian.cli.web_requests import REQUEST_LINE_BYTES_MAX

logger = logging.getLogger(__name__)

# Settings that gunicorn looks up by these names.
worker_class = "silian.cli.web_requests.PortalWorker"
limit_request_line = REQUEST_LINE_BYTES_MAX


def post_worker_init(worker: Any) -> None:
    """Make ready what the first pages need beside them, not within one."""
    threading.Thread(target=_beside, name="silian-warm-up", daemon=True).start()


def warm_up() -> list[str]:
    """Load pages, index, figures, graph, chains, map and the meaning model, the likeliest first.

    Returns
    -------
    list of str
        Names of what could not be made ready; whoever asks for it first is told why.
    """
    from django.db import DatabaseError

    from silian.errors import EngineError

    failed = []
    for name, load in _STEPS.items():
        try:
            load()
        except (EngineError, DatabaseError, OSError):
            logger.info("the %s could not be made ready", name, exc_info=True)
            failed.append(name)
    return failed


def _beside() -> None:
    from django.db import connection

    try:
        warm_up()
    finally:
        connection.close()


def _pages() -> None:
    from django.urls import get_resolver

    # Imports the views and the API with all that they stand on.
    _ = get_resolver().url_patterns


def _index() -> None:
    from silian.portal.exchange.domain.index import open_matcher

    open_matcher()


def _figures() -> None:
    from silian.portal.exchange.domain.figures import city_figures

    city_figures()


def _graph() -> None:
    from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER
    from silian.portal.insight.domain.graph_scope import graph_for
    from silian.portal.insight.domain.graph_standing import standing_of_region
    from silian.portal.insight.domain.graph_store import graph_is_built

    if graph_is_built():
        graph_for(ANONYMOUS_VIEWER)
        standing_of_region(ANONYMOUS_VIEWER)


def _chains() -> None:
    from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER
    from silian.portal.insight.domain.chain_assembly import assembled

    assembled(ANONYMOUS_VIEWER)


def _map() -> None:
    from silian.portal.insight.domain.maps_counts import map_counts

    map_counts()


def _meaning() -> None:
    from silian.portal.exchange.domain.index import load_embedder

    load_embedder()


_STEPS = {
    "pages": _pages,
    "index": _index,
    "figures": _figures,
    "graph": _graph,
    "chains": _chains,
    "map": _map,
    "meaning": _meaning,
}
