"""What subjects hide of what ties them to others: partners, and places in the chains."""

from typing import Any

from django.db.models import Count, Max, QuerySet

from silian.portal.insight.models import TagNote
from silian.portal.registry.domain.identities import subject_of

_PARTNER, _NODE = "partner:", "node:"


def hidden_pairs() -> set[frozenset[str]]:
    """Pairs of subjects of which one hides that it works with the other."""
    pairs = _told(_PARTNER)
    subjects = subject_of({one for pair in pairs for one in pair})
    return {frozenset(subjects.get(one, one) for one in pair) for pair in pairs}


def hidden_places() -> set[tuple[str, str]]:
    """Subjects and the chain nodes at which they hide that they stand."""
    places = _told(_NODE)
    subjects = subject_of({one for one, _ in places})
    return {(subjects.get(one, one), node) for one, node in places}


def hiding_mark() -> tuple[Any, ...]:
    """Mark of all that is hidden; another one after every hiding and every undoing."""
    held = _standing().aggregate(n=Count("pk"), newest=Max("pk"))
    return held["n"], held["newest"]


def _told(scheme: str) -> list[tuple[str, str]]:
    notes = _standing().filter(tag_key__startswith=scheme)
    return [
        (one, key.removeprefix(scheme)) for one, key in notes.values_list("subject_id", "tag_key")
    ]


def _standing() -> QuerySet[TagNote]:
    return TagNote.objects.filter(action=TagNote.Action.HIDDEN, withdrawn_at__isnull=True)
