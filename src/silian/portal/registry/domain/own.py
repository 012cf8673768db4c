"""Records that somebody keeps for their own organisation, by form or by program.

What a register says comes by import; here a viewer speaks for one organisation, so the record
belongs to it, refers to it, and its key can't meet anybody else's.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from silian.errors import EngineError
from silian.portal.accounts.domain.access import AccessDenied, Viewer, require, write_action
from silian.portal.catalogue import KINDS, RecordNotFound
from silian.portal.exchange.domain.need_status import check_status
from silian.portal.industry.domain.facts_statements import (
    STATED_KINDS,
    check_statement,
    note_statement,
)
from silian.portal.industry.models import Need
from silian.portal.registry.domain.own_people import people_of, refuse_people_of_others
from silian.portal.registry.domain.upsert import PORTAL_REGISTER, UpsertResult, save_record
from silian.portal.registry.models import Organisation, Record


class NoOrganisation(AccessDenied):
    """Somebody without an organisation asks to keep its records."""

    code = "no_organisation"


class KeyTaken(EngineError, ValueError):
    """A record with this key is kept already; change that one."""

    code = "key_taken"

    def __init__(self, kind: str, source_key: str) -> None:
        super().__init__(
            f"a {kind} with key {source_key!r} is kept already; change that one instead.",
            source_key=source_key,
        )
        self.message_zh = f"来源主键“{source_key}”已有记录，请改为修改那条记录。"


def create_own(
    kind: str,
    values: Mapping[str, Any],
    *,
    viewer: Viewer,
    source_key: str,
    register_code: str = PORTAL_REGISTER,
) -> UpsertResult:
    """Make a record for the viewer's organisation; an operator may make one for anybody.

    Parameters
    ----------
    values
        Columns of the kind's row schema. A member's record refers to the member's own
        organisation, whether or not it is named, and to its people only.
    source_key
        Key that the sender keeps for it. Members' keys are their own: the same key of another
        organisation is another record.
    register_code
        Register of the record; members always write to the portal's.

    Raises
    ------
    AccessDenied
        If the viewer may not make such a record, or has no organisation.
    silian.portal.registry.domain.reasons.RowRefused
        If a value is wrong.
    KeyTaken
        If the record is there already: nothing is overwritten by accident.
    """
    require(viewer, write_action(kind))
    owner = None
    if not viewer.is_operator:
        owner = _organisation_of(viewer)
        register_code, source_key = PORTAL_REGISTER, f"{owner.public_id}/{source_key}"
        values = _spoken_for(kind, values, owner)
    if kind == "need":
        check_status(None, values, viewer)
    elif kind in STATED_KINDS:
        check_statement(None, values, viewer)
    with transaction.atomic():
        # In one transaction, so that a record born meanwhile isn't changed instead.
        if _existing(kind, register_code, source_key) is not None:
            raise KeyTaken(kind, source_key)
        saved = save_record(
            kind,
            values,
            register_code=register_code,
            source_key=source_key,
            viewer=viewer,
            owner=owner,
        )
        if owner is not None:
            refuse_people_of_others(saved.record, (owner,), before=set())
        if kind in STATED_KINDS:
            note_statement(saved.record, values, viewer)
        return saved


def change_own(record: Record, values: Mapping[str, Any], *, viewer: Viewer) -> UpsertResult:
    """Change named columns of a record that is the viewer's own (or any, for an operator).

    Raises
    ------
    AccessDenied
        If the record is somebody else's.
    silian.portal.registry.domain.reasons.RowRefused
        If a value is wrong.
    """
    require(viewer, write_action(record.kind), record)
    owner, present = None, getattr(record, "organisation", None)
    if not viewer.is_operator:
        owner = _organisation_of(viewer)
        values = _spoken_for(record.kind, values, owner, present)
    if record.kind in STATED_KINDS:
        check_statement(record, values, viewer)
    values = _required_columns(record) | dict(values)
    with transaction.atomic():
        if record.kind == "need":
            # As it is now, and held, so that nobody signs in between.
            need = Need.objects.select_for_update().get(pk=record.pk)
            check_status(need, values, viewer)
        before = people_of(record)
        saved = save_record(
            record.kind,
            values,
            register_code=record.register.code,
            source_key=record.source_key,
            viewer=viewer,
        )
        if owner is not None:
            refuse_people_of_others(saved.record, (owner, present), before=before)
        if record.kind in STATED_KINDS:
            note_statement(saved.record, values, viewer)
        return saved


def check_speaks_for_somebody(viewer: Viewer) -> None:
    """Refuse, before anything is written, whoever could save it for no organisation.

    Raises
    ------
    NoOrganisation
        If the viewer is a member of none.
    """
    if not viewer.is_operator:
        _organisation_of(viewer)


def _organisation_of(viewer: Viewer) -> Organisation:
    organisation = Organisation.objects.filter(pk=viewer.organisation_pk).first()
    if organisation is None:
        raise NoOrganisation(
            "the account belongs to no organisation, so it can't keep records for one. Ask the "
            "operator to assign it.",
            message_zh="账号未绑定单位，无法代表单位发布或修改记录。请联系运营方绑定。",
        )
    return organisation


def _spoken_for(
    kind: str, values: Mapping[str, Any], owner: Organisation, present: Organisation | None = None
) -> dict[str, Any]:
    """Values with the organisation they must refer to; nobody speaks for another one.

    ``present`` is the organisation that a record refers to already: it may stay.
    """
    if kind not in KINDS:
        return dict(values)
    own = {
        column.name: column.reference.by
        for column in KINDS[kind].columns
        if column.reference and column.reference.field == "organisation"
    }
    for name, by in own.items():
        arrived = str(values.get(name) or "").strip()
        accepted = [_called(who, by) for who in (owner, present) if who is not None]
        if arrived and arrived not in accepted:
            raise AccessDenied(
                f"{name} is {arrived!r}; records kept for an organisation refer to it: "
                f"{accepted[0]!r}, or leave it out.",
                message_zh=f"{name} 为“{arrived}”，只能填写本单位（{accepted[0]}）或留空。",
                field=name,
            )
    kept = {name: value for name, value in values.items() if name not in own}
    if present is not None:
        return kept
    return kept | dict.fromkeys((name for name, by in own.items() if by == "key"), owner.public_id)


def _called(organisation: Organisation, by: str) -> str:
    if by == "key":
        return organisation.public_id
    return organisation.unified_social_credit_code if by == "code" else organisation.name


def _required_columns(record: Any) -> dict[str, Any]:
    """What a row must have to be a row at all; a change need not repeat it."""
    columns = [c for c in KINDS[record.kind].columns if c.required and c.model_field]
    return {column.name: getattr(record, column.model_field) for column in columns}


def _existing(kind: str, register_code: str, source_key: str) -> Record | None:
    if kind not in KINDS:
        raise RecordNotFound(
            f"kind is {kind!r}; expected one of {', '.join(KINDS)}.",
            message_zh=f"没有类型“{kind}”，可用：{'、'.join(KINDS)}。",
        )
    return (
        KINDS[kind]
        .model._default_manager.filter(register__code=register_code, source_key=source_key)
        .first()
    )
