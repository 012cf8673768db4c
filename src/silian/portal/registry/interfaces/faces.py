"""How each kind of record is called and coloured on screen: one of the four chains each."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from silian.identifiers import kind_of
from silian.portal.bilingual import both


@dataclass(frozen=True, slots=True, kw_only=True)
class KindFace:
    """What readers see of a kind: its name and its chain's colour."""

    kind: str
    label: Any
    chain: str


_FACES = (
    KindFace(kind="need", label=both("需求", "Needs"), chain="industry"),
    KindFace(kind="achievement", label=both("成果", "Achievements"), chain="innovation"),
    KindFace(kind="person", label=both("专家", "Experts"), chain="talent"),
    KindFace(kind="facility", label=both("仪器", "Facilities"), chain="innovation"),
    KindFace(kind="service_agency", label=both("机构", "Agencies"), chain="innovation"),
    KindFace(kind="platform", label=both("平台", "Platforms"), chain="innovation"),
    KindFace(kind="organisation", label=both("单位", "Organisations"), chain="industry"),
    KindFace(kind="patent", label=both("专利", "Patents"), chain="innovation"),
    KindFace(kind="project", label=both("项目", "Projects"), chain="innovation"),
    KindFace(kind="publication", label=both("论文", "Publications"), chain="innovation"),
    KindFace(kind="affiliation", label=both("任职", "Affiliations"), chain="talent"),
    KindFace(
        kind="enterprise_year", label=both("企业年度数据", "Enterprise-years"), chain="industry"
    ),
    KindFace(
        kind="service_agency_year", label=both("机构年度数据", "Agency-years"), chain="innovation"
    ),
    KindFace(
        kind="facility_year", label=both("设施年度数据", "Facility-years"), chain="innovation"
    ),
    KindFace(kind="grant", label=both("奖补兑现", "Grants"), chain="capital"),
    KindFace(kind="chain_node", label=both("产业链环节", "Chain nodes"), chain="industry"),
    KindFace(kind="chain_link", label=both("产业链关系", "Chain links"), chain="industry"),
    KindFace(kind="chain_member", label=both("环节企业", "Chain members"), chain="industry"),
    KindFace(kind="region", label=both("地区", "Regions"), chain="industry"),
)
FACES = {face.kind: face for face in _FACES}


def url_of(public_id: str) -> str:
    """Page of a record.

    Raises
    ------
    silian.identifiers.UnknownKind
        If the id names no kind.
    """
    kind = kind_of(public_id)
    if kind == "need":
        return reverse("exchange:need_detail", args=[public_id])
    if kind == "organisation":
        return reverse("registry:organisation_detail", args=[public_id])
    if kind == "person":
        return reverse("registry:person_detail", args=[public_id])
    return reverse("exchange:record_detail", args=[public_id])
