"""The kinds of records: one entry each, from which templates, checks, API and exports follow.

Importing this needs Django's app registry, as the models do.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from silian.errors import EngineError
from silian.identifiers import kind_of
from silian.portal.bilingual import choose
from silian.portal.capital.interfaces.rows import GrantRow
from silian.portal.capital.models import Grant
from silian.portal.industry.interfaces.fact_rows import EnterpriseYearRow
from silian.portal.industry.interfaces.rows import NeedRow
from silian.portal.industry.interfaces.subject_year_rows import (
    FacilityYearRow,
    ServiceAgencyYearRow,
)
from silian.portal.industry.models import (
    EnterpriseYear,
    FacilityYear,
    Need,
    ServiceAgencyYear,
)
from silian.portal.innovation.interfaces import rows as innovation_rows
from silian.portal.innovation.models import (
    Achievement,
    Facility,
    Patent,
    Platform,
    Project,
    Publication,
    ServiceAgency,
)
from silian.portal.registry.interfaces.chain_rows import (
    ChainLinkRow,
    ChainMemberRow,
    ChainNodeRow,
)
from silian.portal.registry.interfaces.columns import Column, Row, columns_of
from silian.portal.registry.interfaces.rows import (
    AffiliationRow,
    OrganisationRow,
    PersonRow,
    RegionRow,
)
from silian.portal.registry.models import (
    Affiliation,
    ChainLink,
    ChainMember,
    ChainNode,
    Organisation,
    Person,
    Record,
    Region,
)

_NOT_FOUND_ZH = "没有这个编号的记录，或它不对您开放。可按名称搜索，或重新载入其登记库。"


class RecordNotFound(EngineError, LookupError):
    """No record has this public id."""

    code = "record_not_found"

    def __init__(self, message: str, *, message_zh: str = "", **details: Any) -> None:
        super().__init__(message, **details)
        self.message_zh = message_zh or _NOT_FOUND_ZH


@dataclass(frozen=True)
class RecordKind:
    """One kind of record.

    Attributes
    ----------
    row
        Pydantic schema of its rows; untrusted values pass through it.
    joined
        Relations that a page or a document of the record reads.
    indexed
        Whether the record, or another one through it, is found by search.
    """

    kind: str
    label_zh: str
    label_en: str
    model: type[Record]
    row: type[Row]
    joined: tuple[str, ...] = (
        "register",
        "owner",
        "organisation",
        "organisation__region",
        "region",
    )
    indexed: bool = True

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Columns of a row, in the order of templates and exports."""
        return columns_of(self.row)

    @property
    def label(self) -> str:
        """Name of the kind in the reader's language."""
        return choose(self.label_zh, self.label_en)

    @property
    def title_field(self) -> str:
        """Field that names a record: ``title`` or ``name``; '' for affiliations."""
        own = {field.name for field in self.model._meta.concrete_fields}
        return "name" if "name" in own else "title" if "title" in own else ""

    @property
    def searched_field(self) -> str:
        """Field in which a word is looked for: what names the record, or whose it is."""
        own = {field.name for field in self.model._meta.concrete_fields}
        if self.title_field:
            return self.title_field
        if "source" in own:
            return "source__name"
        return "role" if self.kind == "affiliation" else "organisation__name"


_SUPPLIED = ("register", "owner", "organisation", "organisation__region")

# In the order in which a load of several kinds resolves its references.
KINDS: dict[str, RecordKind] = {
    entry.kind: entry
    for entry in (
        RecordKind("region", "地区", "Region", Region, RegionRow, ("register", "owner")),
        RecordKind(
            "organisation",
            "单位",
            "Organisation",
            Organisation,
            OrganisationRow,
            ("register", "owner", "region"),
        ),
        RecordKind("person", "专家人才", "Person", Person, PersonRow, _SUPPLIED),
        RecordKind(
            "affiliation",
            "任职关系",
            "Affiliation",
            Affiliation,
            AffiliationRow,
            (*_SUPPLIED, "person"),
        ),
        RecordKind("platform", "科创平台", "Platform", Platform, innovation_rows.PlatformRow),
        RecordKind(
            "achievement", "科技成果", "Achievement", Achievement, innovation_rows.AchievementRow
        ),
        RecordKind("patent", "专利", "Patent", Patent, innovation_rows.PatentRow, _SUPPLIED),
        RecordKind(
            "project",
            "科技项目",
            "Project",
            Project,
            innovation_rows.ProjectRow,
            (*_SUPPLIED, "leader"),
        ),
        RecordKind(
            "publication",
            "论文",
            "Publication",
            Publication,
            innovation_rows.PublicationRow,
            _SUPPLIED,
        ),
        RecordKind("facility", "仪器与中试线", "Facility", Facility, innovation_rows.FacilityRow),
        RecordKind(
            "service_agency",
            "科技服务机构",
            "Service agency",
            ServiceAgency,
            innovation_rows.ServiceAgencyRow,
        ),
        RecordKind("need", "企业需求", "Need", Need, NeedRow),
        RecordKind(
            "enterprise_year",
            "企业年度数据",
            "Enterprise-year",
            EnterpriseYear,
            EnterpriseYearRow,
            _SUPPLIED,
            indexed=False,
        ),
        RecordKind(
            "service_agency_year",
            "科技服务机构年度数据",
            "Service agency-year",
            ServiceAgencyYear,
            ServiceAgencyYearRow,
            (*_SUPPLIED, "subject"),
            indexed=False,
        ),
        RecordKind(
            "facility_year",
            "仪器设施年度数据",
            "Facility-year",
            FacilityYear,
            FacilityYearRow,
            (*_SUPPLIED, "subject"),
            indexed=False,
        ),
        RecordKind("grant", "奖补兑现", "Grant", Grant, GrantRow, _SUPPLIED, indexed=False),
        RecordKind(
            "chain_node",
            "产业链环节",
            "Chain node",
            ChainNode,
            ChainNodeRow,
            ("register", "owner"),
            indexed=False,
        ),
        RecordKind(
            "chain_link",
            "产业链关系",
            "Chain link",
            ChainLink,
            ChainLinkRow,
            ("register", "owner", "source", "target"),
            indexed=False,
        ),
        RecordKind(
            "chain_member",
            "环节企业",
            "Chain member",
            ChainMember,
            ChainMemberRow,
            (*_SUPPLIED, "node"),
            indexed=False,
        ),
    )
}


def kind_of_model(model: type[Record] | Record) -> RecordKind:
    """Entry of a model or of one of its records."""
    return KINDS[model.kind]


def find_record(public_id: str) -> Record:
    """The record with a public id, with the relations that its page reads.

    Raises
    ------
    RecordNotFound
        If there is none.
    silian.identifiers.UnknownKind
        If the id has no known prefix.
    """
    entry = KINDS[kind_of(public_id)]
    found = entry.model._default_manager.select_related(*entry.joined).filter(public_id=public_id)
    record = found.first()
    if record is None:
        raise RecordNotFound(
            f"public id is {public_id!r}; no such {entry.label_en.lower()} is kept. Search for it "
            "by name, or load its register again.",
            public_id=public_id,
        )
    return record


def label(record: Record) -> str:
    """What a record is called: its title or name."""
    return str(record)
