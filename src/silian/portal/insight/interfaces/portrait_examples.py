"""Portraits to begin with, for whoever has no name in mind."""

from typing import Any

from django.core.cache import cache
from django.db.models import Count

from silian.portal.accounts.domain.access import Viewer, visible
from silian.portal.innovation.models import Contribution
from silian.portal.registry.models import Affiliation, Organisation, Person

_SHOWN = 6
_KEPT_SECONDS = 600


def example_portraits(viewer: Viewer) -> tuple[tuple[str, list[Any]], ...]:
    """A few people with many works and organisations with many posts, public ones only."""
    kept: tuple[list[int], list[int]] | None = cache.get("portrait-examples")
    people, organisations = kept or _busiest()
    if kept is None:
        cache.set("portrait-examples", (people, organisations), _KEPT_SECONDS)
    return (
        ("person", _records(Person, people, viewer)),
        ("organisation", _records(Organisation, organisations, viewer)),
    )


def _busiest() -> tuple[list[int], list[int]]:
    works = Contribution.objects.filter(person__audience="public").values_list("person")
    posts = Affiliation.objects.filter(audience="public", organisation__registered=True)
    counted = (
        works.annotate(n=Count("pk")).order_by("-n", "person"),
        posts.values_list("organisation").annotate(n=Count("pk")).order_by("-n", "organisation"),
    )
    people, organisations = ([key for key, _ in rows[:_SHOWN]] for rows in counted)
    return people, organisations


def _records(model: Any, keys: list[int], viewer: Viewer) -> list[Any]:
    rows = visible(model.objects.filter(pk__in=keys, audience="public"), viewer)
    found = {one.pk: one for one in rows}
    return [found[key] for key in keys if key in found]
