"""An operator loads a wrong list over a right one, looks what an undo would do, and takes it back."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
HEAD = "来源主键,名称,单位类型,地址,别名简称\n"
RIGHT = (
    HEAD
    + "W1,滨海示例轴承有限公司,企业,启明路1号,滨海轴承\nW2,滨海示例模具有限公司,企业,启明路2号,\n"
)
WRONG = HEAD + (
    "W1,滨海示例轴承有限公司,企业,错误路9号,另一简称\nW2,滨海示例模具有限公司,企业,错误路8号,\n"
    "W3,滨海错误名录有限公司,企业,错误路7号,\nW4,,企业,,\n"
)


def _load(page: Page, folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text, "utf-8")
    page.goto("/imports/new/")
    page.locator("#file").set_input_files(path)
    page.locator("select[name=mapping]").select_option("template:organisation")
    page.locator("input[name=register]").fill(f"undo-{folder.name}"[:60])
    page.locator("form[enctype] button:not([formaction])").click()
    expect(page.locator(".tallies .good b")).not_to_have_text("0", timeout=60_000)


def _shot(page: Page, name: str) -> None:
    if folder := os.environ.get("SILIAN_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def _overhang(page: Page) -> int:
    return int(
        page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    )


@pytest.mark.parametrize(
    ("english", "phone"), [(False, False), (True, False), (False, True), (True, True)]
)
def test_a_wrong_list_is_taken_back_after_a_look(
    english: bool, phone: bool, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page("operator", english=english, phone=phone)
    look = f"{'en' if english else 'zh'}-{'phone' if phone else 'wide'}"
    _load(page, tmp_path, "right.csv", RIGHT)
    _load(page, tmp_path, "wrong.csv", WRONG)
    load_page = page.url
    _shot(page, f"load-{look}")
    page.get_by_role("button", name="Preview the undo" if english else "预览撤销").click()
    confirm = page.get_by_role("button", name="Take it back" if english else "确认撤销")
    expect(confirm).to_be_visible(timeout=60_000)
    expect(page.locator("del").first).to_have_text("错误路9号")
    assert _overhang(page) <= 0
    _shot(page, f"preview-{look}")
    confirm.click()
    title = "Removed" if english else "已删除"
    expect(page.locator(".tallies").get_by_text(title)).to_be_visible()
    expect(page.locator(".tallies b").first).to_have_text("1", timeout=60_000)
    expect(page.locator("nav.tabs")).to_be_visible(timeout=60_000)
    page.locator("nav.tabs a").nth(2).click()
    expect(page.get_by_text("滨海错误名录有限公司")).to_be_visible()
    _shot(page, f"undo-{look}")
    page.goto(load_page)
    told = "This import was taken back" if english else "该导入已撤销"
    expect(page.get_by_text(told)).to_be_visible()
    _shot(page, f"undone-{look}")
    page.goto("/imports/")
    expect(page.get_by_text("Taken back" if english else "已撤销").first).to_be_visible()
    assert _overhang(page) <= 0
    _shot(page, f"list-{look}")
