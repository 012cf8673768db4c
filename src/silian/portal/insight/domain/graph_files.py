"""Where the snapshots of the graph lie, which one answers, and what is known of it.

Under ``SILIAN_HOME/graph`` every snapshot has a folder of its own and a small JSON file of the
same name beside it; ``current`` names the one that answers. A build fills a new folder and then
moves the name, so that questions go on meanwhile, in every process.
"""

import json
import os
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from silian.portal.registry.domain.kept_files import write_text

_CURRENT = "current"
_DUE = "due"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildState:
    """From which state of the records a snapshot was made.

    Attributes
    ----------
    read_at
        Everything committed before this moment is in the snapshot.
    recent
        Records changed shortly before ``read_at`` by id, with the time of the change that the
        snapshot holds: what commits late is still met, what is known is not read again.
    identities, affiliations
        Fingerprints of what is merged and of whom free texts name; another one calls for a new
        build.
    placements
        Mark of what is placed at chain nodes, decisions among it; what differs is read again.
    refused
        Register memberships at chain nodes that somebody refused: no ties of this snapshot.
    """

    read_at: datetime
    built_at: datetime
    recent: dict[str, str] = field(default_factory=dict)
    identities: str = ""
    affiliations: str = ""
    placements: str = ""
    refused: list[str] = field(default_factory=list)


def graph_folder() -> Path:
    """The folder of all snapshots."""
    return Path(settings.SILIAN_HOME) / "graph"


def snapshot_folder(stamp: str) -> Path:
    """Folder of one snapshot."""
    return graph_folder() / stamp


def current_stamp() -> str:
    """Name of the snapshot that answers; empty before the first."""
    try:
        return (graph_folder() / _CURRENT).read_text("utf-8").strip()
    except FileNotFoundError:
        return ""


def new_stamp() -> str:
    """A name for a snapshot to be built, later ones sorting behind."""
    return f"{timezone.now():%Y%m%d-%H%M%S-%f}-{os.getpid()}"


def make_current(stamp: str) -> None:
    """Let a whole snapshot answer from now on; drop those before the former one.

    The former one stays a round longer: another process may just be opening it.
    """
    former = current_stamp()
    write_text(graph_folder() / _CURRENT, stamp)
    (graph_folder() / _DUE).unlink(missing_ok=True)
    for path in graph_folder().iterdir():
        if path.is_dir() and path.name[0].isdigit() and path.name not in {stamp, former}:
            shutil.rmtree(path, ignore_errors=True)
            for beside in graph_folder().glob(f"{path.name}*.json"):
                beside.unlink(missing_ok=True)


def forget_current(*, due: bool = False) -> None:
    """Let no snapshot answer: the records were replaced as a whole.

    Parameters
    ----------
    due
        Whether the next that keeps the graph up is to build one.
    """
    (graph_folder() / _CURRENT).unlink(missing_ok=True)
    (graph_folder() / _DUE).unlink(missing_ok=True)
    if due:
        write_text(graph_folder() / _DUE, "")


def is_due() -> bool:
    """Whether a graph is to be built where none is."""
    return (graph_folder() / _DUE).exists()


def write_state(stamp: str, state: BuildState) -> None:
    """Keep from which state of the records a snapshot was made."""
    write_text(_state_path(stamp), json.dumps(asdict(state), default=str))


def read_state(stamp: str) -> BuildState | None:
    """State of a snapshot; ``None`` where it is lost, and only a new build helps."""
    with suppress(FileNotFoundError, ValueError, TypeError, KeyError):
        raw: dict[str, Any] = json.loads(_state_path(stamp).read_text("utf-8"))
        days = {key: datetime.fromisoformat(raw[key]) for key in ("read_at", "built_at")}
        return BuildState(**(raw | days))
    return None


def write_beside(stamp: str, name: str, text: str) -> None:
    """Keep something that was learned from a snapshot."""
    write_text(graph_folder() / f"{stamp}.{name}.json", text)


def read_beside(stamp: str, name: str) -> str:
    """Read what was kept.

    Raises
    ------
    FileNotFoundError
        If nothing was.
    """
    return (graph_folder() / f"{stamp}.{name}.json").read_text("utf-8")


def _state_path(stamp: str) -> Path:
    return graph_folder() / f"{stamp}.json"
