"""Django configuration of this app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "silian.portal.exchange"
    verbose_name = "产研融合服务"

    def ready(self) -> None:
        """Let saved records note themselves for the index."""
        from silian.portal.exchange.domain.signals import connect

        connect()
