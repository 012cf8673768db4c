"""An expert reads the own portrait, hides a tag, and brings it back; a visitor sees the rest."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_operator_links_an_account_and_the_expert_keeps_the_own_portrait(
    open_page: Callable[..., Page],
) -> None:
    operator = open_page("operator")
    operator.goto("/portraits/teams/")
    # Not the busiest, who is the research account already.
    name = operator.locator("table tbody tr").last.get_by_role("link").last.inner_text()
    operator.goto("/portraits/")
    operator.fill("input[type=search][name=q]", name)
    operator.get_by_role("button", name="查找").click()
    operator.locator(".chain-talent .names a").first.click()
    expect(operator.get_by_role("heading", name="标签")).to_be_visible()
    address = operator.url
    person_id = address.rstrip("/").rpartition("/")[2]
    operator.goto("/account/users/?q=viewer")
    row = operator.get_by_role("row", name=re.compile("viewer"))
    row.get_by_text("修改").click()
    row.get_by_label(re.compile("本人档案")).fill(person_id)
    row.get_by_role("button", name="保存").click()
    expect(operator.get_by_text("已修改用户")).to_be_visible()

    expert = open_page("viewer")
    expert.goto("/portraits/")
    expert.get_by_role("link", name="我的画像").click()
    assert expert.url == address
    expert.get_by_role("link", name="更正与隐藏").click()
    tag = expert.locator(".ptag").first
    name = tag.locator(".ptag-name").inner_text()
    tag.locator("summary").click()
    tag.get_by_role("button", name="隐藏").click()
    expect(expert.locator(".ptag-hidden")).to_contain_text(name)
    visitor = open_page(phone=True)
    visitor.goto(address)
    expect(visitor.get_by_role("heading", name="标签")).to_be_visible()
    names = visitor.locator(".ptag-name").all_inner_texts()
    assert name not in names
    width = visitor.evaluate("document.documentElement.scrollWidth")
    assert width <= visitor.viewport_size["width"]  # type: ignore[index]

    expert.locator(".ptag-hidden").get_by_role("button", name="恢复").click()
    expect(expert.locator(".ptag-hidden")).to_have_count(0)
    visitor.reload()
    expect(visitor.locator(".ptag-name", has_text=name).first).to_be_visible()
    with expert.expect_download() as download:
        expert.get_by_role("link", name=re.compile("PDF")).click()
    assert download.value.suggested_filename.endswith(".pdf")


def test_a_reader_goes_from_teams_to_a_network_and_to_the_gaps(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("research", english=True)
    page.get_by_role("button", name="Graph").click()
    page.get_by_role("link", name="Teams").click()
    page.locator("table tbody tr").first.get_by_role("link").first.click()
    expect(page.locator(".chart canvas").first).to_be_visible()
    expect(page.get_by_role("heading", name="Partners")).to_be_visible()
    page.get_by_role("button", name="Graph").click()
    page.get_by_role("link", name="Positions and people").click()
    expect(page.get_by_role("row", name=re.compile("All fields"))).to_be_visible()
