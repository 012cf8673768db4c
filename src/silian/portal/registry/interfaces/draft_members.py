"""Objects within rows of JSON as columns of their own, named as mappings name them: ``a.b``."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from silian.portal.registry.interfaces.headings import Found, columns_by_name, find_heading
from silian.portal.registry.interfaces.transforms import NAME_PARTS, full_name
from silian.tables.values import is_missing

_DEEPEST = 4
_MANY_MEMBERS = 30
_SELDOM = 0.3
# Members that say what their object is called, or its day, so that the object's own name tells what it is.
_SURE_TEXTS = {"doi", "orcid", "publication_number", "unified_social_credit_code"}
_CALLED = {"date-parts", "name", "display_name", "displayname", "fullname", "full_name", "label", "title", "value",
           "text", "名称", "姓名", "mc"}  # fmt: skip


def flat_rows(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with the members of objects, and of objects in lists, as columns.

    An object whose members are data rather than columns (the words of an abstract with their places,
    counts by day) stays one value.

    Examples
    --------
    >>> row = {"authors": [{"author": {"name": "Li"}}, {"author": {"name": "Wu"}}]}
    >>> flat_rows([row])
    [{'authors.author.name': ['Li', 'Wu']}]
    >>> flat_rows([{"abstract": {"Magnets": [0], "last": [1]}}])
    [{'abstract': {'Magnets': [0], 'last': [1]}}]
    """
    whole = _whole_objects(rows)
    flat = [_flat(row, whole) for row in rows]
    # An object that is absent from a row, or a list that is empty there, is no column beside its members.
    owners = {path.rpartition(".")[0] for row in flat for path in row}
    owners |= {owner.rpartition(".")[0] for owner in owners}
    return [
        {path: value for path, value in row.items() if path not in owners or not _is_void(value)}
        for row in flat
    ]


def _is_void(value: Any) -> bool:
    return value in (None, [], {}, "")


def find_member(kind: str, path: str) -> tuple[Found, float] | None:
    """Our column behind a member of an object, and how sure its last words make that.

    Examples
    --------
    >>> found, _ = find_member("publication", "authorships.author.display_name")
    >>> found.name
    'author_names'
    >>> find_member("publication", "authorships.author.id") is None
    True
    """
    parts = path.split(".")
    if len(parts) < 2 or not all(part and part == part.strip() for part in parts):
        return None
    *_, owner, member = parts
    is_called = member.lower() in _CALLED
    found = find_heading(kind, owner if is_called else member)
    # The number of another thing is no key of the row.
    if found is None or "source_key" in found.names:
        return None
    column = columns_by_name(kind)[found.name]
    if is_called:
        return found, 0.8
    is_any_text = column.type_name == "text" and column.reference is None
    return found, 0.65 if is_any_text and column.name not in _SURE_TEXTS else 0.75


def _flat(
    values: Mapping[str, Any], whole: set[str], prefix: str = "", depth: int = 1
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        path = f"{prefix}{name}"
        is_open = depth < _DEEPEST and path not in whole
        if is_open and isinstance(value, dict) and not is_word_index(value):
            found |= _flat(value, whole, f"{path}.", depth + 1)
        elif is_open and _holds_objects(value):
            gathered: dict[str, list[Any]] = {}
            for item in value:
                for inner, one in _flat(item, whole, f"{path}.", depth + 1).items():
                    many = one if isinstance(one, list) else [one]
                    gathered.setdefault(inner, []).extend(x for x in many if not is_missing(x))
            if is_people(value):
                found[path] = value
                names = {f"{path}.{name}".lower() for name in NAME_PARTS}
                gathered = {x: held for x, held in gathered.items() if x.lower() not in names}
            found |= gathered
        else:
            found[path] = value
    return found


def _holds_objects(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)


def is_people(value: Any) -> bool:
    """Whether a list holds people, each as an object with given and family name.

    Examples
    --------
    >>> is_people([{"given": "Jun", "family": "Li"}, {"name": "A group"}]), is_people([{"name": "Li"}])
    (True, False)
    """
    return isinstance(value, list) and any(
        isinstance(one, dict) and full_name(one) and "name" not in one for one in value
    )


def is_word_index(value: Any) -> bool:
    """Whether an object holds a text as its words, each with its places.

    Examples
    --------
    >>> is_word_index({"Magnets": [0, 3], "last": [1]}), is_word_index({"place": "东区"})
    (True, False)
    """
    return (
        isinstance(value, dict)
        and bool(value)
        and all(
            isinstance(places, list) and bool(places) and all(type(one) is int for one in places)
            for places in value.values()
        )
    )


def _whole_objects(rows: Sequence[Mapping[str, Any]]) -> set[str]:
    """Paths of objects with many members that few of them share: their names are data."""
    n_objects: Counter[str] = Counter()
    members: dict[str, Counter[str]] = {}
    for row in rows:
        for path, value in _objects(row):
            n_objects[path] += 1
            members.setdefault(path, Counter()).update(list(value))
    return {
        path
        for path, counted in members.items()
        if len(counted) > _MANY_MEMBERS
        and sum(counted.values()) < _SELDOM * len(counted) * n_objects[path]
    }


def _objects(
    values: Mapping[str, Any], prefix: str = "", depth: int = 1
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if depth >= _DEEPEST:
        return
    for name, value in values.items():
        for item in value if _holds_objects(value) else [value]:
            if isinstance(item, dict):
                yield f"{prefix}{name}", item
                yield from _objects(item, f"{prefix}{name}.", depth + 1)
