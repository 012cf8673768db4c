"""Django configuration of this app."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "silian.portal.api"
    verbose_name = "接口"
