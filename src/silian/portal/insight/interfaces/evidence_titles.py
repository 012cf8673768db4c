"""What records that say something are called, for links to them."""

from collections.abc import Iterable

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.catalogue import KINDS

#: Of more nobody reads the titles; they are links with a number then.
_MOST_NAMED = 600


def titles_of(ids: Iterable[str], viewer: Viewer) -> dict[str, str]:
    """Titles by public id, of those records that have one and that the viewer may see."""
    by_kind: dict[str, list[str]] = {}
    wanted = set(ids)
    if len(wanted) > _MOST_NAMED:
        return {}
    for one in wanted:
        kind = KIND_BY_PREFIX.get(one.partition("-")[0], "")
        if kind in KINDS and KINDS[kind].title_field:
            by_kind.setdefault(kind, []).append(one)
    found: dict[str, str] = {}
    for kind, of_kind in by_kind.items():
        entry = KINDS[kind]
        rows = visible(entry.model._default_manager.filter(public_id__in=of_kind), viewer)
        found.update(rows.values_list("public_id", entry.title_field))
    return found
