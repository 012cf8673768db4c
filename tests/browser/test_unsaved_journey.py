"""Two tabs with one form, a session that ends while somebody writes: no words are lost."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as PlaywrightTimeout

pytestmark = pytest.mark.browser
PASSWORD = "a-long-Passphrase-7"
LOOKS = [(False, False), (True, True)]
KEPT = "Object.keys(sessionStorage).filter((key) => key.startsWith('silian:written:'))"


def _shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SILIAN_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _fits(page: Page) -> bool:
    return bool(
        page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        )
    )


def _draft(page: Page, title: str) -> str:
    """A new draft of a need; the address of its form."""
    page.goto("/needs/new/")
    page.fill("#f-title", title)
    page.fill("#f-text", "原文第一句，主轴温升 45 ℃。第二句。")
    page.locator("button[value=draft]").click()
    page.wait_for_url("**/needs/need-*/")
    return page.url + "edit/"


def _sign_in(page: Page, role: str) -> None:
    page.fill("#username", role)
    page.fill("#password", PASSWORD)
    page.click("main form button")


def _save_too_late(page: Page) -> None:
    """Save after the session's end; the form's live check may lead to signing in before that."""
    with contextlib.suppress(PlaywrightTimeout):
        page.locator("button[value=draft]").click(timeout=5_000)


def _end_session(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


@pytest.mark.parametrize(("english", "phone"), LOOKS)
def test_what_two_tabs_changed_is_shown_and_chosen(
    english: bool, phone: bool, open_page: Callable[..., Page]
) -> None:
    first = open_page("enterprise", english=english, phone=phone)
    address = _draft(first, f"两页同改 {english}")
    second = first.context.new_page()
    for page in (first, second):
        page.goto(address)
    first.fill("#f-text", "原文第一句，主轴温升 45 ℃，需降到 25 ℃。第二句。")
    first.fill("#f-keywords", "主轴")
    first.locator("button[value=draft]").click()
    first.wait_for_url("**/needs/need-*/")
    second.fill("#f-text", "原文第一句，主轴温升 45 ℃。乙的第二句。")
    second.fill("#f-title", "乙的标题")
    second.locator("button[value=draft]").click()

    expect(second.locator(".version")).to_have_count(2)
    expect(second.locator(".version").first).to_contain_text("需降到 25 ℃")
    expect(second.locator(".version mark").last).to_contain_text("乙的第二句")
    assert _fits(second)
    _shot(second, f"overtaken-{'en-phone' if english else 'zh-wide'}")
    second.locator("details summary", has_text="Merge" if english else "合并").click()
    second.fill("textarea[name=text]", "两版合并。")
    second.locator("input[value=mine]").check()
    second.locator(".overtaken .btn-primary").click()
    second.wait_for_url("**/needs/need-*/")
    expect(second.locator("h1")).to_contain_text("乙的标题")
    expect(second.locator("main")).to_contain_text("两版合并。")
    second.goto(address)
    expect(second.locator("#f-keywords")).to_have_value("主轴")
    expect(second.locator(".restored")).to_have_count(0)
    assert second.evaluate(KEPT) == []


@pytest.mark.parametrize(("english", "phone"), LOOKS)
def test_what_was_written_is_there_after_signing_in_again(
    english: bool, phone: bool, open_page: Callable[..., Page]
) -> None:
    page = open_page("enterprise", english=english, phone=phone)
    page.goto("/needs/new/")
    page.fill("#f-title", "会话过期也不丢")
    page.fill("#f-text", "写了很久的一段。\n第二行。")
    page.locator("select#f-audience").select_option("owner")
    page.locator(".field-picker summary").first.click()
    page.locator(".field-picker input").first.check()
    _end_session(page)
    _save_too_late(page)
    page.wait_for_url("**/account/sign-in/**")
    expect(page.locator("[data-kept-note]")).to_be_visible()
    _shot(page, f"sign-in-{'en-phone' if english else 'zh-wide'}")
    _sign_in(page, "enterprise")
    page.wait_for_url("**/needs/new/")
    expect(page.locator(".restored")).to_be_visible()
    expect(page.locator("#f-title")).to_have_value("会话过期也不丢")
    expect(page.locator("#f-text")).to_have_value("写了很久的一段。\n第二行。")
    expect(page.locator("#f-audience")).to_have_value("owner")
    expect(page.locator(".field-picker input").first).to_be_checked()
    assert _fits(page)
    _shot(page, f"restored-{'en-phone' if english else 'zh-wide'}")
    page.locator("button[value=draft]").click()
    page.wait_for_url("**/needs/need-*/")
    assert page.evaluate(KEPT) == []
    page.goto("/needs/new/")
    expect(page.locator("#f-title")).to_have_value("")


def test_the_live_check_of_an_ended_session_loses_nothing(open_page: Callable[..., Page]) -> None:
    page = open_page("enterprise")
    page.goto("/needs/new/")
    _end_session(page)
    page.fill("#f-title", "检查时会话已过期")
    page.wait_for_url("**/account/sign-in/**")
    _sign_in(page, "enterprise")
    page.wait_for_url("**/needs/new/")
    expect(page.locator("#f-title")).to_have_value("检查时会话已过期")
    page.locator(".restored button").click()
    expect(page.locator("#f-title")).to_have_value("")
    assert page.evaluate(KEPT) == []


def test_a_form_of_before_another_sign_in_is_opened_again_with_its_words(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.goto("/needs/new/")
    page.fill("#f-title", "另一标签页重新登录")
    page.fill("#f-text", "文字")
    page.context.clear_cookies()
    other = page.context.new_page()
    other.goto("/account/sign-in/")
    _sign_in(other, "enterprise")
    other.wait_for_url("**/")
    page.locator("button[value=draft]").click()
    expect(page.locator("h1")).to_have_text("页面已过期")
    _shot(page, "expired-zh-wide")
    page.get_by_role("link", name="重新打开表单").click()
    expect(page.locator("#f-title")).to_have_value("另一标签页重新登录")
    page.locator("button[value=draft]").click()
    page.wait_for_url("**/needs/need-*/")
    assert page.evaluate(KEPT) == []


def test_words_restored_later_meet_what_others_saved_since(open_page: Callable[..., Page]) -> None:
    page = open_page("enterprise")
    address = _draft(page, "过期期间他人已改")
    other = page.context.new_page()
    page.goto(address)
    page.fill("#f-text", "我的文字")
    other.goto(address)
    other.fill("#f-text", "他人的文字")
    other.locator("button[value=draft]").click()
    other.wait_for_url("**/needs/need-*/")
    _end_session(page)
    _save_too_late(page)
    page.wait_for_url("**/account/sign-in/**")
    _sign_in(page, "enterprise")
    page.wait_for_url("**/edit/")
    expect(page.locator("#f-text")).to_have_value("我的文字")
    page.locator("button[value=draft]").click()
    expect(page.locator(".version")).to_have_text(["他人的文字", "我的文字"])


def test_another_account_sees_no_words_of_the_one_before_and_passwords_are_never_kept(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.goto("/needs/new/")
    page.fill("#f-title", "只给自己看")
    assert len(page.evaluate(KEPT)) == 1
    _end_session(page)
    page.goto("/account/sign-in/")
    _sign_in(page, "operator")
    page.wait_for_url("**/")
    assert page.evaluate(KEPT) == []
    page.goto("/account/users/")
    page.locator("details.card-x summary").first.click()
    page.fill("#u-name", "somebody")
    page.fill("#u-pass", "never-Kept-42")
    kept = page.evaluate("JSON.stringify(sessionStorage)")
    assert "somebody" in kept
    assert "never-Kept-42" not in kept


def test_signing_out_forgets_what_was_written(open_page: Callable[..., Page]) -> None:
    page = open_page("enterprise")
    page.goto("/needs/new/")
    page.fill("#f-title", "退出即忘")
    assert len(page.evaluate(KEPT)) == 1
    page.locator(".account > button").click()
    page.locator("[data-signs-out] button").click()
    page.wait_for_url("**/")
    assert page.evaluate(KEPT) == []


def test_a_refused_form_keeps_its_words_and_a_cancelled_one_forgets_them(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.goto("/needs/new/")
    page.fill("#f-title", "预算写错")
    page.fill("#f-text", "文字")
    page.fill("#f-budget_cny", "很多")
    page.locator("button[value=draft]").click()
    expect(page.locator(".notice.bad")).to_be_visible()
    expect(page.locator("#f-title")).to_have_value("预算写错")
    page.reload()
    page.goto("/needs/new/")
    expect(page.locator("#f-budget_cny")).to_have_value("很多")
    page.locator(".form-buttons a").click()
    page.goto("/needs/new/")
    expect(page.locator("#f-title")).to_have_value("")
