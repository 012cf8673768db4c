"""Django configuration of this app."""

from django.apps import AppConfig


class CapitalConfig(AppConfig):
    name = "silian.portal.capital"
    verbose_name = "资金链"
