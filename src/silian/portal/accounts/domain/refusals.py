"""Refusals in words: what was asked, who may, and how to get there."""

from typing import Any

from silian.portal.accounts.domain.access import AccessDenied, Viewer
from silian.portal.accounts.domain.permissions import TABLE

_ROLE_LABELS = {
    "anonymous": ("未登录", "not signed in"),
    "viewer": ("访客", "viewer"),
    "enterprise": ("企业", "enterprise"),
    "research": ("科研方", "research side"),
    "adviser": ("服务专员", "adviser"),
    "operator": ("运营方", "operator"),
}


class SignInRequired(AccessDenied):
    """Nobody is signed in, and this is not public."""

    code = "sign_in_required"


class NotYourRecord(AccessDenied):
    """The role may do this, but only to records of its own organisation."""

    code = "not_your_record"


class RoleNotAllowed(AccessDenied):
    """The viewer's role may not do this at all."""

    code = "role_not_allowed"


def refusal(viewer: Viewer, action: str, record: Any = None) -> AccessDenied:
    """The refusal that fits: sign in, another role, or another organisation."""
    permission = TABLE[action]
    zh, en = permission.label_zh, permission.label_en
    role_zh, role_en = _ROLE_LABELS[viewer.role]
    roles = [role for role in _ROLE_LABELS if role in permission.roles]
    roles_zh = "、".join(_ROLE_LABELS[role][0] for role in roles)
    roles_en = ", ".join(_ROLE_LABELS[role][1] for role in roles)
    details = {"action": action, "role": viewer.role, "roles": roles}
    if viewer.role in permission.roles and record is not None:
        return NotYourRecord(
            f"'{en}' is open to the {role_en} role for records of its own organisation only; "
            "this one belongs to another. Ask its owner or the operator.",
            message_zh=f"“{zh}”只对本单位的记录开放，该记录归属其他单位。请联系归属单位或运营方。",
            **details,
        )
    if not viewer.signed_in:
        return SignInRequired(
            f"'{en}' needs a signed-in account or an API key with one of the roles: {roles_en}.",
            message_zh=f"“{zh}”需要登录，或使用具备以下角色的接口密钥：{roles_zh}。",
            **details,
        )
    return RoleNotAllowed(
        f"'{en}' is not open to the {role_en} role; it is to: {roles_en}. "
        "The operator can change a user's role.",
        message_zh=f"“{zh}”不对“{role_zh}”开放，可用角色：{roles_zh}。如需使用，请运营方调整角色。",
        **details,
    )
