"""What a log of 100,000 lines costs a browser: opening it, and scrolling through it by wheel and by keys."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import httpx

from .console import STAGE, metrics_of
from .figures import Figure
from .processes import Missing

LINES, TURNS = 100_000, 200
SCRIPT = f"""# /// pegboard-script
# ///
for n in range({LINES}):
    print(f"\\x1b[3{{n % 8}}mline {{n}}\\x1b[0m of a log that somebody reads, with colours and some hundred characters")
"""
WATCH = """() => {
  window.seen = {longest: 0, wheel: 0, keydown: 0};
  new PerformanceObserver(list => {
    for (const one of list.getEntries()) seen.longest = Math.max(seen.longest, one.duration);
  }).observe({entryTypes: ["longtask"]});
  for (const kind of ["wheel", "keydown"]) {
    document.querySelector(".log-lines").addEventListener(kind, () => seen[kind]++, {passive: true});
  }
}"""


@attrs.frozen
class Turned:
    """Seconds of script, milliseconds of the longest task (0: all were below 50), and inputs that did not arrive."""

    script: float
    longest: float
    dropped: int


def log() -> Iterator[Figure]:
    sys.path.insert(0, str(STAGE))
    from console_browser import CHROMIUM, launched, served, sign_in
    from playwright.sync_api import sync_playwright

    if CHROMIUM is None:
        raise Missing("Chromium is not here")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        (Path(folder) / "many.py").write_text(SCRIPT)
        with served(Path(folder), PEGBOARD_SCRIPTS__FOLDERS=folder) as server:
            browser = launched(playwright)
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            metrics = metrics_of(page)
            sign_in(page, server)
            job = _finished(server)
            before = metrics()
            page.goto(f"{server.url}/console/#/jobs/{job}")
            page.get_by_text(f"{LINES:,} lines").wait_for()
            script = metrics()["ScriptDuration"] - before["ScriptDuration"]
            yield Figure(f"console, opening a log of {LINES:,} lines: script", script * 1000, "ms")
            yield from _scrolled(page, metrics)
            browser.close()


def _finished(server: Any) -> str:
    job: str = server.call("POST", "/api/scripts/execute", {"script_name": "many"})["job_id"]
    path = f"/api/jobs/{job}/logs?wait=30&offset="
    offset, status = 0, "running"
    with httpx.Client(base_url=server.url, headers={"X-API-Key": server.key}, timeout=60) as http:
        while status in ("pending", "running"):
            answer = http.get(f"{path}{offset}")
            offset, status = int(answer.headers["x-log-offset"]), answer.headers["x-job-status"]
    return job


def _scrolled(page: Any, metrics: Callable[[], dict[str, float]]) -> Iterator[Figure]:
    lines = page.locator(".log-lines")
    page.evaluate(WATCH)
    lines.hover()
    ways: dict[str, Callable[[], None]] = {
        "wheel": lambda: page.mouse.wheel(0, -3000),
        "keydown": lambda: lines.press("PageDown"),
    }
    for kind, turn in ways.items():
        turned = _turned(page, metrics, kind, turn)
        name = "wheel" if kind == "wheel" else "keys"
        each = f"{TURNS} times"
        yield Figure(f"console, scrolling it by {name}: script", turned.script * 1000, "ms", note=each)
        yield Figure(f"console, scrolling it by {name}: longest task", turned.longest, "ms", note="0: none of 50 ms")
        yield Figure(f"console, scrolling it by {name}: dropped inputs", turned.dropped, "", 0, at_most=True)


def _turned(page: Any, metrics: Callable[[], dict[str, float]], kind: str, turn: Callable[[], None]) -> Turned:
    page.evaluate("seen.longest = 0")
    before = metrics()["ScriptDuration"]
    for _ in range(TURNS):
        turn()
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seen = page.evaluate("seen")
    return Turned(metrics()["ScriptDuration"] - before, seen["longest"], TURNS - seen[kind])
