"""Two people with the same form open: nobody's words are lost, whoever saves last."""

import json
import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from form_reader import FormReader

from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement

CHOOSE = "choose:"


def opened(client: Client, path: str, name: str) -> dict[str, list[str]]:
    """What a browser would send for the form that holds an input, untouched."""
    reader = FormReader(name)
    reader.feed(client.get(path).content.decode())
    assert "was" in reader.sent
    return reader.sent


def asked_again(answer: Any) -> dict[str, list[str]]:
    """What the page that shows both versions would send, but for what it asks."""
    reader = FormReader("was")
    reader.feed(answer.content.decode())
    return {name: values for name, values in reader.sent.items() if not name.startswith(CHOOSE)}


def shown_versions(answer: Any) -> list[str]:
    page = answer.content.decode()
    found = re.findall(r'<p class="version">(.*?)</p>', page, re.DOTALL)
    return [unescape(re.sub(r"</?mark>", "", one)) for one in found]


@pytest.fixture
def need(make_need: Callable[..., Need]) -> Need:
    return make_need("n", title="耐高温永磁材料", text="原文。", status="published")


@pytest.fixture
def enterprise(client: Client, users: dict[str, Any]) -> Client:
    client.force_login(users["enterprise"])
    return client


def test_what_another_changed_stays_when_one_changes_something_else(
    enterprise: Client, need: Need
) -> None:
    path = f"/needs/{need.public_id}/edit/"
    first, second = (opened(enterprise, path, "title") for _ in range(2))
    enterprise.post(path, {**first, "text": ["来自甲页"], "intent": "publish"})

    answer = enterprise.post(path, {**second, "title": ["新的标题"], "intent": "publish"})

    assert answer.status_code == 302
    need.refresh_from_db()
    assert (need.title, need.text) == ("新的标题", "来自甲页")
    told = enterprise.get(answer.url).content.decode()
    assert "您填写期间，他人修改了：需求内容" in told or "他人修改了" in told


@pytest.mark.parametrize(("choice", "kept"), [("theirs", "来自甲页"), ("mine", "来自乙页")])
def test_both_versions_of_what_two_changed_are_shown_and_one_is_chosen(
    choice: str, kept: str, enterprise: Client, need: Need
) -> None:
    path = f"/needs/{need.public_id}/edit/"
    first, second = (opened(enterprise, path, "title") for _ in range(2))
    enterprise.post(path, {**first, "text": ["来自甲页"], "intent": "publish"})

    answer = enterprise.post(
        path, {**second, "text": ["来自乙页"], "keywords": ["永磁"], "intent": "publish"}
    )

    assert answer.status_code == 409
    assert shown_versions(answer) == ["来自甲页", "来自乙页"]
    assert "由 enterprise 于" in answer.content.decode()
    need.refresh_from_db()
    assert (need.text, need.keywords) == ("来自甲页", [])
    again = asked_again(answer)
    assert again["intent"] == ["publish"]
    saved = enterprise.post(path, {**again, CHOOSE + "text": [choice]})
    assert saved.status_code == 302
    need.refresh_from_db()
    assert (need.text, need.keywords, need.title) == (kept, ["永磁"], "耐高温永磁材料")


def test_a_third_change_while_one_chooses_is_asked_about_again(
    enterprise: Client, need: Need
) -> None:
    path = f"/needs/{need.public_id}/edit/"
    sent = opened(enterprise, path, "title")
    Need.objects.filter(pk=need.pk).update(text="甲")
    again = asked_again(enterprise.post(path, {**sent, "text": ["乙"]}))
    Need.objects.filter(pk=need.pk).update(text="丙")

    answer = enterprise.post(path, {**again, CHOOSE + "text": ["mine"]})

    assert (answer.status_code, shown_versions(answer)) == (409, ["丙", "乙"])


def test_a_need_closed_meanwhile_is_not_published_again_by_saving(
    enterprise: Client, need: Need
) -> None:
    path = f"/needs/{need.public_id}/edit/"
    first, second = (opened(enterprise, path, "title") for _ in range(2))
    enterprise.post(path, {**first, "intent": "close"})

    answer = enterprise.post(path, {**second, "title": ["新的标题"], "intent": "publish"})

    assert answer.status_code == 302
    need.refresh_from_db()
    assert (need.status, need.title) == ("closed", "新的标题")


def test_the_same_change_twice_is_no_conflict(enterprise: Client, need: Need) -> None:
    path = f"/needs/{need.public_id}/edit/"
    first, second = (opened(enterprise, path, "title") for _ in range(2))
    changed = {"text": ["两行\r\n文字"], "intent": "publish"}
    assert enterprise.post(path, {**first, **changed}).status_code == 302
    assert enterprise.post(path, {**second, **changed}).status_code == 302


def test_a_refused_value_keeps_what_was_written_and_what_others_changed(
    enterprise: Client, need: Need
) -> None:
    path = f"/needs/{need.public_id}/edit/"
    sent = opened(enterprise, path, "title")
    Need.objects.filter(pk=need.pk).update(text="甲")

    answer = enterprise.post(path, {**sent, "title": ["新的标题"], "deadline": ["明年吧"]})

    assert answer.status_code == 422
    reader = FormReader("title")
    reader.feed(answer.content.decode())
    assert (reader.sent["title"], reader.sent["text"]) == (["新的标题"], ["甲"])
    assert json.loads(reader.sent["was"][0])["text"] == "甲"


def test_codes_are_told_in_words(
    client: Client, users: dict[str, Any], make_achievement: Callable[..., Achievement]
) -> None:
    work = make_achievement("a", field_codes=["T01"])
    client.force_login(users["research"])
    path = f"/records/{work.public_id}/edit/"
    sent = opened(client, path, "title")
    Achievement.objects.filter(pk=work.pk).update(field_codes=["T03"], audience="members")

    answer = client.post(path, {**sent, "field_codes": ["T04"], "audience": ["owner"]})

    assert answer.status_code == 409
    page = answer.content.decode()
    assert "T03" not in shown_versions(answer)
    assert "<textarea" not in page.split('class="overtaken"')[1].split("</form>")[0]
    work.refresh_from_db()
    assert (work.field_codes, work.audience) == (["T03"], "members")
    chosen = {CHOOSE + "field_codes": ["mine"], CHOOSE + "audience": ["theirs"]}
    assert client.post(path, {**asked_again(answer), **chosen}).status_code == 302
    work.refresh_from_db()
    assert (work.field_codes, work.audience) == (["T04"], "members")


def test_long_texts_are_told_apart_without_being_sent_twice(enterprise: Client, need: Need) -> None:
    Need.objects.filter(pk=need.pk).update(text="长文，" * 2_000)
    path = f"/needs/{need.public_id}/edit/"
    sent = opened(enterprise, path, "title")
    assert len(sent["was"][0]) < 2_000
    assert enterprise.post(path, {**sent, "title": ["新的标题"]}).status_code == 302
    Need.objects.filter(pk=need.pk).update(text="长文，" * 2_001)

    answer = enterprise.post(path, {**sent, "text": ["短文"]})

    assert answer.status_code == 409
    assert shown_versions(answer)[1] == "短文"
