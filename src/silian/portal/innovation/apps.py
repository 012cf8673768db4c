"""Django configuration of this app."""

from django.apps import AppConfig


class InnovationConfig(AppConfig):
    name = "silian.portal.innovation"
    verbose_name = "创新链"
