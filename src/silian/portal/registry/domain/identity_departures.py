"""Who is who after records are gone or go by another id, without waiting for the next run."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete

from silian.portal.registry.domain.identity_store import lock, resettle
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import (
    IdentityDecision,
    IdentityLink,
    IdentityMember,
    Organisation,
    Person,
    Record,
)


def connect() -> None:
    """Settle subjects whenever one of their records is deleted."""
    for model in (Organisation, Person):
        post_delete.connect(
            _after_deletion, sender=model, dispatch_uid=f"registry.identity.{model.kind}"
        )


def _after_deletion(sender: type[Record], instance: Record, **_: Any) -> None:
    held = IdentityMember.objects.filter(record_id=instance.public_id)
    if held.exists():
        with transaction.atomic():
            lock(sender.kind)
            resettle(sender.kind, [instance.public_id])


def follow_ids(moved: Mapping[str, str]) -> None:
    """Let links, decisions and subjects go on with records whose ids changed."""
    for decision in IdentityDecision.objects.all():  # few: a person made each of them
        if moved.keys() & set(decision.record_ids):
            decision.record_ids = [moved.get(one, one) for one in decision.record_ids]
            decision.save(update_fields=["record_ids"])
    touched: dict[str, set[str]] = {}
    for old in portions(moved):
        for column in ("left_id", "right_id"):
            for link in IdentityLink.objects.filter(**{f"{column}__in": old}):
                ends = sorted(moved.get(one, one) for one in (link.left_id, link.right_id))
                link.left_id, link.right_id = ends
                link.save(update_fields=["left_id", "right_id"])
                touched.setdefault(link.subject_kind, set()).update(ends)
        members = IdentityMember.objects.filter(record_id__in=old)
        for kind, one in members.values_list("subject_kind", "record_id"):
            touched.setdefault(kind, set()).add(moved[one])
        members.delete()
    for kind, ids in sorted(touched.items()):
        lock(kind)
        resettle(kind, ids)
