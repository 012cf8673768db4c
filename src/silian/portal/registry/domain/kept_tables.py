"""Tables that follow from the records and are kept as Parquet, so that they can be made anew."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

logger = logging.getLogger(__name__)


def read_kept(path: Path) -> "pa.Table | None":
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
