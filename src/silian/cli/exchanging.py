"""``silian match`` and ``silian clarity``: ask the exchange from a terminal."""

from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import console, fail, print_json, say
from silian.cli.record_kinds import asked_kinds

if TYPE_CHECKING:
    from silian.engines.matching.values import Absence, Hit, SearchResult
    from silian.portal.industry.models import Need

_SHOWN_REASONS = 3
_SHOWN_TERMS = 6
_BAR_CELLS = 5


_TextOption = Annotated[
    str, typer.Option("--text", "-t", help="用一段话说需求 · The need, in words.")
]
_NeedOption = Annotated[
    str, typer.Option("--need", "-n", help="已登记需求的编号 · Id of a recorded need.")
]
_KindsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--kind", "-k", help="供给类型，如 achievement、成果；可多次 · Kind of supply, repeatable."
    ),
]
_RegionsOption = Annotated[
    list[str] | None,
    typer.Option(
        "--region", "-r", help="地区名称、区划代码或其前几位 · A name, an adcode or its beginning."
    ),
]
_LimitOption = Annotated[int, typer.Option("--limit", "-l", min=1, max=1000, help="条数 · Hits.")]
_ByKindOption = Annotated[
    bool, typer.Option("--by-kind", help="每类一表 · One table for each kind.")
]
_WhyNotOption = Annotated[
    str,
    typer.Option(
        "--why-not", help="解释某条供给为何不在结果里 · Why this supply is not among them."
    ),
]


