"""Keys, users and the audit log: lists and forms that their own plugins describe."""

from collections.abc import Iterator

import httpx
import pytest
from console_browser import Console, Watch, check_accessible, show
from console_server import Backstage
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

PASSWORD = "correct horse battery 9"


@pytest.fixture(scope="module")
def console(browser: Browser, servers: Backstage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One where whoever registers is a user and no more."""
    with servers.served(tmp_path_factory.mktemp("access"), PEGBOARD_ACCOUNTS__ROLE="user") as made:
        yield made


def register(console: Console, name: str) -> None:
    body = {"email": f"{name}@example.com", "password": PASSWORD, "username": name}
    assert httpx.post(f"{console.url}/api/v1/auth/register", json=body).status_code == 200


def open_panel(page: Page, name: str, title: str) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def works(console: Console, key: str) -> bool:
    answer = httpx.get(f"{console.url}/api/v1/keys", headers={"X-API-Key": key})
    assert answer.status_code in (200, 401)
    return answer.status_code == 200


def test_a_key_is_made_seen_once_used_and_revoked_and_the_log_has_it_all(page: Page, console: Console) -> None:
    open_panel(page, "API keys", "API keys")
    page.get_by_role("button", name="New API key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("reporting")
    dialog.get_by_label("Item 1", exact=True).fill("keys:read")
    dialog.get_by_role("button", name="Save", exact=True).click()
    shown = dialog.get_by_label("Key", exact=True)
    key = shown.input_value()
    assert key.startswith("pk_")
    assert works(console, key)
    dialog.get_by_role("button", name="I have it").click()
    expect(row(page, "reporting")).to_be_visible()
    assert key not in page.content()
    page.reload()
    expect(row(page, "reporting")).to_be_visible()
    assert key not in page.content()
    kept = page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
    assert key not in kept

    row(page, "reporting").get_by_role("button", name="Revoke").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Revoke").click()
    expect(row(page, "reporting").get_by_role("button", name="Revoke")).to_have_count(0)
    assert not works(console, key)

    open_panel(page, "Audit", "Audit")
    row(page, "keys.revoke").get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="keys.revoke", level=1)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="/revoked_at")).to_be_visible()
    page.get_by_role("link", name="All that happened to it").click()
    expect(row(page, "keys.create")).to_be_visible()
    expect(row(page, "keys.revoke")).to_be_visible()


def test_a_mistake_in_a_key_is_told_at_its_field(page: Page, watch: Watch) -> None:
    watch.expected.append("422")
    open_panel(page, "API keys", "API keys")
    page.get_by_role("button", name="New API key").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("nothing")
    dialog.get_by_label("Item 1", exact=True).fill("NO SCOPE")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_text("'NO SCOPE' is no scope such as widgets:read")).to_be_visible()
    expect(dialog.get_by_label("Item 1", exact=True)).to_have_value("NO SCOPE")


def test_a_user_is_found_gets_another_role_and_is_disabled(page: Page, console: Console) -> None:
    for name in ("ann", "bob"):
        register(console, name)
    open_panel(page, "Users", "Users")
    page.get_by_label("Search in this list").fill("ann@")
    expect(row(page, "bob@example.com")).to_have_count(0)
    row(page, "ann@example.com").get_by_role("link").click()
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Role").click()
    page.get_by_role("option", name="manager").click()
    page.get_by_role("dialog").get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("definition").filter(has_text="manager")).to_be_visible()

    page.get_by_role("button", name="Disable").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("button", name="Enable")).to_be_visible()
    login = httpx.post(f"{console.url}/api/v1/auth/login", json={"email": "ann@example.com", "password": PASSWORD})
    assert login.status_code in (401, 403)
    page.get_by_role("link", name="What this user did").click()
    expect(page.get_by_role("heading", name="Audit", level=1)).to_be_visible()
    expect(row(page, "users.register")).to_be_visible()


def test_somebody_with_an_account_changes_his_profile_and_his_password(
    browser: Browser, console: Console, watch: Watch
) -> None:
    register(console, "eve")
    context: BrowserContext = browser.new_context()
    page = context.new_page()
    watch.over(page)
    page.goto(f"{console.url}/console/")
    page.get_by_role("tab", name="With an account").click()
    page.get_by_label("E-mail address").fill("eve@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    open_panel(page, "Profile", "Your profile")
    expect(page.get_by_label("Username")).to_have_value("eve")
    page.get_by_label("First name").fill("Eve")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("log").filter(has_text="Saved")).to_be_visible()
    open_panel(page, "Password", "Change your password")
    page.get_by_label("Old password").fill(PASSWORD)
    page.get_by_label("New password").fill("another horse battery 8")
    with page.expect_response("**/auth/change-password") as changed:
        page.get_by_role("button", name="Save", exact=True).click()
    assert changed.value.status == 204
    body = {"email": "eve@example.com", "password": "another horse battery 8"}
    told = httpx.post(f"{console.url}/api/v1/auth/login", json=body).json()
    assert told["user"]["first_name"] == "Eve"
    expect(page.get_by_role("link", name="API keys")).to_have_count(0)  # a user has no scope for them
    context.close()


def test_its_pages_are_accessible(page: Page, console: Console) -> None:
    for panel in ("users", "keys", "audit", "tenants"):
        show(page, console, panel)
        check_accessible(page)
