"""A need's budget and deadline: asked about where they can't be meant, offered where only said."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.exchange.domain import outbox
from silian.portal.exchange.domain.figures import city_figures
from silian.portal.exchange.domain.listing import ListQuestion, page_of
from silian.portal.industry.models import Need

FORM = {
    "title": "低温永磁材料",
    "text": "主轴温升 45 ℃，需降到 25 ℃。",
    "need_kind": "technology",
    "audience": "public",
    "intent": "publish",
}
BUDGET_BOX, DEADLINE_BOX = "把 200 万元填入预算栏", "把 2027-06-30 填入期限栏"


def text_of(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def enterprise(client: Client, users: dict[str, Any]) -> Client:
    client.force_login(users["enterprise"])
    return client


def test_a_past_deadline_is_published_once_it_is_meant(enterprise: Client) -> None:
    posted = FORM | {"deadline": "2020-01-01"}

    asked = enterprise.post("/needs/new/", posted)

    assert (asked.status_code, Need.objects.count()) == (422, 0)
    assert "期限 2020-01-01 已经过去" in text_of(asked)
    assert 'value="2020-01-01"' in text_of(asked)
    token = 'name="asked" value="deadline:2020-01-01"'
    assert token in text_of(asked)
    # Another past day is another question.
    other = posted | {"deadline": "2020-01-02", "asked": "deadline:2020-01-01"}
    assert enterprise.post("/needs/new/", other).status_code == 422
    meant = posted | {"asked": "deadline:2020-01-01"}
    assert enterprise.post("/needs/new/", meant).status_code == 302
    assert "已过期限" in text_of(enterprise.get(f"/needs/{Need.objects.get().public_id}/"))


def test_a_draft_asks_nothing_and_a_published_need_asks_once(
    enterprise: Client, make_need: Callable[..., Need]
) -> None:
    posted = FORM | {"deadline": "2020-01-01"}
    assert enterprise.post("/needs/new/", posted | {"intent": "draft"}).status_code == 302
    old = make_need("alt", deadline="2021-01-01")

    edited = FORM | {"deadline": "2021-01-01", "title": "改了标题"}

    assert enterprise.post(f"/needs/{old.public_id}/edit/", edited).status_code == 302
    old.refresh_from_db()
    assert old.title == "改了标题"


def test_a_form_that_asks_back_still_sees_what_others_changed(
    enterprise: Client, make_need: Callable[..., Need]
) -> None:
    need = make_need("a", title="原标题")
    was = enterprise.get(f"/needs/{need.public_id}/edit/").context["opened"].was
    Need.objects.filter(pk=need.pk).update(title="别人的标题")

    answer = enterprise.post(
        f"/needs/{need.public_id}/edit/",
        FORM | {"title": "我的标题", "deadline": "2020-01-01", "was": was},
    )

    assert answer.status_code == 409
    assert "别人的标题" in text_of(answer)


@pytest.mark.parametrize(("budget", "told"), [("20000", "2 亿元"), ("3亿元", "3 亿元")])
def test_a_rare_budget_is_asked_about(enterprise: Client, budget: str, told: str) -> None:
    asked = enterprise.post("/needs/new/", FORM | {"budget_cny": budget})

    assert asked.status_code == 422
    [doubt] = asked.context["doubts"]
    assert doubt.name == "budget_cny"
    assert f"预算合 {told}" in doubt.message
    meant = FORM | {"budget_cny": budget, "asked": doubt.token}
    assert enterprise.post("/needs/new/", meant).status_code == 302


def test_an_absurd_budget_is_refused_whatever_is_said(enterprise: Client) -> None:
    for intent in ("publish", "draft"):
        posted = FORM | {"budget_cny": "999999999999", "intent": intent}
        refused = enterprise.post("/needs/new/", posted)

        assert (refused.status_code, Need.objects.count()) == (422, 0)
        assert "不会是一项需求的预算" in text_of(refused)


def test_usual_budgets_and_deadlines_are_published_at_once(enterprise: Client) -> None:
    day = (timezone.localdate() + timedelta(days=1)).isoformat()

    assert enterprise.post(
        "/needs/new/", FORM | {"budget_cny": "500", "deadline": day}
    ).status_code == 302  # fmt: skip
    assert Need.objects.get().budget_cny == Decimal(5_000_000)


def test_what_the_text_states_is_offered_for_empty_boxes(enterprise: Client) -> None:
    text = "主轴温升 45 ℃。预算：约 100~200 万元，2027年6月底前完成。"

    empty = text_of(enterprise.post("/needs/clarity/", FORM | {"text": text}))
    filled = text_of(
        enterprise.post(
            "/needs/clarity/",
            FORM | {"text": text, "budget_cny": "150", "deadline": "2027-06-01"},
        )
    )

    assert BUDGET_BOX in empty
    assert 'data-fill="f-budget_cny" data-value="200"' in empty
    assert DEADLINE_BOX in empty
    assert "data-fill" not in filled


def test_a_need_published_with_its_budget_in_words_only_is_told(enterprise: Client) -> None:
    posted = FORM | {"text": "主轴温升 45 ℃，经费不超过三百万。"}

    page = text_of(enterprise.post("/needs/new/", posted, follow=True))

    assert "原文写了“经费不超过三百万”，但“预算”一栏空着" in page


def test_overdue_needs_are_marked_found_by_a_filter_and_not_counted_as_open(
    client: Client, make_need: Callable[..., Need]
) -> None:
    cache.clear()
    today = timezone.localdate()
    late = make_need("late", title="过期的需求", deadline=today - timedelta(days=1))
    due = make_need("due", title="今天到期的需求", deadline=today)
    free = make_need("free", title="没写期限的需求")

    def found(*values: str) -> set[str]:
        asked = ListQuestion(kinds=("need",), chosen={"deadline": values})
        page = page_of(asked, viewer=SYSTEM, all_kinds=("need",))
        return {record.public_id for record in page.records}

    assert found("past") == {late.public_id}
    assert found("ahead") == {due.public_id}
    assert found("ahead", "unknown") == {due.public_id, free.public_id}
    assert city_figures().need_open_count == 2
    home, listed = text_of(client.get("/")), text_of(client.get("/needs/"))
    assert "过期的需求" not in home
    assert "今天到期的需求" in home
    assert listed.count('<span class="tag tag-bad">已过期限</span>') == 1


def test_list_marks_of_word_processors_become_bullets(enterprise: Client) -> None:
    enterprise.post("/needs/new/", FORM | {"text": "要求：\n\uf0b7 温升 25 ℃\n\uf0fc 低噪声"})

    assert Need.objects.get().text == "要求：\n• 温升 25 ℃\n✓ 低噪声"


def test_an_empty_platform_says_that_nothing_is_loaded(client: Client, db: None) -> None:
    outbox.drain()
    assert "试试" not in text_of(client.get("/"))
    assert "这里还没有数据" in text_of(client.get("/search/", {"q": "永磁材料"}))
