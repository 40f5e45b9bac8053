"""Building an integration: from nothing to records, and nothing that was typed is ever lost."""

import re
from collections.abc import Callable

import pytest
from console_browser import Console, Watch, check_no_sideways
from console_crm import KEY, PERSON, definition, serve_contacts
from playwright.sync_api import Page, expect

from pegboard.testing import answer

ALL = "/api/v1/custom-integrations"


def step(page: Page, name: str) -> None:
    page.get_by_role("navigation", name="Steps").get_by_role("link", name=re.compile(name)).click()


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("button", name=re.compile(label)).click()
    page.get_by_role("option", name=re.compile(f"^{option}")).click()


def begin(page: Page, console: Console, title: str, root: str) -> None:
    """A new one, as far as its connection."""
    page.goto(f"{console.url}/console/#/integrations")
    page.get_by_role("button", name="New integration").click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("radio", name="star").check(force=True)
    page.get_by_role("button", name="Next: Connection").click()
    page.get_by_label("Base URL").fill(f"{console.upstream.url}/{root}")
    choose(page, "How requests prove", "api_key")
    page.get_by_label("Key name").fill("X-API-Key")
    choose(page, "Key location", "header")


def saved(console: Console, name: str) -> dict[str, object]:
    found: list[dict[str, object]] = console.call("GET", ALL)["integrations"]
    return next(one for one in found if one["name"] == name)


@pytest.fixture
def person(console: Console) -> None:
    types = console.call("GET", "/api/v1/shard-types")["shardTypes"]
    if all(one["id"] != PERSON["id"] for one in types):
        console.call("POST", "/api/v1/shard-types", PERSON)


def test_somebody_builds_an_integration_from_nothing_to_synced_records(page: Page, console: Console) -> None:
    serve_contacts(console.upstream, "v1")
    begin(page, console, "Acme CRM", "v1")
    page.get_by_label("Key value").fill(KEY)
    page.get_by_role("button", name="Test connection").click()
    expect(page.get_by_text("It works.")).to_be_visible()

    step(page, "Endpoints")
    page.get_by_role("button", name="+ Endpoint").click()
    page.get_by_label("Name", exact=True).fill("getContacts")
    expect(page.get_by_label("Id", exact=True)).to_have_value("getContacts")
    page.get_by_role("combobox", name="Path").fill("/contacts")
    page.get_by_text("Pages", exact=True).click()
    choose(page, "How pages follow", "offset")
    page.get_by_label("Limit param").fill("limit")
    page.get_by_label("Max limit").fill("5")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("region", name="Try it").get_by_text("It works.")).to_be_visible()

    step(page, "Mapping")
    page.get_by_role("button", name="The records are there").click()
    expect(page.get_by_role("region", name="What comes of it").get_by_text("5 records in the answer.")).to_be_visible()
    page.get_by_role("button", name="Make a type from this answer").click()
    page.get_by_label("What one record is called").fill("Contact")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("combobox", name="What tells records apart")).to_have_value("$.id")
    expect(page.get_by_role("region", name="What comes of it").get_by_text("firstName")).to_be_visible()

    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("inactive", exact=True)).to_be_visible()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_role("button", name="Deactivate")).to_be_visible()
    step(page, "Sync")
    page.get_by_role("button", name="Sync now").click()
    run = page.get_by_role("group", name="Run of getContacts")
    expect(run.get_by_text("succeeded")).to_be_visible()
    expect(run).to_contain_text(re.compile(r"Records in\s*12"))
    shards = console.call("GET", "/api/v1/shards?type=c_contact&externalId=3")["shards"]
    assert [one["data"]["firstName"] for one in shards] == ["Ada3"]
    made = saved(console, "acme-crm")
    assert (made["icon"], made["status"]) == ("★", "active")
    assert made["auth"]["keyValue"] == "***"  # type: ignore[index]


def test_a_click_in_an_answer_maps_a_value_and_shows_what_becomes_of_it(page: Page, console: Console) -> None:
    serve_contacts(console.upstream, "v2")
    made = definition(f"{console.upstream.url}/v2", "clicked")
    made["endpoints"][0]["responseMapping"] = {"dataPath": "$.data.items"}
    one = console.call("POST", ALL, made)
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/mapping")
    page.get_by_role("button", name="Get an answer").click()
    answer = page.get_by_role("tree", name="Answer")
    answer.get_by_role("treeitem", name=re.compile("first_name")).first.click()
    expect(page.get_by_role("combobox", name="Source of firstName")).to_have_value("$.first_name")
    page.get_by_role("combobox", name="What tells records apart").focus()
    answer.get_by_role("treeitem", name=re.compile("mail")).first.click()
    expect(page.get_by_role("combobox", name="What tells records apart")).to_have_value("$.mail")
    preview = page.get_by_role("region", name="What comes of it")
    expect(preview).to_contain_text("Known by ada1@example.com")
    expect(preview.get_by_text('"Ada1"')).to_be_visible()
    page.get_by_role("region", name="Fields").get_by_text("· as it is").click()
    choose(page, "What is done to it", "number")
    expect(preview).to_contain_text("5 of the first 5 fail.")
    expect(page.get_by_role("region", name="Fields")).to_contain_text("is no number")
    source = page.get_by_role("combobox", name="Source of firstName")
    source.click()
    source.fill("$.ag")
    page.get_by_role("option", name=re.compile(r"\$\.age")).click()
    expect(preview).not_to_contain_text("fail.")


