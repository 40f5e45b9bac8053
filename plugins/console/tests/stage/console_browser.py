"""The browser that the page is looked at with, and what that one complained of."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import attrs
from console_server import Console, served
from playwright.sync_api import Browser, Page, expect, sync_playwright

__all__ = [
    "CHROMIUM",
    "REQUIRED",
    "Browsing",
    "Console",
    "Watch",
    "check_accessible",
    "check_no_sideways",
    "launched",
    "served",
    "show",
    "sign_in",
]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = bool(os.environ.get("PEGBOARD_TEST_REQUIRE_BROWSER"))
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--process-per-site",  # pages of one context share what was compiled, for as long as one of them is open
)
AXE_OPTIONS = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # what is right is not described at each of its places
    "preload": {"assets": ["media"]},  # no rule of these asks for the style sheets
}
AXE = Path(__file__).parents[2] / "frontend/node_modules/axe-core/axe.min.js"

expect.set_options(timeout=15_000)


@attrs.define
class Browsing:
    """A browser for all tests that follow one another. While it is open it has this thread's event loop."""

    _browser: Browser | None = None
    _closing: ExitStack = attrs.field(factory=ExitStack)

    def open(self) -> Browser:
        if self._browser is None:
            self._browser = launched(self._closing.enter_context(sync_playwright()))
            self._closing.callback(self._browser.close)
        return self._browser

    def close(self) -> None:
        self._browser = None
        self._closing.close()


LEFT = "WebSocket is closed before the connection is established"
"""What the browser says where a page is left while its connection is being made: nothing is wrong with that."""


@attrs.define
class Watch:
    """What a page did that it must not: messages of the console, refusals of the policy, requests to other hosts.

    `expected` are parts of messages that mean nothing, and of those that a test brings about on purpose.
    """

    home: str
    complaints: list[str] = attrs.field(factory=list)
    expected: list[str] = attrs.field(factory=lambda: [LEFT])

    def over(self, page: Page) -> None:
        page.on("console", lambda message: self._said(message))
        page.on("pageerror", lambda error: self.complaints.append(f"exception: {error}"))
        page.on("request", lambda request: self._asked(request.url))
        page.on("dialog", lambda dialog: (self.complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning") or "Content Security Policy" in message.text:
            self.complaints.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.complaints.append(f"a request to {url}")

    def check(self) -> None:
        left = [one for one in self.complaints if not any(part in one for part in self.expected)]
        assert not left, "\n".join(left)


def sign_in(page: Page, console: Console) -> None:
    page.goto(f"{console.url}/console/")
    page.get_by_label("API key", exact=True).fill(console.key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Overview", level=1)).to_be_visible()


def show(page: Page, console: Console, address: str) -> None:
    """Go to an address of the page, and wait until what is there has come."""
    page.goto(f"{console.url}/console/#/{address}")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(page.locator("main h1")).to_be_visible()
    expect(page.get_by_text("Loading…")).to_have_count(0)


def check_accessible(page: Page, within: str = "html") -> None:
    """Raises AssertionError with what axe finds wrong by WCAG 2.2 AA, and where."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text())
    found = page.evaluate("([within, options]) => axe.run(within, options)", [within, AXE_OPTIONS])
    told = [_described(one) for one in found["violations"]]
    assert not told, f"{page.url}\n" + "\n".join(told)


def _described(violation: dict[str, Any]) -> str:
    places = (f"    {node['html'][:300]}\n    {node['failureSummary']}" for node in violation["nodes"][:5])
    return "\n".join([f"{violation['id']}: {violation['help']}", *places])


def check_no_sideways(page: Page) -> None:
    """Raises AssertionError where one would have to scroll to the side (WCAG 1.4.10)."""
    over = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
            [...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 5).map(one => one.outerHTML.slice(0, 200))"""
    )
    assert not over, f"{page.url} is wider than the window:\n" + "\n".join(over)


def launched(playwright: Any) -> Browser:
    browser: Browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
    return browser
