"""Single saves and deletions of records note themselves in the outbox."""

from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete

from silian.portal.exchange.domain.dependents import dependents_of, stands_for
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.innovation.models import Contribution
from silian.portal.registry.models import Record


def connect() -> None:
    """Listen to every record kind, and to contributions; called once when Django is ready."""
    models: list[type[Model]] = [m for m in apps.get_models() if issubclass(m, Record)]
    for model in [*models, Contribution]:
        name = f"exchange-outbox-{model.__name__}"
        post_save.connect(_note, sender=model, dispatch_uid=f"{name}-save")
        post_delete.connect(_note_gone, sender=model, dispatch_uid=f"{name}-delete")
        pre_delete.connect(_note_dependents, sender=model, dispatch_uid=f"{name}-before-delete")


def _note(sender: type[Model], instance: Model, raw: bool = False, **_: Any) -> None:
    if not raw:
        enqueue(public_id for public_id in stands_for(instance) if public_id)


def _note_dependents(sender: type[Model], instance: Model, **_: Any) -> None:
    # After the deletion nobody knows any more who referred to it.
    if isinstance(instance, Record):
        instance._left_behind = dependents_of([instance.public_id])  # type: ignore[attr-defined]


def _note_gone(sender: type[Model], instance: Model, **_: Any) -> None:
    # Lists are set right at once, so not before those that referred to it do so no more.
    enqueue(getattr(instance, "_left_behind", ()))
    _note(sender, instance)
