"""Rows of agency-years and facility-years: a column for every fact of the subject."""

from typing import Any

from pydantic import create_model, model_validator

from silian.library.facts import facts
from silian.portal.industry.interfaces.fact_rows import (
    FIRST_YEAR,
    LAST_YEAR,
    Privacy,
    Year,
    fact_column,
    fact_type,
    with_key,
)
from silian.portal.industry.models import EnterpriseYear
from silian.portal.registry.interfaces import references
from silian.portal.registry.interfaces.columns import (
    Line,
    Name,
    OrganisationName,
    Reference,
    Row,
    UnifiedCode,
    choice,
    column,
)


class _SubjectYearRow(Row):
    source_key: Line = column(
        "来源主键",
        "Source key",
        "",
        max_length=200,
        example="AGY-000001:2025",
        field="",
        help_zh="本行在来源登记库中的唯一编号；不填时为“主键或名称:年度”。",
        help_en="Key within the register; the subject and the year where left out.",
    )
    subject_key: Line
    subject_name: Name
    organisation_key: Line = references.organisation_key("所属单位主键", "Owner's key")
    organisation_name: OrganisationName = references.organisation_name(
        "所属单位名称", "Owner's name", several="reject"
    )
    organisation_code: UnifiedCode = references.organisation_code(
        "所属单位统一社会信用代码", "Owner's unified code"
    )
    year: Year = column(
        "年度", "Year", ge=FIRST_YEAR, le=LAST_YEAR, example=2025, help_zh="数据所属年度。"
    )
    status: choice(EnterpriseYear.Status) = column(  # type: ignore[valid-type]
        "数据状态",
        "Status",
        "declared",
        example="企业申报",
        help_zh="部门核实的数据优先于自行申报的数据；评审得分只取已核实的。",
        help_en="What an authority verified goes before what is declared; reviews count only "
        "where verified.",
    )
    audience: choice(Privacy) = column(  # type: ignore[valid-type]
        "可见范围",
        "Audience",
        "owner",
        example="仅本单位",
        help_zh="年度数据只对所属单位和运营方可见。",
        help_en="Seen by the owner and the operator.",
    )

    @model_validator(mode="before")
    @classmethod
    def _key_from_subject_and_year(cls, row: Any) -> Any:
        return with_key(row, "subject_key", "subject_name")


def _row(subject: str, name: str, zh: str, en: str, example: str) -> type[Row]:
    def named(by: str, label_zh: str, label_en: str, **further: Any) -> Any:
        reference = Reference(to=subject, by=by, field="subject")
        return column(f"{zh}{label_zh}", f"{en} {label_en}", "", reference=reference, **further)

    row: type[Row] = create_model(
        name,
        __base__=_SubjectYearRow,
        __doc__=f"Facts of one {en.lower()} in one year, as one register states them.",
        subject_key=(
            Line,
            named(
                "key",
                "主键",
                "key",
                max_length=200,
                example=example,
                help_zh="在同一登记库中的来源主键，或其公开编号。",
                help_en="Source key in the same register, or the public id.",
            ),
        ),
        subject_name=(
            Name,
            named(
                "name",
                "名称",
                "name",
                max_length=300,
                help_zh="没有主键时填写名称；与所属单位一起确定。",
                help_en="Where no key is known; with the owner it tells which one is meant.",
            ),
        ),
        **{fact.code: (fact_type(fact), fact_column(fact)) for fact in facts(subject)},
    )
    return row


ServiceAgencyYearRow = _row(
    "service_agency", "ServiceAgencyYearRow", "机构", "Agency", "AGY-000001"
)
FacilityYearRow = _row("facility", "FacilityYearRow", "设施", "Facility", "FAC-000001")
