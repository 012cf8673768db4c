"""Import jobs: a file, a mapping, and what became of every row."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from silian.portal.registry.models import ImportJob

Progress = Callable[[int, int | None], None]  # rows done, rows in all (None while unknown)


def create_job(
    path: Path | str,
    mapping_code: str,
    *,
    register_code: str = "",
    file_name: str = "",
    companions: Sequence[Path | str] = (),
    dry_run: bool = False,
    actor: Any = None,
) -> ImportJob:
    """Enter a file for import; nothing is read yet beyond its first bytes.

    Parameters
    ----------
    mapping_code
        A shipped or stored mapping, or ``template:<kind>`` for files in our own columns.
    register_code
        Register of the records; by default the mapping's own (``portal`` for templates).
    companions
        Further files that the mapping joins; by default those beside ``path``.
    dry_run
        Check and count everything, write nothing.
    actor
        User who asked, or ``None``.
    """
    raise NotImplementedError


def run_job(job_id: int, progress: Progress | None = None) -> ImportJob:
    """Run an import to its end; killed and run again, it arrives at the same records."""
    raise NotImplementedError


def start_job(job: ImportJob) -> None:
    """Queue the job for the background workers once the transaction commits."""
    raise NotImplementedError
