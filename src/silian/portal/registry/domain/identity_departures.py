"""Who is who after records are gone or go by another id, without waiting for the next run."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
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

_Pair = tuple[str, tuple[str, str]]  # kind, and the two records


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
        ids = list(dict.fromkeys(moved.get(one, one) for one in decision.record_ids))
        # Of two that are one record now nothing is left to decide: it stays as it was said.
        if ids != decision.record_ids and len(ids) > 1:
            decision.record_ids = ids
            decision.save(update_fields=["record_ids"])
    touched: dict[str, set[str]] = {}
    for old in portions(moved):
        for kind, ends in _move_links(old, moved):
            touched.setdefault(kind, set()).update(ends)
        members = IdentityMember.objects.filter(record_id__in=old)
        for kind, one in members.values_list("subject_kind", "record_id"):
            touched.setdefault(kind, set()).add(moved[one])
        members.delete()
    for kind, ids in sorted(touched.items()):
        lock(kind)
        resettle(kind, sorted(ids))


def _move_links(old: Sequence[str], moved: Mapping[str, str]) -> list[_Pair]:
    """Let links at these records go on at the new ids; of two on one pair the newer run's stays.

    A record that was deleted and comes back with a mention's name finds links of its own.
    """
    wanted: dict[_Pair, IdentityLink] = {}
    gone = []
    links = IdentityLink.objects.filter(Q(left_id__in=old) | Q(right_id__in=old))
    for link in links.order_by("-run_id", "pk"):
        left, right = sorted(moved.get(one, one) for one in (link.left_id, link.right_id))
        pair = (link.subject_kind, (left, right))
        if left == right or pair in wanted:
            gone.append(link.pk)
        else:
            wanted[pair] = link
    touched = list(wanted)
    for portion in portions({left for _, (left, _) in wanted}):
        for there in IdentityLink.objects.filter(left_id__in=portion).only(
            "subject_kind", "left_id", "right_id", "run_id"
        ):
            pair = (there.subject_kind, (there.left_id, there.right_id))
            if pair in wanted:
                is_older = there.run_id <= wanted[pair].run_id
                gone.append(there.pk if is_older else wanted.pop(pair).pk)
    for portion in portions(gone):
        IdentityLink.objects.filter(pk__in=portion).delete()
    for (_, ends), link in wanted.items():
        link.left_id, link.right_id = ends
    IdentityLink.objects.bulk_update(wanted.values(), ["left_id", "right_id"], batch_size=500)
    return touched
