"""Sign in, sign out, and one's own profile."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from silian.portal.accounts.domain import sign_in as domain
from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.domain.permissions import TABLE
from silian.portal.accounts.domain.users import UserRefused, set_password
from silian.portal.bilingual import choose


@sensitive_post_parameters("password")
@never_cache
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    target = _target(request)
    if request.user.is_authenticated:
        return redirect(target)
    error, username = "", ""
    if request.method == "POST":
        username = request.POST.get("username", "")[:150]
        try:
            domain.sign_in(request, username, request.POST.get("password", ""))
        except domain.SignInRefused as refused:
            error = refused.message
        else:
            return redirect(target)
    return render(
        request,
        "accounts/sign_in.html",
        {"error": error, "username": username, "next": target},
        status=422 if error else 200,
    )


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    domain.sign_out(request)
    messages.success(request, choose("已退出登录。", "You are signed out."))
    return redirect("home")


@sensitive_post_parameters("old_password", "new_password")
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    viewer = viewer_of(request)
    error = ""
    if request.method == "POST":
        error = _change_password(request)
        if not error:
            messages.success(request, choose("密码已修改。", "Your password is changed."))
            return redirect("accounts:profile")
    rights = [
        (choose(row.label_zh, row.label_en), viewer.role in row.own_records_only)
        for row in TABLE.values()
        if viewer.role in row.roles
    ]
    return render(
        request,
        "accounts/profile.html",
        {"viewer": viewer, "rights": rights, "error": error},
        status=422 if error else 200,
    )


def _change_password(request: HttpRequest) -> str:
    user = request.user
    if not user.check_password(request.POST.get("old_password", "")):
        return choose("当前密码不正确。", "The present password is not right.")
    new = request.POST.get("new_password", "")
    if new != request.POST.get("new_password_again", ""):
        return choose("两次输入的新密码不一致。", "The two new passwords differ.")
    try:
        set_password(user, new, viewer=viewer_of(request))
    except UserRefused as refused:
        return refused.message
    update_session_auth_hash(request, user)
    return ""


def _target(request: HttpRequest) -> str:
    """Where to go afterwards; never to another host."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if safe else resolve_url("home")
