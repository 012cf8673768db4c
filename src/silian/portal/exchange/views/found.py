"""Find the record that an address names, or answer as if it didn't exist."""

from typing import Any

from django.http import Http404, HttpRequest

from silian.identifiers import UnknownKind
from silian.portal.accounts.domain.access import Viewer, sees, viewer_of
from silian.portal.bilingual import choose
from silian.portal.catalogue import RecordNotFound, find_record


def visible_record(request: HttpRequest, public_id: str, kind: str = "") -> Any:
    """The record, if it exists and the viewer may know that it does."""
    try:
        record = find_record(public_id)
    except (RecordNotFound, UnknownKind) as error:
        raise _missing(public_id) from error
    if (kind and record.kind != kind) or not sees(viewer_of(request), record):
        raise _missing(public_id)
    return record


def opens(viewer: Viewer, public_id: str) -> bool:
    """Whether the record's page would open for this viewer."""
    try:
        return sees(viewer, find_record(public_id))
    except (RecordNotFound, UnknownKind):
        return False


def _missing(public_id: str) -> Http404:
    return Http404(
        choose(f"没有编号为 {public_id} 的可见记录。", f"No record {public_id} is visible to you.")
    )
