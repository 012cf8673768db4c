"""Processes that lay portions of records out for a new index, one on each further core.

A helper reads ids from its input and writes rows to its output, so it ends with whoever started
it, however that ends. One that falls is not missed: its portions come back to be done here.
"""

import json
import logging
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from silian.portal.cores import spare_cores

if TYPE_CHECKING:
    from silian.portal.exchange.domain.filling import LaidOut

logger = logging.getLogger(__name__)

# Starting a helper costs about two seconds of its core.
_WORTH_A_HELPER = 20_000
# One portion in work and one waiting, so that it never waits for us.
_PORTIONS_A_HELPER = 2
_KEY = "embedding_key"
_UNREADABLE = b"unreadable"

_Taken = tuple[list[str], "LaidOut | None"]


class Crew:
    """Helpers as many as there are cores to spare, none where there is too little to do.

    Parameters
    ----------
    record_count
        How much there is to do.
    """

    def __init__(self, record_count: int) -> None:
        n_helpers = 0 if record_count < _WORTH_A_HELPER else spare_cores()
        self._helpers = [_Helper() for _ in range(n_helpers)]

    def __enter__(self) -> Self:
        """Use the crew in a with block that sends it home."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the helpers, whatever they are at."""
        for helper in self._helpers:
            helper.end()

    def begin(self, dictionary: Path) -> None:
        """Say by which dictionary texts are cut; before the first portion."""
        for helper in self._helpers:
            helper.begin(dictionary)

    def take(self, public_ids: list[str]) -> bool:
        """Give a portion to a helper that has room for it; whether there was one."""
        free = [helper for helper in self._helpers if helper.has_room]
        if free:
            min(free, key=lambda helper: len(helper.portions)).take(public_ids)
        return bool(free)

    def done(self) -> Iterator[_Taken]:
        """Portions that are laid out by now; without rows where the helper fell."""
        for helper in self._helpers:
            while helper.portions and helper.portions[0][1].done():
                yield helper.first()

    def rest(self) -> Iterator[_Taken]:
        """All portions that were given away, waiting for them."""
        for helper in self._helpers:
            while helper.portions:
                yield helper.first()


class _Helper:
    """One process, and the portions that it has not given back yet."""

    def __init__(self) -> None:
        self.portions: list[tuple[list[str], Future[LaidOut]]] = []
        self._fell = False
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and arguments
            [sys.executable, "-m", __name__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C comes to us, and we end it
        )
        # Its pipes are read beside our own work; they would fill up and halt it.
        self._thread = ThreadPoolExecutor(max_workers=1)

    @property
    def has_room(self) -> bool:
        return not self._fell and len(self.portions) < _PORTIONS_A_HELPER

    def begin(self, dictionary: Path) -> None:
        self._thread.submit(self._tell, str(dictionary))

    def take(self, public_ids: list[str]) -> None:
        self.portions.append((public_ids, self._thread.submit(self._ask, public_ids)))

    def first(self) -> _Taken:
        public_ids, future = self.portions.pop(0)
        try:
            return public_ids, future.result()
        except (OSError, ValueError) as error:
            if not self._fell:
                logger.warning("a helper of the index fell (%s); going on without it", error)
            self._fell = True
            return public_ids, None

    def end(self) -> None:
        self._process.kill()
        self._thread.shutdown(cancel_futures=True)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what is still unwritten goes nowhere
                    pipe.close()
        self._process.wait()

    def _ask(self, public_ids: list[str]) -> "LaidOut":
        import pyarrow as pa

        from silian.portal.exchange.domain.filling import LaidOut

        self._tell(public_ids)
        # ArrowInvalid, of a stream that ends early, is a ValueError.
        rows = pa.ipc.open_stream(self._process.stdout).read_all()
        place = rows.schema.get_field_index(_KEY)
        keys = [key for key in rows[_KEY].to_pylist() if key is not None]
        unreadable = json.loads(rows.schema.metadata[_UNREADABLE])
        rows = rows.remove_column(place).replace_schema_metadata(None)
        return LaidOut(rows, keys, unreadable)

    def _tell(self, what: str | list[str]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what).encode() + b"\n")
        self._process.stdin.flush()


def help_out() -> None:
    """Lay out portions until no more come: what a helper does."""
    import pyarrow as pa

    from silian.language import Segmenter
    from silian.portal.exchange.domain.filling import lay_out

    segmenter = Segmenter.load(Path(json.loads(sys.stdin.buffer.readline())))
    for line in sys.stdin.buffer:
        laid_out = lay_out(json.loads(line), segmenter)
        keys: Sequence[bytes | None] = laid_out.keys or [None] * len(laid_out.rows)
        rows = laid_out.rows.append_column(_KEY, pa.array(keys, pa.binary()))
        rows = rows.replace_schema_metadata({_UNREADABLE: json.dumps(laid_out.unreadable)})
        with pa.ipc.new_stream(sys.stdout.buffer, rows.schema) as answer:
            answer.write_table(rows)
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    import django

    django.setup()
    help_out()
