"""The map in a browser: shaded areas, figures withheld, both languages, a phone."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_the_map_is_shaded_switched_narrowed_and_taken_along(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("operator")
    page.get_by_role("button", name="图谱").click()
    page.get_by_role("link", name="人才地图", exact=True).click()
    expect(page.locator("#area-map canvas")).to_be_visible()
    expect(page.locator(".map-table").get_by_role("row", name="望潮区")).to_be_visible()
    page.get_by_role("group", name="地图内容").get_by_role("button", name="人才").click()
    expect(page).to_have_url(re.compile("measure=people"))
    page.get_by_label("技术领域").select_option("T02")
    expect(page.get_by_role("button", name="人才", pressed=True)).to_be_visible()
    expect(page.locator('.map-table td[data-column="people"] span').first).to_have_attribute(
        "title", re.compile("不是零")
    )
    with page.expect_download() as taken:
        page.get_by_role("link", name="GEOJSON").click()
    assert taken.value.suggested_filename.endswith(".geojson")
    page.get_by_role("link", name="技术合同").click()
    expect(page.locator("#flows")).to_contain_text("不给合计")


def test_the_map_fits_a_phone_in_english(open_page: Callable[..., Page]) -> None:
    page = open_page(english=True, phone=True)
    page.goto("/map/?measure=people")
    expect(page.locator("#area-map canvas")).to_be_visible()
    expect(page.get_by_role("heading", name="Talent map")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
