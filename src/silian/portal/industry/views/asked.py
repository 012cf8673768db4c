"""What an address asks for: the day, the year, the enterprise, the file format."""

from datetime import date
from typing import Any, cast

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_date

from silian.portal.accounts.domain.access import require, viewer_of
from silian.portal.addresses import whole_number
from silian.portal.exchange.views.found import visible_record
from silian.portal.registry.models import Organisation

FILE_FORMATS = ("csv", "xlsx")
_FIRST_DAY, _LAST_DAY = date(1980, 1, 1), date(2100, 12, 31)


def day_asked(request: HttpRequest) -> date:
    """The day in the address (``as_of``), or today where there is none that makes sense."""
    try:
        found = parse_date(request.GET.get("as_of", ""))
    except ValueError:  # 30 February
        found = None
    if found is None or not _FIRST_DAY <= found <= _LAST_DAY:
        return timezone.localdate()
    return found


def year_asked(request: HttpRequest) -> int | None:
    """The year in the address, ``None`` where there is none that makes sense."""
    return year_named(request, "year")


def year_named(request: HttpRequest, name: str) -> int | None:
    """The year in a part of the address, ``None`` where there is none that makes sense."""
    year = whole_number(request.GET.get(name, ""), 0)
    return year if is_year(year) else None


def is_year(year: int) -> bool:
    """Whether books of this year can be kept."""
    return _FIRST_DAY.year <= year <= _LAST_DAY.year


def format_asked(request: HttpRequest) -> str:
    """The file format in the address, CSV where it is another."""
    asked = request.GET.get("format", "csv")
    return asked if asked in FILE_FORMATS else "csv"


def organisation_asked(request: HttpRequest, public_id: str, action: str) -> Organisation | None:
    """The organisation that an address names, or without a name the viewer's own.

    It is named by the path, or behind it as ``?organisation=``: whoever asks for another's is
    refused, and is not shown their own in its place. ``None`` where none is named and the viewer speaks for none.

    Raises
    ------
    Http404
        If no visible organisation has the id.
    AccessDenied
        If the viewer may not do this to it.
    """
    viewer = viewer_of(request)
    named: Any = public_id or request.GET.get("organisation", "") or viewer.organisation_id
    if not named:
        return None
    organisation = cast(Organisation, visible_record(request, named, "organisation"))
    require(viewer, action, organisation)
    return organisation
