"""Django configuration of this app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "silian.portal.registry"
    verbose_name = "主体与目录"

    def ready(self) -> None:
        """Keep who is who true when records are deleted."""
        from silian.portal.registry.domain.identity_departures import connect

        connect()
