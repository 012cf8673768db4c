"""Unified social credit codes (GB 32100-2015) of organisations that don't exist.

The check characters are right, so that importers accept the codes; the region digits are the
fictional city's, which no authority has given out, so that no real organisation is met.
"""

CREDIT_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
BODY_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
# Registering authority and type of body, the first two characters.
AUTHORITY_BY_KIND = {
    "enterprise": "91",
    "financial": "91",
    "service_agency": "91",
    "university": "12",
    "research_institute": "12",
    "hospital": "12",
    "government": "11",
    "other": "51",
}


def body_check_character(body: str) -> str:
    """Check character of the eight-character body (GB 11714)."""
    total = sum(int(c, 36) * w for c, w in zip(body, BODY_WEIGHTS, strict=True))
    return "0123456789X0"[(11 - total % 11) if total % 11 else 11]


def credit_check_character(first_seventeen: str) -> str:
    """Check character of a credit code (GB 32100-2015).

    Examples
    --------
    >>> credit_check_character("91350100M000100Y4")
    '3'
    """
    values = (CREDIT_CHARACTERS.index(c) for c in first_seventeen)
    total = sum(v * w for v, w in zip(values, CREDIT_WEIGHTS, strict=True))
    return CREDIT_CHARACTERS[-total % 31]


def credit_code(organisation_kind: str, adcode: str, number: int) -> str:
    """Credit code of the organisation with a running number, unique within a district."""
    space = 31**6
    scattered = (number * 48_271 + 1_299_709) % space
    tail = ""
    for _ in range(6):
        scattered, rest = divmod(scattered, 31)
        tail = CREDIT_CHARACTERS[rest] + tail
    body = "MA" + tail
    start = AUTHORITY_BY_KIND[organisation_kind] + adcode + body + body_check_character(body)
    return start + credit_check_character(start)
