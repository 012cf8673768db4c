"""Cores that a bulk job of this process may give to helpers."""

import os

from django.db import connection

_MOST_HELPERS = 3


def spare_cores() -> int:
    """How many helpers, processes of their own over the same database, can work beside us."""
    if connection.in_atomic_block or not _is_shared():
        return 0  # what is not committed, nobody else can read
    n_cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return min(n_cores - 1, _MOST_HELPERS)


def _is_shared() -> bool:
    """Whether another process finds this database by the same settings."""
    name = str(connection.settings_dict["NAME"])
    return connection.vendor != "sqlite" or not ("memory" in name or "mode=memory" in name)
