"""A few records that know each other, for tests of the graph."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from silian.portal.innovation.models import Achievement, Contribution, Patent, Publication
from silian.portal.insight.domain.graph_partners import forget_partners
from silian.portal.insight.domain.graph_scope import forget_scopes
from silian.portal.insight.domain.graph_store import forget_opened
from silian.portal.registry.models import Affiliation, Organisation, Person, Register


@dataclass(frozen=True, kw_only=True)
class City:
    """Records by short names."""

    register: Register
    enterprise: Organisation
    university: Organisation
    other: Organisation
    zhang: Person
    li: Person
    wang: Person
    patent: Patent
    paper: Publication
    achievement: Achievement


def make_city(register: Register, organisations: dict[str, Organisation]) -> City:
    """Zhang of the university and Li of the enterprise share a patent, Zhang and Wang a paper."""

    def make(model: Callable[..., Any], key: str, **values: Any) -> Any:
        return model(register=register, source_key=key, **values)

    enterprise, university = organisations["enterprise"], organisations["research"]
    people = {
        name: make(Person.objects.create, name, name=name, organisation=employer)
        for name, employer in (("张三", university), ("李四", enterprise), ("王五", university))
    }
    make(
        Affiliation.objects.create,
        "张三 东海大学",
        person=people["张三"],
        organisation=university,
        valid_from=date(2015, 9, 1),
    )
    patent = make(
        Patent.objects.create,
        "CN1",
        title="一种高温永磁体",
        organisation=university,
        application_date=date(2021, 3, 1),
    )
    patent.assignees.set([university, enterprise])
    paper = make(
        Publication.objects.create,
        "P1",
        title="晶界扩散研究",
        organisation=university,
        published_on=date(2022, 5, 1),
    )
    achievement = make(
        Achievement.objects.create, "A1", title="永磁材料工艺", organisation=university
    )
    for person, subject, role in (
        ("张三", patent, "inventor"),
        ("李四", patent, "inventor"),
        ("张三", paper, "author"),
        ("王五", paper, "author"),
        ("王五", achievement, "inventor"),
    ):
        Contribution.objects.create(person=people[person], subject_id=subject.public_id, role=role)
    return City(
        register=register,
        enterprise=enterprise,
        university=university,
        other=organisations["other"],
        zhang=people["张三"],
        li=people["李四"],
        wang=people["王五"],
        patent=patent,
        paper=paper,
        achievement=achievement,
    )


def forget_graph() -> None:
    """Keep nothing of a test's graph in this process."""
    forget_opened()
    forget_scopes()
    forget_partners()
