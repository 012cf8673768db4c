"""One journey for each role, as a person makes it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

NEED_TITLE = "高速主轴轴承降温润滑技术"
NEED_TEXT = (
    "主轴转速 24000 转/分时角接触球轴承温升达 45 ℃，现有油脂润滑磨损快。"
    "希望采用新的润滑或表面处理技术，把温升降到 25 ℃ 以内，寿命不低于 8000 小时。"
)
NEED_TARGET = "温升 ≤ 25 ℃；寿命 ≥ 8000 小时；摩擦系数 ≤ 0.05。"
NEED_STATE = "已有三条主轴装配线和热态试验台，试过两种国产油脂，温升仍超过 40 ℃。"

ROWS = """来源主键,需求标题,需求内容,预算,截止日期
b-1,注塑模具冷却水道结垢在线清洗,冷却水道每三个月结垢一次，需在线清洗且不停机。,80万,2027-06-30
b-2,,机器人减速器回差超标，需要检测与补偿办法。,一百块左右吧,2027-13-40
"""


def test_operator_imports_mends_a_row_and_finds_it(
    open_page: Callable[..., Page], tmp_path: Path
) -> None:
    page = open_page("operator")
    page.get_by_role("link", name="数据导入").click()
    page.get_by_role("link", name="导入文件").click()
    file = tmp_path / "需求登记.csv"
    file.write_text(ROWS, encoding="gb18030")
    page.set_input_files("#file", file)
    page.select_option("#mapping", "template:need")
    page.get_by_role("button", name="开始导入").click()

    expect(page.get_by_role("heading", name="拒收行")).to_be_visible(timeout=60_000)
    expect(page.locator("#progress .tallies")).to_have_text(
        re.compile(r"1\s*新增\s*0\s*更新\s*0\s*未变\s*1\s*拒收")
    )
    reject = page.locator(".reject")
    expect(reject).to_contain_text("需求标题")
    expect(reject).to_contain_text("2027-13-40")

    reject.get_by_role("link", name="修正").click()
    page.get_by_label("需求标题").fill("机器人减速器回差检测与补偿")
    page.get_by_role("button", name="修正并重放").click()
    expect(reject).not_to_contain_text("必填")  # one thing is right now, two are still wrong
    page.get_by_label("预算").fill("100万元")
    page.get_by_label("截止日期").fill("2027-12-31")
    page.get_by_role("button", name="修正并重放").click()
    expect(page.get_by_text("已修正入库。")).to_be_visible()

    page.get_by_role("link", name="需求清单").click()
    page.fill("#list-text", "减速器回差")
    page.get_by_role("button", name="查找").click()
    expect(page.locator(".item")).to_have_count(1)
    expect(page.locator(".item")).to_contain_text("预算 100 万元")


def test_enterprise_states_a_need_and_follows_it_to_a_contract(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.goto("/needs/")
    page.get_by_role("link", name="发布需求").click()
    page.fill("#f-title", NEED_TITLE)
    score = page.locator(".clarity-score b")
    before = int(score.inner_text())
    page.fill("#f-text", NEED_TEXT)
    page.fill("#f-target", NEED_TARGET)
    page.fill("#f-present_state", NEED_STATE)
    page.fill("#f-budget_cny", "80")
    page.fill("#f-deadline", "2027-06-30")
    page.locator("#f-deadline").blur()
    expect(score).not_to_have_text(str(before))
    assert int(score.inner_text()) > before
    page.get_by_role("button", name="发布", exact=True).click()

    expect(page.get_by_role("heading", name=NEED_TITLE)).to_be_visible()
    hit = page.locator(".tab-pane.active .hit").first
    expect(hit).to_be_visible(timeout=60_000)
    hit.locator("summary", has_text="理由").click()
    expect(hit.locator(".bars rect").first).to_be_visible()
    expect(hit.locator(".checks li").first).to_be_visible()

    hit.get_by_role("button", name="接洽").click()
    expect(hit.locator(".standing")).to_contain_text("接洽中")
    hit.locator("summary", has_text="已签约").click()
    hit.get_by_label(re.compile("合同金额")).fill("不是数字")
    hit.locator("details[open] button", has_text="记录").last.click()
    expect(hit.get_by_role("alert")).to_contain_text("不是数字")
    # The form stays open with what was written; far beyond the budget it asks back.
    hit.get_by_label(re.compile("合同金额")).fill("12500")
    hit.locator("details[open] button", has_text="记录").last.click()
    expect(hit.get_by_role("alert")).to_contain_text("远高于需求预算 80 万元")
    hit.get_by_role("button", name="确认无误，仍要记录").click()
    expect(hit.locator(".standing")).to_contain_text("1.25 亿元")
    expect(page.locator("#need-status")).to_contain_text("已签约")
    hit.locator(".standing summary", has_text="修改").click()
    hit.get_by_label(re.compile("合同金额")).fill("12.5")
    hit.locator("details[open] button", has_text="记录").last.click()
    expect(hit.locator(".standing")).to_contain_text("12.5 万元")
    expect(page.locator("#history")).to_contain_text("已签约")

    page.once("dialog", lambda dialog: dialog.accept())
    hit.get_by_role("button", name="撤回").click()
    expect(hit.locator(".standing")).to_contain_text("接洽中")
    expect(page.locator("#history")).to_contain_text("撤回")
    expect(page.locator("#need-status")).to_contain_text("已发布")
    hit.get_by_role("button", name="恢复").click()
    expect(hit.locator(".standing")).to_contain_text("12.5 万元")

    page.get_by_role("tab", name=re.compile("专家")).click()
    expect(page.locator("#panel-person .hit").first).to_be_visible()


def test_enterprise_learns_why_a_supply_is_not_among_the_matches(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.goto("/supply/?kind=achievement&sort=title")
    supply_id = page.locator(".item-title a").first.get_attribute("href").split("/")[2]
    page.goto("/my-matches/")
    page.locator(".item.chain-industry .item-title a").first.click()
    page.get_by_label("供给的名称或编号").fill(supply_id)
    page.get_by_role("button", name="看原因").click()
    answer = page.locator("#why-not-answer")
    expect(answer.locator(".notice")).to_be_visible(timeout=60_000)
    expect(answer.locator(".checks")).to_be_visible()


def test_research_sees_which_needs_its_achievement_can_meet(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("research")
    page.get_by_role("link", name="我的匹配").click()
    page.locator("section", has_text="本单位的供给").locator(
        ".item.chain-innovation .item-title a"
    ).first.click()
    expect(page.get_by_role("heading", name="谁需要它")).to_be_visible()
    hit = page.locator(".hit.chain-industry").first
    expect(hit).to_be_visible(timeout=60_000)
    expect(hit.locator(".level")).to_contain_text("等级")
    assert page.get_by_role("button", name="已签约").count() == 0
    contact = page.get_by_role("button", name="接洽").first
    contact.click()
    expect(page.locator(".standing").first).to_contain_text("接洽中")
    page.get_by_role("link", name="我的匹配").click()
    expect(page.locator("table").first).to_contain_text("接洽中")


def test_anonymous_searches_and_reads_but_can_not_act(open_page: Callable[..., Page]) -> None:
    page = open_page()
    page.goto("/")
    expect(page.locator("#map canvas")).to_be_visible()
    page.fill("#home-search", "电机")
    page.get_by_role("button", name="搜索").click()
    expect(page.locator(".item").first).to_be_visible(timeout=60_000)
    expect(page.locator("mark").first).to_be_visible()

    page.goto("/needs/?status=published")
    page.locator(".item-title a").first.click()
    expect(page.locator("#matches")).to_contain_text("后可查看匹配结果和理由")
    assert page.locator(".action-buttons, .hit, #clarity form").count() == 0

    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Who can meet this need")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "en"
    page.goto("/needs/new/")
    expect(page.get_by_role("heading", name="Sign in to silian")).to_be_visible()


def test_viewer_sees_reasons_but_no_actions(open_page: Callable[..., Page]) -> None:
    page = open_page("viewer")
    page.goto("/needs/?status=published")
    page.locator(".item-title a").first.click()
    expect(page.locator(".hit").first).to_be_visible(timeout=60_000)
    assert page.locator(".action-buttons").count() == 0
    response = page.goto("/imports/")
    assert response.status == 403
    expect(page.get_by_role("heading", name="没有权限")).to_be_visible()


@pytest.mark.parametrize("english", [False, True], ids=["chinese", "english"])
def test_no_page_is_wider_than_a_phone(english: bool, open_page: Callable[..., Page]) -> None:
    page = open_page("operator", english=english, phone=True)
    page.locator(".navbar-toggler").click()
    expect(page.locator("#menu")).to_be_visible()
    page.goto("/needs/?status=published")
    page.get_by_role("button", name=re.compile("筛选条件|Filters")).click()
    expect(page.locator("#facet-body")).to_be_visible()
    need = page.locator(".item-title a").first.get_attribute("href")
    page.goto("/supply/?kind=achievement")
    achievement = page.locator(".item-title a").first.get_attribute("href")
    person = _first_link(page, "/supply/?kind=person")
    organisation = _first_link(page, "/supply/?kind=organisation")
    for path in (
        "/",
        "/needs/",
        "/supply/",
        "/search/?q=电机",
        need,
        f"{need}matches/",
        achievement,
        person,
        organisation,
        "/needs/new/",
        "/supply/new/?kind=facility",
        "/my-matches/",
        "/imports/",
        "/imports/new/",
        "/imports/templates/",
        "/imports/mappings/",
        "/imports/mappings/new/",
        "/account/profile/",
        "/account/keys/",
        "/account/users/",
        "/audit/",
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wider = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert wider <= 0, f"{path} is {wider} px wider than the phone"
        assert page.evaluate(_UNNAMED_CONTROLS) == [], path
        assert page.locator("h1").count() == 1, path


# Controls that a screen reader could not name.
_UNNAMED_CONTROLS = """
[...document.querySelectorAll("input:not([type=hidden]), select, textarea, button")]
  .filter((control) => !control.hidden)
  .filter((control) => !(control.labels?.length || control.getAttribute("aria-label")
    || control.textContent.trim()))
  .map((control) => control.outerHTML.slice(0, 120))
"""


def _first_link(page: Page, path: str) -> str:
    page.goto(path)
    link = page.locator(".item-title a").first.get_attribute("href")
    assert link
    return link
