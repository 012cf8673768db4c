"""Applications as a file: one row each."""

from collections.abc import Iterable, Iterator

from django.utils import timezone

from silian.portal.bilingual import choose
from silian.portal.industry.models import PolicyApplication
from silian.portal.registry.interfaces.sheets import table_bytes


def applications_file(rows: Iterable[PolicyApplication], file_format: str) -> Iterator[bytes]:
    """Who applies under which policy, how far it is, and for how much.

    Parameters
    ----------
    file_format
        ``csv`` or ``xlsx``.
    """
    headings = [
        choose("申报编号", "Application"),
        choose("单位编号", "Organisation id"),
        choose("企业", "Enterprise"),
        choose("政策编号", "Policy id"),
        choose("政策", "Policy"),
        choose("数据年度", "Year"),
        choose("状态", "State"),
        choose("预计金额（元）", "Amount (yuan)"),
        choose("测算日", "Evaluated on"),
        choose("提交时间", "Handed in"),
    ]
    lines = [
        [
            str(one.public_id),
            one.organisation.public_id,
            one.organisation.name,
            one.policy_id,
            choose(one.answer.get("label_zh", ""), one.answer.get("label_en", "")),
            one.year,
            str(one.get_state_display()),
            None if one.amount_cny is None else float(one.amount_cny),
            one.answer.get("as_of", ""),
            timezone.localtime(one.submitted_at).strftime("%Y-%m-%d %H:%M")
            if one.submitted_at
            else "",
        ]
        for one in rows
    ]
    return table_bytes("applications", headings, lines, file_format)
