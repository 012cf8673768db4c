"""Rows of the innovation chain."""

from typing import Annotated

from pydantic import AfterValidator

from silian.library.service_kinds import service_kinds
from silian.portal.innovation.models import Achievement, Facility, Patent, Platform
from silian.portal.registry.interfaces import references
from silian.portal.registry.interfaces.columns import (
    Adcode,
    Amount,
    Day,
    Hours,
    Integer,
    IpcCodes,
    LastDay,
    Line,
    Name,
    OrganisationName,
    OrganisationNames,
    PeopleNames,
    PersonName,
    Readiness,
    Reference,
    Row,
    Text,
    Texts,
    UnifiedCode,
    choice,
    column,
)

# One word for each service that the library knows, however it is written.
ServiceKinds = Annotated[Texts, AfterValidator(service_kinds)]


class PlatformRow(Row):
    """A research or innovation platform."""

    name: Name = column("名称", "Name", max_length=300, example="示例市磁性材料重点实验室")
    platform_kind: choice(Platform.PlatformKind) = column(  # type: ignore[valid-type]
        "平台类型", "Kind of platform", example="重点实验室"
    )
    level: Line = column("级别", "Level", "", max_length=32, example="市级")
    organisation_key: Line = references.organisation_key("依托单位主键", "Host's key")
    organisation_name: OrganisationName = references.organisation_name("依托单位", "Host's name")
    organisation_code: UnifiedCode = references.organisation_code(
        "依托单位统一社会信用代码", "Host's unified code"
    )
    region_adcode: Adcode = references.region_adcode()
    region_name: Name = references.region_name()
    field_codes: references.FieldCodes = references.field_codes()
    keywords: Texts = references.keywords()
    description: Text = column("简介", "Description", "")
    started_on: Day = column("建立日期", "Started on", None)


class AchievementRow(Row):
    """A technical achievement that somebody could put to use."""

    title: Line = column("成果名称", "Title", max_length=300, example="耐高温烧结钕铁硼制备技术")
    summary: Text = column("内容摘要", "Summary", "")
    keywords: Texts = references.keywords()
    field_codes: references.FieldCodes = references.field_codes()
    readiness_level: Readiness = column(
        "技术成熟度",
        "Readiness level",
        None,
        ge=1,
        le=9,
        example=6,
        help_zh="1 至 9 级。",
        help_en="Level 1 to 9.",
    )
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    inventor_keys: Texts = references.people("inventor", "key", "完成人主键", "Inventors' keys")
    inventor_names: PeopleNames = references.people("inventor", "name", "完成人", "Inventors")
    # What it can be had for at least: a deal is possible where a budget reaches that.
    price_cny: Amount = column(
        "意向价格",
        "Price",
        None,
        unit="元",
        ge=0,
        example=800000,
        bound="lower",
        help_zh="可写“面议”。",
        help_en="May say 面议 (negotiable).",
    )
    transfer_mode: choice(Achievement.TransferMode) = column(  # type: ignore[valid-type]
        "转化方式", "Transfer mode", "", example="许可"
    )
    intellectual_property: Line = column("知识产权", "Intellectual property", "", max_length=300)
    advantages: Text = column("优势", "Advantages", "")
    comparison: Text = column("与领先竞品比较", "Comparison with leading rivals", "")
    completed_on: Day = column("完成日期", "Completed on", None, example="2025-06-30")
    region_adcode: Adcode = references.region_adcode()
    region_name: Name = references.region_name()


class PatentRow(Row):
    """A patent or an application for one."""

    title: Line = column(
        "专利名称", "Title", max_length=300, example="一种耐高温永磁体及其制备方法"
    )
    abstract: Text = column("摘要", "Abstract", "")
    publication_number: Line = column(
        "公开号", "Publication number", "", max_length=40, example="CN100000001A"
    )
    patent_kind: choice(Patent.PatentKind) = column(  # type: ignore[valid-type]
        "专利类型", "Kind of patent", "invention", example="发明"
    )
    ipc_codes: IpcCodes = column("IPC 分类号", "IPC codes", [], example="H01F 1/057")
    field_codes: references.FieldCodes = references.field_codes()
    assignee_keys: Texts = column(
        "申请人主键",
        "Assignees' keys",
        [],
        example="E0001",
        reference=Reference(to="organisation", by="key", field="assignees", many=True),
        help_zh="申请单位在同一登记库中的来源主键，多个用顿号分开。",
        help_en="Source keys of the assignees in the same register, separated by commas.",
    )
    assignee_names: OrganisationNames = column(
        "申请人",
        "Assignees",
        [],
        example="示例新材料有限公司",
        reference=Reference(to="organisation", by="name", field="assignees", many=True),
        help_zh="申请单位全称，多个用分号分开；个人申请人请填在发明人。",
        help_en="Full names of assignee organisations, separated by semicolons.",
    )
    assignee_text: Line = column("申请人原文", "Assignees as written", "", max_length=1000)
    inventor_keys: Texts = references.people("inventor", "key", "发明人主键", "Inventors' keys")
    inventor_names: PeopleNames = references.people("inventor", "name", "发明人", "Inventors")
    inventor_text: Line = column("发明人原文", "Inventors as written", "", max_length=1000)
    application_date: Day = column("申请日", "Application date", None, example="2023-03-01")
    grant_date: Day = column("授权日", "Grant date", None)
    legal_status: Line = column("法律状态", "Legal status", "", max_length=50, example="有效")


