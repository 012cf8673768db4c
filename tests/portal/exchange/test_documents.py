"""What of a record goes into the index, and at what price in queries."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from silian.engines.matching.values import Document
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain.documents import (
    asked_with,
    content_hash,
    document_of,
    documents_for,
    findable_count,
    findable_ids,
)
from silian.portal.exchange.domain.projections import PROJECTIONS
from silian.portal.exchange.domain.questions import Filters, question_of_need
from silian.portal.exchange.domain.works import works_of_people
from silian.portal.exchange.models import Match
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Contribution, Project, Publication
from silian.portal.registry.models import Organisation, Person, Register


def test_an_achievement_brings_text_place_price_and_owner(city: Any) -> None:
    Achievement.objects.filter(pk=city.achievement.pk).update(completed_on=date(2024, 5, 1))

    document = document_of(city.achievement)

    assert document == Document(
        document_id=city.achievement.public_id,
        kind="achievement",
        title="耐高温钕铁硼永磁材料",
        body="高矫顽力烧结钕铁硼永磁材料制备方法。\n东海大学",
        keywords=("永磁材料", "矫顽力"),
        region_code="330203",
        readiness_level=6,
        price_cny=800_000.0,
        owner_id=city.university.public_id,
        audience="public",
        updated_on=date(2024, 5, 1),
        longitude_degrees=121.55,
        latitude_degrees=29.87,
        content_hash=content_hash(document),
    )


def test_an_organisations_own_place_goes_before_its_regions_centre(city: Any) -> None:
    Organisation.objects.filter(pk=city.university.pk).update(
        longitude_degrees=121.6, latitude_degrees=29.9
    )

    document = document_of(city.facility)

    assert (document.region_code, document.longitude_degrees) == ("330203", 121.6)
    assert document.latitude_degrees == 29.9


def test_a_persons_document_holds_what_the_works_are_about(city: Any) -> None:
    register = Register.objects.get()
    led = Project.objects.create(
        register=register, source_key="PR", title="稀土永磁攻关", leader=city.person
    )
    paper = Publication.objects.create(
        register=register,
        source_key="PUB",
        title="晶界扩散研究",
        keywords=["镝"],
        published_on=date(2025, 1, 1),
    )
    Contribution.objects.create(person=city.person, subject_id=paper.public_id, role="author")

    body = document_of(city.person).body.splitlines()

    assert body[:3] == ["教授", "长期研究稀土永磁材料。", "东海大学"]
    assert body[3] == "晶界扩散研究 镝"  # the newest first, undated ones last
    assert set(body[4:]) == {"耐高温钕铁硼永磁材料 永磁材料 矫顽力", led.title}


def test_a_persons_works_are_capped(city: Any, register: Register) -> None:
    papers = [
        Publication.objects.create(
            register=register, source_key=f"pub{n}", title=f"论文{n:03d}" * 20
        )
        for n in range(60)
    ]
    Contribution.objects.bulk_create(
        Contribution(person=city.person, subject_id=paper.public_id, role="author")
        for paper in papers
    )

    lines = works_of_people([city.person.pk])[city.person.pk]

    assert len(lines) == 30
    assert sum(len(line) for line in lines) <= 4_000


def test_publications_are_found_through_their_authors_only(register: Register) -> None:
    paper = Publication.objects.create(register=register, source_key="x", title="论文")

    assert documents_for([paper.public_id]) == []
    assert "publication" not in PROJECTIONS


@pytest.mark.parametrize(
    ("status", "audience"), [("published", "public"), ("draft", "owner"), ("closed", None)]
)
def test_a_need_is_found_by_its_status(
    make_need: Callable[..., Need], status: str, audience: str | None
) -> None:
    need = make_need("N", status=status)

    found = documents_for([need.public_id])

    assert [document.audience for document in found] == ([audience] if audience else [])
    assert document_of(need).title == "需求 N"  # it can still ask


def test_an_organisation_known_only_by_mention_is_not_found(
    make_organisation: Callable[..., Organisation],
) -> None:
    mentioned = make_organisation("某公司", registered=False)
    known = make_organisation("永磁制造公司", main_products=["永磁电机"], keywords=["稀土"])

    documents = documents_for([mentioned.public_id, known.public_id])

    assert [(one.document_id, one.keywords) for one in documents] == [
        (known.public_id, ("永磁电机", "稀土"))
    ]
    assert list(findable_ids("organisation")) == [known.public_id]
    assert findable_count("organisation") == 1


def test_what_only_its_owner_may_see_belongs_to_the_owner_alone(
    make_achievement: Callable[..., Achievement],
) -> None:
    ownerless = make_achievement("A", audience="owner")
    Achievement.objects.filter(pk=ownerless.pk).update(owner=None)

    assert document_of(ownerless).owner_id == ""


def test_signed_contracts_count_as_track_record(city: Any) -> None:
    Match.objects.create(
        need=city.need,
        supply_kind="achievement",
        supply_id=city.achievement.public_id,
        status="signed",
    )

    [document] = documents_for([city.achievement.public_id])

    assert document.track_record_count == 1


def test_the_reader_language_does_not_change_what_is_indexed(city: Any) -> None:
    with override("en"):
        english = document_of(city.facility)
    with override("zh-hans"):
        chinese = document_of(city.facility)

    assert english == chinese
    assert "大型仪器" in english.body


def test_the_hash_follows_every_field(city: Any) -> None:
    before = document_of(city.achievement).content_hash
    Achievement.objects.filter(pk=city.achievement.pk).update(price_cny=Decimal("800001"))

    assert document_of(city.achievement).content_hash != before


@pytest.mark.parametrize("n_rows", [1, 3])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    n_rows: int, city: Any, make_achievement: Callable[..., Achievement], register: Register
) -> None:
    ids = [city.need.public_id, city.patent.public_id, city.facility.public_id]
    for number in range(n_rows):
        work = make_achievement(f"W{number}")
        person = Person.objects.create(register=register, source_key=f"E{number}", name="专家")
        Contribution.objects.create(person=person, subject_id=work.public_id, role="author")
        ids += [work.public_id, person.public_id]

    with CaptureQueriesContext(connection) as queries:
        documents = documents_for(ids)

    assert len(documents) == len(ids)
    assert len(queries) == 12


def test_who_asks_with_a_record_asks_without_the_name_of_its_organisation(city: Any) -> None:
    assert "东海大学" in document_of(city.achievement).body
    asked = asked_with(city.achievement)
    assert asked.body == "高矫顽力烧结钕铁硼永磁材料制备方法。"
    assert (asked.title, asked.owner_id) == ("耐高温钕铁硼永磁材料", city.university.public_id)

    need = Need.objects.get(pk=city.need.pk)
    question = question_of_need(need, viewer=SYSTEM, kinds=(), filters=Filters(), limit=5)
    assert need.organisation.name not in question.body
    assert need.text in question.body

    labelled = document_of(city.university)
    assert "高等院校" in labelled.body
    assert "高等院校" not in asked_with(city.university).body
