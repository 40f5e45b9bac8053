"""Writing an endpoint: from an address to a curl line, and what goes wrong is told at its place."""

import os
import re
import subprocess
from collections.abc import Callable
from typing import Any

import pytest
from console_browser import Console, Watch, check_no_sideways, sign_in
from playwright.sync_api import Browser, Locator, Page, expect

from pegboard.testing import answer

ALL = "/public/widgets"
SALES = {
    "sales": [{"region": "north", "amount": 3}, {"region": "south", "amount": 4}, {"region": "north", "amount": 5}]
}
FORBIDDEN = 'import os\n\ndef process_data(data, request, user):\n    return os.listdir("/")\n'
TOTAL = """def process_data(data, request, user):
    region = request.path_params["region"]
    amounts = [sale["amount"] for sale in data["sales"] if sale["region"] == region]
    print(len(amounts), "sales")
    return {region: sum(amounts)}
"""
PLAIN = "def process_data(data, request, user):\n    return data\n"


def code(page: Page) -> Locator:
    """The editor itself, not the plain field that stands in until it is there."""
    return page.get_by_role("textbox", name="Python code").and_(page.locator(".cm-content"))


def part(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name, exact=True)


def saved(console: Console, name: str, logic: str = PLAIN, data: Any = None, **more: Any) -> Any:
    """An endpoint that is there already, and its upstream."""
    path = f"/{name}"
    console.upstream.on(path, answer(json=data))
    body = {"name": name, "project_id": "main", "endpoint": console.upstream.url + path}
    return console.call(
        "POST", ALL, {**body, "endpoint_data": {"logic": logic, **more.pop("endpoint_data", {})}, **more}
    )


def opened(page: Page, console: Console, widget: Any, further: str = "") -> None:
    page.goto(f"{console.url}/console/#/endpoints/{widget['id']}{further}")
    expect(page.get_by_role("heading", name=widget["name"], level=1)).to_be_visible()


def test_somebody_writes_an_endpoint_and_calls_it_by_its_curl_line(page: Page, console: Console) -> None:
    console.upstream.on("/sales", answer(json=SALES))
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("link", name="Endpoints", exact=True).click()
    page.get_by_role("button", name="New endpoint").first.click()
    page.get_by_label("Address of the JSON").fill(f"{console.upstream.url}/sales")
    page.get_by_role("button", name="Fetch").click()
    expect(part(page, "Data").get_by_text("sales:")).to_be_visible()

    code(page).fill(FORBIDDEN)
    expect(part(page, "Code").get_by_text("1 thing keeps it from being saved")).to_be_visible()
    expect(part(page, "Code").locator(".cm-lintRange-error")).to_have_text("import")
    wrong = part(page, "Code").get_by_role("listitem")
    expect(wrong).to_contain_text("Forbidden module 'os' detected")
    expect(wrong).to_contain_text("Write instead: these can be imported: collections")
    wrong.get_by_role("button", name="Line 1").click()
    expect(code(page)).to_be_focused()

    page.get_by_label("Path", exact=True).fill("/e/by-region/{region}")
    page.get_by_label("{region} in the path").fill("north")
    code(page).fill(TOTAL)
    expect(part(page, "Code").get_by_text("Nothing keeps it from being saved.")).to_be_visible()
    result = part(page, "Result")
    expect(result.get_by_role("treeitem", name="north: 8")).to_be_visible()
    expect(result.get_by_role("region", name="Printed")).to_have_text("2 sales\n")
    for figure in ("Upstream", "Queue", "Run"):
        expect(result.get_by_role("term").filter(has_text=figure)).to_be_visible()
        expect(result.get_by_text(re.compile(r"^[\d.]+ ms$")).first).to_be_visible()
    expect(result.get_by_text(re.compile(r"^L\d \("))).to_be_visible()

    page.get_by_label("Name", exact=True).fill("By region")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name="By region", level=1)).to_be_visible()
    line = part(page, "curl line").inner_text()
    assert console.key not in line
    environ = {**os.environ, "PEGBOARD_KEY": console.key}
    called = subprocess.run(["bash", "-c", f"{line} -s"], env=environ, capture_output=True, text=True, timeout=30)
    assert called.stdout == '{"north":8}', called
    page.get_by_role("button", name="Call now").click()
    expect(part(page, "Call it").get_by_text("Cache: HIT")).to_be_visible()

    page.get_by_role("link", name="Calls", exact=True).click()
    calls = page.get_by_role("grid", name="Calls").get_by_role("row")
    expect(calls).to_have_count(3)
    expect(calls.nth(1)).to_contain_text("HIT")
    expect(calls.nth(2)).to_contain_text("MISS")
    expect(page.get_by_role("figure", name="Calls by minute").get_by_role("table")).to_contain_text("2")
    pages.get_by_role("link", name="Endpoints", exact=True).click()
    row = page.get_by_role("row").filter(has_text="By region")
    expect(row).to_contain_text("ok 200")
    expect(row).to_contain_text("2 calls")


