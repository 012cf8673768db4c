"""Through the graph with a mouse, and on a phone."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_a_researcher_explores_keeps_and_shares_a_part_of_the_graph(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page("research")
    page.get_by_role("button", name="图谱").click()
    page.get_by_role("link", name="图谱浏览").click()
    page.locator("[data-graph][data-ready]").wait_for()
    page.locator("#graph-q").fill("大学")
    page.locator("[data-graph-found] button").first.click()
    expect(page.locator("[data-graph-detail] h2")).to_contain_text("大学")
    expect(page.locator("[data-graph-canvas] canvas").first).to_be_visible()

    page.get_by_role("button", name="表", exact=True).click()
    rows = page.locator("[data-graph-rows] tr")
    before = rows.count()
    assert before > 3
    person = rows.filter(has=page.locator("td:nth-child(2)", has_text="人才")).first
    person.get_by_role("button", name="展开").click()
    expect(page.locator("[data-graph-undo]")).to_be_enabled()
    expect(page.locator("[data-graph-detail] h2 .tag")).to_have_text("人才")
    page.get_by_role("button", name="谁在连接").click()
    expect(page.locator("[data-graph-bridges] li").first).to_contain_text("%")
    page.get_by_role("button", name="撤销", exact=True).click()
    expect(rows).to_have_count(before)

    page.get_by_text("筛选", exact=True).click()
    page.locator("[data-graph-filter] input[value=person]").check()
    page.get_by_role("button", name="应用", exact=True).click()
    expect(rows.locator("td:nth-child(2)", has_text="专利")).to_have_count(0)

    page.get_by_text("导出所示部分").click()
    with page.expect_download() as started:
        page.get_by_role("button", name="JSON-LD").click()
    started.value.save_as(tmp_path / "graph.jsonld")
    assert json.loads((tmp_path / "graph.jsonld").read_text("utf-8"))["@graph"]

    page.get_by_text("保存与分享").click()
    page.locator("#graph-name").fill("我的大学")
    page.get_by_label("知道地址的人可打开").check()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.get_by_role("heading", name="我的大学")).to_be_visible()
    address = page.url

    phone = open_page(phone=True)
    phone.goto(address)
    expect(phone.locator("[data-graph-rows] tr").first).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_path_is_found_by_names_and_a_firms_page_shows_likely_partners(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("adviser")
    page.goto("/graph/paths/")
    for box, text in zip(page.locator("[data-graph-pick]").all(), ("大学", "公司"), strict=True):
        box.locator("[data-graph-name]").fill(text)
        box.locator("[data-graph-found] button").first.click()
    page.get_by_role("button", name="找路径").click()
    expect(page.locator(".graph-ways, .empty").first).to_be_visible()

    page.goto("/supply/?kind=person")
    page.locator("main .items a").first.click()
    expect(page.get_by_role("heading", name="可能的合作伙伴")).to_be_visible()
    expect(page.locator("#graph-near")).to_be_visible()
