"""Needs, supplies and free words as questions to the matching engine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from silian.engines.matching.values import Constraints, Document, Query
from silian.portal.exchange.domain.documents import asked_with
from silian.portal.exchange.domain.list_filters import region_prefix
from silian.portal.exchange.domain.projections import FINDABLE_KINDS, SUPPLY_KINDS
from silian.portal.industry.models import Need
from silian.portal.registry.interfaces.fields import field_family
from silian.portal.registry.models import Record

if TYPE_CHECKING:
    from silian.portal.accounts.domain.access import Viewer


# Latin letters and digits as a Chinese keyboard types them (ＬＩＤＡＲ): which dictionary a text is
# read with, and how its meaning is read, must not hang on their width.
_HALF_WIDTH = {0xFF00 + code - 0x20: code for code in range(0x21, 0x7F) if chr(code).isalnum()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """What a reader narrows an answer by, beside what the reader may see at all.

    A region keeps everything within it, a field its sub-fields, as in the lists.
    """

    region_codes: tuple[str, ...] = ()
    field_codes: tuple[str, ...] = ()
    price_max_cny: float | None = None
    readiness_min: int | None = None


def question_of_words(
    text: str, *, viewer: "Viewer", kinds: Sequence[str], filters: Filters, limit: int
) -> Query:
    """Free words that search everything of some kinds."""
    return Query(
        title=text.translate(_HALF_WIDTH),
        constraints=_constraints(viewer, kinds or FINDABLE_KINDS, filters),
        asked_on=timezone.localdate(),
        limit=limit,
        copies_last=True,
    )


def question_of_text(
    text: str, *, viewer: "Viewer", kinds: Sequence[str], filters: Filters, limit: int
) -> Query:
    """A need that nobody has recorded yet, in words: it is met by supply on offer today."""
    today = timezone.localdate()
    title, _, body = text.translate(_HALF_WIDTH).strip().partition("\n")
    return Query(
        title=title,
        body=body,
        constraints=_constraints(viewer, kinds or SUPPLY_KINDS, filters, today=True),
        asked_on=today,
        limit=limit,
        copies_last=True,
    )


def question_of_need(
    need: Need, *, viewer: "Viewer", kinds: Sequence[str], filters: Filters, limit: int
) -> Query:
    """A recorded need looking for supply; its own organisation's is left out.

    A closed or draft need asks like any other: what it looks for does not depend on who may
    find it.
    """
    document = asked_with(need)
    own = [need.organisation, need.owner]
    excluded = dict.fromkeys(each.public_id for each in own if each is not None)
    return Query(
        title=document.title,
        body=document.body,
        keywords=document.keywords,
        constraints=_constraints(
            viewer, kinds or SUPPLY_KINDS, filters, today=True, excluded_owner_ids=tuple(excluded)
        ),
        field_codes=document.field_codes,
        budget_cny=document.price_cny,
        readiness_target=document.readiness_level,
        region_code=document.region_code,
        longitude_degrees=document.longitude_degrees,
        latitude_degrees=document.latitude_degrees,
        asked_on=timezone.localdate(),
        limit=limit,
        nearness=_nearness(need),
        copies_last=True,
    )


def question_of_supply(record: Record, *, viewer: "Viewer", limit: int) -> Query:
    """A supply that asks who needs it."""
    document: Document = asked_with(record)
    return Query(
        title=document.title,
        body=document.body,
        keywords=document.keywords,
        constraints=_constraints(
            viewer,
            ("need",),
            Filters(),
            today=True,
            excluded_owner_ids=(document.owner_id,) if document.owner_id else (),
        ),
        field_codes=document.field_codes,
        budget_cny=document.price_cny,
        readiness_target=document.readiness_level,
        region_code=document.region_code,
        longitude_degrees=document.longitude_degrees,
        latitude_degrees=document.latitude_degrees,
        asked_on=timezone.localdate(),
        limit=limit,
        copies_last=True,
        direction="need",
        kind=record.kind,
    )


def _nearness(need: Need) -> dict[str, float] | None:
    """How near supplies are to the need's organisation, where that is to be read."""
    if not settings.GRAPH_NEARNESS:
        return None
    from silian.portal.insight.domain.graph_proximity import nearness_to

    own = need.organisation or need.owner
    return nearness_to(own.public_id) if own is not None else None


def _constraints(
    viewer: "Viewer",
    kinds: Sequence[str],
    filters: Filters,
    *,
    today: bool = False,
    excluded_owner_ids: tuple[str, ...] = (),
) -> Constraints:
    return Constraints(
        kinds=tuple(kinds),
        region_codes=tuple(region_prefix(code) for code in filters.region_codes),
        field_codes=tuple(code for given in filters.field_codes for code in field_family(given)),
        price_max_cny=filters.price_max_cny,
        readiness_min=filters.readiness_min,
        available_on=timezone.localdate() if today else None,
        audiences=viewer.audiences,
        viewer_owner_id=viewer.organisation_id,
        excluded_owner_ids=excluded_owner_ids,
    )