def test_an_exception_is_told_with_its_line_and_what_was_printed(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    logic = 'def process_data(data, request, user):\n    print("so far")\n    return data["missing"]\n'
    widget = saved(console, "stops", logic, {"there": 1})
    opened(page, console, widget)
    page.get_by_role("button", name="Fetch").click()
    result = part(page, "Result")
    expect(result.get_by_role("alert")).to_contain_text("KeyError: Code execution error: 'missing'")
    expect(result.get_by_role("region", name="Printed")).to_have_text("so far\n")
    expect(code(page).locator(".cm-lintRange-error")).to_contain_text("missing")
    result.get_by_role("button", name="It stopped at line 3").click()
    page.keyboard.press("End")
    page.keyboard.press("Backspace")
    page.keyboard.type('].get("else", "nothing")', delay=0)
    code(page).fill(logic.replace('data["missing"]', 'data.get("missing", "nothing")'))
    expect(result.get_by_role("treeitem", name='"nothing"')).to_be_visible()
    page.get_by_role("button", name="Discard changes").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Discard changes").click()
    page.get_by_role("button", name="Call now").click()
    expect(part(page, "Call it").get_by_text("failed")).to_be_visible()
    page.get_by_role("link", name="Calls", exact=True).click()
    page.get_by_text("Only failures").click()
    row = page.get_by_role("row").filter(has_text="EXECUTION_ERROR")
    expect(row).to_contain_text("Line 3: Code execution error: 'missing'")


def test_what_keeps_it_from_being_saved_is_told_at_its_field(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.extend(["422", "403"])
    page.goto(f"{console.url}/console/#/endpoints/new")
    page.get_by_label("Address of the JSON").fill("file:///etc/passwd")
    page.get_by_role("button", name="Save", exact=True).click()
    name = page.get_by_label("Name", exact=True)
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("must not be empty").last).to_be_visible()
    name.fill("Wrong path")
    page.get_by_label("Address of the JSON").fill(f"{console.upstream.url}/x")
    page.get_by_label("Path", exact=True).fill("/elsewhere")
    page.get_by_label("Keep the data for (seconds)").fill("soon")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_label("Path", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Keep the data for (seconds)")).to_have_attribute("aria-invalid", "true")
    assert console.call("GET", f"{ALL}?search=Wrong%20path")["data"] == []
    page.get_by_role("button", name="Discard changes").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Discard changes").click()
    expect(page.get_by_role("heading", name="Endpoints", level=1)).to_be_visible()


def test_a_reload_keeps_the_draft_and_the_pinned_data_but_no_credential(page: Page, console: Console) -> None:
    widget = saved(console, "kept", data={"first": 1})
    opened(page, console, widget)
    page.get_by_role("button", name="Fetch").click()
    expect(part(page, "Data").get_by_text("first:")).to_be_visible()
    part(page, "Data").get_by_role("button", name="Edit").click()
    part(page, "Data").get_by_role("textbox", name="Data").fill('{"mine": [2]}')
    part(page, "Data").get_by_role("button", name="Done").click()
    code(page).fill(PLAIN + "# not saved\n")
    page.get_by_text("Query parameters and headers").click()
    headers = page.get_by_role("group", name="Headers")
    headers.get_by_role("button", name="Add").click()
    headers.get_by_label("Headers: name 1").fill("Authorization")
    headers.get_by_label("Value of Authorization").fill("Bearer very-secret-42")
    page.reload()
    expect(code(page)).to_contain_text("# not saved")
    expect(part(page, "Data").get_by_text("mine:")).to_be_visible()
    expect(part(page, "Data").get_by_text("Edited here.")).to_be_visible()
    expect(part(page, "Result").get_by_text("mine:")).to_be_visible()
    assert "very-secret-42" not in page.evaluate("JSON.stringify(sessionStorage) + JSON.stringify(localStorage)")
    page.get_by_text("Query parameters and headers").click()
    expect(page.get_by_text("Type it again: credentials are not kept over a reload.")).to_be_visible()
    headers.get_by_label("Value of Authorization").fill("Bearer again")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("unsaved changes")).to_be_hidden()
    expect(headers.get_by_label("Value of Authorization")).to_have_value("***")
    page.get_by_role("button", name="Fetch").click()
    expect(part(page, "Data").get_by_text("first:")).to_be_visible()
    assert console.upstream.received("/kept")[-1].headers["authorization"] == "Bearer again"


def test_somebody_else_saved_meanwhile_and_neither_change_is_lost(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("412")
    widget = saved(console, "shared", data=1)
    opened(page, console, widget)
    code(page).fill(PLAIN + "# mine\n")
    logic = PLAIN + "# theirs\n"
    console.call("PATCH", f"{ALL}/{widget['id']}", {"description": "by another", "endpoint_data": {"logic": logic}})
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="See both").click()
    both = page.get_by_role("dialog", name="Somebody else saved it meanwhile")
    expect(both.get_by_role("textbox", name="Saved meanwhile: Code")).to_contain_text("# theirs")
    expect(both.get_by_role("textbox", name="Yours: Code")).to_contain_text("# mine")
    expect(both.get_by_text("changed by both")).to_have_count(1)
    both.get_by_role("button", name="Go on editing").click()
    expect(code(page)).to_contain_text("# mine")
    page.get_by_role("button", name="See both").click()
    both.get_by_role("button", name="Save my changes over it").click()
    expect(both).to_be_hidden()
    now = console.call("GET", f"{ALL}/{widget['id']}")
    assert (now["description"], now["endpoint_data"]["logic"]) == ("by another", PLAIN + "# mine\n")


def test_taking_what_somebody_else_saved_drops_ones_own(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("412")
    widget = saved(console, "taken", data=1)
    opened(page, console, widget)
    page.get_by_label("Name", exact=True).fill("mine")
    console.call("PATCH", f"{ALL}/{widget['id']}", {"name": "theirs"})
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_role("button", name="See both").click()
    page.get_by_role("dialog").get_by_role("button", name="Drop mine, take theirs").click()
    expect(page.get_by_label("Name", exact=True)).to_have_value("theirs")
    expect(page.get_by_role("heading", name="theirs", level=1)).to_be_visible()


def test_nothing_that_is_hostile_becomes_part_of_the_page(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    evil = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    logic = (
        f"EVIL = {evil!r}\ndef process_data(data, request, user):\n    print(EVIL)\n    return {{EVIL: [EVIL, data]}}\n"
    )
    widget = saved(console, "hostile", logic, {evil: evil}, description=evil)
    console.call("PATCH", f"{ALL}/{widget['id']}", {"name": evil})
    page.goto(f"{console.url}/console/#/endpoints")
    expect(page.get_by_text(evil).first).to_be_visible()
    opened(page, console, {**widget, "name": evil})
    page.get_by_role("button", name="Fetch").click()
    expect(part(page, "Result").get_by_role("region", name="Printed")).to_have_text(evil + "\n")
    expect(part(page, "Result").get_by_role("tree")).to_contain_text(evil)
    expect(part(page, "Data").get_by_role("tree")).to_contain_text(evil)
    page.get_by_role("button", name="Call now").click()
    expect(part(page, "Call it").get_by_role("tree")).to_contain_text(evil)
    code(page).fill(f"def process_data(data, request, user):\n    raise ValueError({evil!r})\n")
    expect(part(page, "Result").get_by_role("alert")).to_contain_text(evil)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("unsaved changes")).to_be_hidden()
    page.get_by_role("button", name="Call now").click()
    expect(part(page, "Call it").get_by_text("failed")).to_be_visible()
    page.get_by_role("link", name="Calls", exact=True).click()
    expect(page.get_by_role("grid", name="Calls")).to_contain_text(evil)
    assert page.locator("main img, main script").count() == 0


def test_pinned_data_does_not_outlive_signing_out(browser: Browser, console: Console, watch: Watch) -> None:
    context = browser.new_context()
    page = context.new_page()
    watch.over(page)
    sign_in(page, console)
    opened(page, console, saved(console, "left", data="pinned-data-7"))
    page.get_by_role("button", name="Fetch").click()
    expect(part(page, "Data").get_by_text("pinned-data-7")).to_be_visible()
    # both come by questions of their own, and one that is still on its way would be refused
    expect(part(page, "Code").get_by_text("Nothing keeps it from being saved.")).to_be_visible()
    expect(part(page, "Result").get_by_text("pinned-data-7")).to_be_visible()
    assert "pinned-data-7" in page.evaluate("JSON.stringify(localStorage)")
    page.get_by_role("button", name=re.compile("Account and appearance")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    assert "pinned-data-7" not in page.evaluate("JSON.stringify(localStorage)")
    context.close()


def test_deleting_asks_first(page: Page, console: Console) -> None:
    widget = saved(console, "goes", data=1)
    opened(page, console, widget)
    page.get_by_role("button", name="Delete").click()
    asked = page.get_by_role("alertdialog", name="Delete goes?")
    asked.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("heading", name="goes", level=1)).to_be_visible()
    page.get_by_role("button", name="Delete").click()
    asked.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("heading", name="Endpoints", level=1)).to_be_visible()
    assert console.call("GET", f"{ALL}?search=goes")["data"] == []


def test_the_editor_is_left_by_tab_and_indents_when_it_is_told_to(page: Page, console: Console) -> None:
    opened(page, console, saved(console, "keys", "def process_data(a, b, c):\n    pass\n", data=1))
    code(page).click()
    page.keyboard.press("Control+End")
    page.keyboard.press("Tab")
    expect(code(page)).not_to_be_focused()
    code(page).focus()
    page.keyboard.press("Control+m")
    expect(page.get_by_role("button", name="Tab indents")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Tab")
    page.keyboard.type("return 1")
    expect(code(page)).to_contain_text("    return 1")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(code(page)).not_to_be_focused()
    code(page).focus()
    page.keyboard.press("Control+m")
    expect(page.get_by_role("button", name="Tab leaves the editor")).to_be_visible()


def test_the_tree_of_data_is_walked_by_keys(page: Page, console: Console) -> None:
    widget = saved(console, "walked", data={"list": list(range(150)), "text": "x" * 400})
    opened(page, console, widget)
    page.get_by_role("button", name="Fetch").click()
    tree = part(page, "Data").get_by_role("tree")
    tree.get_by_role("treeitem").first.focus()
    page.keyboard.press("ArrowDown")
    expect(tree.get_by_role("treeitem", name="list: [150 items]")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(tree.get_by_role("treeitem", name="99: 99")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(tree.get_by_role("treeitem", name="149: 149")).to_be_visible()
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    expect(tree.get_by_role("button", name="Show less")).to_be_visible()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("treeitem")).to_have_count(1)


@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_is_accessible_and_fits(
    page: Page, console: Console, watch: Watch, axe: Callable[[Page, str], None], width: int
) -> None:
    watch.expected.append("422")
    widget = saved(
        console, f"fits-{width}", FORBIDDEN.replace("import os", "").replace("os.", "data."), data={"a": [1, None, "x"]}
    )
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme="dark" if width == 360 else "light")
    opened(page, console, widget)
    page.get_by_role("button", name="Fetch").click()
    expect(part(page, "Result").get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Call now").click()
    expect(part(page, "Call it").get_by_text("failed")).to_be_visible()
    axe(page, "main")
    check_no_sideways(page)
    code(page).fill(FORBIDDEN)
    expect(part(page, "Code").get_by_role("listitem")).to_be_visible()
    axe(page, "main")
    page.get_by_role("link", name="Calls", exact=True).click()
    expect(page.get_by_role("grid", name="Calls")).to_be_visible()
    axe(page, "main")
    check_no_sideways(page)
    page.goto(f"{console.url}/console/#/endpoints")
    expect(page.get_by_role("row").filter(has_text=widget["name"])).to_contain_text("failed")
    axe(page, "main")
    check_no_sideways(page)
    page.set_viewport_size({"width": 1280, "height": 900})
