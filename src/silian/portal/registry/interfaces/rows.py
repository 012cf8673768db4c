"""Rows of the registry: regions, organisations, people, affiliations."""

from silian.portal.registry.interfaces import references
from silian.portal.registry.interfaces.columns import (
    Adcode,
    Amount,
    Boundary,
    Day,
    IndustryCode,
    Integer,
    Line,
    Name,
    Names,
    Number,
    Orcid,
    OrganisationName,
    PersonName,
    Reference,
    Row,
    Text,
    Texts,
    UnifiedCode,
    choice,
    column,
)
from silian.portal.registry.models import Affiliation, OrganisationKind, Region


class RegionRow(Row):
    """A province, city or district."""

    source_key: Adcode = column(
        "来源主键",
        "Source key",
        example="330203",
        field="",
        help_zh="即 6 位行政区划代码（GB/T 2260）。",
        help_en="The six-digit region code (GB/T 2260).",
    )
    adcode: Adcode = column(
        "区划代码",
        "Region code",
        "",
        example="330203",
        help_zh="6 位行政区划代码；不填时取来源主键。",
        help_en="Six-digit region code; the source key where left out.",
    )
    name: Name = column("名称", "Name", max_length=100, example="海曙区")
    name_en: Line = column("英文名称", "English name", "", max_length=100, example="Haishu")
    level: choice(Region.Level) = column("层级", "Level", example="区县")  # type: ignore[valid-type]
    parent_adcode: Adcode = column("上级代码", "Parent code", "", example="330200")
    centre_longitude: Number = column(
        "中心经度",
        "Centre longitude",
        None,
        ge=-180,
        le=180,
        unit="度",
        example=121.54,
        field="centre_longitude_degrees",
    )
    centre_latitude: Number = column(
        "中心纬度",
        "Centre latitude",
        None,
        ge=-90,
        le=90,
        unit="度",
        example=29.87,
        field="centre_latitude_degrees",
    )
    boundary: Boundary = column(
        "边界",
        "Boundary",
        None,
        help_zh="GeoJSON 的 Polygon 或 MultiPolygon。",
        help_en="A GeoJSON Polygon or MultiPolygon.",
    )


class OrganisationRow(Row):
    """An enterprise, a university, an institute or another standing body."""

    name: OrganisationName = column("名称", "Name", max_length=200, example="示例新材料有限公司")
    name_en: Line = column("英文名称", "English name", "", max_length=300)
    former_names: Names = column("曾用名", "Former names", [], field="")
    aliases: Names = column("别名简称", "Aliases", [], field="", example="示例新材")
    unified_social_credit_code: UnifiedCode = column(
        "统一社会信用代码",
        "Unified social credit code",
        "",
        example="91350100M000100Y43",
        help_zh="18 位，含校验位（GB 32100）。",
        help_en="18 characters with check digit (GB 32100).",
    )
    organisation_kind: choice(OrganisationKind) = column(  # type: ignore[valid-type]
        "单位类型", "Kind", "other", example="企业"
    )
    industry_code: IndustryCode = column(
        "行业代码",
        "Industry code",
        "",
        example="C3985",
        help_zh="国民经济行业分类（GB/T 4754）。",
        help_en="Industry classification GB/T 4754.",
        otherwise="empty",  # it has no check digit, and registers write the trade's name there
    )
    industry_name: Line = column("行业", "Industry", "", max_length=100, example="电子专用材料制造")
    region_adcode: Adcode = references.region_adcode()
    region_name: Name = references.region_name()
    address: Line = column("地址", "Address", "", max_length=300)
    established_on: Day = column("成立日期", "Established on", None, example="2011-05-18")
    registered_capital_cny: Amount = column(
        "注册资本", "Registered capital", None, unit="元", ge=0, example=5000000
    )
    employee_count: Integer = column(
        "职工人数",
        "Employees",
        None,
        unit="人",
        ge=0,
        le=50_000_000,
        example=120,
        bound="lower",
    )
    stock_code: Line = column("证券代码", "Stock code", "", max_length=16)
    description: Text = column("简介", "Description", "")
    main_products: Texts = column("主要产品", "Main products", [], example="烧结钕铁硼、永磁组件")
    keywords: Texts = references.keywords()
    longitude: Number = column(
        "经度", "Longitude", None, ge=-180, le=180, unit="度", field="longitude_degrees"
    )
    latitude: Number = column(
        "纬度", "Latitude", None, ge=-90, le=90, unit="度", field="latitude_degrees"
    )


class PersonRow(Row):
    """A researcher, an expert or an engineer."""

    name: PersonName = column("姓名", "Name", max_length=100, example="王小明")
    name_en: Line = column("英文姓名", "English name", "", max_length=200)
    title: Line = column("职称职务", "Title", "", max_length=100, example="教授")
    orcid: Orcid = column("ORCID", "ORCID", "")
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    expertise: Texts = column("专长", "Expertise", [], example="永磁材料、粉末冶金")
    field_codes: references.FieldCodes = references.field_codes()
    biography: Text = column("简介", "Biography", "")


class AffiliationRow(Row):
    """A person's standing at an organisation."""

    person_key: Line = column(
        "人员主键",
        "Person key",
        "",
        max_length=200,
        example="P0001",
        reference=Reference(to="person", by="key", field="person"),
        help_zh="人员在同一登记库中的来源主键，或其公开编号（per-…）。",
        help_en="Source key of the person in the same register, or the public id (per-...).",
    )
    organisation_key: Line = references.organisation_key()
    organisation_name: OrganisationName = references.organisation_name()
    organisation_code: UnifiedCode = references.organisation_code()
    role: Line = column("职务", "Role", "", max_length=100, example="产业教授")
    affiliation_kind: choice(Affiliation.AffiliationKind) = column(  # type: ignore[valid-type]
        "任职类型", "Kind of affiliation", "employment", example="双聘"
    )
