"""Django configuration of this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "silian.portal.accounts"
    verbose_name = "账号与权限"
