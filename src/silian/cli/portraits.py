"""``silian portrait``: one enterprise, institute or person, as text, JSON or a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json, say
from silian.cli.enterprises import AsJson, AsOf, day, print_table

if TYPE_CHECKING:
    from silian.portal.insight.domain.portrait_values import Portrait

_ROWS = 12


def portrait(
    name: Annotated[
        str,
        typer.Argument(
            metavar="单位或人员NAME",
            help="编号、代码或全称 · Public id, unified code or full name.",
        ),
    ],
    as_of: AsOf = "",
    pdf: Annotated[Path | None, typer.Option("--pdf", help="写入 PDF · Write a PDF.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", help="写入 HTML · Write an HTML file.")
    ] = None,
    as_json: AsJson = False,
    english: Annotated[bool, typer.Option("--english", help="英文 · In English.")] = False,
) -> None:
    """画像：做什么、与谁合作、强在哪里 · What it does, with whom, where it is strong."""
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.portraits import portrait as portrait_of
    from silian.portal.insight.interfaces.portrait_faces import values_of
    from silian.portal.insight.interfaces.portrait_report import report

    found = portrait_of(_subject(name), SYSTEM, day(as_of))
    for path, file_format in ((pdf, "pdf"), (html, "html")):
        if path is not None:
            path.write_bytes(report(found, file_format, viewer=SYSTEM, english=english))
            say(f"✓ {path} · {found.subject_id}", style="green")
    if as_json:
        print_json(values_of(found))
    elif pdf is None and html is None:
        _print(found, english=english)


def _subject(name: str) -> Any:
    """The record that an argument names; ends the command where there is none, or several."""
    from silian.portal.registry.models import Organisation, Person

    models: tuple[Any, ...] = (Organisation, Person)
    for model in models:
        if one := model.objects.filter(public_id=name).first():
            return one
    named = list(Organisation.objects.filter(unified_social_credit_code=name)[:2]) if name else []
    named = named or [one for model in models for one in model.objects.filter(name=name)[:3]]
    if len(named) == 1:
        return named[0]
    if named:
        fail(
            f"有多个对象叫“{name}”，请用编号。Several are called so; use the public id.",
            remedy="；".join(f"{one.public_id} {_where(one)}" for one in named),
        )
    fail(
        f"没有这个单位或人员 No such organisation or person: {name}",
        remedy="可用 silian export person 查看编号。Export people to see their ids.",
    )


def _where(record: Any) -> str:
    place = getattr(record, "organisation", None) or getattr(record, "region", None)
    return str(place or record.register)


def _print(found: "Portrait", *, english: bool) -> None:
    from django.utils.translation import override

    from silian.portal.bilingual import choose
    from silian.portal.insight.domain.portrait_tags import tags_by_group
    from silian.portal.insight.interfaces.portrait_faces import figure_in_words, ways_in_words

    with override("en" if english else "zh-hans"):
        about = found.about_en if english else found.about_zh
        say(f"{found.name} · {' · '.join(about)} · {found.as_of}")
        for group, tags in tags_by_group(found.tags):
            rows = [
                [
                    choose(tag.label_zh, tag.label_en),
                    tag.value,
                    str(tag.stated_on),
                    choose("已过期", "expired") if tag.expired else str(tag.expires_on or ""),
                    f"{tag.confidence:.0%}",
                ]
                for tag in tags[:_ROWS]
            ]
            headings = ["标签 Tag", "", "日期 Day", "有效至 Until", "可信度 Sure"]
            print_table(choose(group.label_zh, group.label_en), headings, rows, right=1)
        if found.partners:
            rows = [
                [one.name, str(one.count), str(one.last_year or ""), ways_in_words(dict(one.ways))]
                for one in found.partners[:_ROWS]
            ]
            print_table("合作 Partners", ["名称 Name", "次数 Works", "最近 Last", "方式 By"], rows)
        rows = [
            [
                choose(one.label_zh, one.label_en),
                figure_in_words(one, one.value, english=english),
                "—" if one.share_behind_rate is None else f"{one.share_behind_rate:.0%}",
                f"{choose(one.group_zh, one.group_en)} {one.peer_count}",
            ]
            for one in found.peers
        ]
        if rows:
            headings = ["指标 Figure", "数值 Value", "优于 Ahead of", "比较对象 Beside"]
            print_table("与同类比较 Beside peers", headings, rows)
