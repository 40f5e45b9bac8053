"""The page in a real browser."""

import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect
from starlette.applications import Starlette

from pegboard.testing import serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = bool(os.environ.get("PEGBOARD_TEST_REQUIRE_BROWSER"))
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking")
PATIENCE = 30_000.0
"""Milliseconds for what the page is to show."""

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(CHROMIUM is None and not REQUIRED, reason="Chromium is not here: apt-get install chromium"),
]

expect.set_options(timeout=PATIENCE)


@asynccontextmanager
async def opened(requests: list[str], complaints: list[str]) -> AsyncIterator[Page]:
    """A page of a browser with a fresh profile, the addresses it asks for, and what its console says of errors."""
    assert CHROMIUM is not None, "PEGBOARD_TEST_REQUIRE_BROWSER is set, and there is no Chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1280, "height": 900})
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        await browser.close()


async def test_a_person_reads_the_document_types_a_key_and_tries_a_route(
    make_app: Callable[..., Starlette], example: Any
) -> None:
    example.add("/e/of-all", anonymous=True)
    example.add("/e/of-north", tenant="north")
    requests, complaints = list[str](), list[str]()
    async with serve(make_app()) as url, opened(requests, complaints) as page:
        await page.goto(f"{url}/")
        await expect(page).to_have_url(f"{url}/docs")
        await expect(page).to_have_title("Pegboard")
        await expect(path(page, "/things/{id}/parts/{part}")).to_be_visible()
        await expect(path(page, "/e/of-all")).to_be_visible()
        await expect(path(page, "/e/of-north")).to_have_count(0)

        await page.locator(".btn.authorize").click()
        await page.locator(".auth-container input").fill("wrong")
        await page.locator(".auth-btn-wrapper .authorize").click()
        await expect(page.locator(".auth-container .errors")).to_contain_text("the key is not known")
        await expect(path(page, "/e/of-all")).to_have_count(1)

        await page.locator(".auth-container input").fill("key-of-ann")
        await page.locator(".auth-btn-wrapper .authorize").click()
        await expect(path(page, "/e/of-north")).to_have_count(1)
        await page.locator(".auth-btn-wrapper .btn-done").click()

        things = page.locator("[id^=operations-things-things][id$=list]")
        await things.locator(".opblock-summary-control").click()
        # Swagger UI loses an Execute that comes before it has resolved the operation's references
        await expect(things).to_contain_text('"data"')
        await things.locator(".execute").click()
        answer = page.locator(".live-responses-table").first
        await expect(answer).to_contain_text("200")
        await expect(answer).to_contain_text('"id": "thing_1"')

        await page.emulate_media(color_scheme="dark")
        await expect(page.locator("html.dark-mode")).to_have_count(1)
    assert [address for address in requests if not address.startswith((url, "data:"))] == []
    assert [complaint for complaint in complaints if "401" not in complaint] == []  # of the wrong key


def path(page: Page, of: str) -> Any:
    """Where the page has the path of an operation."""
    return page.locator(f'.opblock-summary-path[data-path="{of}"]')
