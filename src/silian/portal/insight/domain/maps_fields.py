"""The fields by which the map tells what it counts: the top ones, and none stated."""

from collections.abc import Iterable
from functools import cache

from silian.portal.registry.interfaces.fields import field_codes, field_parents

#: Code of records that state no field.
NO_FIELD = "none"


@cache
def map_fields() -> tuple[str, ...]:
    """Fields of the map: the top ones of the list of fields, then "none stated"."""
    return (*(code for code in field_codes() if code not in field_parents()), NO_FIELD)


@cache
def _bits() -> dict[str, int]:
    tops = {code: 1 << number for number, code in enumerate(map_fields())}
    return {code: tops[field_parents().get(code, code)] for code in field_codes()}


def field_bits(codes: Iterable[str]) -> int:
    """The top fields of a record as bits."""
    found = 0
    for code in codes:
        found |= _bits().get(code, 0)
    return found or 1 << (len(map_fields()) - 1)


def first_field(codes: Iterable[str]) -> int:
    """Place among ``map_fields`` of the first field that is known."""
    known = (_bits()[code] for code in codes if code in _bits())
    return next(known, 1 << (len(map_fields()) - 1)).bit_length() - 1
