"""The review of who is who on pages and over the API."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.audit.models import AuditEntry
from silian.portal.registry.domain import identity_runs
from silian.portal.registry.domain.identities import subject_of
from silian.portal.registry.domain.identity_decisions import decide
from silian.portal.registry.domain.identity_runs import run_resolution
from silian.portal.registry.models import (
    IdentityDecision,
    IdentityLink,
    IdentityRun,
    Organisation,
)

pytestmark = pytest.mark.django_db
PAGES = ("/identities/", "/identities/decisions/", "/identities/runs/", "/identities/export/")


@pytest.fixture
def operator(client: Client, users: dict[str, Any]) -> Client:
    client.force_login(users["operator"])
    return client


@pytest.fixture
def found(
    settings: Any, tmp_path: Any, make_organisation: Callable[..., Organisation]
) -> dict[str, Organisation]:
    """A company in two records, and its branch: one link, two in doubt."""
    settings.SILIAN_HOME = tmp_path
    made = {
        "head": make_organisation("宁波屹澍磁性材料有限公司"),
        "twin": make_organisation("宁波市屹澍磁性材料股份有限公司"),
        "branch": make_organisation("宁波屹澍磁性材料有限公司杭州分公司"),
    }
    run_resolution("organisation")
    return made


def body(response: Any) -> str:
    assert response.status_code == 200
    return response.content.decode()


def doubt() -> IdentityLink:
    link = IdentityLink.objects.filter(state="review").order_by("-probability", "pk").first()
    assert link is not None
    return link


def test_pages_tell_what_to_do_before_anything_is_resolved(operator: Client) -> None:
    assert "silian resolve" in body(operator.get("/identities/"))
    assert "还没有决定" in body(operator.get("/identities/decisions/"))
    assert "还没有运行过" in body(operator.get("/identities/runs/"))


@pytest.mark.parametrize("role", ["adviser", "enterprise", "research", "viewer"])
def test_only_operators_open_the_review(
    client: Client, users: dict[str, Any], found: dict[str, Organisation], role: str
) -> None:
    client.force_login(users[role])
    link = doubt()

    answers = [client.get(path).status_code for path in (*PAGES, f"/identities/pairs/{link.pk}/")]
    answers.append(client.post(f"/identities/pairs/{link.pk}/decide/").status_code)
    answers.append(client.post(f"/identities/records/{link.left_id}/split/").status_code)

    assert set(answers) == {403}
    assert not IdentityDecision.objects.exists()


def test_the_queue_narrows_and_counts(operator: Client, found: dict[str, Organisation]) -> None:
    assert "分公司" in body(operator.get("/identities/?reason=other_branch"))
    assert "没有这样的登记对" in body(operator.get("/identities/?kind=person"))
    assert found["twin"].name in body(operator.get("/identities/?state=linked"))
    assert "没有这样的登记对" in body(operator.get("/identities/?q=没有这个名字"))


def test_a_pair_shows_both_records_the_evidence_and_what_would_merge(
    operator: Client, found: dict[str, Organisation]
) -> None:
    page = body(operator.get(f"/identities/pairs/{doubt().pk}/"))

    assert "<mark>杭州分公司</mark>" in page
    assert "分支不同" in page
    for one in found.values():
        assert one.name in page.replace("<mark>", "").replace("</mark>", "")


def test_judging_takes_one_to_the_next_pair_and_the_history_undoes_it(
    operator: Client, found: dict[str, Organisation]
) -> None:
    link = doubt()
    address = f"/identities/pairs/{link.pk}/decide/"

    answer = operator.post(address, {"decision": "merge", "note": "并入总部"}, follow=True)

    assert "已归并为同一" in body(answer)
    assert len(set(subject_of(one.public_id for one in found.values()).values())) == 1
    history = body(operator.get("/identities/decisions/"))
    assert "并入总部" in history
    refused = operator.post(address, {"decision": "must_not_link"})
    assert refused.status_code == 422
    assert "与先前的决定矛盾" in refused.content.decode()
    assert "撤回先前的决定" in refused.content.decode()
    decision = IdentityDecision.objects.get()
    operator.post(f"/identities/decisions/{decision.pk}/withdraw/")
    link.refresh_from_db()
    assert link.state == "review"


def test_later_puts_a_pair_at_the_end(operator: Client, found: dict[str, Organisation]) -> None:
    link = doubt()
    operator.post(f"/identities/pairs/{link.pk}/decide/", {"decision": "later", "note": "等材料"})
    link.refresh_from_db()
    assert (link.postponed_at is not None, link.postponed_note) == (True, "等材料")
    assert "等材料" in body(operator.get("/identities/"))


def test_a_record_page_shows_the_other_records_and_splits_one_off(
    operator: Client, found: dict[str, Organisation]
) -> None:
    page = f"/organisations/{found['head'].public_id}/"
    assert "同一单位的其他登记" in body(operator.get(page))

    operator.post(
        f"/identities/records/{found['twin'].public_id}/split/",
        {"back": found["head"].public_id},
    )

    assert "同一单位的其他登记" not in body(operator.get(page))
    assert IdentityDecision.objects.get().decision_kind == "split"


def test_records_that_one_may_not_see_are_not_listed_as_the_same(
    client: Client, found: dict[str, Organisation]
) -> None:
    page = f"/organisations/{found['head'].public_id}/"
    assert found["twin"].name in body(client.get(page))
    assert "拆分" not in body(client.get(page))

    Organisation.objects.filter(pk=found["twin"].pk).update(audience="owner")

    assert found["twin"].name not in body(client.get(page))
    subject = client.get(f"/api/v1/identities/subjects/{found['head'].public_id}").json()
    assert subject == {
        "subject_id": found["head"].public_id,
        "record_ids": [found["head"].public_id],
    }


def test_exports_are_tables_and_logged(operator: Client, found: dict[str, Organisation]) -> None:
    answer = operator.get("/identities/export/?state=linked")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    [row] = csv.DictReader(io.StringIO(text))
    assert {row["left_name"], row["right_name"]} == {found["head"].name, found["twin"].name}
    assert operator.get("/identities/export/?format=xlsx").content[:2] == b"PK"
    decide("organisation", "merge", [row["left_id"], row["right_id"]], viewer=SYSTEM)
    answer = operator.get("/identities/decisions/export/")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    assert [one["decision_kind"] for one in csv.DictReader(io.StringIO(text))] == ["merge"]
    assert AuditEntry.objects.filter(action="identity.export").count() == 3


def test_a_run_starts_from_the_page_and_shows_its_figures(
    operator: Client, found: dict[str, Organisation], django_capture_on_commit_callbacks: Any
) -> None:
    operator.post("/identities/runs/start/", {"kind": "organisation"})
    operator.post("/identities/runs/start/", {"kind": "organisation"})
    waiting = IdentityRun.objects.get(state="running")
    row = f"/identities/runs/{waiting.pk}/progress/"
    assert "hx-get" in body(operator.get(row))

    assert identity_runs.run_by_id(waiting.pk) == "done"

    assert "hx-get" not in body(operator.get(row))
    assert "完成" in body(operator.get("/identities/runs/"))


def test_the_api_lists_decides_and_undoes(operator: Client, found: dict[str, Organisation]) -> None:
    def post(path: str, payload: Any = None) -> Any:
        return operator.post(
            f"/api/v1/identities/{path}",
            json.dumps(payload) if payload is not None else "",
            content_type="application/json",
        )

    listed = operator.get("/api/v1/identities/links?state=review").json()
    assert listed["total"] == len(listed["items"]) > 0
    link = listed["items"][0]
    pair = operator.get(f"/api/v1/identities/links/{link['id']}").json()
    assert pair["would_join"] == sorted(one.public_id for one in found.values())
    ids = [link["left_id"], link["right_id"]]
    made = post("decisions", {"decision": "must_not_link", "record_ids": ids, "note": "分公司"})
    assert made.status_code == 200
    again = post("decisions", {"decision": "merge", "record_ids": ids})
    assert (again.status_code, again.json()["code"]) == (409, "identity_decision_contradicts")
    unclear = post("decisions", {"decision": "merge", "record_ids": ["pat-x", "pat-y"]})
    assert (unclear.status_code, unclear.json()["code"]) == (422, "identity_decision_unclear")
    undone = post(f"decisions/{made.json()['id']}/withdraw")
    assert undone.json()["withdrawn_by"] == "operator"
    assert post(f"decisions/{made.json()['id']}/withdraw").status_code == 409
    assert post("runs", {"kind": "organisation"}).status_code == 202
    assert operator.get("/api/v1/identities/runs").json()["total"] == 2
    assert operator.get("/api/v1/identities/decisions").json()["total"] == 1
