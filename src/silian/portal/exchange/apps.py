"""Django configuration of this app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ExchangeConfig(AppConfig):
    name = "silian.portal.exchange"
    verbose_name = "产研融合服务"

    def ready(self) -> None:
        """Let saved records note themselves for the index."""
        from silian.portal.exchange.domain.signals import connect

        connect()
        post_migrate.connect(_fill_lists, sender=self)


def _fill_lists(**_: Any) -> None:
    """Make the lists' entries where records are older than these are."""
    from silian.portal.exchange.domain.list_entries import fill, is_filled

    if not is_filled():
        fill()
