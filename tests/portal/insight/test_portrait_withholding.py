"""Hidden tags stay hidden on records that join their subject, and leave those that go again."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import ANONYMOUS_VIEWER, SYSTEM, Viewer, visible
from silian.portal.api.representation import full
from silian.portal.innovation.models import Contribution
from silian.portal.insight.domain import portrait_notes as notes
from silian.portal.insight.domain.chain_placements import rebuild_placements
from silian.portal.insight.domain.chains import node_detail, places_of
from silian.portal.insight.domain.graph_building import build_graph
from silian.portal.insight.domain.graph_exploring import around
from silian.portal.insight.domain.graph_refreshing import keep_up
from silian.portal.insight.domain.graph_scope import forget_scopes
from silian.portal.insight.domain.graph_store import forget_opened
from silian.portal.insight.domain.portrait_subjects import subject_of_record
from silian.portal.insight.domain.portrait_withholding import settle_withheld
from silian.portal.insight.domain.portraits import portrait
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_decisions import decide, withdraw
from silian.portal.registry.domain.identity_runs import run_resolution
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.models import Affiliation, Audience, ChainMember, Organisation, Person

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


def test_with_a_hidden_post_goes_the_employer_and_a_register_does_not_bring_it_back(
    made: Callable[..., Any],
) -> None:
    firm = made("organisation", "first", name="东海磁材有限公司")
    values = {"name": "李工", "organisation_name": firm.name}
    person = made("person", "first", **values)
    post = made("affiliation", "first", person_key=person.public_id, organisation_name=firm.name)
    assert portrait(person, SYSTEM).about_zh == (firm.name,)
    note = _hide(person, f"affiliation:{post.public_id}")
    for saved in (person, made("person", "first", **values)):
        saved.refresh_from_db()
        assert saved.organisation is None
    # A work that names both means the same person, who goes on hiding where they work.
    made(
        "achievement", "second", title="某成果", inventor_names="李工", organisation_name=firm.name
    )
    person = Person.objects.get()
    assert Contribution.objects.get().person == person
    assert portrait(person, SYSTEM).about_zh == ()
    notes.withdraw_note(subject_of_record(person, SYSTEM), note.pk, viewer=SYSTEM)
    person.refresh_from_db()
    assert (person.organisation, person.withheld) == (
        firm,
        {"affiliations": {}, "organisation": {}},
    )


def test_who_keeps_a_person_does_not_tell_the_employer_that_the_person_hides(
    made: Callable[..., Any], viewers: dict[str, Viewer]
) -> None:
    firm = made("organisation", "first", name="东海磁材有限公司")
    person = made("person", "first", name="李工", organisation_name=firm.name)
    post = made("affiliation", "first", person_key=person.public_id, organisation_name=firm.name)
    Person.objects.filter(pk=person.pk).update(owner=firm)
    own = replace(viewers["enterprise"], organisation_pk=firm.pk, organisation_id=firm.public_id)
    told = {"public_id": firm.public_id, "name": firm.name}

    def owners() -> list[Any]:
        record = Person.objects.get(pk=person.pk)
        readers = (ANONYMOUS_VIEWER, viewers["enterprise"], own, viewers["operator"])
        return [full(record, reader)["owner"] for reader in readers]

    assert owners() == [told] * 4
    _hide(person, f"affiliation:{post.public_id}")
    assert owners() == [None, None, told, told]
    answer = Client().get(f"/api/v1/records/{person.public_id}")
    assert (answer.status_code, answer.json()["owner"]) == (200, None)
    assert firm.public_id not in answer.content.decode()


def test_a_hidden_place_in_the_chain_is_for_the_operator_only(
    made: Callable[..., Any], settings: Any, tmp_path: Any, viewers: dict[str, Viewer]
) -> None:
    settings.SILIAN_HOME = tmp_path
    node = made("chain_node", "first", name="永磁电机")
    firm = made("organisation", "first", name="南江电机有限公司", main_products=["永磁电机"])
    member = made("chain_member", "first", organisation_key=firm.public_id, node_name="永磁电机")
    rebuild_placements()
    build_graph()
    note = _hide(firm, f"node:{node.public_id}")
    keep_up()

    def told(viewer: Viewer) -> tuple[bool, bool, bool, bool]:
        detail = node_detail(node.public_id, viewer)
        return (
            any(one.subject_id == firm.public_id for g in detail.members.values() for one in g),
            bool(places_of(firm.public_id, viewer)),
            len(around(viewer, node.public_id).things) > 1,
            visible(ChainMember.objects.filter(pk=member.pk), viewer).exists(),
        )

    assert told(SYSTEM) == (True,) * 4
    for viewer in (ANONYMOUS_VIEWER, viewers["viewer"], viewers["adviser"]):
        assert told(viewer) == (False,) * 4
    notes.withdraw_note(subject_of_record(firm, SYSTEM), note.pk, viewer=SYSTEM)
    keep_up()
    assert told(ANONYMOUS_VIEWER) == (True,) * 4
    forget_opened()
    forget_scopes()
