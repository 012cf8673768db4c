"""Keys with which programs act: made, shown once, kept as a hash, revoked.

A key reads ``silian_<prefix>_<secret>``. The prefix finds the row, the SHA-256 of the whole key
proves it; the secret has 256 random bits, so a slow hash would protect nothing.
"""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from silian.errors import EngineError
from silian.portal.accounts.domain.access import (
    AccessDenied,
    Viewer,
    allowed,
    require,
    viewer_of_user,
)
from silian.portal.accounts.domain.permissions import OPERATOR, VIEWER
from silian.portal.accounts.models import ApiKey, Role
from silian.portal.audit import domain as audit
from silian.portal.registry.models import Organisation

_PREFIX_BYTES = 6
_SECRET_BYTES = 32
_USE_NOTED_EVERY = timedelta(minutes=1)


class KeyRefused(EngineError, ValueError):
    """A key can't be made as asked."""

    code = "api_key_refused"


class RoleTooWide(AccessDenied):
    """Somebody asked for a key that may more than they may themselves."""

    code = "role_too_wide"


def create_key(
    *, viewer: Viewer, name: str, role: str = "", organisation: Organisation | None = None
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which nobody can read again.

    Parameters
    ----------
    viewer
        Who makes it. Operators may give any role and organisation; others their own role or
        ``viewer``, for their own organisation.
    name
        What it is for, in a few words.
    role
        Role the program acts with, empty for the viewer's own.
    organisation
        Organisation whose records are the program's own; ``None`` for the viewer's.

    Raises
    ------
    AccessDenied
        If the viewer may not keep keys, or asks for more than they may do themselves.
    KeyRefused
        If the name is empty or the role unknown.
    """
    require(viewer, "api_key.manage")
    name, role = name.strip(), role or viewer.role
    if not name or role not in Role.values:
        raise KeyRefused(
            f"a key was asked with name {name!r} and role {role!r}; expected a name that says "
            f"what it is for and a role among {', '.join(Role.values)}."
        )
    organisation_pk = organisation.pk if organisation else viewer.organisation_pk
    if not viewer.is_operator and (
        role not in {viewer.role, VIEWER} or organisation_pk != viewer.organisation_pk
    ):
        raise RoleTooWide(
            f"a key with role {role!r} was asked by the role {viewer.role!r}; a key may not do "
            "more than its maker. Ask the operator for it.",
            message_zh="密钥的权限不能超过申请人自身的角色和单位。如确有需要，请联系运营方。",
        )
    prefix = secrets.token_hex(_PREFIX_BYTES)
    token = f"silian_{prefix}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    with transaction.atomic():
        key = ApiKey.objects.create(
            name=name[:100],
            prefix=prefix,
            secret_hash=_hash(token),
            role=role,
            organisation_id=organisation_pk,
            created_by_id=viewer.user_id,
        )
        audit.log("api_key.create", viewer, prefix, name=key.name, role=role)
    return key, token


def revoke_key(key: ApiKey, *, viewer: Viewer) -> None:
    """Revoke a key at once and for good; a second time changes nothing."""
    require(viewer, "api_key.manage", key)
    with transaction.atomic():
        now = timezone.now()
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            audit.log("api_key.revoke", viewer, key.prefix, name=key.name)
            key.revoked_at = now


def keys_of(viewer: Viewer) -> QuerySet[ApiKey]:
    """Keys the viewer may see and revoke, newest first."""
    require(viewer, "api_key.manage")
    keys = ApiKey.objects.select_related("organisation", "created_by").order_by("-created_at")
    if viewer.is_operator:
        return keys
    # Compared with None a column would mean "is unknown"; with a key that none has, nothing.
    own = Q(created_by_id=viewer.person_id or 0) | Q(organisation_id=viewer.organisation_pk or 0)
    return keys.filter(own)


def is_key_of(viewer: Viewer, token: str) -> bool:
    """Whether a key in words is one that the viewer may see."""
    prefix = token.removeprefix("silian_").partition("_")[0]
    hashes = keys_of(viewer).filter(prefix=prefix).values_list("secret_hash", flat=True)
    return any(hmac.compare_digest(kept, _hash(token)) for kept in hashes)


def viewer_of_key(token: str) -> Viewer | None:
    """Viewer for whom a presented key acts, ``None`` if it is unknown, revoked or orphaned.

    A key never outlives its maker's standing: it stops with a maker who was deactivated, and
    where the maker's role has been lowered it does no more than the maker.
    """
    prefix = token.removeprefix("silian_").partition("_")[0]
    key = (
        ApiKey.objects.filter(prefix=prefix)
        .select_related("organisation", "created_by__organisation")
        .first()
    )
    # The comparison runs for unknown prefixes too, so that timing doesn't tell them apart.
    proven = hmac.compare_digest(key.secret_hash if key else _hash(""), _hash(token))
    if key is None or not proven or key.revoked_at is not None:
        return None
    if key.created_by is not None and not _still_within(key):
        return None
    _note_use(key)
    return Viewer(
        role=key.role,
        user_id=key.created_by_id,
        organisation_pk=key.organisation_id,
        organisation_id=key.organisation.public_id if key.organisation else "",
        label=f"{key.name} ({key.prefix})",
        by_key=True,
    )


def _still_within(key: ApiKey) -> bool:
    maker = viewer_of_user(key.created_by)
    if maker.role == OPERATOR:
        return True
    return allowed(maker, "api_key.manage") and (
        key.role in {maker.role, VIEWER} and key.organisation_id == maker.organisation_pk
    )


def _note_use(key: ApiKey) -> None:
    """Write the time of use, at most once a minute: reading must not become writing."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at >= _USE_NOTED_EVERY:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
