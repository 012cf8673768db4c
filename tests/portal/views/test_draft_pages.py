"""Drafts and scenarios on pages: problems by line, tried, published by a second person, run."""

import re
from typing import Any

import pytest
from django.test import Client

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.domain.users import create_user
from silian.portal.industry.domain import scenarios
from silian.portal.industry.domain.policy_drafts import text_mark
from silian.portal.industry.domain.policy_texts import text_of_policy
from silian.portal.industry.models import PolicyDraft, Scenario
from silian.portal.registry.models import Organisation

pytestmark = pytest.mark.django_db
DAY = "2026-03-02"
POLICY = "chengyu_research_subsidy"


@pytest.fixture
def operator(client: Client, users: dict[str, Any], firms: list[Organisation]) -> Client:
    client.force_login(users["operator"])
    return client


@pytest.fixture
def second(users: dict[str, Any]) -> Client:
    user = create_user(
        viewer=SYSTEM, username="second", password="a-long-Passphrase-8", role="operator"
    )
    found = Client()
    found.force_login(user)
    return found


@pytest.fixture
def text() -> str:
    return text_of_policy(POLICY).replace(POLICY, "draft_research_subsidy")


@pytest.fixture
def draft(operator: Client, text: str) -> PolicyDraft:
    operator.post("/drafts/new/", {"content": text})
    return PolicyDraft.objects.get()


def path_of(draft: PolicyDraft, further: str = "") -> str:
    return f"/drafts/{draft.public_id}/{further}"


def test_a_draft_begins_from_a_policy_and_names_what_is_wrong_by_line(
    operator: Client, text: str
) -> None:
    begun = operator.get(f"/drafts/new/?copy={POLICY}").content.decode()
    assert "澄屿市研发费用后补助" in begun
    broken = text.replace("/ revenue_cny", "/ revenu_cny")
    line = next(n for n, each in enumerate(broken.splitlines(), 1) if "revenu_cny" in each)
    response = operator.post("/drafts/new/", {"content": broken})
    shown = operator.get(response["Location"]).content.decode()
    assert f'data-line="{line}"' in shown
    assert "是否为 revenue_cny" in shown
    assert "propose/" not in shown
    assert "在全市试算" not in shown
    draft = PolicyDraft.objects.get()
    operator.post(path_of(draft, "propose/"))
    draft.refresh_from_db()
    assert draft.state == "draft"
    operator.post(path_of(draft), {"content": text, "note": "改好了"})
    history = operator.get(path_of(draft, "history/")).content.decode()
    assert re.search(r'class="cut">-.*revenu_cny', history)
    assert re.search(r'class="add">\+.*revenue_cny', history)


def test_a_draft_is_tried_then_published_by_a_second_person(
    operator: Client, second: Client, draft: PolicyDraft
) -> None:
    tried = operator.get(path_of(draft, f"try/?as_of={DAY}")).content.decode()
    assert "支出变化" in tried
    early = operator.get(path_of(draft, "try/?as_of=2019-12-31")).content.decode()
    assert "草案有效期" in early
    operator.post(path_of(draft, "propose/"))
    assert "须由另一位运营人员发布" in operator.get(path_of(draft)).content.decode()
    read = {"read": text_mark(draft)}
    refused = operator.post(path_of(draft, "publish/"), read, follow=True).content.decode()
    assert "须由另一位运营人员发布" in refused
    assert "核对无误，发布" in second.get(path_of(draft)).content.decode()
    assert f'name="read" value="{read["read"]}"' in second.get(path_of(draft)).content.decode()
    second.post(path_of(draft, "publish/"))  # nobody knows what was read
    draft.refresh_from_db()
    assert draft.state == "proposed"
    second.post(path_of(draft, "publish/"), read)
    draft.refresh_from_db()
    assert (draft.state, str(draft.publisher)) == ("published", "second")
    assert operator.get("/policies/draft_research_subsidy/").status_code == 200
    refused = operator.post(path_of(draft), {"content": "x"})
    assert refused.status_code == 422
    second.post(path_of(draft, "withdraw/"))
    asked = operator.get(path_of(draft)).content.decode()
    assert "second 于" in asked
    assert "同意，撤回" in asked
    assert "取消撤回申请" in second.get(path_of(draft)).content.decode()
    unseen = operator.post(path_of(draft, "withdraw/"), follow=True).content.decode()
    assert "请查看后再操作" in unseen  # nobody confirms what they didn't see
    seen = re.search(r'name="asked" value="([^"]+)"', asked)
    assert seen is not None
    operator.post(path_of(draft, "withdraw/"), {"asked": seen[1]})
    assert "已撤回" in operator.get("/drafts/?state=withdrawn").content.decode()


