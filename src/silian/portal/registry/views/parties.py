"""Organisations and people: who they are, what they offer, what they need."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.exchange.interfaces.facts import facts_of
from silian.portal.exchange.views.found import visible_record
from silian.portal.registry.domain.identity_pairs import records_of_subject
from silian.portal.registry.domain.parties import (
    affiliations_of,
    contributions_of,
    holdings_of,
    people_of,
    signed_with,
)
from silian.portal.registry.interfaces.cards import card_of
from silian.portal.registry.interfaces.faces import FACES


@require_GET
def organisation_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    organisation = visible_record(request, public_id, "organisation")
    viewer = viewer_of(request)
    holdings: Any = holdings_of(organisation, viewer)
    return render(
        request,
        "registry/organisation_detail.html",
        {
            "record": organisation,
            "card": card_of(organisation),
            "facts": facts_of(organisation),
            "names": organisation.names.order_by("pk"),
            "people": people_of(organisation, viewer),
            "holdings": [(FACES[kind], count, rows) for kind, count, rows in holdings if count],
            "signed": signed_with(organisation, viewer),
            "same_subject": records_of_subject(organisation, viewer),
        },
    )


@require_GET
def person_detail(request: HttpRequest, public_id: str) -> HttpResponse:
    person = visible_record(request, public_id, "person")
    viewer = viewer_of(request)
    return render(
        request,
        "registry/person_detail.html",
        {
            "record": person,
            "card": card_of(person),
            "facts": facts_of(person),
            "affiliations": affiliations_of(person, viewer),
            "contributions": contributions_of(person, viewer),
            "same_subject": records_of_subject(person, viewer),
        },
    )
