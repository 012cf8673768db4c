"""The outbox between records and index."""

from django.db import models


class IndexTask(models.Model):
    """A record whose index entry is due; written in the transaction that changed the record.

    The row goes when the index holds the change, so an index that lags or a process that died
    is visible and is caught up. ``stamp`` changes with every further change of the record: a
    worker deletes the row only while it bears the stamp it claimed, so that a change that comes
    while the entry is being written is not lost. A row with an ``error`` waits for the next
    change or for ``silian check --repair``.
    """

    public_id = models.CharField(max_length=32, unique=True)
    stamp = models.BigIntegerField(default=0)
    claim = models.CharField(max_length=120, blank=True, db_index=True)
    claimed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "待索引"

    def __str__(self) -> str:
        return self.public_id
