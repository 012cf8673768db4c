"""Django configuration of this app."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "silian.portal.insight"
    verbose_name = "洞察"
