"""``silian sample``: a fictional city, to try everything with."""

import os
import secrets
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from silian.cli import runtime
from silian.cli.console import console, fail, progress_bar, say

if TYPE_CHECKING:
    from silian.portal.registry.models import Organisation, Person

_REGISTER = "sample-city"
_DEMO_USERS = ("operator", "adviser", "enterprise", "research", "viewer")


def sample(
    size: Annotated[
        str, typer.Option("--size", "-s", help="small, medium, large 或倍数 or a factor (0.1).")
    ] = "small",
    seed: Annotated[int, typer.Option("--seed", min=0, help="随机种子 · Seed.")] = 7,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="写到文件夹 · Write the files here."),
    ] = None,
    load: Annotated[
        bool,
        typer.Option("--load", help="载入本平台并建演示账号 · Load it here, make demo users."),
    ] = False,
) -> None:
    """生成一座虚构城市的全部记录 · Generate a coherent fictional city.

    同一规模与种子在任何机器上得到相同数据，并附带需求与供给的真实相关等级（relevance.csv）。
    Same size and seed, same data, with true relevance levels.
    """
    if out is None and not load:
        fail("请给出 --out 或 --load。Give --out FOLDER, --load or both.", exit_code=2)
    folder = nullcontext(str(out)) if out else tempfile.TemporaryDirectory(prefix="silian-sample-")
    with folder as name:
        _write(Path(name), size, seed)
        if out:
            say(f"✓ {out}", style="green")
        if load:
            _load(Path(name))


def _write(folder: Path, size: str, seed: int) -> None:
    from silian.sample import write_city
    from silian.sample.size import city_size

    city_size(size)  # a wrong one ends the command before anything is made
    with progress_bar("生成城市 Generate the city") as advance:
        total: dict[str, int] = {}

        def count(kind: str, done: int) -> None:
            total[kind] = done
            advance(sum(total.values()), None)

        write_city(folder, size, seed, progress=count)


def _load(folder: Path) -> None:
    runtime.migrate()
    from silian.portal.exchange.domain import consistency, worker
    from silian.portal.industry.domain import facts

    with worker.paused():
        _load_files(folder)
        _load_outcomes(folder)
        _keep_target_chains()
        with progress_bar("建立字词索引 Index words") as advance:
            consistency.rebuild(progress=advance)
    with progress_bar("汇总年度数据 Gather facts") as advance:
        facts.refresh(progress=advance)
    _make_graph()
    _make_users()


def _make_graph() -> None:
    """Who is who, where everybody stands in the chains, and the graph of it all, in this order."""
    from silian.cli.resolving import resolve_all
    from silian.portal.insight.domain.chain_placements import rebuild_placements
    from silian.portal.insight.domain.graph_building import build_graph

    resolve_all(("organisation", "person"))
    with progress_bar("归入产业链 Place in the chains") as advance:
        rebuild_placements(advance)
    with progress_bar("生成图谱 Build the graph") as advance:
        build_graph(progress=advance)


def _load_files(folder: Path) -> None:
    from silian.portal.catalogue import KINDS
    from silian.portal.registry.domain.intake import create_job, run_job

    for kind in KINDS:
        path = folder / f"{kind}.jsonl"
        if not path.exists():
            continue
        # A city of another seed takes the place of the one before.
        job = create_job(path, f"template:{kind}", register_code=_REGISTER, replace=True)
        with progress_bar(f"载入 Load {KINDS[kind].label_zh}") as advance:
            job = run_job(job.pk, progress=advance)
        if job.state == "failed" or job.rejected_count:
            fail(f"{kind}: {job.error_message or f'{job.rejected_count} rows refused'}")
    _load_park_directory(folder)


