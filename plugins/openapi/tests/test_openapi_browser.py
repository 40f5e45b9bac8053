"""The page in a real browser: Chromium, driven by its DevTools protocol."""

import asyncio
import itertools
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import attrs
import httpx
import pytest
import websockets
from starlette.applications import Starlette

from pegboard.testing import serve

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = bool(os.environ.get("PEGBOARD_TEST_REQUIRE_BROWSER"))
FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync --disable-dev-shm-usage --remote-debugging-port=0 --window-size=1280,900"""
PATIENCE = 30.0

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(CHROMIUM is None and not REQUIRED, reason="Chromium is not here: apt-get install chromium"),
]


@attrs.define
class Tab:
    """One page of a browser. `requests` are the addresses it asked for, `complaints` what its console said."""

    socket: Any
    requests: list[str] = attrs.field(factory=list)
    complaints: list[str] = attrs.field(factory=list)
    _numbers: Any = attrs.field(factory=itertools.count)

    async def command(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(await self.socket.recv())
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                result: dict[str, Any] = message["result"]
                return result
            self._note(message)

    def _note(self, event: dict[str, Any]) -> None:
        params = event.get("params", {})
        if event.get("method") == "Network.requestWillBeSent":
            self.requests.append(params["request"]["url"])
        elif event.get("method") == "Log.entryAdded":
            self.complaints.append(params["entry"]["text"])
        elif event.get("method") == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(params["exceptionDetails"]))

    async def run(self, script: str) -> Any:
        made = await self.command("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in made, made["exceptionDetails"]
        return made["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until a JavaScript expression is true, looked at before each frame."""
        look = f"const look = () => ({condition}) ? done() : requestAnimationFrame(look)"
        try:
            with anyio.fail_after(PATIENCE):
                await self.run(f"new Promise(done => {{ {look}; look() }}).then(() => null)")
        except TimeoutError:
            raise AssertionError(f"never came true: {condition}; the console said {self.complaints}") from None

    async def click(self, selector: str) -> None:
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(found)
        await self.run(f"{found}.click()")

    async def type(self, selector: str, text: str) -> None:
        found = f"document.querySelector({json.dumps(selector)})"
        await self.until(found)
        await self.run(f"{found}.focus()")
        await self.command("Input.insertText", text=text)


@asynccontextmanager
async def browser(profile: Path) -> AsyncIterator[Tab]:
    assert CHROMIUM is not None, "PEGBOARD_TEST_REQUIRE_BROWSER is set, and there is no Chromium"
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *FLAGS.split(),
        f"--user-data-dir={profile}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with httpx.AsyncClient() as http:
            targets = (await http.get(f"http://{await _address(process)}/json")).json()
        page = next(target for target in targets if target["type"] == "page")
        async with websockets.connect(page["webSocketDebuggerUrl"], max_size=None) as socket:
            tab = Tab(socket)
            for domain in ("Page", "Runtime", "Network", "Log"):
                await tab.command(f"{domain}.enable")
            yield tab
    finally:
        process.kill()
        await process.wait()


async def _address(process: asyncio.subprocess.Process) -> str:
    said = b""
    with anyio.fail_after(PATIENCE):
        while process.stderr is not None and (line := await process.stderr.readline()):
            said += line
            if match := re.search(rb"DevTools listening on ws://([^/]+)/", line):
                return match[1].decode()
    raise AssertionError(f"Chromium did not start: {said.decode(errors='replace')}")


@pytest.mark.skipif(sys.platform != "linux", reason="the flags are those of Chromium on Linux")
async def test_a_person_reads_the_document_types_a_key_and_tries_a_route(
    make_app: Callable[..., Starlette], example: Any, tmp_path: Path
) -> None:
    example.add("/e/of-all", anonymous=True)
    example.add("/e/of-north", tenant="north")
    shown = "Array.from(document.querySelectorAll('.opblock-summary-path'), path => path.dataset.path)"
    async with serve(make_app()) as url, browser(tmp_path / "profile") as tab:
        await tab.command("Page.navigate", url=f"{url}/")
        await tab.until(f"{shown}.includes('/things/{{id}}/parts/{{part}}')")
        assert await tab.run("[location.pathname, document.title]") == ["/docs", "Pegboard"]
        assert "/e/of-all" in await tab.run(shown)
        assert "/e/of-north" not in await tab.run(shown)

        await tab.click(".btn.authorize")
        await tab.type(".auth-container input", "wrong")
        await tab.click(".auth-btn-wrapper .authorize")
        await tab.until("document.querySelector('.auth-container .errors')?.innerText.includes('the key is not known')")
        assert "/e/of-all" in await tab.run(shown)

        await tab.run("document.querySelector('.auth-container input').select()")
        await tab.type(".auth-container input", "key-of-ann")
        await tab.click(".auth-btn-wrapper .authorize")
        await tab.until(f"{shown}.includes('/e/of-north')")
        await tab.click(".auth-btn-wrapper .btn-done")

        await tab.click("[id^=operations-things-things][id$=list] .opblock-summary-control")
        # Swagger UI loses an Execute that comes before it has resolved the operation's references
        await tab.until("document.querySelector('.opblock.is-open')?.innerText.includes('\"data\"')")
        await tab.click("[id^=operations-things-things][id$=list] .execute")
        await tab.until("document.querySelector('.live-responses-table .response-col_status')")
        answer = await tab.run("document.querySelector('.live-responses-table').innerText")
        assert "200" in answer
        assert '"id": "thing_1"' in answer

        await tab.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
        await tab.until("document.documentElement.classList.contains('dark-mode')")
        assert [address for address in tab.requests if not address.startswith((url, "data:"))] == []
        assert [complaint for complaint in tab.complaints if "401" not in complaint] == []  # of the wrong key
