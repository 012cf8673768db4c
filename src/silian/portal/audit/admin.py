"""Admin view of the audit trail: to read, never to change."""

from django.contrib import admin

from silian.portal.administration import ReadOnlyAdmin
from silian.portal.audit.models import AuditEntry


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "action", "actor_label", "subject")
    list_filter = ("action",)
    search_fields = ("actor_label", "=subject")
    ordering = ("-created_at",)
