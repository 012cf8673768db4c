"""Columns by which many kinds of rows name an organisation, a region, fields or people."""

from typing import Annotated, Any

from pydantic import AfterValidator

from silian.portal.registry.interfaces.columns import Reference, Texts, column
from silian.portal.registry.interfaces.fields import codes_of_words

# Fields that the library knows are kept by code, however they are written.
FieldCodes = Annotated[Texts, AfterValidator(codes_of_words)]


def organisation_key(zh: str = "单位主键", en: str = "Organisation key") -> Any:
    return column(
        zh,
        en,
        "",
        max_length=200,
        example="E0001",
        reference=Reference(to="organisation", by="key", field="organisation"),
        help_zh="单位在同一登记库中的来源主键，或其公开编号（org-…）。",
        help_en="Source key of the organisation in the same register, or its public id (org-...).",
    )


def organisation_name(
    zh: str = "单位名称", en: str = "Organisation name", *, several: str = ""
) -> Any:
    return column(
        zh,
        en,
        "",
        max_length=200,
        example="示例新材料有限公司",
        reference=Reference(to="organisation", by="name", field="organisation"),
        several=several,
        help_zh="没有主键和代码时填写全称；按现用名、曾用名、别名精确查找，找不到则记为未登记单位。",
        help_en=(
            "Full name, where neither key nor code is known; found exactly among official, "
            "former and other names, or kept as an unregistered organisation."
        ),
    )


def organisation_code(
    zh: str = "单位统一社会信用代码", en: str = "Organisation's unified code"
) -> Any:
    return column(
        zh,
        en,
        "",
        example="91350100M000100Y43",
        reference=Reference(to="organisation", by="code", field="organisation"),
        help_zh="18 位统一社会信用代码，优先于主键和名称。",
        help_en="Unified social credit code; outweighs key and name.",
    )


def region_adcode(zh: str = "地区代码", en: str = "Region code") -> Any:
    return column(
        zh,
        en,
        "",
        example="330203",
        reference=Reference(to="region", by="adcode", field="region"),
        help_zh="6 位行政区划代码（GB/T 2260）。",
        help_en="Six-digit region code (GB/T 2260).",
    )


def region_name(zh: str = "地区名称", en: str = "Region name") -> Any:
    return column(
        zh,
        en,
        "",
        max_length=100,
        example="海曙区",
        reference=Reference(to="region", by="name", field="region"),
        help_zh="没有代码时填写已登记地区的名称；重名时请改填代码。",
        help_en="Name of a registered region, where no code is known; use the code if ambiguous.",
    )


def field_codes() -> Any:
    return column(
        "技术领域",
        "Technical fields",
        [],
        example="T04",
        help_zh="技术领域的代码或名称，多个用顿号分开；代码见填写说明。",
        help_en="Codes or names of technical fields, several separated by commas.",
    )


def keywords() -> Any:
    return column("关键词", "Keywords", [], example="钕铁硼、永磁材料")


def people(field: str, by: str, zh: str, en: str) -> Any:
    """People with a part in the record: ``field`` is their role."""
    hints = {
        "key": (
            "人员在同一登记库中的来源主键或公开编号（per-…），多个用顿号分开。",
            "Source keys of people in the same register, or public ids, separated by commas.",
        ),
        "name": (
            "姓名，多个用顿号分开；与单位一起确定人员。",
            "Names separated by commas; with the organisation they identify a person.",
        ),
    }
    help_zh, help_en = hints[by]
    return column(
        zh,
        en,
        [],
        example="P0001、P0002" if by == "key" else "王小明、李华",
        reference=Reference(to="person", by=by, field=field, many=True),
        help_zh=help_zh,
        help_en=help_en,
    )
