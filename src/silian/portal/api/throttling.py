"""How often a key, a user or an address may ask: a token bucket each.

The buckets live in Django's cache, which by default is one for each worker process; the limits
are therefore limits of a worker. Reading must not become writing, so the database isn't asked.
"""

import hashlib
import math
import time

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.domain.sign_in import client_address


def seconds_to_wait(request: HttpRequest) -> int:
    """Take a token of whoever asks: 0, or the seconds until there is one again."""
    viewer = viewer_of(request)
    if viewer.signed_in:
        capacity = settings.API_REQUESTS_PER_MINUTE
        name = f"{viewer.user_id}:{viewer.label}"
    else:
        capacity = settings.API_ANONYMOUS_REQUESTS_PER_MINUTE
        name = client_address(request)
    return math.ceil(take_token(name, capacity, time.monotonic()))


def take_token(name: str, capacity: int, now_seconds: float) -> float:
    """Take one token of a bucket that holds a minute's worth.

    Parameters
    ----------
    name
        Whose bucket.
    capacity
        Requests a minute, and the most that may come at once.
    now_seconds
        Monotonic clock.

    Returns
    -------
    float
        0 where a token was there, else the seconds until there is one.
    """
    key = "bucket:" + hashlib.sha256(name.encode()).hexdigest()
    tokens, then = cache.get(key, (float(capacity), now_seconds))
    per_second = capacity / 60
    tokens = min(float(capacity), tokens + (now_seconds - then) * per_second)
    if tokens < 1:
        return (1 - tokens) / per_second
    cache.set(key, (tokens - 1, now_seconds), timeout=120)
    return 0.0
