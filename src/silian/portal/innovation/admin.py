"""Admin of the innovation chain's records."""

from django.contrib import admin

from silian.portal.administration import ReadOnlyAdmin, RecordAdmin
from silian.portal.innovation.models import (
    Achievement,
    Contribution,
    Facility,
    Patent,
    Platform,
    Project,
    Publication,
    ServiceAgency,
)


@admin.register(Achievement)
class AchievementAdmin(RecordAdmin):
    extra_columns = ("organisation", "readiness_level", "price_cny")
    extra_filters = ("readiness_level", "transfer_mode")


@admin.register(Patent)
class PatentAdmin(RecordAdmin):
    extra_columns = ("publication_number", "patent_kind", "organisation")
    extra_filters = ("patent_kind",)
    extra_search = ("=publication_number",)
    autocomplete_fields = ("organisation", "assignees", "owner")


@admin.register(Project)
class ProjectAdmin(RecordAdmin):
    extra_columns = ("number", "level", "organisation")
    extra_filters = ("level",)
    extra_search = ("=number",)
    autocomplete_fields = ("organisation", "leader", "owner")


@admin.register(Publication)
class PublicationAdmin(RecordAdmin):
    extra_columns = ("organisation", "published_on")
    extra_search = ("=doi",)
    autocomplete_fields = ("organisation", "owner")


@admin.register(Facility)
class FacilityAdmin(RecordAdmin):
    title_field = "name"
    extra_columns = ("facility_kind", "organisation", "price_cny_per_hour")
    extra_filters = ("facility_kind",)


@admin.register(Platform)
class PlatformAdmin(RecordAdmin):
    title_field = "name"
    extra_columns = ("platform_kind", "level", "organisation")
    extra_filters = ("platform_kind", "level")


@admin.register(ServiceAgency)
class ServiceAgencyAdmin(RecordAdmin):
    title_field = "name"
    extra_columns = ("organisation", "qualification", "served_enterprise_count")


@admin.register(Contribution)
class ContributionAdmin(ReadOnlyAdmin):
    list_display = ("person", "role", "position", "subject_id")
    list_filter = ("role",)
    list_select_related = ("person",)
    search_fields = ("person__name", "=subject_id")
    ordering = ("-id",)
