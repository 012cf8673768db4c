"""Admin of the shared records and of imports."""

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.admin import TabularInline

from silian.portal.administration import PortalAdmin, ReadOnlyAdmin, RecordAdmin
from silian.portal.registry.interfaces.mapping import MappingInvalid, parse_mapping
from silian.portal.registry.models import (
    Affiliation,
    ImportJob,
    Organisation,
    OrganisationName,
    Person,
    Region,
    Register,
    RegisterMapping,
    RejectedRow,
)


class OrganisationNameInline(TabularInline):
    """All names by which an organisation is found."""

    model = OrganisationName
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(RecordAdmin):
    title_field = "name"
    related = ("region",)
    extra_columns = ("organisation_kind", "unified_social_credit_code", "region", "registered")
    extra_filters = ("organisation_kind", "registered")
    extra_search = ("=unified_social_credit_code", "=stock_code")
    autocomplete_fields = ("region", "owner")
    inlines = (OrganisationNameInline,)


@admin.register(Person)
class PersonAdmin(RecordAdmin):
    title_field = "name"
    extra_columns = ("title", "organisation")
    extra_search = ("organisation__name", "=orcid")
    autocomplete_fields = ("organisation", "owner")


@admin.register(Affiliation)
class AffiliationAdmin(RecordAdmin):
    title_field = "person"
    related = ("person", "organisation")
    extra_columns = ("organisation", "affiliation_kind", "role")
    extra_filters = ("affiliation_kind",)
    autocomplete_fields = ("person", "organisation", "owner")
    search_fields = ("person__name", "organisation__name", "=public_id", "=source_key")


@admin.register(Region)
class RegionAdmin(RecordAdmin):
    title_field = "name"
    related = ()
    extra_columns = ("adcode", "level", "parent_adcode")
    extra_filters = ("level",)
    extra_search = ("adcode",)
    autocomplete_fields = ("owner",)


@admin.register(Register)
class RegisterAdmin(PortalAdmin):
    list_display = ("code", "name", "publisher", "created_at")
    search_fields = ("code", "name", "publisher")

    def get_readonly_fields(self, request: HttpRequest, obj: Register | None = None) -> list[str]:
        # Public ids follow from the code: it never changes.
        return ["code", "created_at"] if obj else ["created_at"]


class RegisterMappingForm(forms.ModelForm):
    """A mapping is checked here as it is on its page."""

    def clean_content(self) -> str:
        content = str(self.cleaned_data["content"])
        try:
            parse_mapping(content)
        except MappingInvalid as error:
            raise ValidationError(str(error)) from error
        return content


@admin.register(RegisterMapping)
class RegisterMappingAdmin(PortalAdmin):
    form = RegisterMappingForm
    list_display = ("code", "name", "updated_at")
    search_fields = ("code", "name")
    readonly_fields = ("updated_at",)


@admin.register(ImportJob)
class ImportJobAdmin(ReadOnlyAdmin):
    list_display = (
        "file_name",
        "mapping_code",
        "register_code",
        "state",
        "dry_run",
        "row_count",
        "accepted_count",
        "changed_count",
        "rejected_count",
        "actor",
        "created_at",
    )
    list_filter = ("state", "dry_run", "register_code")
    list_select_related = ("actor",)
    search_fields = ("file_name", "mapping_code", "=public_id")
    ordering = ("-id",)


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    list_display = ("job", "row_number", "kind", "state")
    list_filter = ("state", "kind")
    list_select_related = ("job",)
    search_fields = ("job__file_name",)
    ordering = ("-id",)
