"""Starting scripts with a form: files with their progress, mistakes at their fields, time tables."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from console_browser import Console, Watch, check_no_sideways
from console_scripts import write_scripts
from console_server import Backstage
from playwright.sync_api import Browser, Page, expect

SECRET = "s3cret-of-the-shop"


@pytest.fixture(scope="module")
def console(browser: Browser, servers: Backstage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    with servers.served(folder, PEGBOARD_SCRIPTS__FOLDERS=str(write_scripts(folder))) as made:
        yield made


def opened(page: Page, console: Console, script: str, part: str = "") -> None:
    page.goto(f"{console.url}/console/#/scripts/{script}{part}")


def choose(page: Page, path: Path) -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a file: Catalogue").click()
    chooser.value.set_files(path)


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "catalogue.csv"
    path.write_text("id,name\n" * 250_000)
    return path


def test_somebody_sends_a_file_and_watches_the_run_to_its_end(page: Page, console: Console, catalogue: Path) -> None:
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Scripts").click()
    page.get_by_label("Find a script").fill("products")
    expect(page.get_by_role("listitem").filter(has_text="Says hello")).to_be_hidden()
    page.get_by_role("link", name="Import a catalogue").click()
    expect(page.get_by_text("Reads products · takes about 2 min 30 s")).to_be_visible()

    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    network = {"offline": False, "latency": 0, "downloadThroughput": -1}
    slow.send("Network.emulateNetworkConditions", {**network, "uploadThroughput": 1_500_000})
    choose(page, catalogue)
    expect(page.get_by_role("progressbar", name="Sending catalogue.csv")).to_be_visible()
    expect(page.get_by_text(re.compile(r"^[1-9]\d? % of 2 MB$"))).to_be_visible()
    slow.send("Network.emulateNetworkConditions", {**network, "uploadThroughput": -1})
    expect(page.get_by_role("button", name="Remove catalogue.csv")).to_be_visible()
    page.get_by_label("Batch size").fill("70")
    page.get_by_text("north", exact=True).click()
    page.get_by_label("Since").fill("2026-01-31")
    page.get_by_label("Token").fill(SECRET)
    page.get_by_role("button", name="Run", exact=True).click()

    expect(page.get_by_role("heading", name="Import a catalogue", level=1)).to_be_visible()
    expect(page.get_by_text("reading · 50 %")).to_be_visible()
    expect(page.get_by_role("progressbar", name="Progress")).to_have_attribute("value", "50")
    output = page.get_by_role("group", name="Output: lines")
    expect(output).to_contain_text(f"token has {len(SECRET)} characters; ['north'] 2026-01-31 True")
    (console.data / "go-import").touch()
    expect(page.get_by_role("region", name="State").get_by_text("completed")).to_be_visible()
    expect(page.get_by_role("region", name="Result")).to_contain_text("rows: 250000")
    parameters = page.get_by_role("region", name="Parameters")
    expect(parameters).to_contain_text("catalogue.csv")
    expect(parameters).to_contain_text("***")
    with page.expect_download() as download:
        page.get_by_role("link", name="rejects.csv").click()
    assert download.value.path().read_text() == "id,why\n"
    assert SECRET not in page.content()


def test_what_was_last_typed_is_there_again_but_for_secrets(page: Page, console: Console, catalogue: Path) -> None:
    opened(page, console, "import_catalogue")
    page.get_by_role("button", name="Back to the defaults").click()
    choose(page, catalogue)
    expect(page.get_by_role("button", name="Remove catalogue.csv")).to_be_visible()
    page.get_by_label("Batch size").fill("80")
    page.get_by_text("Dry run", exact=True).click()
    page.get_by_label("Token").fill(SECRET)
    page.reload()
    expect(page.get_by_label("Batch size")).to_have_value("80")
    expect(page.get_by_label("Token")).to_have_value("")
    page.get_by_label("Token").fill(SECRET)
    (console.data / "go-import").touch()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("button", name="Run with these values").click()
    expect(page.get_by_role("button", name="Remove catalogue.csv")).to_be_visible()
    expect(page.get_by_label("Batch size")).to_have_value("80")
    expect(page.get_by_label("Dry run")).not_to_be_checked()
    page.get_by_role("button", name="Back to the defaults").click()
    expect(page.get_by_label("Batch size")).to_have_value("50")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}])")
    assert "import_catalogue" in stored
    assert SECRET not in stored


def test_every_mistake_is_told_at_its_field_at_once(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("400")
    opened(page, console, "import_catalogue")
    page.get_by_role("button", name="Back to the defaults").click()
    page.get_by_label("Batch size").fill("2000")
    page.get_by_label("Since").fill("2001-01-01")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("group", name="Catalogue")).to_contain_text("catalogue is missing")
    expect(page.get_by_role("button", name="Choose a file: Catalogue")).to_be_focused()
    size = page.get_by_label("Batch size")
    expect(size).to_have_attribute("aria-invalid", "true")
    expect(size).to_have_value("2000")
    expect(page.get_by_text("batch_size is 2000; 1000 is the most")).to_be_visible()
    expect(page.get_by_text(re.compile("^since is 2001-01-01"))).to_be_visible()


def test_a_file_that_is_refused_says_why_at_its_field(
    page: Page, console: Console, watch: Watch, tmp_path: Path
) -> None:
    watch.expected.append("400")
    wrong = tmp_path / "catalogue.txt"
    wrong.write_text("id\n")
    opened(page, console, "import_catalogue")
    page.get_by_role("button", name="Back to the defaults").click()
    choose(page, wrong)
    expect(page.get_by_role("button", name="Remove catalogue.txt")).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_role("group", name="Catalogue").get_by_role("alert")).to_contain_text(".csv")


def test_the_line_for_a_shell_starts_the_same_run(page: Page, console: Console) -> None:
    opened(page, console, "greets")
    page.get_by_label("Name").fill("it's $HOME & co")
    page.get_by_text("Start it from a shell").click()
    here = page.get_by_label("On the server")
    expect(here).to_have_value(r"pegboard scripts run greets --name='it'\''s $HOME & co'")
    line = page.get_by_label("From anywhere, with a key").input_value()
    assert console.key not in line
    environ = {**os.environ, "PEGBOARD_KEY": console.key}
    subprocess.run(["bash", "-c", f"{line} -s"], env=environ, check=True, capture_output=True, timeout=30)
    page.get_by_role("link", name="History").click()
    page.get_by_role("grid", name="History").get_by_role("row").nth(1).click()
    expect(page.get_by_role("group", name="Output: lines")).to_contain_text("hello, --name=it's $HOME & co")


def test_a_lost_answer_starts_no_second_run(page: Page, console: Console, watch: Watch) -> None:
    watch.expected += ["ERR_FAILED", "400"]
    opened(page, console, "greets")
    page.get_by_label("Name").fill("once")
    sent = []

    def lose(route: object) -> None:
        sent.append(route.fetch().json()["job_id"])  # type: ignore[attr-defined]
        route.abort()  # type: ignore[attr-defined]

    page.route("**/api/scripts/execute", lose, times=1)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("The server cannot be reached.").first).to_be_visible()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(f"#/jobs/{sent[0]}$"))


def test_a_script_runs_by_the_clock_until_it_is_paused(page: Page, console: Console, watch: Watch) -> None:
    watch.expected.append("422")
    opened(page, console, "greets", "/schedules")
    page.get_by_role("button", name="New schedule").click()
    page.get_by_label("Time table (cron)").fill("61 * * * *")
    expect(page.get_by_text("is no time table such as 0 6 * * 1-5")).to_be_visible()
    page.get_by_role("button", name="How often").click()
    page.get_by_role("option", name="From Monday to Friday at 06:00").click()
    page.get_by_label("Time zone").fill("Europe/Madrid")
    expect(page.get_by_text(re.compile("From Monday to Friday at 06:00. Next: .+ · .+ · .+ · "))).to_be_visible()
    page.get_by_label("Name").fill("Grace")
    page.get_by_role("button", name="Save the schedule").click()
    one = page.get_by_role("list", name="Schedules").get_by_role("listitem")
    expect(one).to_contain_text("From Monday to Friday at 06:00")
    expect(one).to_contain_text("Runs next:")
    one.get_by_role("button", name="Pause").click()
    expect(one).to_contain_text("paused")
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Schedules").click()
    row = page.get_by_role("row").filter(has_text="0 6 * * 1-5")
    expect(row).to_contain_text("greets")
    (made,) = console.call("GET", "/api/schedules")
    assert (made["paused"], made["parameters"]) == (True, [{"name": "name", "value": "Grace"}])
    page.go_back()
    one.get_by_role("button", name="Resume").click()
    expect(one).to_contain_text("Runs next:")
    one.get_by_role("button", name="Remove").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("It does not run by the clock yet.")).to_be_visible()
    assert console.call("GET", "/api/schedules") == []


def test_history_has_a_plot_of_durations(page: Page, console: Console) -> None:
    for name in ("Ada", "Grace"):
        run = {"script_name": "greets", "parameters": [{"name": "name", "value": name}]}
        console.call("POST", "/api/scripts/execute", run)
    opened(page, console, "greets", "/history")
    table = page.get_by_role("figure", name="How long its runs took").get_by_role("table")
    expect(table.get_by_role("row").nth(2)).to_contain_text(" s")
    rows = page.get_by_role("grid", name="History").get_by_role("row").filter(has_text="completed")
    expect(rows.nth(1)).to_contain_text("you")


def test_pages_of_scripts_can_be_used_by_everybody(page: Page, console: Console, axe: Callable[[Page], None]) -> None:
    places = {
        "": "Import a catalogue",
        "/import_catalogue": "Batch size",
        "/greets/history": "History",
        "/greets/schedules": "It does not run by the clock yet.",
    }
    for part, there in places.items():
        page.goto(f"{console.url}/console/#/scripts{part}")
        expect(page.get_by_role("article").get_by_text(there).first).to_be_visible()
        axe(page)
    page.get_by_role("button", name="New schedule").click()
    expect(page.get_by_label("Time zone")).to_be_visible()
    axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    for part, there in places.items():
        page.goto(f"{console.url}/console/#/scripts{part}")
        expect(page.get_by_role("article").get_by_text(there).first).to_be_visible()
        check_no_sideways(page)
