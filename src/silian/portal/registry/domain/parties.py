"""What hangs on an organisation or a person, as far as a viewer may see it."""

from collections import defaultdict
from typing import Any

from django.db.models import QuerySet

from silian.identifiers import kind_of
from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.catalogue import KINDS
from silian.portal.innovation.models import Contribution
from silian.portal.registry.models import Affiliation, Organisation, Person, Record

HELD_KINDS = (
    "need",
    "achievement",
    "facility",
    "platform",
    "service_agency",
    "patent",
    "project",
    "publication",
)
ROWS_SHOWN = 6
_PEOPLE_SHOWN = 30
_CONTRIBUTIONS_SHOWN = 100


def holdings_of(
    organisation: Organisation, viewer: Viewer
) -> list[tuple[str, int, tuple[Any, ...]]]:
    """For each kind: how many records the organisation has, and the newest of them."""
    holdings = []
    for kind in HELD_KINDS:
        rows = visible(KINDS[kind].model._default_manager.filter(organisation=organisation), viewer)
        newest = rows.select_related(*KINDS[kind].joined).order_by("-updated_at", "-pk")
        holdings.append((kind, rows.count(), tuple(newest[:ROWS_SHOWN])))
    return holdings


def people_of(organisation: Organisation, viewer: Viewer) -> list[tuple[Person, Any]]:
    """People at the organisation with their standing there, those without one last."""
    rows = visible(organisation.affiliations.all(), viewer)
    affiliations = rows.select_related("person").order_by("pk")
    shown = {}
    seen = visible(Person.objects.all(), viewer)
    for affiliation in affiliations.filter(person__in=seen)[:_PEOPLE_SHOWN]:
        shown[affiliation.person_id] = (affiliation.person, affiliation)
    rest = seen.filter(organisation=organisation).exclude(pk__in=shown).order_by("name")
    people = list(shown.values())
    people += [(person, None) for person in rest[: max(0, _PEOPLE_SHOWN - len(people))]]
    return people


def affiliations_of(person: Person, viewer: Viewer) -> QuerySet[Affiliation]:
    """Visible standings of a person at visible organisations."""
    rows = visible(person.affiliations.all(), viewer)
    rows = rows.filter(organisation__in=visible(Organisation.objects.all(), viewer))
    return rows.select_related("organisation").order_by("affiliation_kind", "pk")


def contributors_of(record: Record, viewer: Viewer) -> QuerySet[Contribution]:
    """Visible people who had a part in a record, in their order."""
    parts = Contribution.objects.filter(
        subject_id=record.public_id, person__in=visible(Person.objects.all(), viewer)
    )
    return parts.select_related("person__organisation").order_by("position", "pk")


def signed_with(organisation: Organisation, viewer: Viewer) -> list[Any]:
    """Contracted matches of the organisation's visible needs."""
    from silian.portal.exchange.domain.pairs import pairs_of
    from silian.portal.exchange.models import Match
    from silian.portal.industry.models import Need

    needs = visible(Need.objects.filter(organisation=organisation), viewer)
    pairs = pairs_of(Match.objects.filter(need__in=needs, status=Match.Status.SIGNED), viewer)
    return [pair for pair in pairs if pair.supply is not None]


def contributions_of(person: Person, viewer: Viewer) -> list[tuple[Any, tuple[str, ...]]]:
    """Visible records the person had a part in, each with the roles."""
    roles: dict[str, list[str]] = defaultdict(list)
    rows = person.contributions.order_by("position", "pk")[:_CONTRIBUTIONS_SHOWN]
    for contribution in rows:
        roles[contribution.subject_id].append(contribution.role)
    by_kind: dict[str, list[str]] = defaultdict(list)
    for subject_id in roles:
        by_kind[kind_of(subject_id)].append(subject_id)
    found = []
    for kind, ids in by_kind.items():
        entry = KINDS[kind]
        records = visible(entry.model._default_manager.filter(public_id__in=ids), viewer)
        for record in records.select_related(*entry.joined).order_by("-updated_at"):
            found.append((record, tuple(roles[record.public_id])))
    return found
