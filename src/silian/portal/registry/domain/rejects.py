"""Rejected rows: mend one, mend many by a file, or let go."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from silian.portal.registry.domain.upsert import UpsertResult
from silian.portal.registry.models import ImportJob, RejectedRow

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


def replay(
    rejected_row_id: int, values: Mapping[str, Any], viewer: "Viewer"
) -> tuple[UpsertResult, ...]:
    """Import one rejected row again with corrected values (columns of the original file).

    Raises
    ------
    silian.portal.registry.domain.reasons.RowRefused
        If it is still wrong; the row stays open with the new reasons.
    """
    raise NotImplementedError


def replay_file(job: ImportJob, path: Path | str, viewer: "Viewer") -> dict[str, int]:
    """Import a corrected rejects file; counts of ``mended`` and ``open`` rows."""
    raise NotImplementedError


def dismiss(rejected_row_id: int, viewer: "Viewer") -> RejectedRow:
    """Let a rejected row go, on purpose."""
    raise NotImplementedError
