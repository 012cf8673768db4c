"""Which records changed, came or went since a moment: what is derived from them follows by this."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import cache

from django.apps import apps

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.registry.domain.references import portions
from silian.portal.registry.models import Record

#: Longer than any transaction of ours: what was stamped before a reading and committed after it
#: is still met by the next reading.
OVERLAP = timedelta(minutes=2)
GONE = "-"
# A row that registers a mention takes it over under another id.
_RENAMED_KINDS = frozenset({"organisation", "person", "chain_node"})


@cache
def record_models() -> dict[str, type[Record]]:
    """Model of every record kind, listed in the catalogue or not."""
    models = (model for model in apps.get_models() if issubclass(model, Record))
    return {model.kind: model for model in models if model.kind in KIND_BY_PREFIX.values()}


def record_marks(since: datetime, kinds: Collection[str]) -> Iterator[tuple[str, str]]:
    """Ids of records that changed since, with the time of the change; those gone by ``GONE``."""
    for kind in kinds:
        model = record_models()[kind]
        rows = model._default_manager.filter(updated_at__gte=since)
        changed = list(rows.values_list("pk", "public_id", "updated_at"))
        yield from ((public_id, moment.isoformat()) for _, public_id, moment in changed)
        history = model.history.filter(history_type=GONE, history_date__gte=since)  # type: ignore[attr-defined]
        gone = set(history.values_list("public_id", flat=True))
        if kind in _RENAMED_KINDS:
            gone |= _former_ids(model, [key for key, _, _ in changed])
        if gone:
            held = model._default_manager.filter(public_id__in=gone)
            gone -= set(held.values_list("public_id", flat=True))
        yield from ((public_id, GONE) for public_id in gone)


def _former_ids(model: type[Record], keys: list[int]) -> set[str]:
    """Every id that these records ever had."""
    found: set[str] = set()
    for some in portions(keys):
        rows = model.history.filter(id__in=some)  # type: ignore[attr-defined]
        found.update(rows.values_list("public_id", flat=True).distinct())
    return found
