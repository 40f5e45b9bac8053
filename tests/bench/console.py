"""What the console's page costs a browser: script time, by Chromium's own count, and bytes."""

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .figures import Figure
from .processes import Missing

STAGE = Path(__file__).resolve().parents[2] / "plugins/console/tests/stage"
ROUNDS = 5


def console() -> Iterator[Figure]:
    """The first load, and opening a list of 10,000 rows that comes at once."""
    sys.path.insert(0, str(STAGE))  # the stage of the console's own tests: a server, a third party's plugin, a browser
    from console_browser import CHROMIUM, launched, served, sign_in
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise Missing("Chromium is not here")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, served(Path(folder)) as server:
        browser = launched(playwright)
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        metrics = metrics_of(page)
        sizes: list[int] = []
        page.on("requestfinished", lambda request: sizes.append(request.sizes()["responseBodySize"]))
        sign_in(page, server)
        yield Figure("console, first load and sign-in", sum(sizes) / 1000, "kB sent", 300, at_most=True)
        rounds = [_opening(page, metrics, server.url) for _ in range(ROUNDS)]
        scripts = statistics.median(script for script, _ in rounds)
        tasks = statistics.median(task for _, task in rounds)
        yield Figure("console, a list of 10,000 rows: script", scripts * 1000, "ms", 200, at_most=True)
        yield Figure("console, the same: all of the page's work", tasks * 1000, "ms")
        browser.close()


def metrics_of(page: Any) -> Any:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return lambda: {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}


def _opening(page: Any, metrics: Any, url: str) -> tuple[float, float]:
    """Seconds of script, and of all tasks, from a click to the rows."""
    page.goto(f"{url}/console/#/wish")
    page.reload()  # nothing is kept from the round before
    page.get_by_role("heading", name="Wish", level=1).wait_for()
    before = metrics()
    page.get_by_role("link", name="All pegs", exact=True).click()
    page.get_by_role("row", name="colour 00009").wait_for()
    after = metrics()
    return after["ScriptDuration"] - before["ScriptDuration"], after["TaskDuration"] - before["TaskDuration"]
