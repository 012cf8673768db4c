"""Records whose text can't be read: set apart with what was wrong, never in the others' way."""

import logging
import traceback
from collections.abc import Iterable, Mapping

from django.db import DatabaseError

from silian.engines.matching.errors import (
    EmbedderMismatch,
    IndexClosed,
    IndexCorrupted,
    IndexExists,
    IndexLocked,
    IndexMissing,
    IndexUnusable,
)
from silian.language import EmbedderUnavailable
from silian.portal.exchange.models import IndexTask

logger = logging.getLogger(__name__)

# What stops the indexing of any record: the index, the database or the machine is at fault.
_OF_EVERYTHING = (
    IndexClosed,
    IndexCorrupted,
    IndexExists,
    IndexLocked,
    IndexMissing,
    IndexUnusable,
    EmbedderMismatch,
    EmbedderUnavailable,
    DatabaseError,
    OSError,
    MemoryError,
    ImportError,
)
_LONGEST = 500
# Of a text that is read within itself for ever, the rest says the same a thousand times.
_FRAMES = 4


def is_of_everything(error: Exception) -> bool:
    """Whether an error would meet every record, so that none is to be blamed for it."""
    return isinstance(error, _OF_EVERYTHING)


def told_briefly(error: Exception) -> str:
    """What an error says, in one line."""
    return f"{type(error).__name__}: {error}"[:_LONGEST]


def log_unreadable(public_id: str, error: Exception) -> None:
    """Say of which record no index entry can be made, and why."""
    frames = traceback.format_exception(error, limit=-_FRAMES, chain=False)
    logger.error("no index entry can be made of %s: %s", public_id, told_briefly(error))
    logger.debug("%s", "".join(frames))


def set_apart(reasons: Mapping[str, str]) -> None:
    """Leave a task with its error for each record that a rebuild could not read.

    Parameters
    ----------
    reasons
        What was wrong, by public id.
    """
    from silian.portal.exchange.domain.outbox import enqueue

    enqueue(reasons, wake=False)
    for public_id, reason in reasons.items():
        IndexTask.objects.filter(public_id=public_id).update(error=reason, claim="")


def failed_reasons(public_ids: Iterable[str] | None = None) -> dict[str, str]:
    """What was wrong with records that could not be indexed, by public id."""
    failed = IndexTask.objects.exclude(error="").order_by("public_id")
    if public_ids is not None:
        failed = failed.filter(public_id__in=list(public_ids))
    return dict(failed.values_list("public_id", "error"))
