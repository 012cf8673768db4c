"""Delete a record that somebody made for their own organisation by mistake."""

from typing import Any

from django.db import transaction

from silian.errors import EngineError
from silian.portal.accounts.domain.access import Viewer, require, write_action
from silian.portal.audit import domain as audit
from silian.portal.catalogue import KINDS
from silian.portal.exchange.domain.dependents import dependents_of
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.registry.domain.identity_store import lock, resettle
from silian.portal.registry.domain.undo_references import Leaving, forget_derived, referred
from silian.portal.registry.domain.upsert import PORTAL_REGISTER
from silian.portal.registry.models import IdentityMember, Record


class NotDeletable(EngineError, ValueError):
    """A record that has to stay."""

    code = "not_deletable"

    def __init__(self, message: str, *, message_zh: str) -> None:
        super().__init__(message)
        self.message_zh = message_zh


def is_deletable(record: Record) -> bool:
    """Whether a record was made on the platform: what a register says comes back with its file."""
    return record.register.code == PORTAL_REGISTER


def delete_own(record: Record, *, viewer: Viewer) -> None:
    """Delete a record that was made on the platform and that nobody refers to; its history stays.

    Raises
    ------
    AccessDenied
        If the record is somebody else's.
    NotDeletable
        If it came from a register, or something refers to it.
    """
    require(viewer, write_action(record.kind), record)
    if not is_deletable(record):
        raise NotDeletable(
            "the record comes from a register's file; it is corrected there, or its import is "
            "taken back.",
            message_zh="该记录来自登记库的文件，请在登记库更正，或由运营方撤销导入。",
        )
    kind, key, public_id = record.kind, record.pk, record.public_id
    with transaction.atomic():
        held: Any = KINDS[kind].model._default_manager.select_for_update().get(pk=key)
        if reason := referred(kind, [key], Leaving(records={kind: {key}})).get(key):
            raise NotDeletable(
                f"{reason['message_en'].removesuffix('; kept.')}, so it can't be deleted. Show it "
                "to your own organisation only instead.",
                message_zh=f"{reason['message_zh'].removesuffix('，保留。')}，不能删除；"
                "可将可见范围改为“仅本单位”。",
            )
        dependents = dependents_of([public_id])
        forget_derived(kind, [key], [public_id])
        held.delete()
        if IdentityMember.objects.filter(record_id=public_id).exists():
            lock(kind)
            resettle(kind, [public_id])
        enqueue(dependents)
        audit.log("record.delete", viewer, public_id, title=str(record))
