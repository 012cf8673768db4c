"""Admin of matches, what came of them, and what the index still owes."""

from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin

from silian.portal.administration import ReadOnlyAdmin
from silian.portal.exchange.models import IndexTask, Match, Outcome, SavedFilter


@admin.register(Match)
class MatchAdmin(SimpleHistoryAdmin, ReadOnlyAdmin):
    list_display = ("need", "supply_kind", "supply_id", "status", "level", "rank", "updated_at")
    list_filter = ("status", "supply_kind")
    list_select_related = ("need",)
    search_fields = ("need__title", "=supply_id", "=public_id")
    ordering = ("-id",)


@admin.register(Outcome)
class OutcomeAdmin(ReadOnlyAdmin):
    list_display = ("match", "action", "amount_cny", "actor", "created_at")
    list_filter = ("action",)
    list_select_related = ("match", "actor")
    search_fields = ("match__need__title", "=match__supply_id")
    ordering = ("-id",)


@admin.register(IndexTask)
class IndexTaskAdmin(ReadOnlyAdmin):
    list_display = ("public_id", "created_at")
    search_fields = ("=public_id",)
    ordering = ("id",)


@admin.register(SavedFilter)
class SavedFilterAdmin(ReadOnlyAdmin):
    list_display = ("name", "list_name", "user", "created_at")
    list_filter = ("list_name",)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    ordering = ("-id",)
