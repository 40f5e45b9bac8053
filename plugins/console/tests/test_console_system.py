"""The system: a plugin that is broken, what isolates strangers' code, and settings."""

from collections.abc import Iterator

import pytest
from console_browser import Console, check_accessible, check_no_sideways, show
from console_server import Backstage
from playwright.sync_api import Browser, Page, expect


@pytest.fixture(scope="module")
def console(browser: Browser, servers: Backstage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One with a plugin that cannot be loaded."""
    with servers.served(tmp_path_factory.mktemp("system"), CONSOLE_TEST_BROKEN="yes") as made:
        yield made


def open_system(page: Page, console: Console, part: str = "") -> None:
    page.goto(f"{console.url}/console/#/system{part}")
    expect(page.get_by_role("heading", name="System", level=1)).to_be_visible()


def test_a_broken_plugin_is_shown_with_its_reason_and_the_way_out(page: Page, console: Console) -> None:
    open_system(page, console)
    expect(page.get_by_role("status").filter(has_text="Something is set aside")).to_be_visible()
    page.get_by_role("link", name="broken", exact=True).click()
    expect(page.get_by_role("heading", name="broken", level=1)).to_be_visible()
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("It failed in the phase “collect”")
    expect(notice).to_contain_text("LookupError: the colours are not there")
    expect(notice).to_contain_text("start without it: PEGBOARD_DISABLE=broken")


def test_plugins_are_listed_with_versions_and_tell_what_they_bring(page: Page, console: Console) -> None:
    open_system(page, console, "/plugins")
    expect(page.get_by_role("row").nth(1)).to_contain_text("quarantined")
    page.get_by_role("row").filter(has=page.get_by_text("accounts", exact=True)).click()
    expect(page.get_by_role("heading", name="accounts", level=1)).to_be_visible()
    expect(page.get_by_text("pegboard_mailers")).to_be_visible()
    expect(page.get_by_text("keys, password, profile, tenants, users")).to_be_visible()


def test_each_step_of_isolation_is_shown_with_what_mends_it(page: Page, console: Console) -> None:
    open_system(page, console, "/isolation")
    table = page.get_by_role("group", name="Sandbox process")
    expect(table.get_by_role("row").filter(has_text="L4 start")).to_be_visible()
    told = {one["step"]: one for one in console.call("GET", "/-/doctor")["isolation"] if one["about"] == "process"}
    expect(table.get_by_role("row")).to_have_count(len(told) + 1)
    for step, finding in told.items():
        expect(table.get_by_role("row").filter(has_text=step)).to_contain_text(
            "works" if finding["works"] else finding["why"]
        )


def test_settings_are_found_with_their_source_and_without_secrets(page: Page, console: Console) -> None:
    open_system(page, console, "/settings")
    page.get_by_role("searchbox", name="Find a setting").fill("accounts.api_key")
    row = page.get_by_role("row").filter(has_text="plugins.accounts.api_key")
    expect(row).to_contain_text("***")
    expect(row).to_contain_text("PEGBOARD_ACCOUNTS__API_KEY")
    assert console.key not in page.content()


def test_somebody_who_does_not_run_the_server_sees_outlines(browser: Browser, console: Console) -> None:
    made = console.call("POST", "/api/v1/keys", {"name": "few", "scopes": ["shards:read"]})
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{console.url}/console/")
    page.get_by_label("API key", exact=True).fill(made["key"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()
    open_system(page, console)
    expect(page.get_by_text("The rest is for those who run this server")).to_be_visible()
    page.goto(f"{console.url}/console/#/system/plugins/broken")
    expect(page.get_by_role("alert")).to_contain_text("It failed in the phase “collect”")
    assert "LookupError" not in page.content()
    context.close()


def test_its_pages_are_accessible_and_fit_a_telephone(page: Page, console: Console) -> None:
    for part in ("", "/plugins", "/isolation", "/settings", "/plugins/broken"):
        show(page, console, f"system{part}")
        check_accessible(page)
    page.set_viewport_size({"width": 360, "height": 740})
    for part in ("", "/plugins", "/isolation", "/settings"):
        show(page, console, f"system{part}")
        check_no_sideways(page)
