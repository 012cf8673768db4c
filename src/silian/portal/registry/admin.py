"""Admin of the shared records and of imports."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.admin import TabularInline

from silian.portal.administration import PortalAdmin, ReadOnlyAdmin, RecordAdmin
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.domain.relations import follow_name
from silian.portal.registry.interfaces.mapping import MappingInvalid, parse_mapping
from silian.portal.registry.models import (
    Affiliation,
    ChainLink,
    ChainMember,
    ChainNode,
    ImportJob,
    Organisation,
    OrganisationName,
    Person,
    Region,
    Register,
    RegisterMapping,
    RejectedRow,
)


class OrganisationNameForm(forms.ModelForm):
    """One name; the spelling by which it is looked up follows from it."""

    class Meta:
        model = OrganisationName
        fields = ("name", "name_kind")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        key = name_key(values.get("name", ""))
        same = OrganisationName.objects.filter(
            organisation=self.instance.organisation_id,
            normalised=key,
            name_kind=values.get("name_kind", ""),
        )
        if same.exclude(pk=self.instance.pk).exists():
            raise ValidationError("该单位已有这个名称。 The organisation has this name already.")
        self.instance.normalised = key
        return values


class OrganisationNameInline(TabularInline):
    """All names by which an organisation is found."""

    model = OrganisationName
    form = OrganisationNameForm
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Save the names, and let them follow the name that was edited above them."""
        super().save_related(request, form, formsets, change)
        if {"name", "name_en"} & set(form.changed_data):
            follow_name(form.instance)


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


@admin.register(ChainNode)
class ChainNodeAdmin(RecordAdmin):
    title_field = "name"
    related = ()
    extra_columns = ("node_kind", "code")
    extra_filters = ("node_kind",)
    extra_search = ("=code",)
    autocomplete_fields = ("owner",)


@admin.register(ChainLink)
class ChainLinkAdmin(RecordAdmin):
    title_field = "source"
    related = ("source", "target")
    search_fields = ("source__name", "target__name", "=public_id", "=source_key")
    extra_columns = ("relation", "target", "weight")
    extra_filters = ("relation",)
    autocomplete_fields = ("source", "target", "owner")


@admin.register(ChainMember)
class ChainMemberAdmin(RecordAdmin):
    title_field = "organisation"
    related = ("organisation", "node")
    search_fields = ("organisation__name", "node__name", "=public_id", "=source_key")
    extra_columns = ("node", "revenue_share", "role")
    autocomplete_fields = ("organisation", "node", "owner")


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
        "remarked_count",
        "actor",
        "created_at",
    )
    list_filter = ("state", "dry_run", "register_code")
    list_select_related = ("actor",)
    search_fields = ("file_name", "mapping_code", "=public_id")
    ordering = ("-id",)


@admin.register(RejectedRow)
class RejectedRowAdmin(ReadOnlyAdmin):
    list_display = ("job", "row_number", "kind", "state", "answered_by")
    list_filter = ("state", "kind")
    list_select_related = ("job", "answered_by")
    search_fields = ("job__file_name",)
    ordering = ("-id",)
