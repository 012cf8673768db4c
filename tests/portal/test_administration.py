"""The operator's admin: every model, fast lists, fixed origins, history, a trail."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from silian.portal.accounts.domain.access import Viewer
from silian.portal.accounts.domain.api_keys import create_key, viewer_of_key
from silian.portal.accounts.models import User
from silian.portal.administration import PortalAdmin, RecordAdmin
from silian.portal.audit.models import AuditEntry
from silian.portal.industry.models import Need
from silian.portal.registry.admin import OrganisationNameForm
from silian.portal.registry.domain.names import name_key
from silian.portal.registry.domain.relations import follow_name
from silian.portal.registry.models import Organisation, OrganisationName, Record

pytestmark = pytest.mark.django_db
OWN = {
    model: entry for model, entry in admin.site._registry.items() if isinstance(entry, PortalAdmin)
}
RECORDS = [model for model, entry in OWN.items() if isinstance(entry, RecordAdmin)]


def place(model: Any, page: str, *arguments: Any) -> str:
    meta = model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=arguments)


@pytest.fixture
def operator(client: Client, users: dict[str, User]) -> Client:
    client.force_login(users["operator"])
    return client


def test_every_kind_of_record_is_there_with_its_history() -> None:
    kept = {model for model in apps.get_models() if issubclass(model, Record)}
    assert set(RECORDS) == kept
    assert {"User", "ApiKey", "ImportJob", "RejectedRow", "AuditEntry", "Match", "Outcome"} <= {
        model.__name__ for model in OWN
    }


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_every_list_opens_and_is_searched_without_counting_the_table(
    model: Any, operator: Client
) -> None:
    for query in ("", "?q=永磁", "?p=3", "?o=1"):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = operator.get(place(model, "changelist") + query)
        assert response.status_code == 200, query
        counted = [q["sql"] for q in queries if "COUNT(" in q["sql"].upper()]
        assert counted == [], query


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_asks_equally_often_for_one_and_for_three_rows(
    count: int,
    operator: Client,
    make_need: Callable[..., Need],
    django_assert_num_queries: Any,
) -> None:
    for number in range(count):
        make_need(f"n{number}")
    operator.get("/admin/")
    with django_assert_num_queries(4):  # session, user, registers to filter by, rows
        response = operator.get(place(Need, "changelist"))
    assert response.content.decode().count("需求 n") >= count


def test_a_record_shows_its_origin_and_takes_corrections_only(
    operator: Client, make_need: Callable[..., Need]
) -> None:
    need = make_need("n")
    page = operator.get(place(Need, "change", need.pk))
    form = page.context["adminform"].form
    assert not {"public_id", "register", "source_key", "source_row"} & set(form.fields)
    assert need.public_id in page.content.decode()
    assert operator.get(place(Need, "add")).status_code == 403
    values = {name: form.initial.get(name) or "" for name in form.fields}
    values |= {"title": "改过的标题", "keywords": "[]", "field_codes": "[]", "_save": "1"}
    values |= {"public_id": "need-aaaaaaaaaaaaaaaa", "source_key": "other"}
    answer = operator.post(place(Need, "change", need.pk), values)
    assert answer.status_code == 302, answer.context["errors"]
    changed = Need.objects.get(pk=need.pk)
    assert (changed.title, changed.public_id, changed.source_key) == (
        "改过的标题",
        need.public_id,
        "n",
    )
    entry = AuditEntry.objects.get(action="admin.change")
    assert entry.subject == need.public_id
    assert "title" in entry.details["fields"]
    history = operator.get(place(Need, "history", need.pk))
    assert "operator" in history.content.decode()
    assert changed.history.count() == 2


def test_a_deletion_leaves_a_trail(operator: Client, make_need: Callable[..., Need]) -> None:
    need = make_need("n")
    operator.post(place(Need, "delete", need.pk), {"post": "yes"})
    assert not Need.objects.exists()
    assert AuditEntry.objects.get(action="admin.delete").subject == need.public_id


def test_an_organisation_is_chosen_by_typing(
    operator: Client, organisations: dict[str, Organisation]
) -> None:
    response = operator.get(
        reverse("admin:autocomplete"),
        {"term": "磁材", "app_label": "industry", "model_name": "need", "field_name": "owner"},
    )
    assert [found["text"] for found in response.json()["results"]] == ["东海磁材有限公司"]


def test_the_trail_cannot_be_rewritten(operator: Client, users: dict[str, User]) -> None:
    entry = AuditEntry.objects.first()
    assert operator.get(place(AuditEntry, "change", entry.pk)).status_code == 200
    for page in ("change", "delete"):
        answer = operator.post(place(AuditEntry, page, entry.pk), {"post": "yes", "action": "x"})
        assert answer.status_code == 403
    assert operator.get(place(AuditEntry, "add")).status_code == 403
    assert AuditEntry.objects.filter(pk=entry.pk, action=entry.action).exists()


def test_keys_are_revoked_but_not_shown(operator: Client, viewers: dict[str, Viewer]) -> None:
    key, token = create_key(viewer=viewers["enterprise"], name="ERP")
    page = operator.get(place(type(key), "change", key.pk)).content.decode()
    assert key.secret_hash not in page
    operator.post(place(type(key), "changelist"), {"action": "revoke", "_selected_action": key.pk})
    assert viewer_of_key(token) is None


def test_the_last_operator_cannot_be_taken_away(operator: Client, users: dict[str, User]) -> None:
    user = users["operator"]
    values = {"username": user.username, "role": "viewer", "is_active": "on"}
    answer = operator.post(place(User, "change", user.pk), values)
    assert answer.status_code == 200
    assert "唯一的在用运营方账号" in answer.content.decode()
    assert User.objects.get(pk=user.pk).role == "operator"
    other = {"username": "viewer", "role": "adviser", "is_active": "on"}
    assert operator.post(place(User, "change", users["viewer"].pk), other).status_code == 302
    assert User.objects.get(username="viewer").role == "adviser"


def test_a_user_is_made_with_a_role(operator: Client) -> None:
    values = {
        "username": "new",
        "password1": "a-long-Passphrase-7",
        "password2": "a-long-Passphrase-7",
        "role": "adviser",
        "usable_password": "true",
    }
    answer = operator.post(place(User, "add"), values)
    assert answer.status_code == 302, answer.context["errors"]
    user = User.objects.get(username="new")
    assert (user.role, user.is_staff, user.check_password("a-long-Passphrase-7")) == (
        "adviser",
        False,
        True,
    )
    assert AuditEntry.objects.filter(action="admin.add", details__model="accounts.User").exists()


def test_the_admin_page_asks_no_foreign_server(operator: Client) -> None:
    import re

    html = operator.get("/admin/").content.decode()
    links = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="((?:https?:)?//[^"]+)"', html)
    assert links == []


def test_an_organisation_renamed_by_hand_is_found_by_both_names(
    operator: Client, organisations: dict[str, Organisation]
) -> None:
    organisation = organisations["enterprise"]
    former = organisation.name
    follow_name(organisation)
    page = place(Organisation, "change", organisation.pk)
    names = [*organisation.names.order_by("pk")]
    form = operator.get(page).context["adminform"].form
    sent = {name: "" if value is None else value for name, value in form.initial.items()}
    sent = {name: value for name, value in sent.items() if not isinstance(value, (list, dict))}
    formset = {
        "names-TOTAL_FORMS": len(names),
        "names-INITIAL_FORMS": len(names),
        **{
            f"names-{n}-{part}": value
            for n, name in enumerate(names)
            for part, value in (
                ("id", name.pk),
                ("organisation", organisation.pk),
                ("name", name.name),
                ("name_kind", name.name_kind),
            )
        },
    }
    lists = {"main_products": "[]", "keywords": "[]", "field_codes": "[]"}
    response = operator.post(page, {**sent, **lists, **formset, "name": "新名（集团）公司"})
    assert response.status_code == 302, response.context["errors"]
    held = set(organisation.names.values_list("name", "normalised", "name_kind"))
    assert held == {
        ("新名（集团）公司", name_key("新名（集团）公司"), "official"),
        (former, name_key(former), "former"),
    }


def test_a_name_added_by_hand_is_looked_up_in_its_folded_form(
    organisations: dict[str, Organisation],
) -> None:
    organisation = organisations["enterprise"]
    name = OrganisationName(organisation=organisation)
    form = OrganisationNameForm({"name": "东海 磁材（集團）", "name_kind": "alias"}, instance=name)
    assert form.is_valid(), form.errors
    assert form.save().normalised == name_key("东海磁材(集团)")
    again = OrganisationName(organisation=organisation)
    twice = OrganisationNameForm({"name": "东海磁材(集团)", "name_kind": "alias"}, instance=again)
    assert not twice.is_valid()
