"""Admin of the industry chain's records."""

from django.contrib import admin

from silian.portal.administration import RecordAdmin
from silian.portal.industry.models import Need


@admin.register(Need)
class NeedAdmin(RecordAdmin):
    extra_columns = ("need_kind", "status", "organisation", "budget_cny", "deadline")
    extra_filters = ("status", "need_kind")
