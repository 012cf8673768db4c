"""The rows of an import, read, mapped and checked: here, or ahead in a process of their own.

Reading and checking take half of a load and need no records, so a helper does them one batch
ahead while this process saves. A helper that falls, or meets anything it can't read, is not
missed: reading goes on here behind the last batch that it gave, and meets the same.
"""

import logging
import os
import pickle
import struct
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from silian.errors import EngineError
from silian.portal.cores import spare_cores
from silian.portal.garbage import collect_young, collected_later
from silian.portal.registry.domain.batches import CheckedBatch, Named, check_batch, keys_of
from silian.portal.registry.domain.job_files import Mapper, mapper_of
from silian.portal.registry.domain.packing import PackedBatch, pack, unpack
from silian.portal.registry.interfaces.sheets import EXAMPLE_SHEET
from silian.portal.registry.models import ImportJob
from silian.tables.readers import RowSource, SourceRow

logger = logging.getLogger(__name__)

BATCH_ROWS = 5_000
# A helper takes about a second to start.
_WORTH_A_HELPER_BYTES = 2 * 1024**2
_LONG_FILE_BYTES = 100 * 1024**2
# Models want Django to be ready before this module is read.
_BEGIN = f"import django; django.setup(); from {__name__} import main; main()"
_REFUSED = 3  # exit code of a helper that met a file it can't read
_GRACE_S = 2.0
_LENGTH = struct.Struct("<Q")


class Reading:
    """The rows of one job; use it in a with block.

    Parameters
    ----------
    alone
        Read in this process, as a helper does.
    batch_rows
        Rows of a batch.
    """

    def __init__(
        self, job: ImportJob, *, alone: bool = False, batch_rows: int | None = None
    ) -> None:
        self._job = job
        self._batch_rows = batch_rows or BATCH_ROWS
        self._mapper: Mapper | None = None
        self._source: RowSource | None = None
        self._helper = (
            None if alone or not _is_worth_a_helper(job) else _Helper(job, self._batch_rows)
        )

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the helper, and let go of joined files."""
        if self._helper is not None:
            self._helper.end()
        if self._mapper is not None:
            self._mapper.close()

    @property
    def leaves_time(self) -> bool:
        """Whether this process has a second to spare while a helper starts.

        Not before a file so long that the memory of what is loaded meanwhile counts for more.
        """
        if self._helper is None:
            return False
        return Path(self._job.stored_path).stat().st_size <= _LONG_FILE_BYTES

    @property
    def mapper(self) -> Mapper:
        """The job's mapping, made ready on first use."""
        if self._mapper is None:
            self._mapper = mapper_of(self._job)
        return self._mapper

    @property
    def row_total(self) -> int | None:
        """Rows to come, as far as the file tells."""
        if self._helper is not None:
            try:
                total = self._helper.take()
            except (OSError, EOFError, pickle.UnpicklingError):
                self._lose_helper()
            else:
                assert total is None or isinstance(total, int)
                return total
        return self._opened().row_total

    def batches(self, n_skipped: int) -> Iterator[CheckedBatch]:
        """Batches in the order of the file; ask for ``row_total`` first.

        One ends with row ``n_skipped``; those before it hold only the keys of their rows.
        """
        n_read = 0
        if self._helper is not None:
            try:
                self._helper.begin(n_skipped)
                while taken := self._taken():
                    n_read += taken[0].row_count
                    yield taken.pop()  # kept by nobody here while it is saved
                return
            except (OSError, EOFError, pickle.UnpicklingError):
                self._lose_helper()
        position = 0
        all_rows = self.mapper.combined(self._opened().rows)
        for rows in _cut(all_rows, self._batch_rows, {n_skipped, n_read}):
            if position >= n_read:
                yield _checked(self.mapper, rows, only_keys=position < n_skipped)
            position += len(rows)

    def _taken(self) -> list[CheckedBatch]:
        """The helper's next batch, none at the end."""
        assert self._helper is not None
        batch = self._helper.take()
        return [] if batch is None else [batch]

    def _opened(self) -> RowSource:
        if self._source is None:
            self._source = source = self.mapper.rows()
            own = f"sheet_unread:{EXAMPLE_SHEET}"  # of our template
            self.mapper.notes.update(note for note in source.notes if note != own)
        return self._source

    def _lose_helper(self) -> None:
        assert self._helper is not None
        if self._helper.end() != _REFUSED:
            logger.warning("reading of import %s goes on without its helper", self._job.public_id)
        self._helper = None


