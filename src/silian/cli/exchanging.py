"""``silian match`` and ``silian clarity``: ask the exchange from a terminal."""

from dataclasses import asdict
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from silian.cli import runtime
from silian.cli.console import fail, print_json
from silian.cli.match_report import beneath_of, print_absence, print_results, short
from silian.cli.record_kinds import asked_kinds

if TYPE_CHECKING:
    from silian.engines.matching.values import Absence, Hit, SearchResult
    from silian.portal.exchange.domain.shared_works import Matches
    from silian.portal.industry.models import Need
    from silian.portal.registry.models import Record


_TextOption = Annotated[
    str, typer.Option("--text", "-t", help="用一段话说需求 · The need, in words.")
]
_NeedOption = Annotated[
    str, typer.Option("--need", "-n", help="已登记需求的编号 · Id of a recorded need.")
]
_SupplyOption = Annotated[
    str,
    typer.Option(
        "--supply", "-s", help="供给的编号，反向找需求 · Id of a supply: which needs it could meet."
    ),
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
    supply_id: _SupplyOption = "",
    kinds: _KindsOption = None,
    regions: _RegionsOption = None,
    limit: _LimitOption = 10,
    by_kind: _ByKindOption = False,
    absent_id: _WhyNotOption = "",
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON · Print JSON.")] = False,
) -> None:
    """为一项需求找供给，或为一项供给找需求，附理由 · Find who can meet a need, or the needs that a
    supply could meet, with reasons.

    [bold]silian match --text "需要一种耐高温的永磁材料用于新能源汽车电机"[/]
    """
    if (bool(text.strip()), bool(need_id), bool(supply_id)).count(True) != 1:
        fail(
            "请给出 --text、--need、--supply 之一。Give one of --text, --need and --supply.",
            exit_code=2,
        )
    if supply_id and (kinds or regions or by_kind or absent_id):
        fail(
            "--supply 找的是需求，不与 --kind、--region、--by-kind、--why-not 同用。--supply looks for "
            "needs: leave out --kind, --region, --by-kind and --why-not.",
            exit_code=2,
        )
    runtime.start()
    if supply_id:
        _match_supply(supply_id, limit, as_json)
        return
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
    print_results(need.title if need else text, results, spent_s)


def _match_supply(supply_id: str, limit: int, as_json: bool) -> None:
    from silian.portal.accounts.domain.access import SYSTEM
    from silian.portal.exchange.domain import service

    supply = _supply(supply_id)
    started = perf_counter()
    result = service.match_supply(supply, viewer=SYSTEM, limit=limit)
    spent_s = perf_counter() - started
    if as_json:
        print_json({"need": _result_values(result)})
    else:
        print_results(str(supply), {"need": result}, spent_s)


def _results(
    need: "Need | None", text: str, asked: dict[str, Any], by_kind: bool
) -> dict[str, "Matches"]:
    from silian.portal.exchange.domain import service

    if not by_kind:
        if need is not None:
            return {"all": service.best_for_need(need, **asked)}
        return {"all": service.best_for_text(text, **asked)}
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


def _supply(public_id: str) -> "Record":
    from silian.errors import EngineError
    from silian.portal.catalogue import KINDS, find_record
    from silian.portal.exchange.domain import service

    try:
        record = find_record(public_id)
    except EngineError:
        fail(f"没有这条供给 No such supply: {public_id}")
    if record.kind == "need":
        fail(f"{public_id} 是需求，请用 --need。It is a need: use --need.", exit_code=2)
    if record.kind not in service.SUPPLY_KINDS:
        face = KINDS[record.kind]
        fail(
            f"{public_id} 是“{face.label_zh}”，不能用来找需求。It is a {face.label_en.lower()}, which "
            "no need is matched with.",
            exit_code=2,
        )
    return record


def _check_text(text: str, longest: int) -> None:
    if text and not any(letter.isalnum() for letter in text):
        fail(
            f"“{short(text, 20)}”里没有可以检索的字词。There is no word to search by in the text.",
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
        print_absence(absence)


def _result_values(result: "SearchResult") -> dict[str, Any]:
    return {
        "hits": [_hit_values(hit) for hit in result.hits],
        "beneath": {
            lead: [_hit_values(hit) for hit in hits] for lead, hits in beneath_of(result).items()
        },
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
