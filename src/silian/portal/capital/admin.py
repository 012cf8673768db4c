"""Admin of the capital chain's records."""

from django.contrib import admin

from silian.portal.administration import RecordAdmin
from silian.portal.capital.models import Grant


@admin.register(Grant)
class GrantAdmin(RecordAdmin):
    title_field = "organisation"
    search_fields = ("organisation__name", "=public_id", "=source_key", "policy_id")
    extra_columns = ("policy_id", "year", "amount_cny", "paid_on")
    extra_filters = ("year", "policy_id")
    autocomplete_fields = ("organisation", "owner")
