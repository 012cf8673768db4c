"""What addresses and forms say, read without failing on what nobody would type."""

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
