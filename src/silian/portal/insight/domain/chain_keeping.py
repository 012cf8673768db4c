"""What took seconds to put together, kept on disk for the other processes of the installation."""

import os
import pickle
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings

from silian.portal.garbage import collected_later


def keep(name: str, version: str, value: Any) -> None:
    """Keep a value under a name, in place of the one before; where that fails, it isn't kept."""
    folder = _folder()
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
        with os.fdopen(handle, "wb") as file:
            file.write(version.encode() + b"\n")
            pickle.dump(value, file, pickle.HIGHEST_PROTOCOL)
        os.replace(temporary, folder / name)


def read_kept(name: str) -> tuple[str, Any] | None:
    """What is kept under a name with its version, if it can be read."""
    try:
        with (_folder() / name).open("rb") as file, collected_later():
            version = file.readline().strip().decode()
            return version, pickle.load(file)  # noqa: S301  from our own process and folder
    except (OSError, EOFError, pickle.UnpicklingError, AttributeError, ImportError, TypeError):
        return None  # of another release, or cut short: it is put together anew


def _folder() -> Path:
    return Path(settings.SILIAN_HOME) / "graph" / "chains"
