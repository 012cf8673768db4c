"""After "back", filters show what the results are narrowed by, and the next tick adds to that."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def _tick(page: Page, name: str, nth: int = 0) -> str:
    box = page.locator(f"#filter-form input[name={name}]:visible").nth(nth)
    value = box.get_attribute("value") or ""
    with page.expect_navigation():
        box.check()
    return value


def test_filters_follow_the_address_after_back(open_page: Callable[..., Page]) -> None:
    page = open_page("")
    page.goto("/needs/")
    field = _tick(page, "field")
    address = page.url
    region = _tick(page, "region")

    with page.expect_navigation():
        page.go_back()

    assert page.url == address
    expect(page.locator(f"#filter-form input[name=region][value='{region}']")).not_to_be_checked()
    expect(page.locator(f"#filter-form input[name=field][value='{field}']")).to_be_checked()
    _tick(page, "type")
    assert f"field={field}" in page.url
    assert not re.search(r"[?&]region=", page.url)


def test_limits_of_a_search_follow_the_address_after_back(open_page: Callable[..., Page]) -> None:
    page = open_page("")
    page.goto("/search/?q=电机")
    with page.expect_navigation():
        page.locator("select[name=readiness]").select_option("6")

    with page.expect_navigation():
        page.go_back()

    expect(page.locator("select[name=readiness]")).to_have_value("")
