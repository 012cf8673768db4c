"""The home page: one search box, the city's figures, what is new."""

import re
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from silian.errors import EngineError
from silian.portal.accounts.domain.access import Viewer, allowed, viewer_of
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.diagnosis import diagnoses
from silian.portal.exchange.domain.figures import CityFigures, city_figures
from silian.portal.exchange.domain.listing import ListQuestion, listed
from silian.portal.exchange.domain.status import IndexStatus, index_status
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.fields import field_label

_NEWEST_COUNT = 6
_NEWEST: dict[str, dict[str, tuple[str, ...]]] = {
    "need": {"status": ("published",), "deadline": ("ahead", "unknown")},
    "achievement": {},
}
_FIELD_BARS = 12
_EXAMPLES = 4
_TITLE_HEAD = re.compile("[（：，(:,]")
_INDEX_STATE_SECONDS = 15


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    figures = city_figures()
    newest = {
        kind: listed(ListQuestion(kinds=(kind,), chosen=chosen), kind, viewer).select_related(
            "organisation", "region"
        )[:_NEWEST_COUNT]
        for kind, chosen in _NEWEST.items()
    }
    return render(
        request,
        "exchange/home.html",
        {
            "figures": figures,
            "faces": FACES,
            "newest_needs": newest["need"],
            "newest_supplies": newest["achievement"],
            "examples": _examples(newest["need"]),
            "index": _index_state(),
            "own": _own(viewer),
            "map_data": _map_data(figures),
            "field_data": _field_data(figures),
        },
    )


def _own(viewer: Viewer) -> dict[str, Any] | None:
    """The enterprise's newest diagnosis that counts; ``None`` for readers who speak for none."""
    if viewer.organisation_pk is None or not allowed(viewer, "diagnosis.read"):
        return None
    counting = diagnoses(viewer).filter(organisation_id=viewer.organisation_pk)
    newest = counting.exclude(state="superseded").order_by("-as_of", "-created_at").first()
    return {"organisation_id": viewer.organisation_id, "diagnosis": newest}


def _index_state() -> IndexStatus | None:
    """State of the index, a few seconds old at most; ``None`` where there is none yet."""
    state: IndexStatus | None = cache.get("index-state")
    if state is None:
        try:
            state = index_status()
        except EngineError:
            return None
        cache.set("index-state", state, _INDEX_STATE_SECONDS)
    return state


def _examples(needs: Any) -> list[str]:
    """Questions to try: what the newest needs are about, but for those of today.

    The page is open to everybody; what somebody has just written stands there from tomorrow on.
    """
    today = timezone.localdate()
    words = [
        " ".join(need.keywords[:2]) or _TITLE_HEAD.split(need.title)[0]
        for need in needs
        if need.published_on is not None and need.published_on < today
    ]
    return list(dict.fromkeys(word for word in words if word))[:_EXAMPLES]


def _map_data(figures: CityFigures) -> dict[str, Any]:
    outlines = [
        {
            "type": "Feature",
            "properties": {"name": region.adcode},
            "geometry": region.boundary.get("geometry", region.boundary),
        }
        for region in figures.regions
        if region.boundary
    ]
    return {
        "outlines": {"type": "FeatureCollection", "features": outlines},
        "regions": [
            {
                "adcode": region.adcode,
                "name": choose(region.name, region.name_en),
                "needs": region.need_count,
                "supplies": region.supply_count,
            }
            for region in figures.regions
        ],
        "labels": {"needs": choose("需求", "Needs"), "supplies": choose("供给", "Supply")},
    }


def _field_data(figures: CityFigures) -> dict[str, Any]:
    codes = set(figures.needs_by_field) | set(figures.supplies_by_field)
    ranked = sorted(
        codes,
        key=lambda code: (
            figures.needs_by_field.get(code, 0),
            figures.supplies_by_field.get(code, 0),
        ),
        reverse=True,
    )[:_FIELD_BARS]
    return {
        "fields": [
            {
                "code": code,
                "name": field_label(code),
                "needs": figures.needs_by_field.get(code, 0),
                "supplies": figures.supplies_by_field.get(code, 0),
            }
            for code in ranked
        ],
        "labels": {"needs": choose("需求", "Needs"), "supplies": choose("供给", "Supply")},
    }
