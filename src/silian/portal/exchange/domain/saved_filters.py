"""Named filters of a user over one of the two lists."""

from silian.portal.accounts.domain.access import Viewer
from silian.portal.exchange.models import SavedFilter


def filters_of(viewer: Viewer, list_name: str) -> list[SavedFilter]:
    """The viewer's filters of a list, by name."""
    if viewer.user_id is None:
        return []
    own = SavedFilter.objects.filter(user_id=viewer.user_id, list_name=list_name)
    return list(own.order_by("name"))


def save_filter(
    viewer: Viewer, *, list_name: str, name: str, query_string: str
) -> SavedFilter | None:
    """Keep a filter under its name, over an older one of that name; ``None`` without a name."""
    name = name.strip()[:100]
    if not name or viewer.user_id is None:
        return None
    saved, _ = SavedFilter.objects.update_or_create(
        user_id=viewer.user_id,
        list_name=list_name,
        name=name,
        defaults={"query_string": query_string[:2000]},
    )
    return saved


def delete_filter(saved: SavedFilter) -> None:
    """Forget a filter."""
    SavedFilter.objects.filter(pk=saved.pk).delete()
