"""Answers in the reader's language: the English names of places and chain nodes put in.

What domains answer with goes by registered names, in pages, API and files alike. Pages hand it
through here, so that an English page has no node called one thing in a list and another beside.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from silian.portal.bilingual import choose
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import ChainNode, Region

_Answer = TypeVar("_Answer")
_NAMED = {
    "node_id": ("name", "label"),
    "source_id": ("source_name",),
    "target_id": ("target_name",),
    "through_id": ("through_name",),
}
_MODELS = {"node": ChainNode, "reg": Region}


def in_readers_language(answer: _Answer) -> _Answer:
    """The same answer, its places and nodes called by their English names on an English page.

    Parameters
    ----------
    answer
        Dataclasses, and tuples, lists and mappings of them.
    """
    if choose("zh", "en") == "zh":
        return answer
    names = english_names({one for one in _ids((answer,)) if one.partition("-")[0] in _MODELS})
    return _renamed(answer, names) if names else answer


def pairs_in_readers_language(pairs: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Public ids with names, as ``in_readers_language`` has the names."""
    held = tuple(pairs)
    names = {} if choose("zh", "en") == "zh" else english_names({one for one, _ in held})
    return tuple((one, names.get(one, name)) for one, name in held)


def english_names(ids: set[str]) -> dict[str, str]:
    """English names by public id, of those places and nodes that have one."""
    found: dict[str, str] = {}
    for prefix, model in _MODELS.items():
        wanted = [one for one in ids if one.partition("-")[0] == prefix]
        for portion in portions(wanted):
            rows = model._default_manager.filter(public_id__in=portion).exclude(name_en="")
            found.update(rows.values_list("public_id", "name_en"))
    return found


def _ids(value: Any) -> Iterator[str]:
    for one in _parts(value):
        if is_dataclass(one):
            yield from (getattr(one, name) for name in _NAMED if hasattr(one, name))
        yield from _ids(one)


def _parts(value: Any) -> Iterator[Any]:
    """Dataclasses and containers of them that hang on a value."""
    inner: Any = ()
    if is_dataclass(value):
        inner = (getattr(value, one.name) for one in fields(value))
    elif isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, tuple | list):
        inner = value
    yield from (one for one in inner if is_dataclass(one) or isinstance(one, dict | tuple | list))


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(one, names) for key, one in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_renamed(one, names) for one in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed: dict[str, Any] = {}
    for one in fields(value):
        held = getattr(value, one.name)
        if is_dataclass(held) or isinstance(held, dict | tuple | list):
            changed[one.name] = _renamed(held, names)
    for key, called in _NAMED.items():
        english = names.get(getattr(value, key, ""))
        changed |= {name: english for name in called if english and hasattr(value, name)}
    return replace(value, **changed)
