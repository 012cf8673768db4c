"""``silian policies``: what is in force, what a policy says, and what is wrong with a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silian.cli import runtime
from silian.cli.console import print_json, say
from silian.cli.enterprises import AsJson, AsOf, day, print_table, shown

if TYPE_CHECKING:
    from datetime import date

    from silian.portal.industry.domain.policies import PolicyPage


def policies(
    policy_id: Annotated[
        str,
        typer.Argument(
            metavar="政策POLICY", help="政策编号，空则列出全部 · Policy id; all without one."
        ),
    ] = "",
    as_of: AsOf = "",
    lint: Annotated[
        Path | None,
        typer.Option("--lint", exists=True, help="检查政策文件 · Check a policy file (YAML)."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """政策清单、条款与参数；检查政策文件 · Policies in force, one in full, or a file's problems."""
    if lint is not None:
        _lint(lint, as_json)
        return
    runtime.start()
    from silian.portal.industry.domain.policies import policies_in_force, policy_page
    from silian.portal.industry.domain.policy_values import page_values, policy_brief

    chosen = day(as_of)
    if policy_id:
        page = policy_page(policy_id, chosen)
        if as_json:
            print_json(page_values(page))
        else:
            _print_page(page)
        return
    found = policies_in_force(chosen)
    if as_json:
        print_json([policy_brief(one) for one in found])
        return
    print_table(
        f"{chosen} 有效的政策 Policies in force",
        ["编号 Id", "名称 Name", "类型 Kind", "起始 From", "已读转载 Read"],
        [
            [
                one.policy_id,
                one.label_zh,
                one.kind,
                one.valid_from.isoformat(),
                "✓" if one.source.verified else "—",
            ]
            for one in found
        ],
    )
    warn_of_unusable(chosen)


def warn_of_unusable(as_of: "date") -> None:
    """Tell operators of published drafts that are left out because they can't be answered."""
    from silian.portal.industry.domain.published_drafts import unusable_drafts

    for one in unusable_drafts(as_of):
        say(
            f"! 已发布的政策 {one.title}（{one.policy_id}）无法测算，未计入：{one.message_zh} "
            f"A published policy can't be used and is left out: {one.message_en}",
            style="yellow",
        )


def _lint(path: Path, as_json: bool) -> None:
    from dataclasses import asdict

    from silian.library.policy_files import lint_policy

    problems = lint_policy(path.read_text("utf-8-sig"), str(path))
    if as_json:
        print_json([asdict(one) for one in problems])
    else:
        for one in problems:
            typer.echo(f"{one.path}:{one.line}:{one.column}: {one.message_zh}{one.remedy_zh}")
            typer.echo(f"    {one.message_en} {one.remedy_en} [{one.code}]")
    if problems:
        raise typer.Exit(1)
    say(f"✓ {path} 没有问题 No problems", style="green")


def _print_page(page: "PolicyPage") -> None:
    policy = page.policy
    standing = "有效 in force" if page.in_force else "不在有效期 not in force"
    typer.echo(f"{policy.label_zh} · {policy.label_en} ({page.as_of}: {standing})")
    source = policy.source
    typer.echo(" ".join(part for part in (source.title, source.document_number) if part))
    print_table(
        "条件 Conditions",
        ["条件 Condition", "条款 Clause", "表达式 Expression"],
        [[one.label_zh, one.source.article, one.expression] for one in policy.conditions],
    )
    print_table(
        "参数 Parameters",
        ["编号 Id", "名称 Name", "值 Value"],
        [
            [
                one.parameter.parameter_id,
                one.parameter.label_zh,
                shown(one.value.value, one.parameter.unit) if one.value else "—",
            ]
            for one in page.parameters
        ],
        right=1,
    )
