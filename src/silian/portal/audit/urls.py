"""Pages of the audit trail."""

from django.urls import path

from silian.portal.audit.views import entries

app_name = "audit"
urlpatterns = [path("", entries.entries, name="entries")]
