"""Which things of the graph a viewer may see: the law of the records, over ids of all kinds."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.insight.domain.changed_records import record_models
from silian.portal.registry.domain.references import portions

POLICY_PREFIX = "policy:"
#: Programmes that pay for projects are known by name only: no records either.
PROGRAMME_PREFIX = "programme:"


def visible_ids(viewer: Viewer, ids: Iterable[str]) -> set[str]:
    """Those of the ids whose records are there and may be seen by the viewer.

    Evidence of a match ("match-...") is seen by those whose match it is. Policies are public, and so are
    programmes: one that only hidden projects name is out of the viewer's graph.
    """
    wanted: dict[str, list[str]] = defaultdict(list)
    for one in set(ids):
        is_record = not one.startswith((POLICY_PREFIX, PROGRAMME_PREFIX))
        prefix = one.partition("-")[0] if is_record else "policy"
        wanted[prefix].append(one)
    seen: set[str] = set()
    for prefix, of_kind in wanted.items():
        if prefix == "policy":
            seen.update(of_kind)
        elif prefix == "match":
            seen.update(_visible_matches(viewer, of_kind))
        elif prefix in KIND_BY_PREFIX:
            seen.update(_visible_records(viewer, KIND_BY_PREFIX[prefix], of_kind))
    return seen


def _visible_records(viewer: Viewer, kind: str, ids: list[str]) -> Iterator[str]:
    records = visible(record_models()[kind]._default_manager.all(), viewer)
    for portion in portions(ids):
        found = records.filter(public_id__in=portion)
        yield from found.values_list("public_id", flat=True)


def _visible_matches(viewer: Viewer, ids: list[str]) -> Iterator[str]:
    from silian.portal.accounts.domain.access import allowed
    from silian.portal.exchange.domain.pairs import own_matches

    if allowed(viewer, "match.mine"):
        mine = own_matches(viewer)
        for portion in portions(ids):
            yield from mine.filter(public_id__in=portion).values_list("public_id", flat=True)


def programme_id(programme: str) -> str:
    """Id of the node of a programme, by its name."""
    digest = hashlib.sha256(programme.encode()).digest()
    return PROGRAMME_PREFIX + base64.b32encode(digest)[:16].decode().lower()