def _load_park_directory(folder: Path) -> None:
    """The parks' own list of enterprises, a second register: it gives resolution its work."""
    from silian.portal.registry.domain.intake import create_job, run_job
    from silian.portal.registry.domain.upsert import register_of
    from silian.sample.generate import PARK_DIRECTORY, PARK_REGISTER

    register_of(PARK_REGISTER, "园区企业名录", name_en="Directory of the parks")
    path = folder / f"{PARK_DIRECTORY}.jsonl"
    job = create_job(path, "template:organisation", register_code=PARK_REGISTER, replace=True)
    with progress_bar("载入 Load 园区企业名录") as advance:
        job = run_job(job.pk, progress=advance)
    if job.state == "failed" or job.rejected_count:
        fail(f"{PARK_DIRECTORY}: {job.error_message or f'{job.rejected_count} rows refused'}")


def _load_outcomes(folder: Path) -> None:
    """What became of the needs: contracts to count, and something to learn from."""
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain.earlier_outcomes import load_earlier_outcomes
    from silian.sample.generate import OUTCOMES

    with progress_bar("载入 Load 匹配结果") as advance:
        n_kept = load_earlier_outcomes(folder / f"{OUTCOMES}.jsonl", _REGISTER, SYSTEM)
        advance(n_kept, n_kept)


def _keep_target_chains() -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.insight.domain.chain_targets import save_target, target_chains
    from silian.portal.registry.models import ChainNode
    from silian.sample.chains import target_chains as chosen

    kept = {target.name for target in target_chains()}
    for row in chosen():
        nodes = ChainNode.objects.filter(register__code=_REGISTER, name__in=row["roots"])
        if row["name"] not in kept:
            save_target(
                SYSTEM,
                name=row["name"],
                name_en=row["name_en"],
                node_ids=list(nodes.values_list("public_id", flat=True)),
                depth=row["depth"],
            )


def _make_users() -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.accounts.domain.users import create_user, link_person
    from silian.portal.accounts.models import User
    from silian.portal.registry.models import Organisation

    organisations: dict[str, Organisation | None] = {
        "enterprise": _busiest("needs"),
        "research": _busiest("achievements"),
    }
    made: list[tuple[str, str, str]] = []
    for role in _DEMO_USERS:
        if User.objects.filter(username=role).exists():
            continue
        password = os.environ.get("SILIAN_DEMO_PASSWORD") or secrets.token_urlsafe(9)
        organisation = organisations.get(role)
        user = create_user(
            viewer=SYSTEM,
            username=role,
            password=password,
            role=role,
            organisation=organisation,
        )
        # The research account is somebody: so there is a portrait to correct.
        person = _busiest_person(organisation) if role == "research" else None
        if person is not None:
            link_person(user, person, viewer=SYSTEM)
        named = (one.name for one in (organisation, person) if one is not None)
        made.append((role, password, " · ".join(named)))
    _print_users(made)


def _busiest(relation: str) -> "Organisation | None":
    """The organisation with most needs or achievements: there is something to see for it."""
    from django.db.models import Count

    from silian.portal.registry.models import Organisation

    counted = Organisation.objects.filter(register__code=_REGISTER).annotate(n=Count(relation))
    return counted.filter(n__gt=0).order_by("-n", "public_id").first()


def _busiest_person(organisation: "Organisation | None") -> "Person | None":
    """The person of an organisation with a part in most works."""
    from django.db.models import Count

    from silian.portal.registry.models import Person

    counted = Person.objects.filter(organisation=organisation).annotate(n=Count("contributions"))
    found = counted.filter(n__gt=0).order_by("-n", "public_id").first()
    return found if organisation is not None else None


def _print_users(made: list[tuple[str, str, str]]) -> None:
    from rich.table import Table

    if not made:
        return
    table = Table(
        title="演示账号（密码只显示这一次）Demo users (passwords shown once)", title_justify="left"
    )
    for label in ("账号 User", "密码 Password", "单位 · 本人 Organisation, person"):
        table.add_column(label, overflow="fold")
    for row in made:
        table.add_row(*row)
    console().print(table)
