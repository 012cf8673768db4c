"""Which other documents change when a record does."""

from collections.abc import Iterable, Iterator

from django.db.models import Model, Q

from silian.identifiers import KIND_BY_PREFIX
from silian.portal.exchange.domain.projections import PROJECTIONS, WORK_KINDS
from silian.portal.innovation.models import Contribution, Project
from silian.portal.registry.models import Affiliation, Person, Region


def dependents_of(public_ids: Iterable[str]) -> set[str]:
    """Public ids of documents whose text or place comes in part from these records.

    An organisation's name and place go into everything it owns or offers, a region's centre into
    what lies there, a work's title into its authors. One step only: what depends on a dependent
    does not take anything from here.

    Returns
    -------
    set[str]
        Ids, without those given.
    """
    ids_by_kind: dict[str, list[str]] = {}
    for public_id in public_ids:
        kind = KIND_BY_PREFIX.get(public_id.partition("-")[0], "")
        ids_by_kind.setdefault(kind, []).append(public_id)
    found: set[str] = set()
    for kind, ids in ids_by_kind.items():
        found.update(_dependents_of_kind(kind, ids))
    return found.difference(*ids_by_kind.values())


def _dependents_of_kind(kind: str, ids: list[str]) -> Iterator[str]:
    if kind == "organisation":
        yield from _belonging_to(Q(organisation__public_id__in=ids), Q(owner__public_id__in=ids))
    elif kind == "region":
        yield from _lying_in(ids)
    elif kind in WORK_KINDS:
        authors = Contribution.objects.filter(subject_id__in=ids)
        yield from authors.values_list("person__public_id", flat=True).distinct().iterator()
        if kind == "project":
            led = Project.objects.filter(public_id__in=ids, leader__isnull=False)
            yield from led.values_list("leader__public_id", flat=True).iterator()


def _belonging_to(by_organisation: Q, by_owner: Q) -> Iterator[str]:
    for projection in PROJECTIONS.values():
        # Two queries, each with its index, beat one with OR.
        conditions = [by_owner, by_organisation] if projection.organisation else [by_owner]
        for condition in conditions:
            query = projection.model._default_manager.filter(condition)
            yield from query.values_list("public_id", flat=True).iterator()


def _lying_in(region_ids: list[str]) -> Iterator[str]:
    for projection in PROJECTIONS.values():
        for relation in projection.regions():
            query = projection.model._default_manager.filter(
                **{f"{relation}__public_id__in": region_ids}
            )
            yield from query.values_list("public_id", flat=True).iterator()


def stands_for(record: Model) -> list[str]:
    """Public ids whose documents a saved or deleted row calls for."""
    match record:
        case Contribution():
            return [record.person.public_id]
        case Affiliation():
            return []
        case Person() | Region():
            return [record.public_id]
        case _:
            return [getattr(record, "public_id", "")]
