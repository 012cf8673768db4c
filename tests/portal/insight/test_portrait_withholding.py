"""Hidden tags stay hidden on records that join their subject, and leave those that go again."""

from collections.abc import Callable
from typing import Any

import pytest

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.insight.domain import portrait_notes as notes
from silian.portal.insight.domain.portrait_subjects import subject_of_record
from silian.portal.insight.domain.portrait_withholding import settle_withheld
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_decisions import decide, withdraw
from silian.portal.registry.domain.identity_runs import run_resolution
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Affiliation, Audience, Organisation, Person

SECRET = "机密退火工艺"
CODE = "91990104MA0ACA092M"


@pytest.fixture
def made(db: None) -> Callable[..., Any]:
    """A record of one of two registers, saved as a load would."""

    def make(kind: str, register: str, **values: Any) -> Any:
        saved = save_record(
            kind, values, register_code=register, source_key=f"{kind}-1", viewer=SYSTEM
        )
        return saved.record

    return make


@pytest.fixture
def hider(made: Callable[..., Any]) -> Person:
    """A person who hides one field of expertise and the title."""
    person = made("person", "first", name="李工", title="教授", expertise=["永磁材料", SECRET])
    assert isinstance(person, Person)
    _hide(person, f"expertise:{SECRET}")
    _hide(person, "title:教授")
    return person


@pytest.fixture
def twin(made: Callable[..., Any]) -> Person:
    """What another register says of the same person."""
    person = made("person", "second", name="李工", title="教授", expertise=[SECRET, "电机"])
    assert isinstance(person, Person)
    return person


def _hide(record: Any, key: str) -> notes.TagNote:
    return notes.hide_tag(subject_of_record(record, SYSTEM), key, viewer=SYSTEM, label="…")


def _said(person: Person) -> tuple[str, list[str]]:
    person.refresh_from_db()
    return person.title, sorted(person.expertise)


def test_a_record_that_a_person_merges_hides_what_its_subject_hides(
    hider: Person, twin: Person
) -> None:
    assert _said(twin) == ("教授", sorted([SECRET, "电机"]))
    decide("person", "merge", [twin.public_id, hider.public_id], viewer=SYSTEM)
    assert _said(twin) == ("", ["电机"])
    assert _said(hider) == ("", ["永磁材料"])


def test_a_record_that_leaves_gets_back_what_another_hid(hider: Person, twin: Person) -> None:
    made = decide("person", "merge", [twin.public_id, hider.public_id], viewer=SYSTEM)
    withdraw(made.pk, viewer=SYSTEM)
    assert _said(twin) == ("教授", sorted([SECRET, "电机"]))
    assert _said(hider) == ("", ["永磁材料"])


def test_only_the_record_that_is_left_out_gets_back_what_another_hid(
    hider: Person, twin: Person, made: Callable[..., Any]
) -> None:
    third = made("person", "third", name="李工", expertise=[SECRET])
    merged = decide(
        "person", "merge", [twin.public_id, hider.public_id, third.public_id], viewer=SYSTEM
    )
    assert _said(third) == ("", [])
    withdraw(merged.pk, viewer=SYSTEM)
    decide("person", "merge", [twin.public_id, hider.public_id], viewer=SYSTEM)
    assert (_said(third), _said(twin)) == (("", [SECRET]), ("", ["电机"]))


def test_a_run_that_joins_records_hides_on_all_of_them(made: Callable[..., Any]) -> None:
    first, second = (
        made(
            "organisation",
            register,
            name="澄屿砺埔芯片技术有限公司",
            unified_social_credit_code=code,
            main_products=[SECRET, "芯片"],
        )
        for register, code in (("first", CODE), ("second", CODE))
    )
    _hide(first, f"product:{SECRET}")
    run_resolution("organisation")
    second.refresh_from_db()
    together = first.pk == second.pk or len(subject_of([first.public_id, second.public_id])) == 2
    assert together
    assert second.main_products == ["芯片"]


def test_hidden_affiliations_leave_sight_on_joining_and_return_on_leaving(
    twin: Person, made: Callable[..., Any]
) -> None:
    employer = made("organisation", "first", name="澄屿理工大学")
    other = made("person", "first", name="李工")
    post = Affiliation.objects.create(
        person=twin,
        organisation=employer,
        register=twin.register,
        source_key="post",
        audience=Audience.PUBLIC,
    )
    hidden = _hide(other, f"affiliation:{post.public_id}")
    merged = decide("person", "merge", [twin.public_id, other.public_id], viewer=SYSTEM)
    post.refresh_from_db()
    assert (hidden.tag_key, post.audience) == (f"affiliation:{post.public_id}", Audience.OWNER)
    withdraw(merged.pk, viewer=SYSTEM)
    post.refresh_from_db()
    assert post.audience == Audience.PUBLIC


def test_settling_twice_changes_nothing_more(hider: Person, twin: Person) -> None:
    ids = (hider.public_id, twin.public_id)
    assert settle_withheld(ids) == 1
    assert settle_withheld(ids) == 0
    assert _said(twin) == ("", ["电机"])


def test_without_anything_hidden_a_merge_leaves_records_alone(
    made: Callable[..., Any],
) -> None:
    one = made("organisation", "first", name="甲公司", main_products=["芯片"])
    other = made("organisation", "second", name="乙公司", main_products=["电机"])
    stamps = list(Organisation.objects.order_by("pk").values_list("updated_at", flat=True))
    decide("organisation", "merge", [one.public_id, other.public_id], viewer=SYSTEM)
    assert list(Organisation.objects.order_by("pk").values_list("updated_at", flat=True)) == stamps