def _is_worth_a_helper(job: ImportJob) -> bool:
    if job.dry_run or not spare_cores():
        return False  # a mapping that is lent to a dry run is known to this process alone
    with suppress(OSError):
        return Path(job.stored_path).stat().st_size >= _WORTH_A_HELPER_BYTES
    return False


def _cut(rows: Iterator[SourceRow], size: int, stops: Iterable[int]) -> Iterator[list[SourceRow]]:
    """Batches of which one ends at each stop, however large they were when it was noted."""
    waiting = sorted(stops)
    n_read = 0
    while True:
        while waiting and waiting[0] <= n_read:
            waiting.pop(0)
        n_left = waiting[0] - n_read if waiting else size
        batch = list(islice(rows, min(size, n_left)))
        if not batch:
            return
        n_read += len(batch)
        yield batch


def _checked(mapper: Mapper, rows: list[SourceRow], *, only_keys: bool) -> CheckedBatch:
    with collected_later():
        batch = (
            CheckedBatch(row_count=len(rows), keys=_keys(mapper, rows))
            if only_keys
            else check_batch(mapper.map(rows), rows, _of_misshapen(mapper, rows))
        )
        batch.notes.update(mapper.notes if not only_keys else {})
        mapper.notes.clear()
        return batch


def _of_misshapen(mapper: Mapper, rows: Sequence[SourceRow]) -> Named:
    """Kind and key of the rows that are not mapped: by these a later load knows them again."""
    misshapen = [replace(row, problem=None) for row in rows if row.problem is not None]
    return keys_of(mapper, misshapen) if misshapen else {}


def _keys(mapper: Mapper, rows: list[SourceRow]) -> list[tuple[str, str]]:
    found = ((one, one.values.get("source_key")) for one in mapper.map(rows))
    return [(one.kind, str(key)) for one, key in found if key and not one.adds]


class _Helper:
    """The process that reads ahead."""

    def __init__(self, job: ImportJob, batch_rows: int) -> None:
        self._process = subprocess.Popen(  # noqa: S603  our own interpreter and arguments
            [sys.executable, "-c", _BEGIN, str(job.pk), str(batch_rows)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C comes to us, and we end it
        )

    def begin(self, n_skipped: int) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{n_skipped}\n".encode())
        self._process.stdin.flush()

    def take(self) -> Any:
        pipe = self._process.stdout
        assert pipe is not None
        (length,) = _LENGTH.unpack(_exactly(pipe, _LENGTH.size))
        with collected_later():
            taken = pickle.loads(_exactly(pipe, length))  # noqa: S301  from our own process
            return unpack(taken) if isinstance(taken, PackedBatch) else taken

    def end(self) -> int:
        """End the process, if it hasn't ended by itself; its exit code."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        # One that is ending tells why; one that works on meets a closed pipe sooner or later.
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(_GRACE_S)
        self._process.kill()
        return self._process.wait()


def _exactly(pipe: Any, length: int) -> bytes:
    content: bytes = pipe.read(length)
    if len(content) < length:
        raise EOFError(f"the helper ended after {len(content)} of {length} bytes")
    return content


def read_ahead(job_id: int, batch_rows: int, answers: BinaryIO) -> None:
    """Give the job's rows to whoever started this process: what a helper does."""
    job = ImportJob.objects.get(pk=job_id)
    with Reading(job, alone=True, batch_rows=batch_rows) as reading, collected_later():
        _give(reading.row_total, answers)
        for batch in reading.batches(int(sys.stdin.readline())):
            _give(pack(batch), answers)
            del batch
            collect_young()
        _give(None, answers)


def _give(what: Any, answers: BinaryIO) -> None:
    content = pickle.dumps(what, pickle.HIGHEST_PROTOCOL)
    answers.write(_LENGTH.pack(len(content)))
    answers.write(content)
    answers.flush()


def main() -> None:
    """Begin as a helper: the arguments are the job's key and the rows of a batch."""
    try:
        read_ahead(int(sys.argv[1]), int(sys.argv[2]), sys.stdout.buffer)
    except BrokenPipeError:  # whoever asked has ended
        os._exit(_REFUSED)  # the rest of the pipe can't be flushed
    except (EngineError, OSError, ValueError):
        sys.exit(_REFUSED)  # whoever asked meets the same, and tells it