def match(
    text: _TextOption = "",
    need_id: _NeedOption = "",
    kinds: _KindsOption = None,
    regions: _RegionsOption = None,
    limit: _LimitOption = 10,
    by_kind: _ByKindOption = False,
    absent_id: _WhyNotOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """为一项需求找供给，附理由 · Find who can meet a need, with reasons.

    [bold]silian match --text "需要一种耐高温的永磁材料用于新能源汽车电机"[/]
    """
    if bool(text.strip()) == bool(need_id):
        fail("请给出 --text 或 --need 之一。Give either --text or --need.", exit_code=2)
    runtime.start()
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain import service

    _check_text(text, service.LONGEST_TEXT)
    kinds = asked_kinds(kinds or [], service.SUPPLY_KINDS)
    need = _need(need_id) if need_id else None
    asked: dict[str, Any] = {
        "viewer": SYSTEM,
        "kinds": kinds,
        "limit": limit,
        "filters": service.Filters(region_codes=_asked_regions(regions or [])),
    }
    if absent_id:
        _answer_why_not(need, absent_id, asked, as_json)
        return
    started = perf_counter()
    results = _results(need, text, asked, by_kind)
    spent_s = perf_counter() - started
    if as_json:
        print_json({kind: _result_values(result) for kind, result in results.items()})
        return
    _print_results(need.title if need else text, results, spent_s)


def _results(
    need: "Need | None", text: str, asked: dict[str, Any], by_kind: bool
) -> dict[str, "SearchResult"]:
    from silian.portal.exchange.domain import service

    if not by_kind:
        best = service.best_for_need if need is not None else service.best_for_text
        return {"all": best(need if need is not None else text, **asked)}
    asked = {**asked, "kinds": asked["kinds"] or None}
    if need is not None:
        return service.match_need(need, **asked)
    return service.match_text(text, **asked)


def clarity(
    text: Annotated[str, typer.Option("--text", "-t", help="需求原文 · The need's text.")] = "",
    need_id: Annotated[
        str, typer.Option("--need", "-n", help="已登记需求的编号 · Id of a recorded need.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """检查需求是否写得清楚 · Check whether an expert could answer a need."""
    if bool(text.strip()) == bool(need_id):
        fail("请给出 --text 或 --need 之一。Give either --text or --need.", exit_code=2)
    runtime.start()
    from silian.cli.clarity_report import print_report
    from silian.portal.exchange.domain import service

    need = _need(need_id) if need_id else None
    report = service.clarity(need) if need else service.clarity_of_text(text)
    if as_json:
        print_json({**asdict(report), "missing": report.missing})
    else:
        print_report(report)


def _need(public_id: str) -> "Need":
    from silian.portal.industry.models import Need

    found = Need.objects.select_related("organisation", "owner", "region")
    need = found.filter(public_id=public_id).first()
    if need is None:
        fail(f"没有这条需求 No such need: {public_id}")
    return need


def _check_text(text: str, longest: int) -> None:
    if text and not any(letter.isalnum() for letter in text):
        fail(
            f"“{_short(text, 20)}”里没有可以检索的字词。There is no word to search by in the text.",
            exit_code=2,
        )
    if len(text) > longest:
        fail(
            f"文字有 {len(text):,} 个字符，最多 {longest:,} 个：请只留需求本身。"
            f"The text has {len(text):,} characters, at most {longest:,}: leave only the need.",
            exit_code=2,
        )


def _asked_regions(regions: list[str]) -> tuple[str, ...]:
    from silian.portal.registry.domain.asked_regions import UnknownRegion, codes_of_asked

    try:
        return codes_of_asked(regions)
    except UnknownRegion as error:
        fail(f"{error.message_zh} {error}", exit_code=2)


def _answer_why_not(
    need: "Need | None", absent_id: str, asked: dict[str, Any], as_json: bool
) -> None:
    from silian.portal.exchange.domain import service

    if need is None:
        fail("--why-not 需要 --need。--why-not needs --need.", exit_code=2)
    absence = service.why_not(need, absent_id, **asked)
    if as_json:
        print_json(_absence_values(absence))
    else:
        _print_absence(absence)


def _result_values(result: "SearchResult") -> dict[str, Any]:
    return {
        "hits": [_hit_values(hit) for hit in result.hits],
        "candidate_count": result.candidate_count,
        "meaning_pending_count": result.meaning_pending_count,
        "only_by_meaning": result.only_by_meaning,
        "meaning_failure": result.meaning_failure,
        "ranker_version": result.ranker_version,
        "timings_ms": dict(result.timings_ms),
    }


def _hit_values(hit: "Hit") -> dict[str, Any]:
    from silian.portal.exchange.domain.explanations import explanation_of

    document = hit.document
    return {
        "rank": hit.rank,
        "level": hit.level,
        "score": hit.score,
        "id": document.document_id,
        "kind": document.kind,
        "title": document.title,
        "owner_id": document.owner_id,
        "region_code": document.region_code,
        **explanation_of(hit),
    }


def _absence_values(absence: "Absence") -> dict[str, Any]:
    from silian.portal.exchange.domain.explanations import check_values

    return {
        "id": absence.document_id,
        "reason": absence.reason,
        "rank": absence.rank,
        "cutoff_rank": absence.cutoff_rank,
        "checks": [check_values(check) for check in absence.checks],
        "weakest_features": list(absence.weakest_features),
        "hit": None if absence.hit is None else _hit_values(absence.hit),
    }


def _say_nothing_fits() -> None:
    from silian.portal.exchange.domain import service

    if service.offers_anything():
        say("没有找到合适的供给。Nothing on offer fits.", style="yellow")
        return
    say(
        "这里还没有供给：请先用 silian load 导入登记库，或用 silian sample --load 生成样例城市。\n"
        "Nothing is on offer here yet: load registers with silian load, or make a sample city with "
        "silian sample --load.",
        style="yellow",
    )


def _only_by_meaning(kind: str) -> str:
    """What is true of this table alone: other kinds may well share words with the text."""
    from silian.portal.catalogue import KINDS

    zh, en = ("供给", "Nothing") if kind == "all" else (KINDS[kind].label_zh, "None of these")
    return (
        f"以上{zh}与所写内容没有相同的用词，仅按语义相近列出，等级仅供参考。"
        f"{en} shares a word with the text: they are only near in meaning, and their levels are a "
        "hint."
    )


def _print_results(question: str, results: dict[str, "SearchResult"], spent_s: float) -> None:
    from silian.portal.catalogue import KINDS

    console().print(f"[bold]需求 Need[/]  {_short(question, 88)}")
    owners = _owner_names([hit for result in results.values() for hit in result.hits])
    for kind, result in results.items():
        if not result.hits:
            if kind != "all":
                continue
            _say_nothing_fits()
            continue
        title = "" if kind == "all" else f"{KINDS[kind].label_zh} {KINDS[kind].label_en}"
        console().print(_table(title, result, owners))
        if result.only_by_meaning:
            console().print(f"[yellow]{_only_by_meaning(kind)}[/]\n")
    _say_what_is_amiss({result.question_bound for result in results.values() if result.hits})
    if any(result.meaning_failure for result in results.values()):
        say(
            "语义暂不可用，仅按用词。Meaning is unavailable just now: found by words only.",
            style="yellow",
        )
    pending = max((result.meaning_pending_count for result in results.values()), default=0)
    if pending:
        say(
            f"还有 {pending:,} 条记录的语义向量在计算，结果会更全。{pending:,} records wait for "
            "their meaning (silian build, or silian work in the background).",
            style="yellow",
        )
    versions = {result.ranker_version for result in results.values()}
    say(f"排序 Ranker {', '.join(sorted(versions))} · 用时 took {spent_s:.1f} s")


def _say_what_is_amiss(bounds: set[str]) -> None:
    """That the question is too general, or all tables of one about something else fit nothing."""
    if "question" in bounds:
        say(
            "所写过于笼统，任何供给都说得上，等级不再升高；请写得具体些。What is asked is so general "
            "that it fits any supply: levels stay low. Say more.",
            style="yellow",
        )
    elif bounds == {"subject"}:
        say(
            "没有合适的供给：所问似乎与这里的供给不是一类事，以上只是最接近的。Nothing fits: what is "
            "asked seems to be about something else than is on offer; these are merely nearest.",
            style="yellow",
        )


def _table(title: str, result: "SearchResult", owners: dict[str, str]) -> Any:
    from rich import box
    from rich.table import Table

    from silian.portal.catalogue import KINDS

    table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, padding=(0, 1))
    table.add_column("#", justify="right", width=2)
    table.add_column("等级\nLevel", justify="right", width=5)
    table.add_column("供给 Supply", ratio=5, overflow="fold")
    table.add_column("主要理由 Top reasons", ratio=4, overflow="fold", min_width=30)
    strongest = max(
        (abs(each.contribution) for hit in result.hits for each in hit.contributions), default=1.0
    )
    for hit in result.hits:
        label = KINDS[hit.document.kind].label_zh
        own = hit.document.owner_id == hit.document.document_id  # an organisation's own entry
        owner = "" if own else owners.get(hit.document.owner_id, "")
        under = " · ".join(part for part in (label, _short(owner, 20)) if part)
        supply = f"[bold]{_escaped(_short(hit.document.title, 60))}[/]\n"
        supply += f"[dim]{_escaped(under)}\n{hit.document.document_id}[/]"
        table.add_row(str(hit.rank), f"{hit.level:.1f}", supply, _reasons(hit, strongest))
    return table


def _reasons(hit: "Hit", strongest: float) -> str:
    from silian.portal.exchange.interfaces.reasons import told_words

    lines = []
    telling = sorted(hit.contributions, key=lambda each: -abs(each.contribution))
    for each in telling[:_SHOWN_REASONS]:
        if each.contribution == 0:
            continue
        cells = max(1, round(_BAR_CELLS * abs(each.contribution) / (strongest or 1.0)))
        colour = "green" if each.contribution > 0 else "red"
        bar = f"[{colour}]{'█' * cells}[/]{'░' * (_BAR_CELLS - cells)}"
        lines.append(f"{bar} {_feature_label(each.feature)}")
    terms = "、".join(told_words(hit.matched_terms)[:_SHOWN_TERMS])
    if hit.translations:
        told = "、".join(f"{term} ← {phrase}" for term, phrase in hit.translations.items())
        lines.append(f"[dim]译 {_escaped(told)}[/]")
    if hit.level_bound == "kind":
        lines.append("[dim]此类供给从未评得更高 None of its kind was judged higher[/]")
    return "\n".join(
        [*lines, f"[cyan]{_escaped(terms)}[/]" if terms else "[dim]按语义 By meaning[/]"]
    )


def _feature_label(feature: str) -> str:
    from silian.portal.exchange.interfaces.reasons import FEATURES

    return str(FEATURES[feature][0]) if feature in FEATURES else feature.replace("_", " ")


def _print_absence(absence: "Absence") -> None:
    reasons = {
        "not_indexed": "索引中没有它 It is not in the index (silian check)",
        "constraint": "不满足硬性条件 It fails a hard constraint",
        "not_retrieved": "字词与语义都不够接近 Neither its words nor its meaning are near enough",
        "ranked_below": "排名在后 It ranks lower",
        "present": "它就在结果中 It is among the results",
    }
    say(f"{absence.document_id}: {reasons.get(absence.reason, absence.reason)}", style="bold")
    if absence.rank is not None:
        say(f"  名次 Rank {absence.rank}，显示前 shown: {absence.cutoff_rank}")
    for check in absence.checks:
        if check.outcome == "failed":
            say(f"  ✗ {check.constraint}: {check.arrived} (允许 allowed: {check.allowed})")
    if absence.weakest_features:
        labels = [_feature_label(feature) for feature in absence.weakest_features]
        say("  最弱处 Weakest: " + "；".join(labels))
    if absence.hit is not None:
        say(f"  等级 Level {absence.hit.level:.1f}，得分 score {absence.hit.score:.4g}")


def _owner_names(hits: list["Hit"]) -> dict[str, str]:
    from silian.portal.registry.models import Organisation

    ids = {hit.document.owner_id for hit in hits if hit.document.owner_id}
    return dict(Organisation.objects.filter(public_id__in=ids).values_list("public_id", "name"))


def _short(text: str, width: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
