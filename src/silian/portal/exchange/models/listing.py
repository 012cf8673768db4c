"""What the lists keep of every record that they show."""

from django.db import models
from django.db.models import Q

_DECIDE = ("audience", "is_draft", "owner_key", "region_key", "field_codes")


class ListEntry(models.Model):
    """What a list must know of a record to find, count and order it, in one narrow row.

    Written in the transaction that changes the record (``exchange.domain.list_entries``), so that
    no list tells of what is no more, or was hidden. Keys of owners and regions are without
    constraint: what they point to may go first. ``text`` is all that words are looked up in, in
    lower case (``exchange.domain.list_words``); ``field_codes`` is a JSON list as text.
    """

    kind = models.CharField(max_length=16)
    record_key = models.BigIntegerField()
    public_id = models.CharField(max_length=32, unique=True)
    audience = models.CharField(max_length=16)
    is_draft = models.BooleanField(default=False)
    owner_key = models.BigIntegerField(null=True)
    region_key = models.BigIntegerField(null=True)
    field_codes = models.CharField(max_length=600, blank=True)
    updated_at = models.DateTimeField()
    title = models.CharField(max_length=500)
    text = models.TextField(blank=True)
    words_indexed = models.BooleanField(default=False)

    class Meta:
        verbose_name = verbose_name_plural = "清单条目"
        # Each holds all that its question asks, so that no row is read but those of the page.
        indexes = [
            models.Index(
                fields=(
                    "kind",
                    "region_key",
                    "field_codes",
                    "audience",
                    "is_draft",
                    "owner_key",
                    "record_key",
                ),
                name="exchange_entry_counted",
            ),
            models.Index(
                fields=("updated_at", "kind", "record_key", *_DECIDE), name="exchange_entry_newest"
            ),
            models.Index(
                fields=("title", "kind", "record_key", *_DECIDE), name="exchange_entry_titled"
            ),
            models.Index(
                fields=("id",), condition=Q(words_indexed=False), name="exchange_entry_unindexed"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id
