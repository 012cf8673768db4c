"""Django configuration of this app."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "silian.portal.audit"
    verbose_name = "审计"
