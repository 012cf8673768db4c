"""Every change reaches the index once it is committed, and none is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from silian.engines.matching.errors import InvalidDocument
from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.index import open_matcher
from silian.portal.exchange.domain.service import search
from silian.portal.exchange.models import IndexTask
from silian.portal.innovation.models import Achievement, Contribution, Publication
from silian.portal.registry.models import Organisation, Person, Region, Register


def titles(text: str) -> set[str]:
    return {found.hit.document.title for found in search(text, viewer=SYSTEM).hits}


def due() -> set[str]:
    return set(IndexTask.objects.values_list("public_id", flat=True))


def test_a_saved_record_is_due_and_then_found_by_its_words(
    make_achievement: Callable[..., Achievement],
) -> None:
    work = make_achievement("A", title="石墨烯散热膜")
    assert work.public_id in due()

    outbox.drain()

    assert due() == set()
    assert "石墨烯散热膜" in titles("石墨烯")


def test_a_changed_record_is_found_by_its_new_words_only(
    make_achievement: Callable[..., Achievement],
) -> None:
    work = make_achievement("A", title="石墨烯散热膜", summary="")
    outbox.drain()
    work.title = "碳化硅衬底"
    work.save()

    outbox.drain()

    assert "碳化硅衬底" in titles("碳化硅")
    assert open_matcher().statistics().counts_by_kind["achievement"] == 1


def test_a_deleted_record_leaves_the_index(make_achievement: Callable[..., Achievement]) -> None:
    work = make_achievement("A")
    outbox.drain()
    work.delete()

    outbox.drain()

    assert work.public_id not in open_matcher().content_hashes()


def test_a_renamed_organisation_brings_its_supply_and_its_people_along(city: Any) -> None:
    outbox.drain()
    city.university.name = "澄海理工大学"
    city.university.save()

    outbox.drain()

    bodies = {
        found.hit.document.title: found.hit.document.body
        for found in search("澄海理工大学", viewer=SYSTEM).hits
    }
    for title in (city.achievement.title, city.person.name, city.facility.name):
        assert "澄海理工大学" in bodies[title]


def test_a_moved_region_moves_what_lies_in_it(city: Any) -> None:
    outbox.drain()
    Region.objects.get(pk=city.region.pk)
    city.region.centre_longitude_degrees = 121.0
    city.region.save()

    outbox.drain()

    result = search(city.achievement.title, viewer=SYSTEM)
    assert result.hits[0].hit.document.longitude_degrees == 121.0


def test_a_new_contribution_reaches_its_author(city: Any, register: Register) -> None:
    outbox.drain()
    paper = Publication.objects.create(register=register, source_key="p", title="镝扩散机理")
    Contribution.objects.create(person=city.person, subject_id=paper.public_id, role="author")

    outbox.drain()

    assert city.person.name in titles("镝扩散机理")


def test_deleting_an_organisation_reaches_what_belonged_to_it(
    make_organisation: Callable[..., Organisation], register: Register
) -> None:
    leaving = make_organisation("即将注销公司")
    person = Person.objects.create(
        register=register, source_key="P", name="周工", organisation=leaving
    )
    outbox.drain()
    leaving.delete()

    assert person.public_id in due()
    outbox.drain()
    found = search("周工", viewer=SYSTEM).hits
    assert found[0].hit.document.body == ""


def test_a_change_during_the_indexing_is_not_lost(
    make_achievement: Callable[..., Achievement], monkeypatch: pytest.MonkeyPatch
) -> None:
    work = make_achievement("A", title="石墨烯散热膜")
    write = outbox._write_index

    def write_while_somebody_saves(public_ids: Any) -> None:
        write(public_ids)
        monkeypatch.setattr(outbox, "_write_index", write)
        work.title = "碳化硅衬底"
        work.save()

    monkeypatch.setattr(outbox, "_write_index", write_while_somebody_saves)
    outbox.drain()

    assert due() == set()
    assert titles("碳化硅") == {"碳化硅衬底"}


def test_bulk_statements_enqueue_by_themselves(
    make_achievement: Callable[..., Achievement],
) -> None:
    works = [make_achievement(f"A{n}") for n in range(3)]
    outbox.drain()
    Achievement.objects.update(title="统一改名")

    assert outbox.enqueue([work.public_id for work in works] * 2) == 3
    assert outbox.drain() == 3
    assert len(search("统一改名", viewer=SYSTEM, limit=10).hits) == 3


def test_work_claimed_by_a_living_process_is_left_to_it(
    make_achievement: Callable[..., Achievement],
) -> None:
    make_achievement("A")
    IndexTask.objects.update(claim="other-machine:1:x", claimed_at=timezone.now())

    assert outbox.drain() == 0


@pytest.mark.parametrize(
    ("claim", "age"),
    [
        (f"{outbox._HOST}:999999999:x", timedelta(0)),  # no such process any more
        ("other-machine:1:x", timedelta(minutes=6)),  # its time is over
    ],
)
def test_work_claimed_by_a_dead_process_is_taken_over(
    make_achievement: Callable[..., Achievement], claim: str, age: timedelta
) -> None:
    work = make_achievement("A")
    IndexTask.objects.update(claim=claim, claimed_at=timezone.now() - age)

    assert outbox.drain() >= 1
    assert work.public_id in open_matcher().content_hashes()


def test_one_record_that_cannot_be_indexed_does_not_hold_up_the_others(
    make_achievement: Callable[..., Achievement], monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = make_achievement("A"), make_achievement("B")
    write = outbox._write_index

    def refuse_the_bad_one(public_ids: Any) -> None:
        if bad.public_id in public_ids:
            raise InvalidDocument("this one")
        write(public_ids)

    monkeypatch.setattr(outbox, "_write_index", refuse_the_bad_one)
    outbox.drain()

    assert good.public_id in open_matcher().content_hashes()
    assert due() == {bad.public_id}
    status = outbox.status()
    assert (status.waiting_count, status.failed_count) == (0, 1)

    monkeypatch.setattr(outbox, "_write_index", write)
    bad.save()  # a change gives it another chance
    outbox.drain()
    assert due() == set()


def test_a_limit_leaves_the_rest_for_later(make_achievement: Callable[..., Achievement]) -> None:
    for number in range(4):
        make_achievement(f"A{number}")
    n_due = len(due())

    assert outbox.drain(limit=2) == 2
    assert len(due()) == n_due - 2
