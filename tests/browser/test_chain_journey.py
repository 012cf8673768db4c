"""The operator reads a chain: layers, a node beside them, its gaps and what hangs on it."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_operator_reads_a_chain_refuses_a_place_and_takes_a_node_away(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("operator")
    page.get_by_role("button", name="图谱", exact=True).click()
    page.get_by_role("link", name="产业链", exact=True).click()
    page.locator(".chain-cards h3 a").first.click()
    expect(page.locator(".chain-box").first).to_be_visible()
    columns = page.locator(".chain-column").count()
    boxes = page.locator(".chain-box").count()
    page.locator(".chain-column").first.click()
    expect(page.locator(".chain-column")).to_have_count(columns)
    assert page.locator(".chain-box").count() < boxes
    page.locator(".chain-box").last.click()
    expect(page.locator("#chain-panel h2 a")).to_be_visible()
    with page.expect_download() as picture:
        page.get_by_role("button", name="下载图片").click()
    assert picture.value.suggested_filename.endswith(".png")

    page.locator("#chain-panel").get_by_role("link", name="以它为中心").click()
    page.get_by_role("link", name="产业链", exact=True).last.click()
    page.get_by_role("link", name="断点与弱项").first.click()
    page.locator("tbody tr td a").first.click()
    expect(page.get_by_role("heading", name="谁可以补上")).to_be_visible()
    refused = page.locator(".chain-members").first.locator("li").first
    name = refused.locator("a").first.inner_text()
    refused.get_by_role("button", name="不属于").click()
    expect(page.locator("#announcements")).to_contain_text("判定已保存")
    page.get_by_text("人工判定").click()
    decisions = page.locator("details", has_text="人工判定")
    expect(decisions).to_contain_text(name)
    decisions.get_by_role("button", name="撤回").click()
    expect(page.locator("#announcements")).to_contain_text("已撤回判定")

    page.get_by_role("link", name="如果断供").click()
    expect(page.get_by_text("波及")).to_be_visible()


def test_a_chain_is_a_list_of_layers_on_a_phone(open_page: Callable[..., Page]) -> None:
    page = open_page("viewer", phone=True, english=True)
    page.goto("/chains/")
    page.locator(".chain-cards h3 a").first.click()
    expect(page.locator(".chain-by-layer")).to_be_visible()
    expect(page.locator(".chain-svg")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.locator(".chain-by-layer li a").first.click()
    expect(page.get_by_role("heading", name="Strength and dependence")).to_be_visible()
