"""Panels from data: what a third party's plugin says is shown, made, changed and removed, and its modules are drawn."""

import re

from console_browser import Console, Watch
from playwright.sync_api import Page, expect


def go(page: Page, console: Console, address: str, title: str) -> None:
    page.goto(f"{console.url}/console/#/{address}")
    expect(page.get_by_role("heading", name=title, level=1)).to_be_visible()


def test_a_list_is_searched_filtered_sorted_and_read_to_its_end(page: Page, console: Console) -> None:
    go(page, console, "pegs", "Pegs")
    grid = page.get_by_role("grid", name="Pegs")
    expect(page.get_by_text(re.compile(r"50 of 10.?\d\d\d entries"))).to_be_visible()
    page.get_by_role("button", name="Colour").click()
    page.get_by_role("button", name="Colour").click()
    expect(grid.get_by_role("columnheader", name="Colour")).to_have_attribute("aria-sort", "descending")
    expect(grid.get_by_role("link", name="colour 09999")).to_be_visible()
    grid.get_by_role("row", name="colour 09999").focus()
    page.keyboard.press("End")
    expect(page.get_by_text(re.compile(r"100 of 10.?\d\d\d entries"))).to_be_visible()
    page.get_by_role("searchbox", name="Search in this list").fill("0004")
    expect(page.get_by_text("11 entries")).to_be_visible()
    expect(page).to_have_url(re.compile("search=0004"))
    page.get_by_role("searchbox", name="Search in this list").fill("no such colour")
    expect(page.get_by_text("Nothing matches.")).to_be_visible()
    page.get_by_role("button", name="Clear filters").first.click()
    expect(page.get_by_text(re.compile(r"of 10.?\d\d\d entries"))).to_be_visible()


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_outlives_a_reload(
    page: Page, console: Console, watch: Watch
) -> None:
    watch.expected.append("422")
    go(page, console, "pegs", "Pegs")
    page.get_by_role("button", name="New peg").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Colour").fill("none")
    form.get_by_label("Secret").fill("tops3cret")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("is no colour")).to_be_visible()
    expect(form.get_by_label("Colour")).to_be_focused()
    expect(form.get_by_label("Colour")).to_have_attribute("aria-invalid", "true")
    form.get_by_label("Colour").fill("mauve")
    form.get_by_label("Length").fill("1x")
    expect(form.get_by_text("This is not a number")).to_be_visible()
    page.reload()
    page.get_by_role("button", name="New peg").click()
    expect(form.get_by_label("Colour")).to_have_value("mauve")
    expect(form.get_by_label("Secret")).to_have_value("")
    assert "tops3cret" not in page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    form.get_by_label("Length").fill("12")
    form.get_by_role("group", name="Labels").get_by_role("button", name="Add").click()
    form.get_by_role("textbox", name="Item 1").fill("first")
    form.get_by_role("button", name="Save").click()
    expect(form).to_be_hidden()
    page.get_by_role("searchbox", name="Search in this list").fill("mauve")
    page.get_by_role("link", name="mauve").click()
    expect(page.get_by_role("heading", name="mauve", level=1)).to_be_focused()


def test_actions_are_offered_where_they_fit_and_asked_about(page: Page, console: Console) -> None:
    console.call("POST", "/sample/pegs", {"colour": "to mend", "state": "broken"})
    go(page, console, "pegs?search=to%20mend", "Pegs")
    page.get_by_role("link", name="to mend").click()
    expect(page.get_by_role("heading", name="to mend", level=1)).to_be_visible()
    page.get_by_role("button", name="Mend").click()
    expect(page.get_by_role("log", name="Messages").get_by_text("Mend: to mend – done")).to_be_visible()
    expect(page.get_by_role("button", name="Mend")).to_be_hidden()
    page.get_by_role("button", name="Remove").click()
    question = page.get_by_role("alertdialog")
    expect(question.get_by_text("Remove this peg?")).to_be_visible()
    question.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="to mend", level=1)).to_be_visible()


def test_a_selection_is_removed_at_once(page: Page, console: Console) -> None:
    for number in range(3):
        console.call("POST", "/sample/pegs", {"colour": f"many {number}"})
    go(page, console, "pegs?search=many", "Pegs")
    for number in range(2):
        page.get_by_role("checkbox", name=f"Choose many {number}").check(force=True)
    chosen = page.get_by_role("group", name="2 chosen")
    chosen.get_by_role("button", name="Remove (2)").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove (2)").click()
    expect(page.get_by_text("1 entry")).to_be_visible()


def test_a_form_is_a_page_of_its_own(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    go(page, console, "wish", "Wish")
    page.get_by_label("Text").fill("no")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Text")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Text").fill("a longer peg")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("log", name="Messages").get_by_text("Saved")).to_be_visible()
    expect(page.get_by_label("Text")).to_have_value("")


def test_a_module_of_a_third_party_draws_itself_and_moves_within_its_own_address(page: Page, console: Console) -> None:
    go(page, console, "drawn", "Drawn")
    expect(page.get_by_text("at the start")).to_be_visible()
    page.get_by_role("button", name="Further").click()
    expect(page.get_by_text("at /further")).to_be_visible()
    expect(page).to_have_url(re.compile("#/drawn/further$"))
    page.go_back()
    expect(page.get_by_text("at the start")).to_be_visible()


def test_a_module_that_fails_is_told_with_its_plugin_and_the_page_lives_on(
    page: Page, console: Console, watch: Watch
) -> None:
    watch.expected += ["404", "Failed to fetch dynamically imported module"]
    go(page, console, "broken", "Broken")
    expect(page.get_by_text("A part of the plugin “sample” does not work")).to_be_visible()
    expect(page.get_by_text("no pegs left")).to_be_visible()
    page.get_by_role("link", name="Wish", exact=True).click()
    expect(page.get_by_role("heading", name="Wish", level=1)).to_be_visible()


def test_a_panel_whose_route_is_not_there_is_left_out(page: Page, console: Console) -> None:
    expect(page.get_by_role("navigation", name="Pages").get_by_role("link", name="Absent")).to_have_count(0)
    page.goto(f"{console.url}/console/#/absent")
    expect(page.get_by_role("heading", name="There is no such page", level=1)).to_be_visible()
