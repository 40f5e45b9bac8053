"""``pegboard demo``: the whole way of an endpoint over a real socket, step by step, on data of its own."""

import contextlib
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import click
import httpx

LOGIC = """\
def process_data(widget_data, request, user):
    from collections import defaultdict

    monthly = defaultdict(float)
    for sale in widget_data.get('sales', []):
        monthly[sale['date'][:7]] += sale['amount']
    return {'labels': list(monthly.keys()), 'total': sum(monthly.values())}
"""
BAD = "import os\n\ndef process_data(data, req, user):\n    return os.listdir('/')\n"
ADDRESS = re.compile(r"Pegboard serves (http://\S+)")
PATIENCE = 60


class StepFailed(Exception):
    """A step did not go as told."""


def expect(holds: bool, told: str, seen: object) -> None:
    if not holds:
        raise StepFailed(f"expected {told}, got {seen}")


@attrs.define
class Walk:
    """What the steps share: the running server, a client, and the widget that was saved."""

    folder: str
    key: str = attrs.field(factory=lambda: secrets.token_urlsafe(24), repr=False)
    process: "subprocess.Popen[str] | None" = None
    url: str = ""
    widget: str = ""
    first: Any = None

    def start(self) -> str:
        """Start a server on the folder, at the port it had before if there was one."""
        port = self.url.rpartition(":")[2] or "0"
        command = [sys.executable, "-m", "pegboard", "serve", "--port", port, "--data", self.folder, "--sample"]
        environment = os.environ | {"API_KEY": self.key}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        for line in self.process.stdout:
            found = ADDRESS.search(line)
            if found:
                self.url = found[1]
                return f"serves {self.url}"
        raise StepFailed(f"the server ended with exit code {self.process.wait()}")

    def stop(self) -> str:
        """Ask the server to end, as Ctrl-C does."""
        if self.process is None:
            return "nothing runs"
        self.process.terminate()
        code = self.process.wait(PATIENCE)
        expect(code == 0, "exit code 0", code)
        self.process = None
        return "ended in order"

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"X-API-Key": self.key}
        return httpx.request(method, self.url + path, headers=headers, timeout=PATIENCE, trust_env=False, **options)

    def list_plugins(self) -> str:
        plugins = self.request("GET", "/-/plugins").json()
        broken = [plugin["name"] for plugin in plugins if plugin["state"] == "quarantined"]
        expect(not broken, "no quarantined plugin", broken)
        return ", ".join(plugin["name"] for plugin in plugins)

    def save(self) -> str:
        data = {"logic": LOGIC, "refresh_interval": 300}
        draft = {"name": "Sales", "project_id": "demo", "endpoint": f"{self.url}/sample/sales", "endpoint_data": data}
        answer = self.request("POST", "/public/widgets", json=draft)
        expect(answer.status_code == 201, "201", answer.text)
        self.widget = answer.json()["id"]
        return self.widget

    def validate_bad(self) -> str:
        answer = self.request("POST", "/public/widgets/validate", json={"logic": BAD}).json()
        expect(not answer["valid"], "a refusal", answer)
        violation = answer["violations"][0]
        expect((violation["name"], violation["line"]) == ("os", 1), "module os in line 1", violation)
        return f"line {violation['line']}: {violation['message']}"

    def execute(self) -> str:
        answer = self._executed("MISS")
        self.first = answer.json()
        return f"total {self.first['total']:,.2f} ({answer.headers['server-timing']})"

    def execute_cached(self) -> str:
        answer = self._executed("HIT")
        expect(answer.json() == self.first, "the same answer", answer.text)
        return f"the upstream was not asked ({answer.headers['server-timing']})"

    def restart(self) -> str:
        self.stop()
        return self.start()

    def execute_again(self) -> str:
        answer = self._executed("MISS")
        expect(answer.json() == self.first, "the same answer", answer.text)
        return "the endpoint has survived"

    def delete(self) -> str:
        answer = self.request("DELETE", f"/public/widgets/{self.widget}")
        expect(answer.status_code == 204, "204", answer.text)
        return self.widget

    def execute_deleted(self) -> str:
        answer = self.request("GET", f"/public/widgets/{self.widget}/execute")
        expect(answer.status_code == 404, "404", answer.status_code)
        return str(answer.json()["detail"])

    def _executed(self, cache: str) -> httpx.Response:
        answer = self.request("GET", f"/public/widgets/{self.widget}/execute")
        expect(answer.status_code == 200, "200", answer.text)
        expect(answer.headers["x-cache"] == cache, f"X-Cache {cache}", answer.headers["x-cache"])
        return answer


STEPS: tuple[tuple[str, Callable[[Walk], str]], ...] = (
    ("start a server", Walk.start),
    ("list the plugins", Walk.list_plugins),
    ("save an endpoint", Walk.save),
    ("validate a bad one", Walk.validate_bad),
    ("execute it", Walk.execute),
    ("execute it from the cache", Walk.execute_cached),
    ("restart the server", Walk.restart),
    ("execute it again", Walk.execute_again),
    ("delete it", Walk.delete),
    ("execute the deleted one", Walk.execute_deleted),
    ("stop the server", Walk.stop),
)


@click.command()
def demo() -> None:
    """Walk through an endpoint's whole life on a real socket; ends with a JSON summary."""
    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="pegboard-demo-") as folder, _walk(folder) as walk:
        for name, step in _shown(STEPS):
            results.append(_take(walk, name, step))
            mark = "ok" if results[-1]["ok"] else "FAILED"
            click.echo(f"  {mark:<6} {name}: {results[-1]['detail']}", err=True)
            if not results[-1]["ok"]:
                break
    ok = len(results) == len(STEPS) and all(result["ok"] for result in results)
    click.echo(json.dumps({"ok": ok, "steps": results}, indent=2))
    click.get_current_context().exit(0 if ok else 1)


@contextlib.contextmanager
def _walk(folder: str) -> Iterator[Walk]:
    walk = Walk(folder)
    try:
        yield walk
    finally:
        if walk.process is not None:
            walk.process.kill()
            walk.process.wait()


def _shown(steps: tuple[tuple[str, Callable[[Walk], str]], ...]) -> Iterator[tuple[str, Callable[[Walk], str]]]:
    """The steps, with a progress bar where standard error is a terminal."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    yield from track(steps, "demo", console=console, disable=not console.is_terminal, transient=True)


def _take(walk: Walk, name: str, step: Callable[[Walk], str]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        ok, detail = True, step(walk)
    except (StepFailed, httpx.HTTPError, subprocess.TimeoutExpired, OSError, KeyError, ValueError) as error:
        ok, detail = False, str(error) or type(error).__name__
    return {"step": name, "ok": ok, "ms": round((time.perf_counter() - started) * 1e3, 1), "detail": detail}
