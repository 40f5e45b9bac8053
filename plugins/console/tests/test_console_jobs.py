"""What runs and what it writes: followed to its end, ended, tried again, looked through."""

import os
import re
from collections.abc import Callable, Iterator

import httpx
import pytest
from console_browser import Console, Watch, check_no_sideways
from console_scripts import write_scripts
from console_server import Backstage
from playwright.sync_api import Browser, Locator, Page, expect

PATIENCE = 30.0
NO_SOCKET = """window.WebSocket = class {
  constructor() { setTimeout(() => this.onclose?.()); }
  close() {}
};"""
LOST = ["ERR_CONNECTION_REFUSED", "ERR_EMPTY_RESPONSE", "ERR_CONNECTION_RESET", "WebSocket connection to"]


@pytest.fixture(scope="module")
def console(browser: Browser, servers: Backstage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    folder = tmp_path_factory.mktemp("console")
    scripts = str(write_scripts(folder))
    settings = {"PEGBOARD_JOBS__WORKERS": "2", "PEGBOARD_JOBS__LEASE": "2"}
    with servers.served(folder, PEGBOARD_SCRIPTS__FOLDERS=scripts, **settings) as made:
        yield made


def begun(console: Console, script: str) -> str:
    job: str = console.call("POST", "/api/scripts/execute", {"script_name": script})["job_id"]
    return job


def ended(console: Console, job: str) -> None:
    """Raises AssertionError where it takes too long."""
    path = f"{console.url}/api/jobs/{job}/logs"
    headers = {"X-API-Key": console.key, "Accept": "text/event-stream"}
    with httpx.stream("GET", path, headers=headers, timeout=PATIENCE) as events:
        assert any(line.startswith("event: job_completed") for line in events.iter_lines())


def opened(page: Page, console: Console, job: str) -> None:
    page.goto(f"{console.url}/console/#/jobs/{job}")


def state(page: Page) -> Locator:
    return page.get_by_role("region", name="State")


def lines(page: Page) -> Locator:
    return page.get_by_role("group", name="Output: lines")


def copied(page: Page) -> list[str]:
    """Every line of the log, as one gets it by the button."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy", exact=True).click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    text: str = page.evaluate("navigator.clipboard.readText()")
    return text.split("\n")


def written(console: Console, job: str) -> list[str]:
    answer = httpx.get(f"{console.url}/api/jobs/{job}/logs", headers={"X-API-Key": console.key}, timeout=PATIENCE)
    return answer.text.removesuffix("\n").split("\n")


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_job_that_is_cancelled_is_gone_with_all_that_it_started(page: Page, console: Console) -> None:
    job = begun(console, "stays")
    opened(page, console, job)
    expect(lines(page)).to_contain_text("two of us run")
    child = int((console.data / "child").read_text())
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("alertdialog").get_by_role("button", name="Cancel the job").click()
    expect(state(page).get_by_text("cancelled", exact=True)).to_be_visible()
    expect(page.get_by_role("log", name="Messages")).to_contain_text("Cancelled: nothing of it runs any more.")
    assert gone(child)
    assert console.call("GET", f"/api/jobs/{job}")["status"] == "cancelled"


def test_a_job_that_failed_says_why_and_is_tried_again(page: Page, console: Console) -> None:
    opened(page, console, begun(console, "fails_once"))
    expect(state(page)).to_contain_text("failed")
    expect(state(page)).to_contain_text("it ended with exit code 1")
    expect(lines(page)).to_contain_text("there is no way")
    (console.data / "mended").touch()
    page.get_by_role("button", name="Try again").click()
    expect(state(page)).to_contain_text("completed")
    expect(lines(page)).to_contain_text("found it")
    attempts = page.get_by_role("region", name="Attempts").get_by_role("listitem")
    expect(attempts).to_have_count(2)
    expect(attempts.nth(0)).to_contain_text("it ended with exit code 1")
    expect(attempts.nth(1)).to_contain_text("completed")


def test_a_job_that_waits_says_what_for(page: Page, console: Console) -> None:
    running = [begun(console, "stays") for _ in range(2)]
    waiting = begun(console, "stays")
    opened(page, console, waiting)
    expect(state(page)).to_contain_text("it is the next of those that you can see, and 2 run.")
    page.goto(f"{console.url}/console/#/jobs?status=running")
    expect(page.get_by_role("row").filter(has_text="running")).to_have_count(2)
    page.get_by_role("radio", name="waiting").click()
    expect(page.get_by_role("row").filter(has_text="waiting")).to_have_count(1)
    page.get_by_role("radio", name="all").click()
    for job in [*running, waiting]:
        console.call("POST", f"/api/jobs/{job}/cancel")
    expect(page.get_by_role("row").filter(has_text="running")).to_have_count(0)
    page.get_by_role("row").filter(has_text="cancelled").first.click()
    expect(page.get_by_role("heading", name="Stays", level=1)).to_be_focused()


def test_a_log_of_100_000_lines_is_searched_and_scrolled(page: Page, console: Console) -> None:
    job = begun(console, "many")
    ended(console, job)
    opened(page, console, job)
    expect(page.get_by_text("100,000 lines")).to_be_visible()
    lines(page).focus()
    page.keyboard.press("Control+f")
    words = page.get_by_role("searchbox", name="Find in the output")
    expect(words).to_be_focused()
    words.fill("NEEDLE")
    expect(page.get_by_text("5 lines", exact=True)).to_be_visible()
    words.press("Enter")
    expect(page.get_by_text("1 of 5 lines")).to_be_visible()
    expect(lines(page).get_by_text("line 777: ")).to_be_in_viewport()
    words.press("Shift+Enter")
    expect(page.get_by_text("5 of 5 lines")).to_be_visible()
    expect(lines(page).get_by_text("line 80777: ")).to_be_in_viewport()
    expect(lines(page).locator("mark")).to_have_text("needle")
    lines(page).press("End")
    expect(lines(page).get_by_text("line 99999: ")).to_be_in_viewport()
    lines(page).press("Home")
    expect(lines(page).get_by_text("line 0: ")).to_be_in_viewport()
    lines(page).hover()
    page.mouse.wheel(0, 20 * 50_000)
    expect(lines(page).get_by_text("line 50010: ")).to_be_in_viewport()
    page.get_by_text("Wrap lines").click()
    lines(page).press("End")
    expect(lines(page).get_by_text("line 99999: ")).to_be_in_viewport()
    assert page.evaluate("document.querySelectorAll('.log-line').length") < 200
    page.get_by_text("Wrap lines").click()


def test_the_end_is_followed_until_somebody_looks_further_up(page: Page, console: Console) -> None:
    job = begun(console, "grows")
    opened(page, console, job)
    expect(lines(page).get_by_text("before 299")).to_be_in_viewport()
    lines(page).hover()
    page.mouse.wheel(0, -2000)
    end = page.get_by_role("button", name="To the end")
    expect(end).to_be_visible()
    (console.data / "go-grows").touch()
    expect(page.get_by_text("600 lines")).to_be_visible()
    expect(lines(page).get_by_text("behind 299")).to_be_hidden()
    end.click()
    expect(lines(page).get_by_text("behind 299")).to_be_in_viewport()
    expect(end).to_be_hidden()
    (console.data / "end-grows").touch()
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()


def test_what_a_program_writes_is_text_and_nothing_else(page: Page, console: Console) -> None:
    job = begun(console, "hostile")
    ended(console, job)
    opened(page, console, job)
    expect(page.get_by_text("7 lines")).to_be_visible()
    expect(lines(page)).to_contain_text("<img src=x onerror=\"alert('owned')\"><script>alert(1)</script>")
    expect(lines(page).locator("img, script, a")).to_have_count(0)
    expect(lines(page).locator(".f1")).to_have_text("red")
    expect(lines(page).locator(".bold.f4")).to_have_text("bold and blue")
    expect(lines(page).locator(".on.b2")).to_have_text("on green")
    expect(lines(page).locator(".f2")).to_have_text(["still", "green"])
    expect(lines(page)).to_contain_text("no link nothing is cleared")
    expect(lines(page).get_by_text("100 % done")).to_have_text("100 % done")
    expect(lines(page)).to_contain_text("caf\ufffd \ufffd is not UTF-8")
    expect(lines(page).get_by_text("THE END")).to_be_hidden()
    lines(page).get_by_role("button", name="show all 5007 characters").click()
    expect(lines(page)).to_contain_text("xTHE END")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert b"caf\xe9 \xff is not UTF-8\n" in download.value.path().read_bytes()


def test_a_server_that_is_killed_leaves_no_gap_in_a_log_that_is_followed(
    page: Page, console: Console, watch: Watch
) -> None:
    watch.expected += LOST
    job = begun(console, "counts")
    opened(page, console, job)
    expect(lines(page).get_by_text(re.compile(r"^counted \d{2}$")).first).to_be_visible()
    console.kill()
    expect(page.get_by_text("The connection is lost: it goes on when that is back")).to_be_visible()
    before = len(copied(page))
    console.start()
    expect(page.get_by_role("region", name="Attempts").get_by_role("listitem")).to_have_count(2)
    shown = page.get_by_text(re.compile(r"^[\d,]+ lines$"))
    page.wait_for_function(
        "([element, before]) => Number(element.textContent.replace(/\\D/g, '')) > before + 20",
        arg=[shown.element_handle(), before],
    )
    (console.data / "end-counts").touch()
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    assert copied(page) == written(console, job)


def test_where_no_websocket_gets_through_the_log_is_followed_all_the_same(page: Page, console: Console) -> None:
    for name in ("go-grows", "end-grows"):
        (console.data / name).unlink(missing_ok=True)
    page.add_init_script(NO_SOCKET)
    page.reload()
    job = begun(console, "grows")
    opened(page, console, job)
    expect(page.get_by_text("300 lines")).to_be_visible()
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    (console.data / "go-grows").touch()
    expect(lines(page).get_by_text("behind 299")).to_be_visible()
    (console.data / "end-grows").touch()
    expect(page.get_by_text("Complete", exact=True)).to_be_visible()
    assert copied(page) == written(console, job)


def test_pages_of_jobs_can_be_used_by_everybody(page: Page, console: Console, axe: Callable[[Page], None]) -> None:
    job = begun(console, "hostile")
    ended(console, job)
    for theme in ("light", "dark"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        opened(page, console, job)
        expect(page.get_by_text("7 lines")).to_be_visible()
        page.get_by_role("searchbox", name="Find in the output").fill("bold")
        expect(page.get_by_text("1 line", exact=True)).to_be_visible()
        axe(page)
    page.set_viewport_size({"width": 360, "height": 740})
    check_no_sideways(page)
    page.goto(f"{console.url}/console/#/jobs")
    expect(page.get_by_role("row").nth(1)).to_be_visible()
    axe(page)
    check_no_sideways(page)
