"""What ``silian match`` prints: tables of hits with their reasons, and reasons for an absence."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from silian.cli.console import console, say

if TYPE_CHECKING:
    from silian.engines.matching.values import Absence, Hit, SearchResult

_SHOWN_REASONS = 3
_SHOWN_TERMS = 6
# Why a level is not higher, of one row; what holds all rows down is said below the table.
_HELD_DOWN = {
    "kind": "此类供给从未评得更高 None of its kind was judged higher",
    "words": "所求要点多未提到，等级不再升高 Much of what is asked is not mentioned",
    "unshared": "没有共同的要词，意思也不近 Shares no telling word, nor is it near in meaning",
}
_BAR_CELLS = 5


def print_results(question: str, results: Mapping[str, "SearchResult"], spent_s: float) -> None:
    """Print what was asked, a table for each answer, and what is to be known of them."""
    from silian.portal.catalogue import KINDS

    of_supply = "need" in results
    asked = "供给 Supply" if of_supply else "需求 Need"
    console().print(f"[bold]{asked}[/]  {_escaped(short(question, 88))}")
    owners = _owner_names([hit for result in results.values() for hit in result.hits])
    for kind, result in results.items():
        if not result.hits:
            if kind == "need":
                say("没有找到需要它的需求。Nothing on record needs this.", style="yellow")
            elif kind == "all":
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


def print_absence(absence: "Absence") -> None:
    """Print why a supply is not among the hits."""
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


def beneath_of(result: "SearchResult") -> Mapping[str, tuple["Hit", ...]]:
    """People who share the place of a hit; needs of a supply have none."""
    from silian.portal.exchange.domain.shared_works import Matches

    return result.beneath if isinstance(result, Matches) else {}


def short(text: str, width: int) -> str:
    """One line of at most so many characters."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1] + "…"


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
    of_needs = any(hit.document.kind == "need" for hit in result.hits)
    table.add_column("需求 Need" if of_needs else "供给 Supply", ratio=5, overflow="fold")
    table.add_column("主要理由 Top reasons", ratio=4, overflow="fold", min_width=30)
    strongest = max(
        (abs(each.contribution) for hit in result.hits for each in hit.contributions), default=1.0
    )
    beneath = beneath_of(result)
    for hit in result.hits:
        label = KINDS[hit.document.kind].label_zh
        own = hit.document.owner_id == hit.document.document_id  # an organisation's own entry
        owner = "" if own else owners.get(hit.document.owner_id, "")
        under = " · ".join(part for part in (label, short(owner, 20)) if part)
        supply = f"[bold]{_escaped(short(hit.document.title, 60))}[/]\n"
        supply += f"[dim]{_escaped(under)}\n{hit.document.document_id}[/]"
        if others := beneath.get(hit.document.document_id):
            names = "、".join(short(other.document.title, 20) for other in others)
            supply += f"\n[dim]成果相同 Same works: {_escaped(names)}[/]"
        table.add_row(str(hit.rank), f"{hit.level:.1f}", supply, _reasons(hit, strongest))
    return table


def _reasons(hit: "Hit", strongest: float) -> str:
    from silian.portal.exchange.interfaces.reasons import feature_label, told_words, top_reasons

    lines = []
    for each in top_reasons(hit)[:_SHOWN_REASONS]:
        cells = max(1, round(_BAR_CELLS * abs(each.contribution) / (strongest or 1.0)))
        colour = "green" if each.contribution > 0 else "red"
        bar = f"[{colour}]{'█' * cells}[/]{'░' * (_BAR_CELLS - cells)}"
        lines.append(f"{bar} {feature_label(each.feature, hit.document.kind)}")
    terms = "、".join(told_words(hit.matched_terms)[:_SHOWN_TERMS])
    if hit.translations:
        told = "、".join(f"{term} ← {phrase}" for term, phrase in hit.translations.items())
        lines.append(f"[dim]译 {_escaped(told)}[/]")
    if hit.level_bound in _HELD_DOWN:
        lines.append(f"[dim]{_HELD_DOWN[hit.level_bound]}[/]")
    if hit.missing_terms:
        told = "、".join(hit.missing_terms[:_SHOWN_TERMS])
        lines.append(f"[dim]未提到 Not mentioned: {_escaped(told)}[/]")
    return "\n".join(
        [*lines, f"[cyan]{_escaped(terms)}[/]" if terms else "[dim]按语义 By meaning[/]"]
    )


def _feature_label(feature: str) -> str:
    from silian.portal.exchange.interfaces.reasons import FEATURES

    return str(FEATURES[feature][0]) if feature in FEATURES else feature.replace("_", " ")


def _owner_names(hits: list["Hit"]) -> dict[str, str]:
    from silian.portal.registry.models import Organisation

    ids = {hit.document.owner_id for hit in hits if hit.document.owner_id}
    return dict(Organisation.objects.filter(public_id__in=ids).values_list("public_id", "name"))


def _escaped(text: str) -> str:
    from rich.markup import escape

    return escape(text)
