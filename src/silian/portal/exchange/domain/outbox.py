"""From saved record to index entry within two seconds, without ever losing one."""

from collections.abc import Iterable


def enqueue(public_ids: Iterable[str]) -> int:
    """Note, in the caller's transaction, that these records' index entries are due."""
    raise NotImplementedError


def drain(limit: int | None = None) -> int:
    """Bring due entries into the index; returns how many tasks are done."""
    raise NotImplementedError
