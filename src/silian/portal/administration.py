"""What all admin pages share: where a record comes from is fixed, and no list counts its table."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from silian.portal.accounts.domain.access import allowed, viewer_of
from silian.portal.audit import domain as audit

_ORIGIN = ("public_id", "register", "source_key", "source_row", "source_hash")
_TIMES = ("created_at", "updated_at")


class PortalAdmin(ModelAdmin):
    """Open to those whom the permission table lets use the admin; lists stay fast when long.

    Django counts a table twice for each list page; at 100,000 rows with a filter that is most of
    the page's time, so pages go forward and back without a total.
    """

    paginator = InfinitePaginator
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True

    def _open(self, request: HttpRequest) -> bool:
        return allowed(viewer_of(request), "admin.use")

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._open(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._open(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._open(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._open(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._open(request)

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        """Save and log which fields changed."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            audit.log(
                "admin.change" if change else "admin.add",
                viewer_of(request),
                subject_of(obj),
                model=obj._meta.label,
                fields=form.changed_data,
            )

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete and log what went."""
        self.delete_queryset(request, type(obj)._default_manager.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Delete many, each with an entry of its own."""
        with transaction.atomic():
            for obj in queryset:
                audit.log(
                    "admin.delete",
                    viewer_of(request),
                    subject_of(obj),
                    model=obj._meta.label,
                    label=str(obj)[:200],
                )
            queryset.delete()


class ReadOnlyAdmin(PortalAdmin):
    """Pages that only show: what was logged, imported or decided is not rewritten here."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class RecordAdmin(SimpleHistoryAdmin, PortalAdmin):
    """One kind of record, with its history.

    Records are added by imports, forms and the API, which check every value; here an operator
    looks, corrects and deletes.
    """

    title_field = "title"
    related: Sequence[str] = ("organisation",)
    extra_columns: Sequence[str] = ()
    extra_filters: Sequence[str] = ()
    extra_search: Sequence[str] = ()
    autocomplete_fields: Sequence[str] = ("organisation", "region", "owner")
    ordering = ("-updated_at",)

    def __init__(self, model: type[Model], admin_site: admin.AdminSite) -> None:
        self.list_display = (
            self.title_field,
            *self.extra_columns,
            "register",
            "audience",
            "updated_at",
        )
        self.list_filter = (*self.extra_filters, "register", "audience")
        self.search_fields = self.search_fields or (
            self.title_field,
            "=public_id",
            "=source_key",
            *self.extra_search,
        )
        self.list_select_related = ("register", *self.related)
        super().__init__(model, admin_site)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [*_ORIGIN, *_TIMES]

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> list[Any]:
        names = [f for f in self.get_fields(request, obj) if f not in {*_ORIGIN, *_TIMES}]
        standing = ["owner", "audience", "valid_from", "valid_until"]
        return [
            (None, {"fields": [name for name in names if name not in standing]}),
            ("归属与可见", {"fields": standing}),
            ("来源", {"fields": [*_ORIGIN, *_TIMES]}),
        ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


def subject_of(obj: Any) -> str:
    """What the audit log calls a thing: its public id where it has one."""
    return str(getattr(obj, "public_id", "") or obj.pk)


def take_out(*models: type[Model]) -> None:
    """Take models of other packages out of the admin: roles, not groups, say who may what."""
    for model in models:
        if admin.site.is_registered(model):
            admin.site.unregister(model)
