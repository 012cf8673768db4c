"""English words to their stems, so that "coatings" finds "coating"."""

import re
from functools import cache, lru_cache
from typing import Any

_LETTERS = re.compile(r"[a-z]+")
_SHORTEST_STEMMED = 4


@cache
def _snowball() -> Any:
    import snowballstemmer

    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Stem of a lower-case English word; anything else comes back as it is.

    Words of up to three letters are kept: they are mostly abbreviations (``led``, ``gas``).

    References
    ----------
    Snowball English stemmer (Porter2), through the kept pure-Python package.

    Examples
    --------
    >>> stem("coatings"), stem("pmsm2"), stem("gas")
    ('coat', 'pmsm2', 'gas')
    """
    if len(word) < _SHORTEST_STEMMED or not _LETTERS.fullmatch(word):
        return word
    stemmed: str = _snowball().stemWord(word)
    return stemmed
