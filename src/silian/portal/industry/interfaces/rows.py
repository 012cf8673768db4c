"""Rows of the industry chain."""

from silian.portal.industry.models import Need
from silian.portal.registry.interfaces import references
from silian.portal.registry.interfaces.columns import (
    Adcode,
    Amount,
    Day,
    LastDay,
    Line,
    Name,
    OrganisationName,
    Readiness,
    Row,
    Text,
    Texts,
    UnifiedCode,
    choice,
    column,
)


class NeedRow(Row):
    """A need that somebody in the region may meet."""

    title: Line = column("需求标题", "Title", max_length=300, example="耐高温永磁材料攻关")
    text: Text = column(
        "需求内容",
        "Text",
        example="驱动电机工作温度达 180 ℃，现有磁体退磁，需研发高矫顽力永磁材料。",
    )
    need_kind: choice(Need.NeedKind) = column(  # type: ignore[valid-type]
        "需求类型", "Kind of need", "technology", example="技术攻关"
    )
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    region_adcode: Adcode = references.region_adcode()
    region_name: Name = references.region_name()
    keywords: Texts = references.keywords()
    field_codes: references.FieldCodes = references.field_codes()
    # What is spent at most: a price is compared with it.
    budget_cny: Amount = column(
        "预算", "Budget", None, unit="元", ge=0, example=2000000, bound="upper"
    )
    readiness_target: Readiness = column(
        "期望成熟度",
        "Readiness target",
        None,
        ge=1,
        le=9,
        example=7,
        help_zh="1 至 9 级。",
        help_en="Level 1 to 9.",
    )
    deadline: LastDay = column("截止日期", "Deadline", None, example="2026-12-31")
    present_state: Text = column("现状与基础", "Present state", "")
    target: Text = column("技术指标", "Technical target", "", example="180 ℃ 矫顽力不低于 10 kOe")
    published_on: Day = column("发布日期", "Published on", None)
    status: choice(Need.Status) = column(  # type: ignore[valid-type]
        "状态", "Status", "published", example="已发布"
    )
