"""What the tables' library complains of, told as errors of the index.

It raises ``RuntimeError``, ``ValueError``, ``OSError`` or a panic of Rust, whichever file it
stumbles over, and says in many lines of its own source what happened.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, EIO, EMFILE, ENFILE, ENOMEM, ENOSPC, EPERM, EROFS
from pathlib import Path

import pyarrow as pa

from silian.engines.matching.errors import IndexCorrupted, IndexUnusable
from silian.errors import EngineError

# Of the machine, not of the files: building the index again would meet the same.
_OF_THE_MACHINE = {EACCES, EDQUOT, EIO, EMFILE, ENFILE, ENOMEM, ENOSPC, EPERM, EROFS}
_SYSTEM_ERROR = re.compile(r"\(os error (\d+)\)")
# Where in its own source the library met the fault.
_PLACE = re.compile(r",? ?/(?:root/\.cargo|rustc|home|Users)/\S*\.rs:\d+(?::\d+)?")
# A panic is no Exception, and its class can't be imported.
_PANICS = {"PanicException", "RustPanic"}
_LONGEST = 200


@contextmanager
def damage_told(path: Path, doing: str) -> Iterator[None]:
    """Turn what the tables' library raises into an error with a remedy.

    Parameters
    ----------
    path
        Folder of the tables.
    doing
        What can't be done to them, as in "can't be read".

    Raises
    ------
    IndexUnusable
        If the machine doesn't let it: a full disk, no rights, too many open files.
    IndexCorrupted
        Otherwise.
    """
    try:
        yield
    except EngineError:
        raise
    except (RuntimeError, ValueError, LookupError, OSError, pa.ArrowException) as error:
        raise _as_told(error, path, doing) from error
    except BaseException as error:
        if type(error).__name__ not in _PANICS:
            raise
        raise _as_told(error, path, doing) from error


def _as_told(error: BaseException, path: Path, doing: str) -> EngineError:
    reason = " ".join(_PLACE.sub("", str(error)).split()) or type(error).__name__
    reason = reason[:_LONGEST]
    number = error.errno if isinstance(error, OSError) else None
    if number is None and (found := _SYSTEM_ERROR.search(str(error))):
        number = int(found.group(1))
    if number in _OF_THE_MACHINE:
        return IndexUnusable(
            f"The tables in {path} {doing}: {reason}. See to the disk's free space, the rights on "
            "the folder and the limit of open files, then try again; the files are whole.",
            path=str(path),
        )
    return IndexCorrupted(
        f"The tables in {path} {doing}: {reason}. Run `silian check --repair`; where the library is "
        "used alone, restore the folder from a backup or build the index again from the records.",
        path=str(path),
    )
