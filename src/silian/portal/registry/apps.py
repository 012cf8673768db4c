"""Django configuration of this app."""

from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "silian.portal.registry"
    verbose_name = "主体与目录"
