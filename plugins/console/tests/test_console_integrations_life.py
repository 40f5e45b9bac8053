"""Integrations at work: events, runs and their failures, exports and imports."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from console_browser import Console, Watch
from console_crm import KEY, PERSON, definition, serve_contacts
from playwright.sync_api import Page, expect

ALL = "/api/v1/custom-integrations"
RULE = {
    "eventTypePath": "$.type",
    "eventTypeValue": "person.made",
    "action": "create_shard",
    "targetShardTypeId": "c_person",
    "dataPath": "$.data",
    "identifierPath": "$.data.id",
    "fieldMappings": [{"source": "$.name", "target": "name"}],
}


@pytest.fixture(autouse=True)
def person(console: Console) -> None:
    types = console.call("GET", "/api/v1/shard-types")["shardTypes"]
    if all(one["id"] != PERSON["id"] for one in types):
        console.call("POST", "/api/v1/shard-types", PERSON)


def active(console: Console, name: str, **more: Any) -> dict[str, Any]:
    serve_contacts(console.upstream, name)
    made = console.call("POST", ALL, definition(f"{console.upstream.url}/{name}", name, **more))
    found: dict[str, Any] = console.call("PATCH", f"{ALL}/{made['id']}", {"status": "active"})
    return found


def test_events_are_received_with_a_new_secret_and_shown(page: Page, console: Console) -> None:
    scheme = {"scheme": "basic", "username": "sender"}
    one = active(console, "pushing", webhookConfig={"signatureConfig": scheme, "eventRouting": [RULE]})
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/webhooks")
    region = page.get_by_role("region", name="Address")
    url = region.locator("code").first
    expect(url).to_contain_text("/api/v1/webhooks/custom/")
    before = url.inner_text()
    region.get_by_role("button", name="New address and secret").click()
    page.get_by_role("alertdialog").get_by_role("button", name="New address and secret").click()
    expect(region.get_by_text("This is the only time")).to_be_visible()
    expect(url).not_to_have_text(before)
    secret = region.locator("code").nth(1).inner_text()
    address = url.inner_text().removeprefix(console.url)
    event = {"type": "person.made", "data": {"id": "p1", "name": "Grace"}}
    console.call("POST", address, event, auth=("sender", secret))
    events = page.get_by_role("region", name="Recent events")
    expect(events.get_by_text("handled")).to_be_visible()
    expect(events.get_by_text("person.made")).to_be_visible()
    assert console.call("GET", "/api/v1/shards?type=c_person&externalId=p1")["shards"][0]["data"]["name"] == "Grace"
    events.get_by_role("button", name=re.compile("^Look")).click()
    expect(page.get_by_role("dialog").get_by_text('"Grace"')).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    events.get_by_role("button", name=re.compile("^Handle again")).click()
    expect(page.get_by_text("It is handled again.")).to_be_visible()
    page.reload()
    expect(url).to_contain_text("/api/v1/webhooks/custom/")
    expect(page.get_by_text(secret)).to_be_hidden()


def test_a_run_tells_which_record_failed_and_shows_it(page: Page, console: Console) -> None:
    one = active(console, "failing")
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/sync")
    page.get_by_role("button", name="Sync now").click()
    run = page.get_by_role("group", name="Run of contacts")
    expect(run.get_by_text("succeeded")).to_be_visible()
    expect(run).to_contain_text(re.compile(r"Created\s*11"))
    expect(run).to_contain_text(re.compile(r"Failed\s*1"))
    run.get_by_role("link", name="Details").click()
    failed = page.get_by_role("region", name="Records that failed")
    expect(failed).to_contain_text("Record 2 of page 2")
    failed.get_by_text("Record 2 of page 2").click()
    expect(failed.get_by_text('"old"')).to_be_visible()
    expect(page.get_by_role("region", name="Pages").get_by_text("Page 3")).to_be_visible()


def test_a_sync_by_the_clock_shows_its_next_times(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    one = active(console, "timed")
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/sync")
    page.get_by_role("button", name="Set times").click()
    cron = page.get_by_label("Cron")
    cron.fill("61 * * * *")
    expect(page.get_by_text("is no time table such as")).to_be_visible()
    cron.fill("30 5 * * *")
    expect(page.get_by_text(re.compile("^Next: .*05:30|^Next: .*5:30"))).to_be_visible()
    page.get_by_role("button", name="Save times").click()
    expect(page.get_by_text(re.compile("By the clock: next"))).to_be_visible()
    [schedule] = console.call("GET", f"{ALL}/{one['id']}/schedules")
    assert schedule["cron"] == "30 5 * * *"


def test_tests_go_page_by_page_and_keep_what_they_expect(page: Page, console: Console) -> None:
    one = active(console, "tested")
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/tests")
    page.get_by_label("Status").fill("201")
    page.get_by_role("button", name="Run test").click()
    result = page.get_by_role("region", name="Result")
    expect(result).to_contain_text("expected 201, got 200")
    page.get_by_label("Status").fill("200")
    page.get_by_role("button", name="Run test").click()
    expect(result).to_contain_text("It works.")
    page.get_by_role("button", name="Next page").click()
    expect(result).to_contain_text("5 records came, 4 mapped, 1 failed.")
    page.get_by_role("button", name="Next page").click()
    expect(result).to_contain_text("2 records came")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Changes are not saved yet")).to_be_hidden()
    stored = console.call("GET", f"{ALL}/{one['id']}")["endpoints"][0]["test"]
    assert stored == {"expectations": {"statusCode": 200}}


def test_an_export_is_imported_with_its_credentials_given_anew(page: Page, console: Console, tmp_path: Path) -> None:
    one = active(console, "moved")
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/basics")
    page.get_by_role("button", name="More").click()
    with page.expect_download() as downloading:
        page.get_by_role("menuitem", name="Export as JSON").click()
    file = tmp_path / "moved.json"
    downloading.value.save_as(file)
    exported = json.loads(file.read_text())
    assert exported["auth"]["keyValue"] == "***"
    assert "id" not in exported
    file.write_text(json.dumps({**exported, "name": "moved-here", "displayName": "Moved here"}))

    page.goto(f"{console.url}/console/#/integrations/import")
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Choose a file").click()
    choosing.value.set_files(file)
    made = page.get_by_role("region", name="This will be made")
    expect(made.get_by_text("Moved here")).to_be_visible()
    expect(made.get_by_text("/contacts")).to_be_visible()
    made.get_by_label("auth / keyValue").fill(KEY)
    made.get_by_role("button", name="Open in the builder").click()
    expect(page.get_by_role("heading", name="Moved here", level=1)).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("inactive", exact=True)).to_be_visible()
    found = next(one for one in console.call("GET", ALL)["integrations"] if one["name"] == "moved-here")
    assert console.call("POST", f"{ALL}/{found['id']}/test/contacts", {})["response"]["statusCode"] == 200
