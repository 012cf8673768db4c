"""API keys: made here, shown once, revoked here."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.domain.api_keys import KeyRefused, create_key, keys_of, revoke_key
from silian.portal.accounts.models import Role
from silian.portal.accounts.views.new_key import carried, carry, drop
from silian.portal.accounts.views.organisations import OrganisationUnclear, organisation_named
from silian.portal.addresses import whole_number
from silian.portal.bilingual import choose


@never_cache
@require_http_methods(["GET", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    error = ""
    if request.method == "POST" and request.POST.get("revoke"):
        pk = whole_number(request.POST["revoke"], 0)
        key = get_object_or_404(keys_of(viewer), pk=pk)
        revoke_key(key, viewer=viewer)
        messages.success(
            request, choose(f"密钥“{key.name}”已吊销。", f"The key “{key.name}” is revoked.")
        )
        return redirect("accounts:api_keys")
    if request.method == "POST":
        try:
            organisation = organisation_named(request.POST.get("organisation", ""))
            _, token = create_key(
                viewer=viewer,
                name=request.POST.get("name", ""),
                role=request.POST.get("role", ""),
                organisation=organisation,
            )
        except KeyRefused:
            error = choose(
                "请写明密钥的用途，并选择角色。", "Say what the key is for, and its role."
            )
        except OrganisationUnclear as unclear:
            error = unclear.message
        else:
            # Sent on, so that reloading the page that shows the key makes no other.
            answer = redirect("accounts:api_keys")
            carry(request, answer, token)
            return answer
    token = carried(request, viewer)
    page = render(
        request,
        "accounts/api_keys.html",
        {
            "keys": keys_of(viewer),
            "token": token,
            "error": error,
            "viewer": viewer,
            "roles": [
                (value, label)
                for value, label in Role.choices
                if viewer.is_operator or value in {viewer.role, "viewer"}
            ],
        },
        status=422 if error else 200,
    )
    if token:
        drop(page)
    return page
