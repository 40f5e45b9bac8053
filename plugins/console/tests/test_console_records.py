"""Records: found, filtered, downloaded, changed, deleted and restored; and their types."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from console_browser import Console, Watch, check_accessible, check_no_sideways, show
from playwright.sync_api import Page, expect

TYPE = {
    "id": "c_contact",
    "displayName": "Contacts",
    "fields": [
        {"name": "name", "label": "Name", "type": "text", "required": True},
        {
            "name": "status",
            "type": "select",
            "options": [{"value": "active", "label": "Active"}, {"value": "archived"}],
        },
        {"name": "age", "type": "integer", "min": 0},
    ],
}
MANY = 1200


@pytest.fixture(scope="module", autouse=True)
def contacts(console: Console) -> None:
    console.call("POST", "/api/v1/shard-types", TYPE)
    for start in range(0, MANY, 1000):
        items = [
            {
                "externalId": f"crm-{n:04d}",
                "data": {
                    "name": f"Person {n}",
                    "status": "active" if n % 2 else "archived",
                    "age": n % 90,
                    "old": {"n": n},
                },
            }
            for n in range(start, min(start + 1000, MANY))
        ]
        console.call("POST", "/api/v1/shards/batch", {"type": "c_contact", "items": items})


def open_list(page: Page, console: Console, query: str = "") -> None:
    page.goto(f"{console.url}/console/#/records/types/c_contact{query}")
    expect(page.get_by_role("heading", name="Contacts", level=1)).to_be_visible()


def open_record(page: Page, console: Console, external_id: str) -> str:
    found = console.call("GET", f"/api/v1/shards?type=c_contact&externalId={external_id}")["shards"][0]["id"]
    page.goto(f"{console.url}/console/#/records/records/{found}")
    expect(page.get_by_role("heading", name=external_id, level=1)).to_be_visible()
    return str(found)


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("dialog").get_by_role("button", name=label).click()
    page.get_by_role("option", name=option, exact=True).click()


def downloaded(page: Page, name: str) -> str:
    with page.expect_download() as started:
        page.get_by_role("link", name=name, exact=True).click()
    return Path(started.value.path()).read_text()


def test_records_are_found_filtered_and_downloaded_as_they_are_filtered(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/console/#/records")
    page.get_by_role("row").filter(has_text="Contacts").click()
    expect(page.get_by_role("status").filter(has_text="1,200 records")).to_be_visible()

    page.get_by_role("button", name="Add a filter").click()
    choose(page, "Field", "Status")
    choose(page, "Value", "Active")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_text("Status is Active")).to_be_visible()
    page.get_by_role("button", name="Add a filter").click()
    choose(page, "Field", "Age")
    choose(page, "Condition", "less than")
    page.get_by_role("dialog").get_by_label("Value").fill("10")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("status").filter(has_text="70 records")).to_be_visible()

    page.get_by_role("searchbox", name="Search").fill("PERSON 1")
    expect(page.get_by_role("status").filter(has_text="16 records")).to_be_visible()
    lines = [json.loads(line) for line in downloaded(page, "JSON").splitlines()]
    rows = list(csv.DictReader(io.StringIO(downloaded(page, "CSV"))))
    assert len(lines) == len(rows) == 16
    assert all(line["data"]["status"] == "active" and line["data"]["age"] < 10 for line in lines)

    page.reload()
    expect(page.get_by_role("status").filter(has_text="16 records")).to_be_visible()
    page.get_by_role("button", name="Remove the filter: Status is Active").click()
    expect(page.get_by_role("status").filter(has_text="31 records")).to_be_visible()


def test_a_list_is_sorted_and_read_on_as_one_scrolls(page: Page, console: Console) -> None:
    open_list(page, console)
    page.get_by_role("button", name="External id").click()
    expect(page.get_by_role("row").nth(1)).to_contain_text("crm-0000")
    page.get_by_role("row").nth(1).focus()
    page.keyboard.press("End")
    expect(page.get_by_role("row").filter(has_text="crm-0199")).to_be_focused()
    expect(page.get_by_role("grid", name="Contacts")).to_have_attribute("aria-rowcount", "401")
    page.keyboard.press("End")
    expect(page.get_by_role("row").filter(has_text="crm-0399")).to_be_focused()


def test_a_record_is_changed_and_a_mistake_is_told_at_its_field(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    shard = open_record(page, console, "crm-0001")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Age", exact=True).fill("-4")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Age", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Age", exact=True).fill("41")
    page.reload()
    page.get_by_role("button", name="Edit", exact=True).click()
    expect(page.get_by_label("Age", exact=True)).to_have_value("41")  # what was typed is kept
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("definition").filter(has_text=re.compile("^41$"))).to_be_visible()
    assert console.call("GET", f"/api/v1/shards/{shard}")["data"] == {
        "name": "Person 1", "status": "active", "age": 41, "old": {"n": 1},
    }  # fmt: skip


def test_of_two_who_change_a_record_neither_loses_anything(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("412")
    shard = open_record(page, console, "crm-0002")
    page.get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Name", exact=True).fill("Mine")
    console.call("PATCH", f"/api/v1/shards/{shard}", {"data": {"age": 77}})
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else changed this record")
    page.get_by_role("button", name="Save mine").click()
    expect(page.get_by_role("definition").filter(has_text="Mine")).to_be_visible()
    data = console.call("GET", f"/api/v1/shards/{shard}")["data"]
    assert (data["name"], data["age"]) == ("Mine", 77)


def test_a_record_is_deleted_and_restored(page: Page, console: Console) -> None:
    shard = open_record(page, console, "crm-0003")
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_text("This record is deleted.", exact=True)).to_be_visible()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("button", name="Edit", exact=True)).to_be_visible()
    assert console.call("GET", f"/api/v1/shards/{shard}")["deletedAt"] is None


def test_a_type_is_made_with_its_fields_and_changed_later(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    page.goto(f"{console.url}/console/#/records")
    page.get_by_role("button", name="New type").click()
    page.get_by_label("Id", exact=True).fill("c order")
    page.get_by_role("group", name="Field 1").get_by_label("Name", exact=True).fill("total")
    page.get_by_role("button", name="Make the type").click()
    expect(page.get_by_label("Id", exact=True)).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Id", exact=True).fill("c_order")
    page.get_by_role("group", name="total").get_by_role("button", name="Kind").click()
    page.get_by_role("option", name="Number", exact=True).click()
    page.get_by_role("button", name="Make the type").click()
    expect(page.get_by_role("heading", name="c_order", level=1)).to_be_visible()

    page.get_by_role("button", name="New record").first.click()
    page.get_by_label("Total").fill("9.5")
    page.get_by_role("button", name="Make the record").click()
    expect(page.get_by_role("definition").filter(has_text="9.5")).to_be_visible()

    page.goto(f"{console.url}/console/#/records/types/c_order/edit")
    page.get_by_role("button", name="Add a field").click()
    page.get_by_role("group", name="Field 2").get_by_label("Name", exact=True).fill("state")
    page.get_by_role("group", name="state").get_by_role("button", name="Kind").click()
    page.get_by_role("option", name="Choice").click()
    page.get_by_label("Choices").fill("open = Still open\npaid")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("columnheader", name="State")).to_be_visible()
    fields = console.call("GET", "/api/v1/shard-types/c_order")["fields"]
    assert [(one["name"], one["type"]) for one in fields] == [("total", "number"), ("state", "select")]
    assert fields[1]["options"] == [{"value": "open", "label": "Still open"}, {"value": "paid", "label": ""}]


def test_its_pages_are_accessible_and_fit_a_telephone(page: Page, console: Console) -> None:
    for path in ("", "/types/c_contact", "/types/c_contact/new", "/types/c_contact/edit", "/new-type"):
        show(page, console, f"records{path}")
        check_accessible(page)
    open_record(page, console, "crm-0004")
    check_accessible(page)
    page.set_viewport_size({"width": 360, "height": 740})
    for path in ("", "/types/c_contact", "/types/c_contact/edit"):
        show(page, console, f"records{path}")
        check_no_sideways(page)
