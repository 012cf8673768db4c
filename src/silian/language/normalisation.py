"""One spelling for one text, so that equal words compare equal."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from typing import Any

from silian.language.errors import InvalidText

# Control, format and surrogate characters (Unicode categories Cc without the white space, Cf, Cs).
# Registers carry them in from PDFs and spreadsheets; they hide inside words and break matching.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2"
    "\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f]+"
)
_N_PASSES = 4
# What Chinese texts are full of. Put in plain form beforehand, they spare most texts NFKC's slow
# way, which a single one of them would lead to.
_WIDE = tuple((mark, unicodedata.normalize("NFKC", mark)) for mark in "，（）：；！？％～＋")


@cache
def _to_simplified() -> Any:
    # Loaded on first use: importing opencc reads its dictionaries.
    import opencc

    return opencc.OpenCC("t2s")


def normalise(text: str) -> str:
    """One form of a text: NFKC, simplified Chinese, lower-case Latin, single spaces.

    Parameters
    ----------
    text
        Any text; full-width, traditional and mixed forms are welcome.

    Returns
    -------
    str
        The text with invisible characters removed and white space collapsed. Normalising twice
        changes nothing more.

    Raises
    ------
    InvalidText
        If something else than a string arrives.

    Examples
    --------
    >>> normalise("  耐高溫　永磁材料（ＮｄＦｅＢ）\\u200b ")
    '耐高温 永磁材料(ndfeb)'
    """
    if not isinstance(text, str):
        raise InvalidText(
            f"text is {type(text).__name__}; expected str. Pass '' for a missing text.",
            received=type(text).__name__,
        )
    if text.isascii():
        return " ".join(_INVISIBLE.sub("", text).lower().split())
    # Simplifying or lower-casing can, rarely, make a character that NFKC composes or that another
    # phrase rule catches; a further pass settles it, so that the result is a fixed point.
    for _ in range(_N_PASSES):
        folded = _folded(text)
        once: str = _to_simplified().convert(folded)
        # Where simplifying changes nothing, a further pass could only fold once more.
        if once == text or (once == folded and _folded(once) == once):
            return once
        text = once
    return text


def _folded(text: str) -> str:
    """All of one pass but the characters' simplification."""
    if not text.isprintable():  # nothing invisible is printable
        text = _INVISIBLE.sub("", text)
    return " ".join(_composed(text).lower().split())


def _composed(text: str) -> str:
    if unicodedata.is_normalized("NFKC", text):
        return text
    for wide, plain in _WIDE:
        text = text.replace(wide, plain)
    return unicodedata.normalize("NFKC", text)


def normalise_many(texts: Iterable[str]) -> list[str]:
    """Normalise each text; the order is kept. Many short texts take half the time of one by one.

    Examples
    --------
    >>> normalise_many(["電機", "Motor"])
    ['电机', 'motor']
    """
    done = list(texts)
    places = []
    for place, text in enumerate(done):
        if not isinstance(text, str) or text.isascii():
            done[place] = normalise(text)
        else:
            places.append(place)
    for _ in range(_N_PASSES):
        if not places:
            break
        once = _normalise_lines([done[place] for place in places])
        changed = [
            (place, text) for place, text in zip(places, once, strict=True) if text != done[place]
        ]
        for place, text in changed:
            done[place] = text
        places = [place for place, _ in changed]
    return done


def _normalise_lines(texts: Iterable[str]) -> list[str]:
    """One pass over each text: what can be done for all at once is."""
    # No rule looks beyond a line, and within a text a line break is white space like any other.
    whole = "\n".join([text.replace("\n", " ") for text in texts])
    if not _is_printable(whole):  # nothing invisible is printable
        whole = _INVISIBLE.sub("", whole)
    whole = _composed_lines(whole).lower()
    if " " in whole or not _is_printable(whole):
        whole = "\n".join([" ".join(line.split()) for line in whole.split("\n")])
    simplified: str = _to_simplified().convert(whole)
    return simplified.split("\n")


def _is_printable(lines: str) -> bool:
    return lines.replace("\n", "").isprintable()


def _composed_lines(whole: str) -> str:
    """Each line composed; none by itself where all of them are already, as most often."""
    if not unicodedata.is_normalized("NFKC", whole):
        for wide, plain in _WIDE:
            whole = whole.replace(wide, plain)
        if not unicodedata.is_normalized("NFKC", whole):
            return "\n".join([_composed(line) for line in whole.split("\n")])
    return whole
