"""Arguments that several commands share: an enterprise, a day, and how answers are printed."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli.console import console, fail

if TYPE_CHECKING:
    from silian.portal.registry.models import Organisation

Enterprise = Annotated[
    str,
    typer.Argument(
        metavar="企业ENTERPRISE",
        help="编号、统一社会信用代码或全称 · Public id, unified code or full name.",
    ),
]
AsOf = Annotated[
    str,
    typer.Option(
        "--as-of",
        help="基准日 YYYY-MM-DD，默认今天；过去的日子按当日所知 · Day, today by default; a past one as known then.",
    ),
]
Year = Annotated[
    int | None, typer.Option("--year", "-y", help="数据年度，默认最新 · Year of the facts.")
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")]
Limit = Annotated[int, typer.Option("--limit", "-l", min=1, max=100_000, help="条数 · Rows.")]


def enterprise(name: str) -> "Organisation":
    """The enterprise that an argument names; ends the command where there is none, or several."""
    from silian.portal.registry.models import Organisation

    for field in ("public_id", "unified_social_credit_code", "name"):
        found = list(Organisation.objects.select_related("region").filter(**{field: name})[:2])
        if len(found) == 1:
            return found[0]
        if found:
            fail(f"有多个单位叫“{name}”，请用编号。Several are called so; use the public id.")
    fail(
        f"没有这个单位 No such organisation: {name}",
        remedy="可用 silian export organisation 查看编号。Export organisations to see their ids.",
    )


def day(text: str) -> date:
    """The day that an option names, today without one."""
    from django.utils import timezone

    if not text:
        return timezone.localdate()
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(
            f"日期“{text}”无效，应为 2026-03-31。The day {text!r} is none; write 2026-03-31.",
            exit_code=2,
        )


def print_table(title: str, headings: list[str], rows: list[list[str]], right: int = 0) -> None:
    """A table on stdout; its last ``right`` columns are figures."""
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for number, heading in enumerate(headings):
        is_figure = number >= len(headings) - right
        table.add_column(heading, justify="right" if is_figure else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console().print(table)


def yuan(amount: float | None) -> str:
    """An amount as the reports show it: 万元, 亿元."""
    return "—" if amount is None else shown(amount, "cny")


def more_or_less(amount: float) -> str:
    """A change of an amount, with its sign."""
    return ("+" if amount > 0 else "") + yuan(amount)


def shown(value: Any, unit: str = "") -> str:
    """A figure with its unit, in Chinese."""
    from silian.portal.exchange.domain.figures_in_words import in_words

    return in_words(value, unit)


def fact_shown(code: str, value: Any) -> str:
    """A fact by its own unit; codes by their names, days as days."""
    from silian.portal.industry.interfaces.policy_faces import shown_codes

    return shown(shown_codes(code, value), _unit(code))


def fact_label(code: str) -> str:
    """Name of a fact, or the name itself where it is a figure of the policy."""
    from silian.library.facts import fact_schema

    schema = fact_schema()
    return schema[code].label_zh if code in schema else code


def _unit(code: str) -> str:
    from silian.library.facts import fact_schema

    schema = fact_schema()
    return schema[code].unit if code in schema else ""
