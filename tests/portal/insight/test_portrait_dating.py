"""A value is as old as the change that brought it, and a past day is answered as it was."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.insight.domain import portrait_notes as notes
from silian.portal.insight.domain.portrait_subjects import subject_of_record
from silian.portal.insight.domain.portraits import portrait
from silian.portal.registry.models import Affiliation, Organisation, Person, Register

pytestmark = pytest.mark.django_db
FIRST, LATER, LAST = date(2024, 3, 1), date(2025, 3, 1), date(2026, 3, 1)


def save_on(record: Any, day: date, **values: Any) -> Any:
    """Save a record as if it were that day."""
    for name, value in values.items():
        setattr(record, name, value)
    moment = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    record._history_date = moment
    is_new = record.pk is None
    record.save()
    del record._history_date
    if is_new:
        type(record).objects.filter(pk=record.pk).update(created_at=moment)
        record.refresh_from_db()
    return record


@pytest.fixture
def expert(register: Register, organisations: dict[str, Organisation]) -> Person:
    person = Person(
        register=register, source_key="P", name="李工", organisation=organisations["research"]
    )
    save_on(person, FIRST, title="讲师", expertise=["永磁材料"], field_codes=["T0401"])
    return save_on(person, LATER, title="教授", expertise=["永磁材料", "电机"])  # type: ignore[no-any-return]


def stated(record: Any, day: date | None = None) -> dict[str, tuple[date, date | None]]:
    tags = portrait(record, SYSTEM, day).tags
    return {tag.key: (tag.stated_on, tag.expires_on) for tag in tags}


def test_a_value_is_as_old_as_the_change_that_brought_it(expert: Person) -> None:
    found = {key: since for key, (since, _) in stated(expert).items()}
    assert found == {
        "title:教授": LATER,
        "expertise:永磁材料": FIRST,
        "expertise:电机": LATER,
        "field:T0401": FIRST,
    }


def test_other_changes_hiding_and_its_undoing_make_nothing_younger(expert: Person) -> None:
    before = stated(expert)
    save_on(expert, LAST, biography="新的简介")
    subject = subject_of_record(expert, SYSTEM)
    note = notes.hide_tag(subject, "expertise:永磁材料", viewer=SYSTEM)
    expert.refresh_from_db()
    assert stated(expert) == {k: v for k, v in before.items() if k != "expertise:永磁材料"}
    notes.withdraw_note(subject, note.pk, viewer=SYSTEM)
    expert.refresh_from_db()
    assert stated(expert) == before


def test_a_past_day_tells_what_was_said_then_but_nothing_hidden_now(expert: Person) -> None:
    assert set(stated(expert, date(2024, 6, 1))) == {
        "title:讲师", "expertise:永磁材料", "field:T0401",
    }  # fmt: skip
    assert stated(expert, date(2024, 2, 1)) == {}
    notes.hide_tag(subject_of_record(expert, SYSTEM), "expertise:永磁材料", viewer=SYSTEM)
    expert.refresh_from_db()
    assert set(stated(expert, date(2024, 6, 1))) == {"title:讲师", "field:T0401"}


def test_hiding_a_post_and_showing_it_again_leaves_its_day(
    expert: Person, register: Register, organisations: dict[str, Organisation]
) -> None:
    post = Affiliation(
        register=register, source_key="A", person=expert, organisation=organisations["other"]
    )
    save_on(post, FIRST, role="顾问")
    key = f"affiliation:{post.public_id}"
    before = stated(expert)[key]
    subject = subject_of_record(expert, SYSTEM)
    note = notes.hide_tag(subject, key, viewer=SYSTEM)
    notes.withdraw_note(subject, note.pk, viewer=SYSTEM)
    expert.refresh_from_db()
    assert stated(expert)[key] == before
    assert before[0] == FIRST


def test_a_value_that_went_and_came_again_counts_from_its_return(expert: Person) -> None:
    save_on(expert, date(2025, 6, 1), expertise=["电机"])
    save_on(expert, LAST, expertise=["电机", "永磁材料"])
    found = stated(expert)
    assert (found["expertise:永磁材料"][0], found["expertise:电机"][0]) == (LAST, LATER)


def test_a_portrait_asks_for_the_history_once_a_kind(
    expert: Person,
    make_organisation: Callable[..., Organisation],
    django_assert_max_num_queries: Any,
) -> None:
    for n in range(20):
        save_on(expert, LAST, expertise=["永磁材料", f"方向 {n}"])
    with django_assert_max_num_queries(45):
        portrait(expert, SYSTEM)
