"""Users, kept by the operator."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from silian.portal.accounts.domain import users as domain
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.models import Role, User
from silian.portal.accounts.views.organisations import (
    OrganisationUnclear,
    PersonUnclear,
    organisation_named,
    person_named,
)
from silian.portal.addresses import whole_number
from silian.portal.bilingual import choose
from silian.portal.exchange.views.lists import plain, shown_pages


@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    error, shown = "", 0
    posted: Any = request.POST
    if request.method == "POST":
        try:
            if posted.get("user"):
                shown = whole_number(posted["user"], 0)
                told = _change(request, get_object_or_404(User, pk=shown))
            else:
                told = _create(request)
        except (domain.UserRefused, OrganisationUnclear, PersonUnclear) as refused:
            error = refused.message
        else:
            messages.success(request, told)
            return redirect("accounts:users")
    text = plain(request.GET.get("q", ""))
    rows = domain.users(viewer)
    if text:
        rows = rows.filter(username__icontains=text) | rows.filter(
            organisation__name__icontains=text
        )
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    return render(
        request,
        "accounts/users.html",
        {
            "page": page,
            "pages": shown_pages(page.number, page.paginator.num_pages),
            "text": text,
            "roles": Role.choices,
            "error": error,
            "error_user": shown,
            "posted": posted if error and not shown else {},
        },
        status=422 if error else 200,
    )


def _create(request: HttpRequest) -> str:
    user = domain.create_user(
        viewer=viewer_of(request),
        username=request.POST.get("username", ""),
        password=request.POST.get("password", ""),
        role=request.POST.get("role", ""),
        organisation=organisation_named(request.POST.get("organisation", "")),
        full_name=request.POST.get("full_name", ""),
    )
    return choose(f"已建立用户“{user.username}”。", f"The user “{user.username}” is made.")


def _change(request: HttpRequest, user: User) -> str:
    domain.change_user(
        user,
        viewer=viewer_of(request),
        role=request.POST.get("role", ""),
        organisation=organisation_named(request.POST.get("organisation", "")),
        is_active=request.POST.get("is_active") == "1",
    )
    if "person" in request.POST:
        person = person_named(request.POST["person"])
        domain.link_person(user, person, viewer=viewer_of(request))
    if request.POST.get("password"):
        domain.set_password(user, request.POST["password"], viewer=viewer_of(request))
    return choose(f"已修改用户“{user.username}”。", f"The user “{user.username}” is changed.")
