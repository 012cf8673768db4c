"""Public identifiers: the same register row has the same id on every machine and every reload.

Examples
--------
>>> public_id("need", "city-needs", "2026-001")
'need-gr5qcddxwxn3z7gw'
"""

import hashlib

from silian.errors import EngineError

PREFIX_BY_KIND = {
    "region": "reg",
    "organisation": "org",
    "person": "per",
    "affiliation": "aff",
    "platform": "plat",
    "achievement": "ach",
    "patent": "pat",
    "project": "proj",
    "publication": "pub",
    "facility": "fac",
    "service_agency": "agy",
    "need": "need",
    "enterprise_year": "year",
    "service_agency_year": "agyyear",
    "facility_year": "facyear",
    "grant": "grant",
    "chain_node": "node",
    "chain_link": "link",
    "chain_member": "mem",
}
_BASE32 = "abcdefghijklmnopqrstuvwxyz234567"  # RFC 4648, in lower case
_TWO_CHARACTERS = [first + second for first in _BASE32 for second in _BASE32]
KIND_BY_PREFIX = {prefix: kind for kind, prefix in PREFIX_BY_KIND.items()}


class UnknownKind(EngineError, LookupError):
    """A record kind that silian doesn't keep."""

    code = "unknown_kind"


def public_id(kind: str, register_code: str, source_key: str) -> str:
    """Identifier of one record, from where it came.

    Parameters
    ----------
    kind
        A record kind, one of ``PREFIX_BY_KIND``.
    register_code
        Code of the register that holds the row.
    source_key
        Key of the row within that register.

    Returns
    -------
    str
        Prefix of the kind, a dash, and 16 base32 characters (80 bits: a collision among 10**8
        records has a probability below 10**-8).

    Raises
    ------
    UnknownKind
        If ``kind`` is none of the kept kinds.
    """
    prefix = PREFIX_BY_KIND.get(kind)
    if prefix is None:
        allowed = ", ".join(PREFIX_BY_KIND)
        raise UnknownKind(f"record kind is {kind!r}; expected one of {allowed}.", kind=kind)
    digest = hashlib.sha256(f"{register_code}\x1f{source_key}".encode()).digest()
    bits, two = int.from_bytes(digest[:10], "big"), _TWO_CHARACTERS
    # Written out, because loads call it twice a row: base64.b32encode takes four times as long.
    return (
        f"{prefix}-{two[bits >> 70]}{two[bits >> 60 & 1023]}{two[bits >> 50 & 1023]}"
        f"{two[bits >> 40 & 1023]}{two[bits >> 30 & 1023]}{two[bits >> 20 & 1023]}"
        f"{two[bits >> 10 & 1023]}{two[bits & 1023]}"
    )


def kind_of(identifier: str) -> str:
    """Record kind that a public id names.

    Raises
    ------
    UnknownKind
        If the id has no known prefix.

    Examples
    --------
    >>> kind_of("need-gr5qcddxwxn3z7gw")
    'need'
    """
    prefix = identifier.partition("-")[0]
    if prefix not in KIND_BY_PREFIX:
        raise UnknownKind(
            f"public id is {identifier!r}; expected a prefix of {', '.join(KIND_BY_PREFIX)}.",
            identifier=identifier,
        )
    return KIND_BY_PREFIX[prefix]
