"""No search for cyclic garbage while a resolution makes its values."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def paused_collection() -> Iterator[None]:
    """Pause Python's cyclic collector, if it runs.

    A resolution makes tens of thousands of small values at once, none of them in a cycle, and nearly
    all live to its end. The collector would look through all of the process for nothing; what falls
    out of use is freed by reference counts all the same. Where two threads resolve at once, it runs
    again as soon as the first is done.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
