"""What the operator and the service team do with the city: one journey each."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

POLICY = "chengyu_research_subsidy"


def test_the_operator_reads_the_ladder_tries_a_change_and_diagnoses_the_city(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("operator")
    page.get_by_role("button", name="全市分析").click()
    page.get_by_role("link", name="企业梯队").click()
    expect(page.locator("#ladder-flows canvas, [data-source=ladder-flows] canvas")).to_be_visible()
    candidates = page.locator("#next")
    candidates.get_by_role("link", name="创新型中小企业").click()
    expect(candidates.locator('[aria-current="page"]')).to_have_text("创新型中小企业")
    expect(candidates.locator("tbody tr").first).to_be_visible()

    page.goto(f"/scenarios/new/?policy={POLICY}")
    page.get_by_label("研发占比下限").fill("1")
    page.get_by_role("button", name="开始推演").click()
    expect(page.get_by_text("变化最大的企业")).to_be_visible(timeout=60_000)
    expect(page.locator("[data-source=effect-cost] canvas")).to_be_visible()
    expect(page.locator(".tallies .good b")).not_to_have_text("0")

    page.goto(f"/drafts/new/?copy={POLICY}")
    text = page.locator("#content").input_value()
    page.locator("#content").fill(text.replace("/ revenue_cny", "/ revenu_cny"))
    page.get_by_role("button", name="保存草案").click()
    page.locator("[data-goto]").first.click()
    chosen = page.evaluate(
        "() => { const e = document.getElementById('content');"
        " return e.value.slice(e.selectionStart, e.selectionEnd) }"
    )
    assert "revenu_cny" in chosen
    page.locator("#content").fill(text)
    page.get_by_role("button", name="检查并保存").click()
    page.get_by_role("button", name="试算").click()
    expect(page.locator("#tried")).to_contain_text("支出变化")

    page.goto("/diagnosis-runs/")
    page.get_by_role("button", name="为全市企业").click()
    expect(page.get_by_text("可享金额最高的")).to_be_visible(timeout=120_000)


def test_the_service_team_finds_who_is_near_and_plans_a_visit_on_a_phone(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("adviser", phone=True)
    page.goto(f"/policies/{POLICY}/near-misses/")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    with page.expect_download() as download:
        page.get_by_role("button", name="导出").click()
        page.get_by_role("link", name="CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    page.locator("tbody tr a").first.click()
    page.get_by_role("link", name="安排走访").click()
    page.get_by_label("时间").fill("2030-05-06T09:30")
    page.get_by_label("团队").fill("科技服务团一组")
    page.get_by_role("button", name="安排", exact=True).click()
    page.locator("#v-report").fill("差在研发费用归集。")
    page.get_by_role("button", name="保存记录").click()
    expect(page.locator("h1")).to_contain_text("已完成")
    page.goto("/visits/?state=done")
    expect(page.locator("tbody")).to_contain_text("科技服务团一组")
