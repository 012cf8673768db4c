"""Names of what tags stand for, in both languages."""

import unicodedata
from functools import cache

from silian.library.loading import read_library_yaml

KEY_CHARACTERS = 150


def folded(text: str) -> str:
    """A text as part of a tag's key: one spelling for what reads the same.

    Examples
    --------
    >>> folded(" ＡＩ Chips ")
    'ai chips'
    """
    return unicodedata.normalize("NFKC", text).casefold().strip()[:KEY_CHARACTERS]


def field_names(key: str) -> tuple[str, str]:
    """Names of a field or a class by its key; an unknown one stands for itself.

    Examples
    --------
    >>> field_names("field:T01")
    ('电子信息', 'Electronics and information')
    >>> field_names("ipc:H01F")
    ('IPC H01F', 'IPC H01F')
    """
    scheme, _, code = key.partition(":")
    if scheme == "ipc":
        return f"IPC {code}", f"IPC {code}"
    return _fields().get(code, (code, code))


@cache
def _fields() -> dict[str, tuple[str, str]]:
    found = {}
    for top in read_library_yaml("fields.yaml")["fields"]:
        for entry in (top, *top.get("children", ())):
            found[entry["code"]] = (entry["label_zh"], entry["label_en"])
    return found
