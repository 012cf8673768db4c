"""What a need's text states is filled into its empty box by one click; what can't be meant is asked."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("phone", [False, True])
def test_stated_figures_fill_their_boxes_and_doubts_are_confirmed(
    phone: bool, open_page: Callable[..., Page]
) -> None:
    page = open_page("enterprise", phone=phone)
    page.goto("/needs/new/")
    page.fill("#f-title", f"主轴冷却 {phone}")
    page.fill("#f-text", "主轴温升 45 ℃，需降到 25 ℃。预算：约 100~200 万元，2027年6月底前。")
    page.locator("[data-fill=f-budget_cny]").click()
    expect(page.locator("#f-budget_cny")).to_have_value("200")
    # The check follows at once: a full box is offered nothing.
    expect(page.locator("[data-fill=f-budget_cny]")).to_have_count(0)
    page.locator("[data-fill=f-deadline]").click()
    expect(page.locator("#f-deadline")).to_have_value("2027-06-30")

    page.fill("#f-deadline", "2020-01-01")
    page.locator("#need-form button[value=publish]").click()
    expect(page.locator("#doubts")).to_be_in_viewport()
    page.locator("#doubts button").click()

    page.wait_for_url("**/needs/need-*/")
    expect(page.locator("#need-status")).to_contain_text("已过期限")


def test_reloading_a_new_key_makes_no_second_and_offers_no_words_again(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("research")
    page.goto("/account/keys/")
    page.fill("#key-name", "每日同步")
    page.locator("main form .btn-primary").click()
    expect(page.locator("#token")).to_have_value("silian_" + page.input_value("#token")[7:])
    expect(page.locator(".restored")).to_have_count(0)
    rows = page.locator("tbody tr").count()

    page.reload()

    expect(page.locator("#token")).to_have_count(0)
    expect(page.locator("tbody tr")).to_have_count(rows)
