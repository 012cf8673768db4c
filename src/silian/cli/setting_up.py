"""``silian init``: folder, tables, operator."""

import os
import sys
from typing import Annotated

import typer

from silian.cli import runtime
from silian.cli.console import fail, say


def init(
    username: Annotated[
        str, typer.Option("--username", "-u", help="运营方账号 · Operator's user name.")
    ] = "",
    password: Annotated[
        str,
        typer.Option(
            "--password",
            envvar="SILIAN_OPERATOR_PASSWORD",
            help="运营方密码，不给则询问 · Operator's password, asked for if absent.",
        ),
    ] = "",
    without_operator: Annotated[
        bool, typer.Option("--without-operator", help="不建账号 · Make no account.")
    ] = False,
) -> None:
    """建立数据目录、数据库与运营方账号 · Make the data folder, the database and an operator.

    可重复运行：升级后再运行一次即更新数据库。 Safe to repeat: after an upgrade it updates the
    database.
    """
    runtime.migrate()
    from django.conf import settings

    say(f"✓ 数据目录 Data folder: {settings.SILIAN_HOME}", style="green")
    if without_operator or (runtime.operator_exists() and not username):
        return
    _create_operator(*_credentials(username, password))


def _credentials(username: str, password: str) -> tuple[str, str]:
    interactive = sys.stdin.isatty() and "SILIAN_NO_INPUT" not in os.environ
    if not interactive and not (username and password):
        fail(
            "还没有运营方账号，这里也不能询问。There is no operator yet, and nobody to ask here.",
            remedy="silian init --username NAME --password … 或 or silian init --without-operator",
            exit_code=2,
        )
    username = username or typer.prompt("运营方账号 Operator's user name", default="operator")
    password = password or typer.prompt(
        "密码 Password", hide_input=True, confirmation_prompt="再输一次 Repeat"
    )
    return username, password


def _create_operator(username: str, password: str) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.accounts.domain.users import create_user

    create_user(viewer=SYSTEM, username=username, password=password, role="operator")
    say(f"✓ 运营方账号 Operator: {username}", style="green")
