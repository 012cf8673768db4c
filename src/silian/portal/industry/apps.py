"""Django configuration of this app."""

from django.apps import AppConfig


class IndustryConfig(AppConfig):
    name = "silian.portal.industry"
    verbose_name = "产业链"
