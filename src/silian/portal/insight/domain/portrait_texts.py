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
    ('电气元件（IPC H01F）', 'Electric elements (IPC H01F)')
    """
    scheme, _, code = key.partition(":")
    if scheme == "ipc":
        zh, en = _ipc_classes().get(code[:3], ("", ""))
        return (f"{zh}（IPC {code}）", f"{en} (IPC {code})") if zh else (f"IPC {code}",) * 2
    return _fields().get(code, (code, code))


@cache
def _ipc_classes() -> dict[str, tuple[str, str]]:
    classes: dict[str, list[str]] = read_library_yaml("ipc_classes.yaml")["classes"]
    return {code: (zh, en) for code, (zh, en) in classes.items()}


@cache
def _fields() -> dict[str, tuple[str, str]]:
    found = {}
    for top in read_library_yaml("fields.yaml")["fields"]:
        for entry in (top, *top.get("children", ())):
            found[entry["code"]] = (entry["label_zh"], entry["label_en"])
    return found
