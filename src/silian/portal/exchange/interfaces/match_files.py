"""A need's matches as a file: one row a hit, with its reasons in words."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from silian.engines.matching.values import Hit
from silian.portal.bilingual import choose
from silian.portal.exchange.domain.shared_works import Matches
from silian.portal.exchange.interfaces.reasons import bars_of, told_words
from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.registry.interfaces.cards import card_of
from silian.portal.registry.interfaces.faces import FACES
from silian.portal.registry.interfaces.sheets import table_bytes

_REASONS_SHOWN = 5
_WIDTHS = (12, 8, 40, 40, 10, 10, 40, 40, 14, 26, 26, 24)


def match_file(
    need: Need,
    results: Mapping[str, Matches],
    records: Mapping[str, Any],
    statuses: Mapping[str, str],
    file_format: str,
) -> Iterator[bytes]:
    """Chunks of the file in ``csv``, ``xlsx`` or ``jsonl``.

    ``statuses`` are those of the need's matches that the reader may know, by supply.
    """
    rows = list(_rows(need, results, records, statuses))
    if file_format == "jsonl":
        for row in rows:
            yield (json.dumps(row, ensure_ascii=False) + "\n").encode()
        return
    headings = _headings()
    table = ([row[name] for name in headings] for row in rows)
    names = list(headings.values())
    yield from table_bytes("matches", names, table, file_format, widths=_WIDTHS)


def _headings() -> dict[str, str]:
    return {
        "kind_label": choose("类型", "Kind"),
        "rank": choose("名次", "Rank"),
        "title": choose("供给", "Supply"),
        "organisation": choose("单位", "Organisation"),
        "level": choose("相关等级", "Level"),
        "score": choose("得分", "Score"),
        "matched_terms": choose("共同的词", "Words in common"),
        "reasons": choose("主要理由", "Main reasons"),
        "status": choose("对接状态", "Status"),
        "supply_id": choose("供给编号", "Supply id"),
        "need_id": choose("需求编号", "Need id"),
        "ranker_version": choose("排序模型版本", "Ranker version"),
    }


def _rows(
    need: Need,
    results: Mapping[str, Matches],
    records: Mapping[str, Any],
    statuses: Mapping[str, str],
) -> Iterator[dict[str, Any]]:
    labels = dict(Match.Status.choices)
    for kind, result in results.items():
        for hit in result.all_hits:
            record = records.get(hit.document.document_id)
            if record is None:
                continue
            status = statuses.get(record.public_id, "")
            yield {
                "kind": kind,
                "kind_label": str(FACES[kind].label),
                "rank": hit.rank,
                "title": str(record),
                "organisation": str(card_of(record).organisation or ""),
                "level": round(hit.level, 2),
                "score": round(hit.score, 4),
                "matched_terms": "、".join(told_words(hit.matched_terms)),
                "reasons": _reasons(hit),
                "status": str(labels.get(status, "")),
                "supply_id": record.public_id,
                "need_id": need.public_id,
                "ranker_version": result.ranker_version,
            }


def _reasons(hit: Hit) -> str:
    return "；".join(f"{bar.label} {bar.signed}" for bar in bars_of(hit)[:_REASONS_SHOWN])
