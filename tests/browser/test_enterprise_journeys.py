"""An enterprise from its facts to an application, and a team from a diagnosis to its signature."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


def test_an_enterprise_declares_facts_and_prepares_an_application(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.get_by_role("button", name="企业服务").click()
    page.get_by_role("link", name="年度数据").click()
    expect(
        page.locator("#facts-chart canvas").or_(page.locator(".chart canvas")).first
    ).to_be_visible()
    page.get_by_role("button", name="申报数据").click()
    page.locator(".dropdown-menu.show a").nth(1).click()
    page.fill("#f-graduates_hired_count", "几个")
    page.get_by_role("button", name="保存申报").click()
    expect(page.get_by_role("alert").first).to_contain_text("吸纳应届毕业生数")
    page.fill("#f-graduates_hired_count", "4")
    page.get_by_role("button", name="保存申报").click()
    expect(page.get_by_text("已保存 1 项数据")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("吸纳应届毕业生数"))).to_contain_text("4 人")

    page.get_by_role("navigation", name="企业服务").get_by_role("link", name="可享政策").click()
    expect(page.locator("#entitled .entitlement").first).to_be_visible()
    page.locator("#entitled .entitlement summary", has_text="逐条依据").first.click()
    expect(page.locator("#entitled .conditions .verdict").first).to_be_visible()
    page.locator("#entitled .item-title a").first.click()
    expect(page.locator("#standing")).to_contain_text("全部条件都满足")
    page.go_back()
    page.locator("#entitled").get_by_role("button", name="准备申报").first.click()
    expect(page.get_by_role("heading", name="申报材料")).to_be_visible()
    page.get_by_role("button", name="提交申报").click()
    expect(page.locator("main .notice").first).to_contain_text(re.compile("还缺材料|已提交"))
    for box in page.locator("input[name=attachment]").all():
        box.check()
    submit = page.get_by_role("button", name="提交申报")
    if submit.count():
        submit.click()
    expect(page.locator(".page-head .tag")).to_have_text("已提交")


def test_an_enterprise_makes_its_diagnosis_and_a_need_of_a_finding(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.goto("/my/diagnosis/")
    page.get_by_role("button", name=re.compile("现在诊断|重新诊断")).click()
    expect(page.locator("#technology")).to_be_visible(timeout=60_000)
    expect(page.locator("#management .chart canvas").first).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("下载报告")).click()
    assert download.value.suggested_filename.endswith(".pdf")
    page.get_by_role("button", name="转为需求").first.click()
    expect(page.get_by_text("已生成草稿")).to_be_visible()
    page.goto("/my/diagnosis/")
    expect(page.get_by_role("link", name=re.compile("已转需求")).first).to_be_visible()
    page.goto("/")
    expect(page.locator(".own-summary")).to_contain_text("可享政策")


def test_a_score_is_decomposed_and_its_rank_is_tried_with_other_weights(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("enterprise")
    page.goto("/my/scores/")
    page.get_by_role("link", name=re.compile("CRITIC")).click()
    expect(page.locator(".chart canvas").first).to_be_visible()
    page.get_by_role("button", name="换一些权重试试").click()
    expect(page.locator("#rank-interval")).to_contain_text("现排名", timeout=60_000)


def test_an_adviser_takes_a_diagnosis_up_edits_and_signs_it(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("adviser")
    page.goto("/my/diagnosis/")
    page.locator("main table a").first.click()
    make = page.get_by_role("button", name="现在诊断")
    if make.count():
        make.click()
    page.get_by_role("button", name="跟进").click()
    finding = page.locator(".finding").first
    finding.locator("summary", has_text="修改").click()
    finding.locator("textarea").fill("走访后：研发台账需要补齐。")
    finding.get_by_role("button", name="保存").click()
    expect(page.locator(".finding").first).to_contain_text("服务团队修改")
    page.locator("#visits summary").click()
    page.fill("#visit-when", "2027-01-08T09:30")
    page.fill("#visit-team", "科技服务一队")
    page.get_by_role("button", name="安排").click()
    expect(page.locator("#visits")).to_contain_text("科技服务一队")
    page.get_by_role("button", name="签发").click()
    expect(page.locator(".lead-line")).to_contain_text("签发")


@pytest.mark.parametrize("role", ["", "enterprise"])
def test_pages_of_policies_fit_a_phone(open_page: Callable[..., Page], role: str) -> None:
    page = open_page(role, phone=True)
    own = ("/my/facts/", "/my/entitlements/", "/my/scores/") if role else ()
    for path in ("/policies/", "/policies/little_giant/", *own):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wider = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert page.evaluate(wider) <= 0, path
