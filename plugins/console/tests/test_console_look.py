"""For everybody: WCAG 2.2 AA by axe, narrow windows, the keyboard alone, light and dark, another language."""

import re
from collections.abc import Iterator

import pytest
from console_browser import Console, Watch, check_accessible, check_no_sideways, show
from playwright.sync_api import Browser, BrowserContext, Page, expect

FRAME = ("", "pegs", "pegs/3", "all-pegs", "wish", "drawn", "broken", "none")
ACCESS = (
    "keys",
    "users",
    "tenants",
    "profile",
    "password",
    "audit",
    "subscriptions",
    "deliveries",
    "received",
    "files",
)
AREAS = ("endpoints", "endpoints/new", "integrations", "integrations/new", "records", "scripts", "jobs", "schedules")
SYSTEM = ("python", "system", "system/plugins", "system/isolation", "system/settings")


@pytest.fixture(params=["light", "dark"])
def coloured(request: pytest.FixtureRequest, signed_in: BrowserContext, watch: Watch) -> Iterator[Page]:
    page = signed_in.new_page()
    watch.over(page)
    watch.expected += ["404", "422"]
    page.emulate_media(color_scheme=request.param, reduced_motion="reduce")
    yield page
    page.close()


@pytest.mark.parametrize("addresses", [FRAME, ACCESS, AREAS, SYSTEM], ids=["frame", "access", "areas", "system"])
def test_every_page_is_accessible_and_narrow_enough(
    coloured: Page, console: Console, addresses: tuple[str, ...]
) -> None:
    for address in addresses:
        coloured.set_viewport_size({"width": 1280, "height": 900})
        show(coloured, console, address)
        check_accessible(coloured)
        coloured.set_viewport_size({"width": 360, "height": 740})
        check_no_sideways(coloured)
        check_accessible(coloured)


def test_signing_in_is_accessible(browser: Browser, console: Console, watch: Watch) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    watch.over(page)
    page.goto(f"{console.url}/console/")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()
    check_accessible(page)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Paste an API key")).to_be_visible()
    check_accessible(page)
    check_no_sideways(page)
    context.close()


def test_what_opens_over_the_page_is_accessible(coloured: Page, console: Console) -> None:
    coloured.goto(f"{console.url}/console/#/pegs")
    expect(coloured.get_by_role("grid")).to_be_visible()
    for key, name in (("/", "Search"), ("?", "Keyboard")):
        coloured.keyboard.press(key)
        expect(coloured.get_by_role("dialog", name=name)).to_be_visible()
        check_accessible(coloured)
        coloured.keyboard.press("Escape")
        expect(coloured.get_by_role("dialog", name=name)).to_be_hidden()
    coloured.get_by_role("button", name="New peg").click()
    expect(coloured.get_by_role("dialog", name="New peg")).to_be_visible()
    check_accessible(coloured)
    coloured.set_viewport_size({"width": 360, "height": 740})
    check_no_sideways(coloured)
    coloured.keyboard.press("Escape")
    coloured.get_by_role("button", name=re.compile("Account")).click()
    check_accessible(coloured)
    coloured.keyboard.press("Escape")
    coloured.get_by_role("button", name="Menu").click()
    expect(coloured.get_by_role("dialog", name="Menu")).to_be_visible()
    check_accessible(coloured)


def test_the_keyboard_alone_is_enough(page: Page, console: Console) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.type("pegs")
    expect(page.get_by_role("option", name="Ten thousand at once")).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Pegs", level=1)).to_be_focused()
    grid = page.get_by_role("grid", name="Pegs")
    expect(grid.get_by_role("row", name="colour 00000")).to_be_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.getAttribute('role')") == "row":
            break
    expect(grid.get_by_role("row", name="colour 00000")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(grid.get_by_role("row", name="colour 00002")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="colour 00002", level=1)).to_be_focused()
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_focused()


def test_light_dark_and_the_language_are_kept(page: Page, console: Console) -> None:
    def surface() -> str:
        return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))

    def choose(label: re.Pattern[str], option: str) -> None:
        page.get_by_role("button", name=label).click()
        page.get_by_role("option", name=option).click()

    light = surface()
    page.get_by_role("button", name=re.compile("Account and appearance")).click()
    choose(re.compile("Appearance$"), "Dark")
    page.wait_for_function("light => getComputedStyle(document.body).backgroundColor !== light", arg=light)
    dark = surface()
    choose(re.compile("Language$"), "Español")
    expect(page.get_by_role("heading", name="Resumen", level=1, include_hidden=True)).to_be_attached()
    page.reload()
    expect(page.get_by_role("heading", name="Resumen", level=1)).to_be_visible()
    assert (surface(), page.evaluate("document.documentElement.lang")) == (dark, "es")
    page.goto(f"{console.url}/console/#/pegs")
    expect(page.get_by_text(re.compile("50 de .* entradas"))).to_be_visible()
