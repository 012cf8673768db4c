"""Admin of users and API keys; what it changes goes through the domain like everything else."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from silian.portal.accounts.domain.access import viewer_of
from silian.portal.accounts.domain.api_keys import revoke_key
from silian.portal.accounts.domain.users import UserRefused, check_change, check_speaks
from silian.portal.accounts.models import ApiKey, User
from silian.portal.administration import PortalAdmin, ReadOnlyAdmin, take_out
from silian.portal.bilingual import both

take_out(Group)


class PortalUserChangeForm(UserChangeForm):
    """Refuses to take away the last operator, and a role without the organisation it needs."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "role" in cleaned:
            try:
                check_change(
                    self.instance, role=cleaned["role"], is_active=cleaned.get("is_active", True)
                )
            except UserRefused as refused:
                self.add_error("role", refused.message)
            if cleaned.get("is_active", True):
                _check_organisation(self, cleaned)
        return cleaned


class PortalUserCreationForm(UserCreationForm):
    """Refuses a role without the organisation it needs."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        _check_organisation(self, cleaned)
        return cleaned


def _check_organisation(form: Any, cleaned: dict[str, Any]) -> None:
    try:
        check_speaks(cleaned.get("role", ""), cleaned.get("organisation"))
    except UserRefused as refused:
        form.add_error("organisation", refused.message)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, PortalAdmin):
    form = PortalUserChangeForm
    add_form = PortalUserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "role", "organisation", "is_active", "last_login")
    list_filter = ("role", "is_active")
    list_select_related = ("organisation",)
    search_fields = ("username", "first_name", "email", "organisation__name")
    autocomplete_fields = ("organisation",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("身份", {"fields": ("first_name", "email", "role", "organisation", "is_active")}),
        ("时间", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "password1", "password2", "role", "organisation")}),
    )

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The trail names people by their account: accounts are closed, not deleted.
        return False


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    """Keys are made on the account page, where their secret is shown once."""

    list_display = ("name", "prefix", "role", "organisation", "created_by", "last_used_at", "state")
    list_filter = ("role", ("revoked_at", admin.EmptyFieldListFilter))
    list_select_related = ("organisation", "created_by")
    search_fields = ("name", "=prefix", "organisation__name")
    exclude = ("secret_hash",)
    ordering = ("-id",)
    actions = ("revoke",)

    @admin.display(description=both("状态", "State"))
    def state(self, key: ApiKey) -> str:
        return str(both("已吊销", "Revoked") if key.revoked_at else both("有效", "Active"))

    @admin.action(description=both("吊销所选密钥", "Revoke the chosen keys"))
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        for key in queryset:
            revoke_key(key, viewer=viewer_of(request))
        messages.success(request, str(both("已吊销。", "Revoked.")))
