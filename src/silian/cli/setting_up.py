"""``silian init`` and ``regions``: folder, tables, operator, the list of regions."""

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
    with_regions: Annotated[
        bool,
        typer.Option(
            "--regions", help="同时载入全国省市区县 · Also keep the list of China's regions."
        ),
    ] = False,
) -> None:
    """建立数据目录、数据库与运营方账号 · Make the data folder, the database and an operator.

    可重复运行：升级后再运行一次即更新数据库。 Safe to repeat: after an upgrade it updates the
    database.
    """
    runtime.migrate()
    from django.conf import settings

    say(f"✓ 数据目录 Data folder: {settings.SILIAN_HOME}", style="green")
    if with_regions:
        _keep_regions("")
    if without_operator or (runtime.operator_exists() and not username):
        return
    _create_operator(*_credentials(username, password))


def regions(
    within: Annotated[
        str,
        typer.Argument(
            metavar="CODE",
            help="区划代码或其前几位，如 33、3302；不给则全国 · Code or its beginning, such as 33 or "
            "3302; all of China if left out.",
        ),
    ] = "",
) -> None:
    """载入省市区县名录 · Keep the list of provinces, cities and districts.

    2025 年末的行政区划（GB/T 2260）。登记库自带的地区保持不变。 Regions in force at the end of 2025;
    what a register of your own told of a region stays.

    [bold]silian regions 33[/]
    """
    runtime.start()
    from silian.cli.registers import catch_up

    _keep_regions(within)
    catch_up()


def _keep_regions(within: str) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.registry.domain.region_register import NoSuchRegion, keep_regions

    try:
        kept = keep_regions(SYSTEM, within)
    except NoSuchRegion as error:
        fail(f"没有以“{within}”开头的区划代码。{error}", exit_code=2)
    say(
        f"✓ 地区 Regions: 新增 new {kept.made_count:,}，补全 named {kept.named_count:,}，"
        f"未变 same {kept.unchanged_count:,}；按地址归入地区的单位 organisations placed by address "
        f"{kept.placed_count:,}",
        style="green",
    )


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
