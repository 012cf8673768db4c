"""One word for each service that agencies offer, from ``service_kinds.yaml``."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from silian.library.loading import read_library_yaml


def service_kinds(words: Iterable[str]) -> list[str]:
    """Services by the library's words, each once; one that it doesn't know stays as written.

    Examples
    --------
    >>> service_kinds(["检验检测", "Technology transfer", "环境影响评价", "质量检测"])
    ['检验检测认证', '技术转移', '环境影响评价']
    """
    known = _by_word()
    return list(dict.fromkeys(known.get(word.strip().lower(), word) for word in words))


def service_kind_names(word: str) -> tuple[str, str]:
    """A stored service in Chinese and English; without English it has one name for both."""
    entry = _kinds().get(word)
    return (word, entry["label_en"]) if entry else (word, word)


def known_service_kinds() -> tuple[str, ...]:
    """The library's words."""
    return tuple(_kinds())


@cache
def _by_word() -> Mapping[str, str]:
    return {
        word.lower(): kind
        for kind, entry in _kinds().items()
        for word in (kind, entry["label_en"], *entry["words"])
    }


@cache
def _kinds() -> Mapping[str, Any]:
    kinds: Mapping[str, Any] = read_library_yaml("service_kinds.yaml")["kinds"]
    return kinds
