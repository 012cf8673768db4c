"""Users, kept by the operator."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
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
from silian.portal.open_forms import OpenForm, overtaken_page, posted_texts, tell_merged, ticked


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
                with transaction.atomic():
                    # Held, so that nobody saves between the comparison and the change.
                    user = get_object_or_404(User.objects.select_for_update(), pk=shown)
                    opened = _opened(user, posted)
                    if opened.overtaken:
                        return overtaken_page(request, opened, back=request.path)
                    told = _change(request, user, opened)
                tell_merged(request, opened)
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
    for row in page:
        row.opened = _opened(row)
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


def _opened(user: User, data: Any = None) -> OpenForm:
    """What the user's form shows, against what was sent by it."""
    now = {
        "role": user.role,
        "organisation": user.organisation.public_id if user.organisation else "",
        "person": user.person.public_id if user.person else "",
        "is_active": "1" if user.is_active else "",
    }
    sent = None
    if data is not None:
        # A box that isn't ticked sends nothing; other inputs that aren't sent aren't touched.
        sent = posted_texts(data, [name for name in now if name in data or name == "is_active"])
    return OpenForm(
        now,
        posted=sent,
        data=data,
        labels={
            "role": choose("角色", "Role"),
            "organisation": choose("单位", "Organisation"),
            "person": choose("本人档案（人员编号）", "Own record (a person's id)"),
            "is_active": choose("在用", "Active"),
        },
        told={
            "role": lambda code: str(dict(Role.choices).get(str(code), code)),
            "is_active": ticked,
        },
    )


def _change(request: HttpRequest, user: User, opened: OpenForm) -> str:
    values = {name: str(value) for name, value in opened.values.items()}
    domain.change_user(
        user,
        viewer=viewer_of(request),
        role=values["role"],
        organisation=organisation_named(values["organisation"]),
        is_active=values["is_active"] == "1",
    )
    if "person" in opened.touched:
        domain.link_person(user, person_named(values["person"]), viewer=viewer_of(request))
    if request.POST.get("password"):
        domain.set_password(user, request.POST["password"], viewer=viewer_of(request))
    return choose(f"已修改用户“{user.username}”。", f"The user “{user.username}” is changed.")
