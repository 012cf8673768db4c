"""Records and index held against each other."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsistencyReport:
    """What the index lacks, holds in an old form, or holds without a record."""

    record_count: int
    indexed_count: int
    missing_ids: tuple[str, ...]
    stale_ids: tuple[str, ...]
    orphaned_ids: tuple[str, ...]
    repaired: bool

    @property
    def consistent(self) -> bool:
        """Nothing is missing, stale or orphaned."""
        return not (self.missing_ids or self.stale_ids or self.orphaned_ids)


def check(
    repair: bool = False, progress: Callable[[int, int], None] | None = None
) -> ConsistencyReport:
    """Compare content hashes of all records with the index, and repair if asked."""
    raise NotImplementedError


def rebuild(progress: Callable[[int, int], None] | None = None) -> int:
    """Make the index anew from the records; returns how many documents it holds."""
    raise NotImplementedError
