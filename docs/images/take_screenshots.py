"""Take the screenshots of docs/how-to/portal.md from a running demo.

    make demo                                   # in another terminal
    python docs/images/take_screenshots.py http://127.0.0.1:8000 PASSWORD [CHROMIUM]

PASSWORD is that of the demo users (``SILIAN_DEMO_PASSWORD`` sets one for all of them).
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

FOLDER = Path(__file__).parent
DESKTOP = {"width": 1180, "height": 760}
PHONE = {"width": 390, "height": 760}


def signed_in(
    browser: Browser, address: str, user: str, password: str, phone: bool = False
) -> Page:
    """A page on which the user is signed in."""
    context = browser.new_context(
        base_url=address, locale="zh-CN", viewport=PHONE if phone else DESKTOP
    )
    page = context.new_page()
    page.goto("/account/sign-in/")
    page.fill("#username", user)
    page.fill("#password", password)
    page.click("main form button")
    page.wait_for_load_state("networkidle")
    return page


def save(page: Page, name: str, top: str = "") -> None:
    """Save what is in the window, from the element ``top`` on if one is named."""
    if top:
        page.locator(top).first.evaluate("element => element.scrollIntoView()")
    page.wait_for_timeout(800)
    page.screenshot(path=FOLDER / f"{name}.png")
    print(FOLDER / f"{name}.png")


def save_insight(page: Page) -> None:
    """Graph, industry chain, talent map and a portrait, as the operator sees them."""
    page.goto("/graph/?q=澄屿医科大学")
    page.locator(".graph-starts a").first.click()
    page.locator("[data-graph-canvas] canvas").first.wait_for()
    page.wait_for_timeout(3_000)  # until the ties have come to rest
    save(page, "graph", ".graph-page")
    page.goto("/chains/")
    page.locator(".chain-cards a").first.click()
    page.locator(".chain-svg").wait_for()
    save(page, "chain", "#picture")
    page.goto("/map/?measure=people&field=T04")
    page.locator("#area-map canvas").wait_for()
    save(page, "talent-map", ".map-layout")
    page.goto("/portraits/teams/")
    address = page.locator("main table a").first.get_attribute("href") or ""
    page.goto(f"/portraits/{address.strip('/').split('/')[1]}/")
    page.wait_for_load_state("networkidle")
    save(page, "portrait")


def main(address: str, password: str, chromium: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = signed_in(browser, address, "enterprise", password)
        save(page, "home-page")
        page.goto("/needs/?status=published")
        save(page, "need-list")
        page.goto("/my-matches/")
        page.locator(".item.chain-industry .item-title a").first.click()
        page.locator(".tab-pane.active .hit").first.wait_for(timeout=120_000)
        page.locator(".tab-pane.active .hit summary").first.click()
        save(page, "need-page", "#matches")
        page.goto("/needs/new/")
        page.fill("#f-title", "主轴轴承降温润滑技术")
        page.fill("#f-text", "主轴 24000 转/分时轴承温升 45 ℃，要降到 25 ℃ 以内。")
        page.fill("#f-budget_cny", "80")
        page.locator("#f-budget_cny").blur()
        page.wait_for_timeout(1500)
        save(page, "need-form")
        page.goto("/my/entitlements/")
        page.wait_for_load_state("networkidle")
        save(page, "entitlements", "#combination")
        page.goto("/my/diagnosis/")
        make = page.get_by_role("button", name="现在诊断")
        if make.count():
            make.click()
            page.locator("#technology").wait_for(timeout=120_000)
        save(page, "diagnosis")
        page = signed_in(browser, address, "operator", password)
        page.goto("/ladder/")
        page.locator("#next table").wait_for(timeout=60_000)
        save(page, "ladder")
        save_insight(page)
        page.goto("/scenarios/new/?policy=chengyu_research_subsidy")
        page.get_by_label("研发占比下限").fill("2")
        page.fill("#sc-name", "研发占比下限降到 2%")
        page.get_by_role("button", name="开始推演").click()
        page.get_by_text("变化最大的企业").wait_for(timeout=60_000)
        save(page, "what-if")
        phone = signed_in(browser, address, "research", password, phone=True)
        phone.goto("/supply/?kind=achievement")
        save(phone, "phone")
        browser.close()


if __name__ == "__main__":
    main(
        sys.argv[1],
        sys.argv[2],
        sys.argv[3] if len(sys.argv) > 3 else shutil.which("chromium") or "chromium",
    )
