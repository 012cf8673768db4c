"""Parquet files, batch by batch."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow
import pyarrow.parquet

from silian.tables.readers.errors import DamagedFile, FileTooLarge, TooManyColumns
from silian.tables.readers.source import Limits, RowSource, SourceRow
from silian.tables.readers.text import object_row

_BATCH_ROWS = 2_000


def read_parquet(path: Path, limits: Limits) -> RowSource:
    """Open a Parquet file.

    Raises
    ------
    DamagedFile
        If its footer can't be read.
    FileTooLarge
        If it would unpack to more than allowed.
    """
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            metadata = file.metadata
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(error) from error
    if metadata.num_columns > limits.max_columns:
        raise TooManyColumns(
            f"the file has {metadata.num_columns} columns; at most {limits.max_columns} are read.",
            message_zh=f"文件共有 {metadata.num_columns} 列，最多读取 {limits.max_columns} 列。",
        )
    unpacked = sum(
        metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups)
    )
    if unpacked > limits.max_unpacked_bytes:
        raise FileTooLarge(
            f"the file unpacks to {unpacked:,} bytes; at most {limits.max_unpacked_bytes:,} are "
            "read. Split it.",
            message_zh=f"文件解压后为 {unpacked:,} 字节，最多允许 {limits.max_unpacked_bytes:,}，请拆分。",
        )
    return RowSource(format="parquet", rows=_rows(path, limits), row_total=metadata.num_rows)


def _rows(path: Path, limits: Limits) -> Iterator[SourceRow]:
    number = 0
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=_BATCH_ROWS, use_threads=False):
                for value in batch.to_pylist():
                    number += 1
                    yield object_row(number, value, limits)
    except (pyarrow.ArrowException, OSError) as error:
        raise _damaged(error) from error


def _damaged(error: Exception) -> DamagedFile:
    what = str(error).splitlines()[0][:200]
    return DamagedFile(
        f"the Parquet file can't be read: {what}. Export it again.",
        message_zh=f"Parquet 文件无法读取（{what}），请重新导出。",
    )
