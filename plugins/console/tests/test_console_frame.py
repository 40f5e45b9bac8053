"""What the page does whatever it shows: signing in and out, finding one's way, keeping what was typed."""

import re

from console_browser import Console, Watch, sign_in
from playwright.sync_api import Browser, Page, expect


def test_somebody_signs_in_with_a_key_finds_the_pages_and_signs_out(
    browser: Browser, console: Console, watch: Watch
) -> None:
    context = browser.new_context()
    page = context.new_page()
    watch.over(page)
    watch.expected.append("422")
    page.goto(f"{console.url}/console")
    expect(page).to_have_url(re.compile("/console/$"))
    page.get_by_label("API key", exact=True).fill("pk_wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("the key is not valid")).to_be_visible()
    expect(page.get_by_label("API key", exact=True)).to_have_attribute("aria-invalid", "true")
    sign_in(page, console)
    assert page.evaluate("document.cookie") == ""
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Pegs", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("Account and appearance")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    context.close()


def test_search_finds_pages_and_names(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("colour 00042")
    page.get_by_role("group", name="Pegs", exact=True).get_by_role("option", name="colour 00042").click()
    expect(page.get_by_role("heading", name="colour 00042", level=1)).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("wish")
    expect(page.get_by_role("option", name="Wish")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Wish", level=1)).to_be_focused()
