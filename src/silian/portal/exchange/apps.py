"""Django configuration of this app."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    name = "silian.portal.exchange"
    verbose_name = "产研融合服务"