class ProjectRow(Row):
    """A funded research project."""

    title: Line = column("项目名称", "Title", max_length=300, example="高性能稀土永磁关键技术")
    number: Line = column("项目编号", "Number", "", max_length=64)
    programme: Line = column("计划类别", "Programme", "", max_length=200, example="重点研发计划")
    level: Line = column("级别", "Level", "", max_length=32, example="国家级")
    organisation_key: Line = references.organisation_key("承担单位主键", "Organisation key")
    organisation_name: OrganisationName = references.organisation_name(
        "承担单位", "Organisation name"
    )
    organisation_code: UnifiedCode = references.organisation_code()
    leader_key: Line = column(
        "负责人主键",
        "Leader's key",
        "",
        max_length=200,
        example="P0001",
        reference=Reference(to="person", by="key", field="leader"),
        help_zh="负责人在同一登记库中的来源主键，或其公开编号（per-…）。",
        help_en="Source key of the leader in the same register, or the public id (per-...).",
    )
    leader_name: PersonName = column(
        "负责人",
        "Leader",
        "",
        max_length=100,
        example="王小明",
        reference=Reference(to="person", by="name", field="leader"),
        help_zh="姓名；与承担单位一起确定人员。",
        help_en="Name; with the organisation it identifies a person.",
    )
    # Money that was paid is exact, or a mistake to be mended.
    funds_cny: Amount = column(
        "经费", "Funds", None, unit="元", ge=0, example=3000000, otherwise="reject"
    )
    started_on: Day = column("开始日期", "Started on", None)
    ended_on: LastDay = column("结束日期", "Ended on", None)
    summary: Text = column("简介", "Summary", "")
    keywords: Texts = references.keywords()
    field_codes: references.FieldCodes = references.field_codes()


class PublicationRow(Row):
    """A paper."""

    title: Line = column("题名", "Title", max_length=500, example="晶界扩散对矫顽力的影响")
    abstract: Text = column("摘要", "Abstract", "")
    keywords: Texts = references.keywords()
    field_codes: references.FieldCodes = references.field_codes()
    author_keys: Texts = references.people("author", "key", "作者主键", "Authors' keys")
    author_names: PeopleNames = references.people("author", "name", "作者", "Authors")
    author_text: Text = column("作者与单位原文", "Authors as written", "")
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    published_on: Day = column("发表日期", "Published on", None)
    doi: Line = column("DOI", "DOI", "", max_length=200)


class FacilityRow(Row):
    """A shared instrument, pilot line or test bed."""

    name: Name = column("名称", "Name", max_length=300, example="振动样品磁强计")
    facility_kind: choice(Facility.FacilityKind) = column(  # type: ignore[valid-type]
        "设施类型", "Kind of facility", "instrument", example="大型仪器"
    )
    model: Line = column("型号", "Model", "", max_length=200)
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    region_adcode: Adcode = references.region_adcode()
    region_name: Name = references.region_name()
    field_codes: references.FieldCodes = references.field_codes()
    techniques: Texts = column("技术与方法", "Techniques", [], example="磁滞回线、居里温度")
    description: Text = column("功能", "Description", "")
    original_value_cny: Amount = column(
        "原值", "Original value", None, unit="元", ge=0, example=1200000
    )
    price_cny_per_hour: Amount = column(
        "机时价格",
        "Price per hour",
        None,
        unit="元/小时",
        ge=0,
        lt=10**10,
        example=300,
        bound="lower",
    )
    weekly_open_hours: Hours = column(
        "每周开放",
        "Open hours a week",
        None,
        unit="小时",
        ge=0,
        le=168,
        example=40,
        bound="lower",
    )


class ServiceAgencyRow(Row):
    """A science and technology service agency."""

    name: Name = column("名称", "Name", max_length=300, example="示例技术转移中心")
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    region_adcode: Adcode = references.region_adcode()
    region_name: Name = references.region_name()
    service_kinds: ServiceKinds = column(
        "服务类别", "Services", [], example="技术转移、检验检测认证"
    )
    field_codes: references.FieldCodes = references.field_codes()
    keywords: Texts = references.keywords()
    qualification: Line = column("资质", "Qualification", "", max_length=100)
    description: Text = column("服务内容", "Description", "")
    served_enterprise_count: Integer = column(
        "服务企业数",
        "Enterprises served",
        0,
        ge=0,
        le=50_000_000,
        unit="家",
        example=85,
        bound="lower",
    )
