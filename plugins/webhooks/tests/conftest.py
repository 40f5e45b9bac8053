"""An app that receives and sends, on either database, with a source of its own."""

import asyncio
import hmac
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import pytest
from starlette.applications import Starlette

import pegboard_egress
import pegboard_jobs
import pegboard_store
import pegboard_vault
import pegboard_webhooks
from pegboard import Problem, Registries, Secret, Services, create_app, hookimpl
from pegboard.testing import caller, callers, client
from pegboard.testing.fixtures import anyio_backend, upstream_server  # noqa: F401
from pegboard_jobs import JobFailed, JobKind, JobRun
from pegboard_store import Store
from pegboard_store.testing import (  # noqa: F401
    database_url,
    postgresql_url,
    store_section,
)
from pegboard_webhooks import Effect, Event, Hook, Message, WebhookScheme, WebhookSource, WebhookSources

ADMIN = caller("webhooks:*", "jobs:*", id="ann", tenant="acme")
STRANGER = caller("webhooks:*", id="eve", tenant="other")
PATIENCE = 20.0
TOKEN = "the-token-of-the-address"


@attrs.define
class Desk:
    """A source of events: `handled` is what was done, `hooks` what receives."""

    hooks: dict[str, Hook] = attrs.field(factory=dict)
    handled: list[Any] = attrs.field(factory=list)
    failures: int = 0

    async def find(self, services: Services, hook: str, token: str) -> Hook | None:
        return self.hooks.get(hook) if secrets.compare_digest(token, TOKEN) else None

    async def plan(self, services: Services, event: Event) -> Effect:
        document = event.document
        kind = document.get("type", "") if isinstance(document, dict) else ""
        if kind == "unknown":
            return Effect(kind, matched=False)

        async def apply(session: Any) -> Any:
            if self.failures:
                self.failures -= 1
                raise Problem(409, "not-now", "it is not the time for that")
            if kind == "broken":
                raise ZeroDivisionError("a secret")
            return {"seen": document}

        return Effect(kind, apply, lambda: self.handled.append(document))

    def receives(self, scheme: WebhookScheme, secret: str, *more: str, name: str = "one", **config: Any) -> None:
        from pegboard.json import converter

        options = {key: config.pop(key) for key in ("status", "body", "id_header", "event_id") if key in config}
        made = converter.structure(config, scheme.config)
        valid = [Secret(text) for text in (secret, *more)]
        self.hooks[name] = Hook(id=name, tenant="acme", scheme=scheme, config=made, secrets=valid, **options)

    async def does(self, run: JobRun) -> str:
        if run.job.payload != "well":
            raise JobFailed(run.job.payload)
        return "done"

    @hookimpl
    def pegboard_job_kinds(self) -> JobKind:
        return JobKind("desk.does", "For tests", run=self.does)

    @hookimpl
    def pegboard_services(self, registry: Any) -> None:
        async def added(services: Services) -> Desk:
            (await services.aget(WebhookSources)).add(WebhookSource("desk", find=self.find, plan=self.plan))
            return self

        registry.offer(Desk, added, eager=True)


@attrs.frozen
class App:
    """An app under test: its client, and the desk that its events come to."""

    http: Any
    desk: Desk

    @property
    def services(self) -> Any:
        return self.http.app.state.board.services

    @property
    def store(self) -> Store:
        found: Store = self.services.get(Store)
        return found

    def scheme(self, name: str) -> WebhookScheme:
        found: WebhookScheme = self.services.get(Registries)[WebhookScheme].get(name)
        return found

    async def deliver(self, body: bytes, *, name: str = "one", token: str = TOKEN, **headers: str) -> Any:
        sent = {"content-type": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
        return await self.http.post(f"/api/v1/webhooks/desk/{name}/{token}", content=body, headers=sent)

    async def signed(self, scheme: WebhookScheme, secret: str, body: bytes, identifier: str = "evt_1") -> Any:
        hook = self.desk.hooks["one"]
        url = f"{self.http.base_url}/api/v1/webhooks/desk/one/{TOKEN}"
        signed = scheme.sign(hook.config, Secret(secret), Message(identifier, int(time.time()), body, url))
        sent = {"content-type": "application/json", **signed.headers}
        return await self.http.post(signed.url, content=body, headers=sent)

    async def events(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.http.get("/api/v1/webhook-events", params=query, headers=ADMIN)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["events"])

    async def until(self, true: Callable[[], Awaitable[Any]]) -> Any:
        """What becomes true, within the deadline."""
        end = time.monotonic() + PATIENCE
        while not (found := await true()):
            assert time.monotonic() < end, "it did not become true"
            await asyncio.sleep(0.01)
        return found

    async def states(self, *expected: str) -> list[dict[str, Any]]:
        """The events once their states, the oldest first, are these."""

        async def there() -> list[dict[str, Any]]:
            found = (await self.events())[::-1]
            return found if tuple(one["state"] for one in found) == expected else []

        return list(await self.until(there))


def hmac_header(secret: str, body: bytes) -> str:
    return hmac.new(secret.encode(), body, "sha256").hexdigest()


def body_of(**members: Any) -> bytes:
    return json.dumps(members).encode()


def app_on(url: str, folder: Path, desk: Any, log: Any = None, **webhooks: Any) -> Starlette:
    plugins = {
        "callers": callers,
        "desk": desk,
        "egress": pegboard_egress,
        "jobs": pegboard_jobs,
        "store": pegboard_store,
        "vault": pegboard_vault,
        "webhooks": pegboard_webhooks,
    }
    fast = {"handle_schedule": [0.02, 0.02], "send_schedule": [0.05] * 40} | webhooks
    sections = {"store": store_section(url), "jobs": {"drain": 0.0}, "webhooks": fast}
    settings = {"data": str(folder), "log": log or {}, "plugins": sections}
    return create_app(settings=settings, plugins=plugins, installed=False, environ={})


@asynccontextmanager
async def opened(url: str, folder: Path, **webhooks: Any) -> AsyncIterator[App]:
    desk = Desk()
    async with client(app_on(url, folder, desk, **webhooks)) as http:
        yield App(http, desk)


@pytest.fixture
async def app(database_url: str, tmp_path: Path) -> AsyncIterator[App]:  # noqa: F811
    async with opened(database_url, tmp_path) as made:
        yield made


@pytest.fixture
def app_with(database_url: str, tmp_path: Path) -> Any:  # noqa: F811
    """Opens an app with settings of its own."""
    return lambda **webhooks: opened(database_url, tmp_path, **webhooks)


@pytest.fixture
async def light(tmp_path: Path) -> AsyncIterator[App]:
    """The same on SQLite alone, for what no database decides."""
    async with opened(f"sqlite:///{tmp_path / 'light.db'}", tmp_path) as made:
        yield made
