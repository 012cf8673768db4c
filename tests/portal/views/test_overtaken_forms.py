"""Two people with the same form open: nobody's words are lost, whoever saves last."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.utils import timezone
from form_reader import FormReader

from silian.portal.accounts.domain.access import SYSTEM
from silian.portal.accounts.models import User
from silian.portal.exchange.domain.diagnosis_visits import schedule_visit
from silian.portal.industry.models import Need
from silian.portal.innovation.models import Achievement
from silian.portal.registry.models import Organisation, RegisterMapping

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


def test_choosing_keeps_what_only_the_other_changed(enterprise: Client, need: Need) -> None:
    path = f"/needs/{need.public_id}/edit/"
    sent = opened(enterprise, path, "title")
    Need.objects.filter(pk=need.pk).update(title="他人的标题", text="甲", field_codes=["T01"])
    again = asked_again(enterprise.post(path, {**sent, "text": ["乙"]}))
    assert enterprise.post(path, {**again, CHOOSE + "text": ["mine"]}).status_code == 302
    need.refresh_from_db()
    assert (need.title, need.text, need.field_codes) == ("他人的标题", "乙", ["T01"])


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


@pytest.mark.parametrize(("choice", "kept"), [("theirs", "甲的记录"), ("mine", "乙的记录")])
def test_reports_of_a_visit_by_two_are_both_shown(
    choice: str,
    kept: str,
    client: Client,
    users: dict[str, Any],
    organisations: dict[str, Organisation],
) -> None:
    visit = schedule_visit(
        organisations["enterprise"], planned_for=timezone.now(), team="甲组", viewer=SYSTEM
    )
    client.force_login(users["adviser"])
    path = f"/visits/{visit.public_id}/"
    first, second = (opened(client, path, "report") for _ in range(2))
    client.post(path, {**first, "report": ["甲的记录"], "shared": ["1"]})

    answer = client.post(path, {**second, "report": ["乙的记录"]})

    assert (answer.status_code, shown_versions(answer)) == (409, ["甲的记录", "乙的记录"])
    client.post(path, {**asked_again(answer), CHOOSE + "report": [choice]})
    visit.refresh_from_db()
    assert (visit.report, visit.report_shared) == (kept, True)


def test_a_mapping_of_the_same_code_is_not_replaced_unseen(
    client: Client, users: dict[str, Any]
) -> None:
    client.force_login(users["operator"])
    sent = opened(client, "/imports/mappings/new/", "content")
    text = sent["content"][0]
    assert client.post("/imports/mappings/new/", sent).status_code == 302
    changed = text.replace("\r\n", "\n") + "\n# 另一份\n"

    answer = client.post("/imports/mappings/new/", {**sent, "content": [changed]})

    assert answer.status_code == 409
    assert "# 另一份" not in RegisterMapping.objects.get().content
    again = {**asked_again(answer), CHOOSE + "content": ["mine"]}
    assert client.post("/imports/mappings/new/", again).status_code == 302
    assert "# 另一份" in RegisterMapping.objects.get().content


def test_users_changed_by_two_operators_keep_both_changes_and_passwords_are_not_shown(
    client: Client, users: dict[str, Any], organisations: dict[str, Organisation]
) -> None:
    client.force_login(users["operator"])
    path = "/account/users/"
    user = User.objects.get(username="viewer")
    reader = FormReader("was")
    reader.feed(client.get(path).content.decode())  # the last row by name is the viewer's
    sent = reader.sent
    assert sent["user"] == [str(user.pk)]
    User.objects.filter(pk=user.pk).update(organisation=organisations["other"])

    assert client.post(path, {**sent, "role": ["adviser"]}).status_code == 302
    user.refresh_from_db()
    assert (user.role, user.organisation) == ("adviser", organisations["other"])

    answer = client.post(path, {**sent, "role": ["research"], "password": ["a-Secret-word-77"]})
    assert (answer.status_code, shown_versions(answer)) == (409, ["服务专员", "科研方"])
    assert "a-Secret-word-77" not in answer.content.decode()


def test_a_form_that_was_taken_is_confirmed_and_one_that_was_not_is_not(
    enterprise: Client, need: Need
) -> None:
    path, sent_id = f"/needs/{need.public_id}/edit/", "0123456789abcdef01234567"
    sent = {**opened(enterprise, path, "title"), "sent_id": [sent_id]}
    refused = enterprise.post(path, {**sent, "title": [""]})
    assert (refused.status_code, "silian_saved" in refused.cookies) == (422, False)
    saved = enterprise.post(path, sent)
    assert saved.cookies["silian_saved"].value == sent_id
    bad = enterprise.post(path, {**sent, "sent_id": ["x; path=/"]})
    assert "silian_saved" not in bad.cookies
    enterprise.logout()
    here = {"Referer": f"http://testserver{path}"}
    gone = enterprise.post(path, sent, headers=here)
    assert gone.url == f"/account/sign-in/?next={quote(path, safe='')}"
    assert "silian_saved" not in gone.cookies


def test_the_page_of_an_expired_form_leads_back_to_the_form(users: dict[str, Any]) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(users["enterprise"])
    here = {"Referer": "http://testserver/needs/new/?text=x"}
    answer = strict.post("/needs/new/", {"title": "泵"}, headers=here)
    assert answer.status_code == 403
    assert 'href="/needs/new/?text=x"' in answer.content.decode()
    abroad = strict.post("/needs/new/", {}, headers={"Referer": "https://evil.example/needs/"})
    assert "evil.example" not in abroad.content.decode()


@pytest.mark.parametrize("path", ["/needs/new/", "/supply/new/?kind=achievement"])
def test_whoever_speaks_for_no_organisation_is_told_before_writing(
    path: str, client: Client, users: dict[str, Any]
) -> None:
    user = users["enterprise" if "needs" in path else "research"]
    User.objects.filter(pk=user.pk).update(organisation=None)
    client.force_login(User.objects.get(pk=user.pk))
    answer = client.get(path)
    assert answer.status_code == 403
    assert "账号未绑定单位" in answer.content.decode()


def test_the_home_page_suggests_whole_titles_and_none_of_today(
    client: Client, make_need: Callable[..., Need]
) -> None:
    title = "克服内部气孔缩松的新一代镁合金铸造壳体研究与产业化"
    yesterday = timezone.localdate() - timedelta(days=1)
    make_need("old", title=title, status="published", published_on=yesterday)
    make_need("new", title="刚写的标题", status="published", published_on=timezone.localdate())
    examples = client.get("/").content.decode().split('class="examples"')[1].split("</div>")[0]
    assert f">{title}</a>" in examples
    assert "刚写的标题" not in examples


def test_a_short_password_is_refused_in_one_language(client: Client, users: dict[str, Any]) -> None:
    client.force_login(users["operator"])
    posted = {"username": "x", "password": "123", "role": "viewer"}
    told = client.post("/account/users/", posted).content.decode()
    assert "密码不符合要求：密码太短，至少需要 8 个字符。" in told
    assert "too short" not in told
    client.cookies["django_language"] = "en"
    told = client.post("/account/users/", posted).content.decode()
    assert "The password was refused: This password is too short." in told