def test_a_scenario_is_entered_run_and_compared(
    operator: Client,
    firms: list[Organisation],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    policy = "technology_sme"
    form = operator.get(f"/scenarios/new/?policy={policy}&as_of={DAY}").content.decode()
    name, value = re.search(r'name="(parameter\.\w+)" value="([\d.]+)"', form).groups()  # type: ignore[union-attr]
    path = f"/scenarios/new/?as_of={DAY}&year=2025&policy={policy}"
    nothing = operator.post(path, {"policy": policy, name: value})
    assert nothing.status_code == 422
    assert "没有改动任何参数" in nothing.content.decode()
    monkeypatch.setattr(scenarios, "start_scenario", lambda scenario: None)
    made = operator.post(path, {"policy": policy, name: "0", "name": "放宽"})
    scenario = Scenario.objects.get()
    assert made["Location"] == f"/scenarios/{scenario.public_id}/"
    assert scenario.overrides == {name.removeprefix("parameter."): 0.0}
    waiting = operator.get(made["Location"]).content.decode()
    assert "hx-get" in waiting
    assert operator.get(f"{made['Location']}export/").status_code == 404
    scenarios.run_scenario(scenario.pk)
    part = operator.get(f"{made['Location']}progress/")
    assert part.headers["HX-Refresh"] == "true"
    shown = operator.get(made["Location"]).content.decode()
    assert "按规模" in shown
    assert "放宽" in operator.get("/scenarios/").content.decode()
    file = operator.get(f"{made['Location']}export/?format=xlsx")
    assert b"".join(file.streaming_content).startswith(b"PK")


def test_a_scenario_of_a_draft_names_it(
    operator: Client, draft: PolicyDraft, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "start_scenario", lambda scenario: None)
    made = operator.post(f"/scenarios/new/?as_of={DAY}", {"draft": str(draft.public_id)})
    scenarios.run_scenario(Scenario.objects.get().pk)
    assert draft.title in operator.get(made["Location"]).content.decode()


def test_a_failed_scenario_can_be_run_again(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scenarios, "start_scenario", lambda scenario: None)
    scenario = Scenario.objects.create(
        name="x", policy_id=POLICY, year=2025, as_of=DAY, state="failed", error_message="断电"
    )
    path = f"/scenarios/{scenario.public_id}/"
    assert "断电" in operator.get(path).content.decode()
    operator.post(f"{path}run/")
    scenario.refresh_from_db()
    assert scenario.state == "waiting"


def test_the_list_of_policies_warns_operators_alone_of_a_draft_that_is_left_out(
    operator: Client, draft: PolicyDraft, users: dict[str, Any]
) -> None:
    draft.state, draft.content = PolicyDraft.State.PUBLISHED, "policy_id: odd\n"
    draft.published_at = draft.created_at
    draft.save()
    shown = operator.get("/policies/").content.decode()
    assert "无法测算，未计入" in shown
    assert path_of(draft) in shown
    enterprise = Client()
    enterprise.force_login(users["enterprise"])
    for reader in (enterprise, Client()):
        assert "无法测算" not in reader.get("/policies/").content.decode()


def test_a_strict_limit_is_told_as_one(operator: Client, firms: list[Organisation]) -> None:
    said = [
        operator.get(f"/policies/technology_sme/?organisation={firm.public_id}&as_of={DAY}")
        for firm in firms
    ]
    pages = [re.sub(r"<[^>]+>", " ", one.content.decode()) for one in said]
    assert any("需大于 0 分" in page for page in pages)
    assert not any(re.search(r"(?<![\d.,]) 0 分 → +0 分", page) for page in pages)
