"""Subscriptions and deliveries: a secret that is shown once, a dead letter that is sent again."""

import re
from collections.abc import Iterator

import pytest
from console_browser import Console, check_accessible, show
from console_server import Backstage
from playwright.sync_api import Browser, Locator, Page, expect

from pegboard.testing import answer

SECRET = re.compile("^whsec_")


@pytest.fixture(scope="module")
def console(browser: Browser, servers: Backstage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """One that gives up on a receiver after two attempts."""
    with servers.served(tmp_path_factory.mktemp("events"), PEGBOARD_WEBHOOKS__SEND_SCHEDULE="0.05") as made:
        made.upstream.on("/warehouse", answer(status=503, text="closed"), method="POST")
        made.call("POST", "/api/v1/shard-types", {"id": "c_order", "fields": [{"name": "total", "type": "number"}]})
        yield made


def row(page: Page, text: str) -> Locator:
    return page.get_by_role("row").filter(has_text=text)


def subscribe(page: Page, console: Console, path: str, events: str) -> None:
    page.goto(f"{console.url}/console/#/subscriptions")
    page.get_by_role("button", name="New subscription").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Url").fill(console.upstream.url + path)
    dialog.get_by_label("Item 1", exact=True).fill(events)
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog.get_by_label("Secret")).to_have_value(SECRET)
    dialog.get_by_role("button", name="I have it").click()
    expect(row(page, path)).to_be_visible()


def test_a_dead_letter_is_found_looked_at_and_sent_again(page: Page, console: Console) -> None:
    subscribe(page, console, "/warehouse", "record.created")
    console.call("POST", "/api/v1/shards", {"type": "c_order", "data": {"total": 12}})
    console.reached("/warehouse", 2)
    page.goto(f"{console.url}/console/#/deliveries")
    page.get_by_role("radio", name="dead").click()
    dead = row(page, "record.created")
    expect(dead).to_contain_text("503")
    dead.get_by_role("link").first.click()
    expect(page.get_by_role("heading", name="record.created", level=1)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="closed")).to_have_count(2)
    expect(page.get_by_role("treeitem").filter(has_text="c_order").first).to_be_visible()

    console.upstream.on("/warehouse", answer(status=204), method="POST")
    page.get_by_role("button", name="Send again").click()
    expect(page.get_by_role("definition").filter(has_text="delivered")).to_be_visible()
    assert len(console.upstream.received("/warehouse", "POST")) == 3
    expect(page.get_by_role("button", name="Send again")).to_be_visible()


def test_all_dead_letters_are_sent_again_at_once(page: Page, console: Console) -> None:
    console.upstream.on("/stock", answer(status=500), method="POST")
    subscribe(page, console, "/stock", "record.*")
    for total in range(3):
        console.call("POST", "/api/v1/shards", {"type": "c_order", "data": {"total": total}})
    console.reached("/stock", 6)
    page.goto(f"{console.url}/console/#/deliveries?state=dead")
    expect(page.get_by_role("status").filter(has_text="3 entries")).to_be_visible()
    console.upstream.on("/stock", answer(status=200), method="POST")
    page.get_by_role("button", name="Send all dead letters again").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Send all dead letters again").click()
    expect(page.get_by_text("Nothing matches.")).to_be_visible()


def test_a_subscription_is_tested_disabled_and_gets_a_new_secret(page: Page, console: Console) -> None:
    console.upstream.on("/tested", answer(status=200), method="POST")
    subscribe(page, console, "/tested", "webhook.*")
    row(page, "/tested").get_by_role("link").first.click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.get_by_role("log").filter(has_text="Send a test")).to_be_visible()
    page.get_by_role("button", name="New secret").click()
    page.get_by_role("alertdialog").get_by_role("button", name="New secret").click()
    expect(page.get_by_role("dialog").get_by_label("Secret")).to_have_value(SECRET)
    page.get_by_role("dialog").get_by_role("button", name="I have it").click()
    page.get_by_role("link", name="Its deliveries").click()
    expect(row(page, "webhook.test")).to_contain_text("delivered")
    page.go_back()
    page.get_by_role("button", name="Disable").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Disable").click()
    expect(page.get_by_role("definition").filter(has_text="disabled by a user")).to_be_visible()
    expect(page.get_by_role("button", name="Send a test")).to_have_count(0)


def test_its_pages_are_accessible(page: Page, console: Console) -> None:
    for panel in ("subscriptions", "deliveries", "received"):
        show(page, console, panel)
        check_accessible(page)
