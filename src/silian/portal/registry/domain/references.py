"""What every look-up of references needs: portions, keys, mentions, the reason for a miss."""

from collections.abc import Iterable, Iterator
from typing import Any

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.registry.domain.reasons import Reason
from silian.portal.registry.models import Record, Register

PORTAL_REGISTER = "portal"  # of what is made here, by page, API or form, or names no register
MENTIONS = "mentions"  # register of what is only known by name so far
_KEYS_A_QUERY = 900


def portions(items: Iterable[Any], size: int = _KEYS_A_QUERY) -> Iterator[list[Any]]:
    """Lists of at most ``size`` items."""
    held = list(items)
    for start in range(0, len(held), size):
        yield held[start : start + size]


def mentions_register() -> Register:
    """The register of organisations, people and nodes that are only mentioned so far."""
    register, _ = Register.objects.get_or_create(
        code=MENTIONS,
        defaults={"name": "提及的单位（尚未登记）", "name_en": "Mentioned, not registered yet"},
    )
    return register


def kept_ids(model: type[Record], ids: Iterable[str]) -> set[str]:
    """Which of these public ids records bear already."""
    found = set[str]()
    for portion in portions(ids):
        held = model._default_manager.filter(public_id__in=portion)
        found.update(held.values_list("public_id", flat=True))
    return found


def is_public_id(text: str) -> bool:
    """Whether a reference is a public id rather than a source key."""
    prefix, dash, rest = text.partition("-")
    return bool(dash) and prefix in KIND_BY_PREFIX and len(rest) == 16 and rest.isalnum()


def unknown_reference(column: str, value: object, what_zh: str, what_en: str) -> Reason:
    """Reason for a reference that nothing answers to."""
    return Reason(
        field=column,
        code="reference_unknown",
        message_zh=f"找不到{what_zh}“{value}”；请先导入该记录，或更正后重新提交。",
        message_en=f"no {what_en} {value!r} is kept; load it first, or correct the reference.",
        arrived=str(value),
    )
