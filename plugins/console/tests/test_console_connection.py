"""Lost connections and sessions that end: what was typed is still there."""

import re

from console_browser import Console, Watch, sign_in
from playwright.sync_api import Browser, Page, expect

AGAIN = "The connection to the server is lost"


def fill(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/console/#/wish")
    page.get_by_label("Text").fill("half a wish")


def test_a_server_that_dies_is_told_and_comes_back_without_a_reload(page: Page, console: Console, watch: Watch) -> None:
    watch.expected += ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET"]
    fill(page, console)
    page.evaluate("window.before = true")
    console.kill()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text(AGAIN)).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("half a wish")
    page.get_by_label("Text").press_sequentially(", and more")
    console.start()
    expect(page.get_by_text(AGAIN)).to_be_hidden()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("log", name="Messages").get_by_text("Saved")).to_be_visible()
    assert page.evaluate("window.before")


def test_a_session_that_ends_is_begun_again_over_the_page(browser: Browser, console: Console, watch: Watch) -> None:
    watch.expected.append("401")
    context = browser.new_context()
    page = context.new_page()
    watch.over(page)
    sign_in(page, console)
    fill(page, console)
    context.clear_cookies()
    page.get_by_role("button", name="Save").click()
    again = page.get_by_role("dialog", name="Sign in again")
    expect(again).to_be_visible()
    page.keyboard.press("Escape")
    expect(again).to_be_visible()
    again.get_by_label("API key", exact=True).fill(console.key)
    again.get_by_role("button", name="Sign in").click()
    expect(again).to_be_hidden()
    expect(page.get_by_label("Text")).to_have_value("half a wish")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("log", name="Messages").get_by_text("Saved")).to_be_visible()
    context.close()


def test_an_account_signs_in_and_changes_its_tenant(browser: Browser, console: Console, watch: Watch) -> None:
    password = "correct horse battery staple"
    console.call("POST", "/api/v1/auth/register", {"email": "ann@example.com", "password": password, "username": "ann"})
    context = browser.new_context()
    page = context.new_page()
    watch.over(page)
    page.goto(f"{console.url}/console/")
    page.get_by_role("tab", name="With an account").click()
    page.get_by_label("E-mail address").fill("ann@example.com")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    page.goto(f"{console.url}/console/#/tenants")
    page.get_by_role("button", name="New tenant").click()
    page.get_by_role("dialog").get_by_label("Name").fill("Second house")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("gridcell", name="Second house")).to_be_visible()
    page.reload()
    page.get_by_role("button", name=re.compile("Account and appearance")).click()
    page.get_by_role("button", name=re.compile("Tenant")).click()
    page.get_by_role("option", name="Second house").click()
    expect(page.get_by_role("button", name=re.compile("Account and appearance: .*Second house"))).to_be_attached()
    context.close()


def test_two_tabs_that_sign_in_apart_both_go_on(browser: Browser, console: Console, watch: Watch) -> None:
    watch.expected += ["401", "403"]
    context = browser.new_context()
    first = context.new_page()
    watch.over(first)
    sign_in(first, console)
    fill(first, console)
    context.clear_cookies()
    second = context.new_page()
    watch.over(second)
    sign_in(second, console)  # a session of its own, with another token
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("log", name="Messages").get_by_text("Saved")).to_be_visible()
    context.close()
