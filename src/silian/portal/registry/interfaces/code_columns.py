"""Columns that hold a set of codes of a list."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from pydantic import BeforeValidator

from silian.portal.registry.interfaces.columns import Choice, TypeMark
from silian.tables import values

KNOWN_EMPTY = ("无", "没有", ";", "；")  # of a column of codes: nothing, and that is known


def _codes_of(known: Mapping[str, tuple[str, str]]) -> Callable[[object], list[str] | None]:
    spellings = {
        values.fold_label(text): code
        for code, labels in known.items()
        for text in (code, *labels)
        if text
    }

    def read(value: object) -> list[str] | None:
        if isinstance(value, str) and value.strip() in KNOWN_EMPTY:
            return []
        if values.is_missing(value) and not isinstance(value, list):
            return None
        items = value if isinstance(value, list) else str(value).strip(" ;；")
        return sorted({_code(item) for item in values.parse_list(items)})

    def _code(item: str) -> str:
        code = spellings.get(values.fold_label(item))
        if code is None:
            few = "、".join(f"{labels[0]} ({code})" for code, labels in list(known.items())[:8])
            raise values.NotAChoice(
                f"arrived {values.shorten(item)}; expected codes or names of the list, such as "
                f"{few}.",
                message_zh=f"收到“{values.shorten(item)}”，应为代码表中的代码或名称，如 {few}。",
                arrived=item,
            )
        return code

    return read


def codes(known: Mapping[str, tuple[str, str]]) -> Any:
    """Annotated type of a set of codes, read by code or label; 无 is known to be empty.

    Parameters
    ----------
    known
        Labels in Chinese and English by code.
    """
    choices = tuple(Choice(value=c, label_zh=zh, label_en=en) for c, (zh, en) in known.items())
    return Annotated[
        list[str] | None, BeforeValidator(_codes_of(known)), TypeMark("codes", choices)
    ]
