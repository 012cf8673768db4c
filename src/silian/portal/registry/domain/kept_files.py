"""Files that follow from the records: swapped in whole, and made anew where they are damaged."""

import logging
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)


def read_table(path: Path) -> "pa.Table | None":
    """A kept table; ``None`` where there is none.

    A file that a power cut left short is taken away: it is then made anew as if for the first
    time, instead of failing every reader.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(path)
    except FileNotFoundError:
        return None
    except pa.ArrowInvalid:
        logger.warning("%s is damaged and will be made anew", path.name)
        path.unlink(missing_ok=True)
        return None


def write_table(path: Path, table: "pa.Table") -> None:
    """Swap a table in, so that a reader meets the former one or the new one whole."""
    import pyarrow.parquet as pq

    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    os.close(handle)
    try:
        pq.write_table(table, temporary, compression="zstd")
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Swap a text in, so that a reader meets the former one or the new one whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(text, "utf-8")
    temporary.replace(path)
