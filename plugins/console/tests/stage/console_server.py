"""The server that the page is tested with: every plugin that is installed, in a process that is soon forked."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import attrs
import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from pegboard.testing import Forking, ServerProcess, Upstream, forking, upstream
from pegboard.testing.processes import ADDRESS
from pegboard_store.testing import LATE

PATIENCE = 30.0
PROGRAM = Path(__file__).with_name("program.py")
PLUGINS = (
    "pegboard_audit",
    "pegboard_auth_static",
    "pegboard_console",
    "pegboard_endpoints",
    "pegboard_execute",
    "pegboard_integrations",
    "pegboard_jobs",
    "pegboard_paginators",
    "pegboard_ratelimit",
    "pegboard_records",
    "pegboard_runner_local",
    "pegboard_sandbox_restricted",
    "pegboard_scripts",
    "pegboard_transforms",
    "pegboard_webhooks",
)
"""Whose panels the page is tested with: a server without one of them does not start."""
STATIC = os.environ.get("PEGBOARD_TEST_CONSOLE_STATIC", "")
"""A page that was built elsewhere, to test work that is under way."""
KEY = "pk_console_tests_0123456789abcdef"


@attrs.define
class Console:
    """A running server, all of whose plugins are those that are installed, and those of `sample`."""

    data: Path
    environ: dict[str, str]
    upstream: Upstream
    key: str = KEY
    port: int = 0
    """Any at first; it stays the same over restarts."""
    _backstage: "Backstage" = attrs.field(kw_only=True)
    _process: ServerProcess | None = None
    _http: httpx.Client = attrs.field(factory=lambda: httpx.Client(timeout=PATIENCE))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Raises AssertionError, with what it printed, where it does not start."""
        self._process = self._backstage.portal.call(self._started)

    async def _started(self) -> ServerProcess:
        arguments = ("serve", "--port", str(self.port), "--data", str(self.data))
        process = await self._backstage.servers.started(*arguments, cwd=self.data, environ=self.environ)
        try:
            self.port = httpx.URL((await process.printed(ADDRESS.pattern, PATIENCE))[1]).port or 0
        except AssertionError:
            await process.kill()
            raise
        return process

    def kill(self) -> None:
        """SIGKILL to the server and all that it started."""
        if self._process is not None:
            self._backstage.portal.call(self._process.kill)
            self._process = None

    def reached(self, path: str, count: int) -> None:
        """Wait until the stand-in was asked so often for a path. Raises TimeoutError."""
        self._backstage.portal.call(self.upstream.wait_for, count, path)

    def close(self) -> None:
        self._http.close()
        self.kill()

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        """JSON of the API, as a program with the key would ask for it. Raises AssertionError for a refusal."""
        headers = {"X-API-Key": self.key, **options.pop("headers", {})}
        answer = self._http.request(method, self.url + path, json=body, headers=headers, **options)
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


@attrs.frozen
class Backstage:
    """What servers are forked from, with an event loop in a thread of its own: Playwright has that of the tests."""

    portal: BlockingPortal
    servers: Forking
    migrated: Path
    """A folder with a database that has all tables, which each server begins with a copy of."""

    @contextmanager
    def served(self, data: Path, **environ: str) -> Iterator[Console]:
        """A server in the folder `data`, on a port that stays its own over restarts, and a stand-in for others'."""
        with self.portal.wrap_async_context_manager(upstream()) as api:
            given = {
                "PEGBOARD_ACCOUNTS__API_KEY": KEY,
                "PEGBOARD_ACCOUNTS__HASH_COST": "owasp",
                "PEGBOARD_ACCOUNTS__REGISTRATION": "open",
                "PEGBOARD_ACCOUNTS__ROLE": "admin",
                "PEGBOARD_REQUIRED": ",".join(name.removeprefix("pegboard_").replace("_", "-") for name in PLUGINS),
                "PEGBOARD_EGRESS__ALLOW_ORIGINS": api.url,
                **({"PEGBOARD_CONSOLE__STATIC": STATIC} if STATIC else {}),
                **environ,
            }
            console = Console(data, given, api, backstage=self)
            shutil.copytree(self.migrated, data, dirs_exist_ok=True)
            try:
                console.start()
                yield console
            finally:
                console.close()


@contextmanager
def backstage() -> Iterator[Backstage]:
    waiting = forking(PROGRAM, preload=("console_sample", *LATE), environ={"PYTHONPATH": str(PROGRAM.parent)})
    with (
        tempfile.TemporaryDirectory() as folder,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(waiting) as servers,
    ):
        upgrade = partial(servers.run, "db", "upgrade", cwd=folder, environ={"PEGBOARD_DATA": folder}, patience=60)
        done = portal.call(upgrade)
        assert done.code == 0, done.stderr
        yield Backstage(portal, servers, Path(folder))


@contextmanager
def served(data: Path, **environ: str) -> Iterator[Console]:
    """One server, for whoever needs no more."""
    with backstage() as made, made.served(data, **environ) as console:
        yield console
