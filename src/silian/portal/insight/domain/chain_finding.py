"""Names to choose from: nodes by their ids, enterprises that stand somewhere in the chains."""

from collections.abc import Sequence

from django.db.models import Q

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.bilingual import choose
from silian.portal.insight.domain.chain_assembly import assembled
from silian.portal.insight.domain.chain_members import Members
from silian.portal.registry.models import ChainNode, Organisation

_MOST_NAMES = 200
_MOST_MATCHES = 2_000  # of a text that is in nearly every name


def node_names(node_ids: Sequence[str], viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """Public id and name of those nodes that are there and visible, in the order asked."""
    found = visible(ChainNode.objects.filter(public_id__in=node_ids[:_MOST_NAMES]), viewer)
    names = dict(found.values_list("public_id", "name"))
    return tuple((one, names[one]) for one in node_ids if one in names)


def find_organisations(
    text: str, viewer: Viewer, *, limit: int = 12
) -> tuple[tuple[str, str, str], ...]:
    """Organisations of the chains whose name holds a text: public id, name, region.

    Names that begin with it come first, then short ones; of the records of one organisation one.
    """
    text = text.strip()
    if not text:
        return ()
    named = Q(name__icontains=text) | Q(names__name__icontains=text)
    found = visible(Organisation.objects.filter(named), viewer).distinct()
    rows = found.values_list("public_id", "name", "region__name", "region__name_en")[:_MOST_MATCHES]
    ordered = sorted(rows, key=lambda row: (not row[1].startswith(text), len(row[1]), row[0]))
    members = Members(assembled(viewer), viewer).standing_as(row[0] for row in ordered)
    first: dict[str, tuple[str, str, str]] = {}
    for one, name, region, region_en in ordered:
        if one in members:
            place = choose(region or "", region_en or region or "")
            first.setdefault(members[one], (one, name, place))
    return tuple(first.values())[:limit]


def organisation_names(ids: Sequence[str], viewer: Viewer) -> tuple[tuple[str, str], ...]:
    """Public id and name of those organisations that are there and visible."""
    found = visible(Organisation.objects.filter(public_id__in=ids[:_MOST_NAMES]), viewer)
    names = dict(found.values_list("public_id", "name"))
    return tuple((one, names[one]) for one in ids if one in names)