def test_an_endpoint_is_tried_with_its_parameters_and_masks_its_credentials(page: Page, console: Console) -> None:
    console.upstream.on("/v5/people/{id}", lambda received: answer(json={"id": received.path_params["id"]}))
    one = console.call("POST", ALL, definition(f"{console.upstream.url}/v5", "parameters"))
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/endpoints/0")
    path = page.get_by_role("combobox", name="Path")
    path.fill("/people/{id}")
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("group", name="Parameter id")).to_be_visible()
    path.press("End")
    path.press_sequentially("{{i")
    page.get_by_role("option", name=re.compile("{{id}}")).click()
    expect(path).to_have_value("/people/{id}{{id}}")
    trying = page.get_by_role("region", name="Try it")
    trying.get_by_label("id").fill("7")
    trying.get_by_role("button", name="Send").click()
    expect(trying).to_contain_text("Answered with 200")
    expect(trying).to_contain_text("/v5/people/77")
    trying.get_by_text(re.compile("^Request")).click()
    expect(trying.get_by_text("***")).to_be_visible()
    assert KEY not in page.content()


def test_what_is_wrong_is_told_at_its_field_in_its_step(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    begin(page, console, "Wrong at first", "v1")
    page.get_by_label("Base URL").fill("ftp://example.com")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("^Save \\(2 to mend\\)"))).to_be_visible()
    mark = page.get_by_role("navigation", name="Steps").get_by_role("link", name=re.compile("Connection"))
    expect(mark).to_contain_text("2 mistakes")
    base = page.get_by_label("Base URL")
    expect(base).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Key value")).to_have_attribute("aria-invalid", "true")
    base.fill("https://example.com/v1")
    expect(mark).to_contain_text("1 mistake")
    expect(base).not_to_have_attribute("aria-invalid", "true")
    assert "wrong-at-first" not in {one["name"] for one in console.call("GET", ALL)["integrations"]}
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Discard changes").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Discard changes").click()
    expect(page.get_by_role("heading", name="Integrations", level=1)).to_be_visible()


def test_a_reload_loses_nothing_but_credentials_and_says_so(page: Page, console: Console) -> None:
    serve_contacts(console.upstream, "v3")
    begin(page, console, "Half way", "v3")
    page.get_by_label("Key value").fill(KEY)
    step(page, "Endpoints")
    page.get_by_role("button", name="+ Endpoint").click()
    page.get_by_role("combobox", name="Path").fill("/contacts/{id")
    page.reload()
    expect(page.get_by_role("combobox", name="Path")).to_have_value("/contacts/{id")
    expect(page.get_by_role("heading", name="Half way", level=1)).to_be_visible()
    expect(page.get_by_text("A credential was not kept")).to_be_visible()
    kept = page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    assert "/contacts/{id" in kept
    assert KEY not in kept
    step(page, "Connection")
    expect(page.get_by_label("Key name")).to_have_value("X-API-Key")
    value = page.get_by_label("Key value")
    expect(value).to_have_value("")
    expect(value).to_have_attribute("aria-invalid", "true")
    value.fill(KEY)
    expect(page.get_by_text("A credential was not kept")).to_be_hidden()
    page.goto(f"{console.url}/console/#/overview")
    page.goto(f"{console.url}/console/#/integrations/new/connection")
    expect(page.get_by_label("Key value")).to_have_value(KEY)


def test_somebody_else_saved_meanwhile(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("412")
    one = console.call("POST", ALL, definition(f"{console.upstream.url}/v1", "shared"))
    page.goto(f"{console.url}/console/#/integrations/{one['id']}/basics")
    page.get_by_label("Description").fill("mine")
    console.call("PATCH", f"{ALL}/{one['id']}", {"displayName": "Theirs"})
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("saved this integration while you were changing it")).to_be_visible()
    expect(page.get_by_label("Description")).to_have_value("mine")
    page.get_by_role("button", name="Go on with mine").click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Changes are not saved yet")).to_be_hidden()
    assert console.call("GET", f"{ALL}/{one['id']}")["description"] == "mine"


@pytest.mark.usefixtures("person")
def test_every_step_is_accessible_and_fits(page: Page, console: Console, axe: Callable[[Page, str], None]) -> None:
    serve_contacts(console.upstream, "v4")
    code = "def handle(event, context):\n    return {}\n"
    rule = {"eventTypePath": "$.type", "eventTypeValue": "x", "action": "custom", "code": code}
    made = definition(f"{console.upstream.url}/v4", "accessible", webhookConfig={"eventRouting": [rule]})
    one = console.call("POST", ALL, made)
    for name in ("Basics", "Connection", "Endpoints", "Mapping", "Webhooks", "Tests", "Sync"):
        page.goto(f"{console.url}/console/#/integrations/{one['id']}/{name.lower()}")
        expect(page.get_by_role("region", name=name, exact=True)).to_be_visible()
        if name == "Mapping":
            page.get_by_role("button", name="Get an answer").click()
            expect(page.get_by_role("tree", name="What comes of it")).to_be_visible()
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            check_no_sideways(page)
        axe(page, "main")
        page.set_viewport_size({"width": 1280, "height": 900})
