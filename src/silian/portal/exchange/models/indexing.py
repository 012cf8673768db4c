"""The outbox between records and index."""

from django.db import models


class IndexTask(models.Model):
    """A record whose index entry is due; written in the transaction that changed the record.

    The row goes when the index holds the change, so an index that lags or a process that died
    is visible and is caught up.
    """

    public_id = models.CharField(max_length=32, unique=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = verbose_name_plural = "待索引"

    def __str__(self) -> str:
        return self.public_id
