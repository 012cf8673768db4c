"""Values that a person or an organisation took out of their own record.

A hidden value is not masked where it is shown, it is out of the column: so no page, list, file,
API answer, search index or graph can show it by mistake. It is kept in ``withheld`` beside the
columns, is put back when its subject says so, and stays out when a register brings it again.
"""

from typing import Any

#: What a person took out as employer: key of the organisation by affiliation.
EMPLOYER = "organisation"

#: What a person took out of sight as employment: affiliations with who saw them before.
AFFILIATIONS = "affiliations"


def hides_employer(record: Any) -> bool:
    """Whether a person took an employer out, so that the owner of the record would tell it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> hides_employer(SimpleNamespace(withheld={"affiliations": {"aff-1": "public"}}))
    True
    """
    withheld = getattr(record, "withheld", None) or {}
    return bool(withheld.get(EMPLOYER) or withheld.get(AFFILIATIONS))


def withhold(record: Any, column: str, value: str) -> bool:
    """Take a value out of a column; whether it was there. The caller saves."""
    held = getattr(record, column)
    if value not in held if isinstance(held, list) else value != held:
        return False
    kept = record.withheld.setdefault(column, [])
    if value not in kept:
        kept.append(value)
    setattr(record, column, without_withheld(record, column, held))
    return True


def put_back(record: Any, column: str, value: str) -> bool:
    """Put a value back where it was taken out; whether it had been. The caller saves."""
    kept = record.withheld.get(column, [])
    if value not in kept:
        return False
    record.withheld[column] = [one for one in kept if one != value]
    held = getattr(record, column)
    if isinstance(held, list):
        setattr(record, column, [*held, value])
    elif not held:  # a register may have brought another text meanwhile
        setattr(record, column, value)
    return True


def without_withheld(record: Any, column: str, value: Any) -> Any:
    """What a register may write into a column: all but what its subject took out.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> person = SimpleNamespace(withheld={"expertise": ["永磁"]})
    >>> without_withheld(person, "expertise", ["永磁", "电机"])
    ['电机']
    """
    withheld = getattr(record, "withheld", None)
    if withheld and column == "organisation_id":
        return None if value in withheld.get(EMPLOYER, {}).values() else value
    hidden = withheld.get(column) if withheld else None
    if not hidden:
        return value
    if isinstance(value, list):
        return [one for one in value if one not in hidden]
    return "" if value in hidden else value
