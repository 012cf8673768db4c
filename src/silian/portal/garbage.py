"""When Python looks for garbage during bulk work."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collected_later() -> Iterator[None]:
    """Put off the search for cycles until the block ends; usable as a decorator too.

    A batch of rows makes hundreds of thousands of objects that all live until it is saved. The
    collector would walk through them again and again and find nothing: a quarter of a load's
    time. What has no cycles is freed as ever.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def collect_young() -> None:
    """Search for cycles among what was made since the last search.

    For long loops that put off the search as a whole: call it between two batches, when the last
    one is gone, so that it finds little to walk through.
    """
    gc.collect(1)
