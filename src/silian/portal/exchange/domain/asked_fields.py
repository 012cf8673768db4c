"""Technical fields that somebody asks for: codes, or names in either language."""

import json
from collections.abc import Sequence

from silian.errors import EngineError
from silian.portal.exchange.models import ListEntry
from silian.portal.registry.interfaces.fields import codes_of_words, field_names
from silian.tables.values import shorten


class UnknownField(EngineError, ValueError):
    """No field has this code or name, and no record names it."""

    code = "unknown_field"

    def __init__(self, asked: str) -> None:
        shown = shorten(asked)
        super().__init__(
            f"field is {shown!r}; expected a code such as T04 or a name such as New materials.",
            field=shown,
        )
        self.message_zh = f"没有技术领域“{shown}”，应为领域代码（如 T04）或名称（如 新材料）。"


def fields_of_asked(asked: Sequence[str]) -> tuple[str, ...]:
    """Codes of the fields that were asked for, in the order given.

    Raises
    ------
    UnknownField
        If a text is no field of the library, and no record has it for one.
    """
    fields = codes_of_words(text.strip() for text in asked)
    for field in fields:
        if not is_field(field):
            raise UnknownField(field)
    return tuple(fields)


def is_field(text: str) -> bool:
    """Whether a text is the code of a field, or what registers wrote in the place of one."""
    if text in field_names():
        return True
    return ListEntry.objects.filter(field_codes__contains=json.dumps(text)).exists()
