"""What addresses and forms say, read without failing on what nobody would type."""

import base64
import binascii
import zlib

_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，－＋", "0123456789.,-+")
_DIGITS_MAX = 9  # below the largest key of any database, and quick to read


def whole_number(text: str, otherwise: int) -> int:
    """The whole number that a text is, or ``otherwise`` where it is none or too long for one.

    Examples
    --------
    >>> whole_number("12", 1), whole_number("²", 1), whole_number("9" * 5_000, 1)
    (12, 1, 1)
    """
    is_number = text.isascii() and text.isdigit() and len(text) <= _DIGITS_MAX
    return int(text) if is_number else otherwise


def half_width(text: str) -> str:
    """A number as a Chinese keyboard types it, in plain digits; other signs stay as they are.

    Examples
    --------
    >>> half_width(" １２．５ "), half_width("²")
    ('12.5', '²')
    """
    return text.strip().translate(_FULL_WIDTH)


def packed(text: str) -> str:
    """A long text as an address can carry it: deflated, in letters that need no escapes.

    A Chinese character has nine bytes in an address; packed, three in most texts.

    Examples
    --------
    >>> unpacked(packed("耐高温的永磁材料" * 50), length_max=1_000) == "耐高温的永磁材料" * 50
    True
    """
    deflated = zlib.compress(text.encode("utf-8", "surrogatepass"), 9, wbits=-zlib.MAX_WBITS)
    return base64.urlsafe_b64encode(deflated).decode("ascii").rstrip("=")


def unpacked(letters: str, *, length_max: int) -> str:
    """The text that was packed, at most so long; empty where the letters are of no text."""
    try:
        deflated = base64.urlsafe_b64decode(letters + "=" * (-len(letters) % 4))
        # No more is inflated than may be kept: a short address could ask for gigabytes.
        content = zlib.decompressobj(-zlib.MAX_WBITS).decompress(deflated, 4 * length_max)
    except (binascii.Error, ValueError, zlib.error):
        return ""
    return content.decode("utf-8", "ignore")[:length_max]
