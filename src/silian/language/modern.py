"""Words of today's technology that the segmenter's own dictionary, made of older texts, lacks."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

_FILE = "modern_terms.tsv"
_NO_PARTS = "-"


@cache
def modern_terms() -> Mapping[str, tuple[str, ...] | None]:
    """Each word, and the words inside it that it may be found by.

    None where these are to be read as in any compound: 还原氧化石墨烯 is 还原, 氧化 and 石墨烯.
    But 石墨烯 is no 石墨, so it has none.

    Examples
    --------
    >>> modern_terms()["石墨烯"], modern_terms()["还原氧化石墨烯"]
    ((), None)
    """
    text = resources.files("silian.language").joinpath(_FILE).read_text("utf-8")
    rows = (line.partition("\t") for line in text.splitlines() if not line.startswith("#"))
    return MappingProxyType({term: _parts(given) for term, _, given in rows})


def _parts(given: str) -> tuple[str, ...] | None:
    if not given:
        return None
    return () if given == _NO_PARTS else tuple(given.split("、"))
