"""Django configuration of this app."""

from django.apps import AppConfig


class InsightConfig(AppConfig):
    name = "silian.portal.insight"
    verbose_name = "洞察"

    def ready(self) -> None:
        """Keep what subjects hide out of records that join them."""
        from silian.portal.insight.domain.portrait_withholding import connect

        connect()
