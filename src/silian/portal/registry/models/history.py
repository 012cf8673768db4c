"""History tables with the indexes that questions use, and no others."""

from typing import Any

from django.db.models import Field, Model
from simple_history.models import HistoricalRecords


class History(HistoricalRecords):
    """Keeps every state of a model, without copying the model's indexes.

    ``django-simple-history`` indexes each column that is unique, indexed or a foreign key in the
    model. History is asked for by primary key, moment or user; the other copies would only cost
    time with every write, and disk. A model whose history is looked up by further fields names
    them in ``history_lookups``.
    """

    def copy_fields(self, model: type[Model]) -> dict[str, Field]:
        """Copies of the model's fields, indexed where history is looked up by them."""
        fields: dict[str, Any] = super().copy_fields(model)
        looked_up = {model._meta.pk.name, *getattr(model, "history_lookups", ())}
        for name, field in fields.items():
            field.db_index = name in looked_up
        return fields
