"""The list of policies as a file."""

from collections.abc import Iterator, Sequence
from typing import Any

from silian.portal.bilingual import choose
from silian.portal.industry.interfaces.policy_faces import KIND_LABELS, STANDING_LABELS
from silian.portal.registry.interfaces.sheets import table_bytes


def policies_file(rows: Sequence[dict[str, Any]], file_format: str) -> Iterator[bytes]:
    """One row a policy as it is listed: where it is written, from when, and how one stands."""
    headings = [
        choose("政策编号", "Policy id"),
        choose("政策", "Policy"),
        choose("类型", "Kind"),
        choose("适用地区", "Region"),
        choose("发文机关", "Issuer"),
        choose("文件", "Document"),
        choose("文号", "Number"),
        choose("起始日", "Valid from"),
        choose("终止日", "Valid until"),
        choose("已读转载", "Read in a published copy"),
        choose("摘要", "Summary"),
        choose("我的情况", "How I stand"),
    ]
    lines = [_line(row) for row in rows]
    return table_bytes("policies", headings, lines, file_format)


def _line(row: dict[str, Any]) -> list[Any]:
    policy, source = row["policy"], row["policy"].source
    return [
        policy.policy_id,
        choose(policy.label_zh, policy.label_en),
        str(KIND_LABELS[policy.kind]),
        row["region"],
        source.issuer,
        source.title,
        source.document_number,
        policy.valid_from.isoformat(),
        policy.valid_until.isoformat() if policy.valid_until else "",
        choose("是" if source.verified else "否", "yes" if source.verified else "no"),
        choose(policy.summary_zh, policy.summary_en),
        str(STANDING_LABELS[row["standing"]]) if row["standing"] else "",
    ]
