"""Rows of the capital chain."""

from silian.portal.registry.interfaces import references
from silian.portal.registry.interfaces.columns import (
    Amount,
    Day,
    Integer,
    Line,
    OrganisationName,
    Row,
    UnifiedCode,
    choice,
    column,
)
from silian.portal.registry.models import Audience


class GrantRow(Row):
    """A payment that an organisation received under a policy."""

    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name(several="reject")
    organisation_code: UnifiedCode = references.organisation_code()
    policy_id: Line = column(
        "政策编号",
        "Policy id",
        max_length=100,
        example="chengyu_high_tech_award",
        help_zh="政策清单中的编号。",
        help_en="As in the list of policies.",
    )
    year: Integer = column("数据年度", "Year of the facts", ge=1990, le=2100, example=2025)
    amount_cny: Amount = column("兑现金额", "Amount paid", unit="元", ge=0, example=300000)
    paid_on: Day = column("兑现日期", "Paid on", None, example="2026-06-30")
    document_number: Line = column("拨付文号", "Document number", "", max_length=100)
    audience: choice(Audience) = column(  # type: ignore[valid-type]
        "可见范围",
        "Audience",
        "owner",
        example="仅本单位",
        help_zh="已公示的奖补可写“公开”。",
        help_en="May be public where the payment was announced.",
    )
