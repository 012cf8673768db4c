"""An operator with a register that no mapping knows: proposed, corrected, kept and loaded."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser
REGISTER = (
    "滨海区技术攻关榜单,,,,,\n序号,榜主,攻关方向,难点何在,拟出资（万元）,电话\n"
    "1,滨海示例磁业有限公司,耐热永磁,180℃下长期工作仍不退磁,50,0571-88886666\n"
    "2,滨海示例化工有限公司,连续流放大,放热难控且收率不稳,80,0571-88886667\n合计,,,,130,\n"
)


def test_a_register_that_nothing_knows_is_mapped_by_hand_and_loaded(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    path = tmp_path / "滨海榜单.csv"
    path.write_text(REGISTER, "utf-8")
    page = open_page("operator")
    page.goto("/imports/new/")
    page.get_by_label("文件", exact=True).set_input_files(path)
    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("建议映射")
    page.get_by_label("记录类型").select_option("need")
    page.get_by_role("button", name="重新建议").click()
    page.get_by_label("攻关方向").select_option("title")
    page.get_by_label("难点何在").select_option("text")
    page.get_by_label("榜主").select_option("organisation_name")
    page.get_by_label("拟出资（万元）").select_option("budget_cny")
    page.get_by_role("button", name="更新预览").click()
    expect(page.locator("dd").filter(has_text="180℃下长期工作仍不退磁").first).to_be_visible()
    expect(page.get_by_text("可入库").first).to_be_visible()
    expect(
        page.locator("dd").filter(has_text="50 万元").first
    ).to_be_visible()  # 万元 of the heading
    page.get_by_role("button", name="保存映射并导入").click()
    tallies = page.locator(".tallies")
    expect(tallies.locator(".good b")).to_have_text("2", timeout=60_000)
    expect(page.get_by_text("跳过的合计行与表注")).to_be_visible()


@pytest.mark.parametrize("english", [False, True])
def test_a_phone_shows_every_column_within_its_width(
    english: bool, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    path = tmp_path / "滨海榜单.csv"
    path.write_text(REGISTER, "utf-8")
    page = open_page("operator", english=english, phone=True)
    page.goto("/imports/new/")
    page.locator("#file").set_input_files(path)
    page.locator("button[formaction]").click()
    heading = "Proposed mapping" if english else "建议映射"
    expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    wider = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wider <= 0
    assert page.locator("select[name^=field-]").count() == 6
