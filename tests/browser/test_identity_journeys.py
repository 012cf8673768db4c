"""The operator judges a pair of records by keyboard, finds the decision and takes it back."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_operator_judges_a_pair_and_undoes_it(open_page: Callable[..., Page]) -> None:
    page = open_page("operator")
    page.get_by_role("button", name="图谱").click()
    page.get_by_role("link", name="归并复核").click()
    page.get_by_role("link", name="逐对复核").click()
    expect(page.locator("table.bars svg").first).to_be_visible()
    expect(page.locator("th mark").first).to_have_text("销售分公司")

    page.get_by_label("理由").fill("分公司另行登记")
    page.locator("h1").click()
    page.keyboard.press("2")
    expect(page.get_by_text("已记为不同")).to_be_visible()
    page.get_by_role("link", name="决定历史").click()
    row = page.locator("tbody tr").first
    expect(row).to_contain_text("分公司另行登记")
    expect(row).to_contain_text("operator")

    row.get_by_role("button", name="撤回").click()
    expect(page.locator("tbody tr").first).to_contain_text("已撤回")
    page.goto("/identities/")
    expect(page.get_by_role("link", name="逐对复核")).to_be_visible()


def test_the_queue_fits_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("operator", phone=True)
    for path in ("/identities/", "/identities/runs/", "/identities/decisions/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.goto("/identities/")
    page.get_by_role("link", name="判断").first.click()
    expect(page.get_by_role("button", name="同一")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
