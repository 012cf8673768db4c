"""Answer whoever deletes a record of their own."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.bilingual import choose
from silian.portal.exchange.views.failures import failure_of
from silian.portal.registry.domain.own_removal import NotDeletable, delete_own
from silian.portal.registry.interfaces.faces import url_of


def deleted(request: HttpRequest, record: Any, then: str) -> HttpResponse:
    """Delete the record and go to a list, or back to the record with the reason why it stays."""
    try:
        delete_own(record, viewer=viewer_of(request))
    except NotDeletable as refused:
        messages.error(request, failure_of(refused))
        return redirect(url_of(record.public_id))
    messages.success(request, choose(f"已删除“{record}”。", f"“{record}” is deleted."))
    return redirect(then)
