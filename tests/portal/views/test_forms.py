"""Forms of every kind: what one doesn't touch stays, and what one changes is all that changes."""

from typing import Any

import pytest
from django.test import Client
from form_reader import FormReader

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.catalogue import KINDS
from silian.portal.innovation.models import Contribution, Patent
from silian.portal.registry.domain.upsert import save_record
from silian.portal.registry.interfaces.record_values import names_of, rows_of
from silian.portal.registry.models import Organisation, Person, Record

LINES = "第一行\n第二行  有两个空格\n\n末行"


# A field that the form of a kind without a title has.
_FIELDS_WITHOUT_TITLE = {
    "affiliation": "role",
    "enterprise_year": "year",
    "grant": "year",
    "service_agency_year": "year",
    "facility_year": "year",
    "chain_link": "weight",
    "chain_member": "role",
}


def untouched(client: Client, path: str, name: str) -> dict[str, list[str]]:
    reader = FormReader(name)
    response = client.get(path)
    assert response.status_code == 200
    reader.feed(response.content.decode())
    assert reader.sent
    return reader.sent


def edit_path(record: Record) -> str:
    folder = "needs" if record.kind == "need" else "records"
    return f"/{folder}/{record.public_id}/edit/"


def content(record: Any) -> dict[str, Any]:
    entry = KINDS[record.kind]
    [row] = rows_of(entry, entry.model._default_manager.filter(pk=record.pk), SYSTEM)
    return {**row, "names": names_of(entry, record)}


@pytest.fixture
def operator(client: Client, users: dict[str, Any]) -> Client:
    client.force_login(users["operator"])
    return client


@pytest.fixture
def kept(db: None) -> Any:
    """Make a record of a kind with everything that its template shows as an example."""

    def make(kind: str, **further: Any) -> Any:
        save_record("person", {"name": "王小明"}, register_code="city", source_key="P1",
                    viewer=SYSTEM)  # fmt: skip
        values = {
            column.name: LINES if column.type_name == "text" else column.example
            for column in KINDS[kind].columns
            if column.example not in ("", None)
            and not (column.reference and column.reference.by in {"key", "code"})
            and column.type_name != "geometry"
        }
        values |= {"person_key": "P1"} if kind == "affiliation" else {}
        values |= {"policy_id": "technology_sme"} if kind == "grant" else {}
        if kind in {"service_agency_year", "facility_year"}:
            subject = kind.removesuffix("_year")
            kept_subject = make(subject)
            values = {name: v for name, v in values.items() if not name.startswith("organisation")}
            values |= {"subject_key": kept_subject.source_key}
        values |= {"to_name": "稀土永磁"} if kind == "chain_link" else {}
        values |= further
        key = values.pop("source_key", "K1")
        return save_record(
            kind, values, register_code="city", source_key=str(key), viewer=SYSTEM
        ).record

    return make


@pytest.mark.parametrize("kind", KINDS)
def test_an_untouched_form_saves_nothing(kind: str, kept: Any, operator: Client) -> None:
    record = kept(kind)
    before, changes = content(record), record.history.count()
    title = KINDS[kind].title_field or _FIELDS_WITHOUT_TITLE[kind]

    response = operator.post(edit_path(record), untouched(operator, edit_path(record), title))

    assert response.status_code == 302
    record = type(record).objects.get(pk=record.pk)
    assert content(record) == before
    assert record.history.count() == changes


def test_a_member_who_changes_a_title_keeps_people_and_assignees(
    client: Client, kept: Any, users: dict[str, Any], organisations: dict[str, Organisation]
) -> None:
    patent = kept(
        "patent",
        assignee_names=[organisations["research"].name, "西山机电有限公司"],
        inventor_names=["王小明", "李华"],
    )
    Patent.objects.filter(pk=patent.pk).update(owner=organisations["research"])
    client.force_login(users["research"])
    sent = untouched(client, edit_path(patent), "title")
    assert sent["inventor_names"] == ["王小明、李华"]

    response = client.post(edit_path(patent), {**sent, "title": ["改过的名称"]})

    assert response.status_code == 302
    before = names_of(KINDS["patent"], patent)
    patent.refresh_from_db()
    assert patent.title == "改过的名称"
    assert names_of(KINDS["patent"], patent) == before
    assert before["assignee_names"] == [organisations["research"].name, "西山机电有限公司"]


def test_a_name_left_in_a_list_stays_the_person_it_was(
    client: Client, kept: Any, users: dict[str, Any], organisations: dict[str, Organisation]
) -> None:
    guest = Person.objects.create(
        register=organisations["other"].register,
        source_key="guest",
        name="赵客座",
        organisation=organisations["other"],
    )
    work = kept("achievement", organisation_name=organisations["research"].name)
    Contribution.objects.create(
        person=guest, subject_id=work.public_id, role="inventor", position=9
    )
    type(work).objects.filter(pk=work.pk).update(owner=organisations["research"])
    client.force_login(users["research"])
    sent = untouched(client, edit_path(work), "title")
    [names] = sent["inventor_names"]

    response = client.post(edit_path(work), {**sent, "inventor_names": [f"{names}、新人"]})

    assert response.status_code == 302
    parts = Contribution.objects.filter(subject_id=work.public_id).order_by("position")
    assert [part.person.name for part in parts] == [*names.split("、"), "新人"]
    assert guest.pk in {part.person_id for part in parts}
    assert Person.objects.filter(name="赵客座").count() == 1
    assert Person.objects.get(name="新人").organisation == work.organisation


def test_a_further_person_of_a_work_without_organisation_is_refused_with_the_reason(
    operator: Client, kept: Any
) -> None:
    work = kept("achievement", organisation_name="", inventor_keys=["P1"])
    sent = untouched(operator, edit_path(work), "title")
    assert sent["inventor_names"] == ["王小明"]

    response = operator.post(edit_path(work), {**sent, "inventor_names": ["王小明、新人"]})

    assert response.status_code == 422
    assert "请先填写单位" in response.content.decode()
    assert Contribution.objects.filter(subject_id=work.public_id).count() == 1
