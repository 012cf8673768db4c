"""Django and the records, loaded only by the commands that need them."""

import os
from functools import cache


@cache
def start() -> None:
    """Load the settings and the apps, once."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "silian.portal.settings")
    from django.apps import apps

    if not apps.ready:
        import django

        django.setup()


def migrate() -> None:
    """Bring the database to this version's tables; makes it where there is none."""
    start()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)


def operator_exists() -> bool:
    """Whether anybody can sign in as the operator."""
    from silian.portal.accounts.models import Role, User

    return User.objects.filter(role=Role.OPERATOR, is_active=True).exists()
