"""Technical fields by code, in the reader's language (library ``fields.yaml``)."""

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from silian.portal.bilingual import choose


@cache
def _entries() -> dict[str, dict[str, Any]]:
    text = (files("silian.library") / "fields.yaml").read_text(encoding="utf-8")
    entries: dict[str, dict[str, Any]] = {}
    for top in yaml.safe_load(text)["fields"]:
        entries[top["code"]] = {**top, "parent": ""}
        for child in top.get("children", []):
            entries[child["code"]] = {**child, "parent": top["code"]}
    return entries


def field_codes() -> tuple[str, ...]:
    """All codes, each parent before its children."""
    return tuple(_entries())


def field_groups() -> list[dict[str, Any]]:
    """Fields to choose from: each top field with itself and its sub-fields as options."""
    parents = field_parents()
    tops = [code for code in field_codes() if code not in parents]
    return [
        {
            "label": field_label(top),
            "options": [
                (code, field_label(code))
                for code in field_codes()
                if code == top or parents.get(code) == top
            ],
        }
        for top in tops
    ]


@cache
def field_parents() -> dict[str, str]:
    """Parent by code, for the codes that have one."""
    return {code: entry["parent"] for code, entry in _entries().items() if entry["parent"]}


def field_family(code: str) -> tuple[str, ...]:
    """A field with its sub-fields; nothing for an empty code.

    Examples
    --------
    >>> field_family("T03")
    ('T03', 'T0301', 'T0302')
    """
    if not code:
        return ()
    return (code, *(child for child, parent in field_parents().items() if parent == code))


def field_label(code: str) -> str:
    """Name of a field; a code that the library doesn't know stands for itself.

    Examples
    --------
    >>> field_label("T0403")
    '高分子材料'
    """
    entry = _entries().get(code)
    return choose(entry["label_zh"], entry["label_en"]) if entry else code
