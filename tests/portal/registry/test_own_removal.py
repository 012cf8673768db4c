"""What somebody made by mistake can be deleted, what others rely on stays."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import AccessDenied, Viewer
from silian.portal.accounts.models import User
from silian.portal.audit.models import AuditEntry
from silian.portal.exchange.domain.outcomes import record_outcome
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement, Contribution
from silian.portal.registry.domain.own import create_own
from silian.portal.registry.domain.own_removal import NotDeletable, delete_own
from silian.portal.registry.models import Person


@pytest.fixture
def work(viewers: dict[str, Viewer]) -> Achievement:
    values = {"title": "误发的成果", "inventor_names": "王小明"}
    made: Any = create_own("achievement", values, viewer=viewers["research"], source_key="k")
    return made.record


def test_an_owner_deletes_a_supply_and_its_parts_go_with_it(
    work: Achievement, viewers: dict[str, Viewer], index: Callable[[], int]
) -> None:
    index()
    delete_own(work, viewer=viewers["research"])
    assert not Achievement.objects.exists()
    assert not Contribution.objects.exists()
    assert Person.objects.filter(name="王小明").count() == 1
    states = Achievement.history.filter(public_id=work.public_id)
    assert [one.history_type for one in states] == ["-", "+"]
    assert AuditEntry.objects.get(action="record.delete").subject == work.public_id


def test_what_is_somebody_elses_or_a_registers_or_relied_on_stays(
    work: Achievement,
    viewers: dict[str, Viewer],
    make_achievement: Callable[..., Achievement],
    make_need: Callable[..., Need],
    index: Callable[[], int],
) -> None:
    index()
    with pytest.raises(AccessDenied):
        delete_own(work, viewer=viewers["enterprise"])
    with pytest.raises(NotDeletable, match="register") as refused:
        delete_own(make_achievement("a"), viewer=viewers["research"])
    assert "登记库" in refused.value.message_zh
    record_outcome(
        need=make_need("n"),
        supply_id=work.public_id,
        action="contacted",
        viewer=viewers["enterprise"],
    )
    with pytest.raises(NotDeletable, match="refers to it, so it can't be deleted") as refused:
        delete_own(work, viewer=viewers["research"])
    assert refused.value.message_zh.endswith("引用，不能删除；可将可见范围改为“仅本单位”。")
    assert Achievement.objects.count() == 2


def test_the_form_deletes_and_says_so(client: Client, work: Achievement, users: Any) -> None:
    client.force_login(User.objects.get(username="research"))
    path = f"/records/{work.public_id}/edit/"
    assert "确认删除" in client.get(path).content.decode()
    answer = client.post(path, {"intent": "delete"})
    assert "已删除“误发的成果”" in client.get(answer.url).content.decode()
    assert not Achievement.objects.exists()


def test_a_draft_of_a_need_is_deleted_too(client: Client, users: Any) -> None:
    client.force_login(users["enterprise"])
    client.post("/needs/new/", {"title": "误写", "text": "文字", "need_kind": "technology",
                                "audience": "public", "intent": "draft"})  # fmt: skip
    path = f"/needs/{Need.objects.get().public_id}/edit/"
    assert client.post(path, {"intent": "delete"}).url == "/needs/"
    assert not Need.objects.exists()
