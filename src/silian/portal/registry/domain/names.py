"""Names of organisations: one spelling for look-ups, and what a name tells of its bearer."""

from functools import cache, lru_cache
from importlib.resources import files

import yaml

from silian.language import normalise

_FOLDED = str.maketrans("【〔[｛{】〕]｝}", "((((()))))", " \t'\"“”‘’·•")


@lru_cache(maxsize=200_000)
def name_key(name: str) -> str:
    """Spelling under which names of one organisation compare equal.

    Width, script (traditional, simplified), case, brackets and spaces are folded; nothing of the
    name is left out, so different names stay different.

    Examples
    --------
    >>> name_key("示例（集團）有限公司") == name_key("示例 (集团) 有限公司")
    True
    """
    return normalise(name).translate(_FOLDED)[:300]


@cache
def _endings() -> tuple[tuple[str, str], ...]:
    path = files("silian.library") / "organisation_kinds.yaml"
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["kinds"]
    return tuple((ending, entry["kind"]) for entry in entries for ending in entry["endings"])


def kind_by_name(name: str) -> str:
    """Likely kind of an organisation of which only the name is known.

    Examples
    --------
    >>> kind_by_name("示例新材料有限公司"), kind_by_name("示例理工大学"), kind_by_name("某某")
    ('enterprise', 'university', 'other')
    """
    return next((kind for ending, kind in _endings() if name.endswith(ending)), "other")
