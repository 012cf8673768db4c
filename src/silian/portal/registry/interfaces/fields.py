"""Technical fields by code, in the reader's language (library ``fields.yaml``)."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from silian.portal.bilingual import choose
from silian.tables.values import fold_label


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


def codes_of_words(words: Iterable[str]) -> list[str]:
    """Fields by code, given by code or by either name; what the library doesn't know stays.

    Examples
    --------
    >>> codes_of_words(["高分子材料", "T04", "New materials", "磁学"])
    ['T0403', 'T04', '磁学']
    """
    known = _codes_by_word()
    return list(dict.fromkeys(known.get(fold_label(word), word) for word in words))


@cache
def field_names() -> Mapping[str, tuple[str, str]]:
    """Chinese and English name of every field, by code."""
    return {code: (e["label_zh"], e["label_en"]) for code, e in _entries().items()}


@cache
def _codes_by_word() -> Mapping[str, str]:
    return {
        fold_label(word): code
        for code, entry in _entries().items()
        for word in (code, entry["label_zh"], entry["label_en"])
    }


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
