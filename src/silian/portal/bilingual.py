"""Chinese and English side by side, chosen by the reader's language.

The two texts stand next to each other in the code, so neither can be forgotten; no catalogue
is compiled.
"""

from typing import Any

from django.utils.functional import lazy
from django.utils.translation import get_language


def choose(zh: str, en: str) -> str:
    """The text in the language that is active now.

    Examples
    --------
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     choose("需求", "Needs")
    'Needs'
    """
    return en if (get_language() or "zh-hans").startswith("en") else zh


_lazy_choose = lazy(choose, str)


def both(zh: str, en: str) -> Any:
    """As ``choose``, decided when the text is shown: for labels that are made at import."""
    return _lazy_choose(zh, en)


def named(thing: Any) -> str:
    """Name of a record in the reader's language: its English name where its register gives one.

    For places and nodes of chains. Organisations and people go by their registered names in both
    languages, since those are what contracts and registers know them by.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> from django.utils.translation import override
    >>> with override("en"):
    ...     named(SimpleNamespace(name="宁波市", name_en="Ningbo"))
    'Ningbo'
    """
    return choose(thing.name, getattr(thing, "name_en", "") or thing.name)
