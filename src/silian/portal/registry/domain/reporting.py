"""How far an import is, told to whoever waits for it."""

import time
from collections.abc import Callable

Progress = Callable[[int, int | None], None]  # rows done, rows in all (None while unknown)

_SECONDS_BETWEEN_REPORTS = 1.0


class Reporter:
    """Tells the caller how far it is, at most once a second."""

    def __init__(self, progress: Progress | None, total: int | None) -> None:
        self._progress, self._total, self._last = progress, total, time.monotonic()

    def report(self, n_done: int, *, last: bool = False) -> None:
        """Tell, unless it was told a moment ago; the last time in any case."""
        now = time.monotonic()
        if self._progress and (last or now - self._last >= _SECONDS_BETWEEN_REPORTS):
            self._last = now if not last else float("inf")
            self._progress(n_done, n_done if last else self._total)
