"""Save one record under the same checks as a file: for forms and the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

from silian.portal.catalogue import find_record
from silian.portal.exchange.domain.outbox import enqueue
from silian.portal.registry.domain.history import Change
from silian.portal.registry.domain.reasons import RowRefused
from silian.portal.registry.domain.references import PORTAL_REGISTER
from silian.portal.registry.domain.resolution import Resolver
from silian.portal.registry.domain.saving import REJECTED, LoadContext, save_rows
from silian.portal.registry.domain.validation import check_row
from silian.portal.registry.models import Organisation, Record, Register

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsertResult:
    """What became of one row.

    Attributes
    ----------
    status
        ``accepted`` (new), ``changed`` or ``unchanged``.
    """

    record: Record
    status: str

    @property
    def public_id(self) -> str:
        return self.record.public_id


def save_record(
    kind: str,
    values: Mapping[str, Any],
    *,
    register_code: str,
    source_key: str,
    viewer: "Viewer",
    owner: Organisation | None = None,
) -> UpsertResult:
    """Make or change the record with this key in this register.

    Columns that ``values`` doesn't name stay as they are; a named but empty one is cleared.

    Parameters
    ----------
    values
        Columns of the kind's row schema (``catalogue.KINDS[kind].columns``), raw or typed.
    register_code
        Register of the record, ``"portal"`` for records made on the web.
    source_key
        Key within the register; a second call with it changes the same record.
    owner
        Organisation that may edit the record; ``None`` leaves the owner as it is, and gives a
        new record to the organisation it names.

    Raises
    ------
    silian.portal.registry.domain.reasons.RowRefused
        With every reason, if a value is wrong.
    silian.identifiers.UnknownKind
        If the kind isn't kept.
    """
    row = check_row(kind, {**values, "source_key": source_key})
    with transaction.atomic():
        register = register_of(register_code)
        change = Change(
            reason=f"saved by {viewer.label}", when=timezone.now(), user_id=viewer.user_id
        )
        context = LoadContext(
            register=register,
            change=change,
            resolver=Resolver(register, change),
            owner=owner,
            by_hand=True,
        )
        [saved] = save_rows(kind, [row], context)
        if saved.status == REJECTED:
            transaction.set_rollback(True)
            raise RowRefused(saved.reasons)
        enqueue([*context.touched, *context.resolver.made_ids])
    return UpsertResult(record=find_record(saved.public_id), status=saved.status)


def register_of(code: str, name: str = "", **details: str) -> Register:
    """The register with this code, made on first use."""
    known = (
        {"name": "本平台", "name_en": "This portal"}
        if code == PORTAL_REGISTER
        else {"name": name or code}
    )
    register, _ = Register.objects.get_or_create(code=code, defaults={**known, **details})
    return register
