"""What an app tells of itself."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from pegboard import AuthProvider, Notice, Notices, create_app, hookimpl, status
from pegboard.testing import client

pytestmark = pytest.mark.anyio


class Database:
    pass


class Queue:
    pass


def offering(**pings: Any) -> Any:
    """A plugin with a service for each ping."""

    @hookimpl
    def pegboard_services(registry: Any, settings: Any) -> None:
        for kind in (Database, Queue):
            if kind.__name__ in pings:
                registry.offer(kind, lambda services, kind=kind: kind(), ping=pings[kind.__name__])

    return SimpleNamespace(pegboard_services=pegboard_services)


async def works(service: Any) -> str:
    return "12 connections to db.internal:5432"


async def breaks(service: Any) -> None:
    raise ConnectionError("db.internal:5432 refuses")


async def hangs(service: Any) -> None:
    await asyncio.Event().wait()


def app(**plugins: Any) -> Any:
    return create_app(plugins=plugins, environ={}, installed=False)


async def test_a_kernel_alone_is_well_and_has_no_plugins() -> None:
    async with client(app()) as api:
        assert (await api.get("/-/plugins")).json() == []
        health = await api.get("/-/health")
        assert health.status_code == 200
        assert health.json() == {"status": "ok", "quarantined": [], "checks": [], "sandboxes": {}}


async def test_plugins_are_told_without_the_reason_of_a_quarantine() -> None:
    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        raise LookupError("/home/operator/secret/path")

    async with client(app(bad=SimpleNamespace(pegboard_routes=pegboard_routes), good=offering())) as api:
        answer = await api.get("/-/plugins")
        bad, good = answer.json()
        assert (bad["name"], bad["state"], bad["phase"]) == ("bad", "quarantined", "collect")
        assert (good["name"], good["state"], good["hooks"]) == ("good", "active", ["pegboard_services"])
        assert "operator" not in answer.text
        assert (await api.get("/-/health")).json()["status"] == "degraded"


async def test_a_check_that_works_is_told_without_its_details() -> None:
    async with client(app(data=offering(Database=works))) as api:
        health = await api.get("/-/health")
        assert health.status_code == 200
        [check] = health.json()["checks"]
        assert check == {"service": "Database", "plugin": "data", "works": True, "detail": ""}


async def test_a_check_that_fails_is_a_503_that_names_the_service_and_no_address() -> None:
    async with client(app(data=offering(Database=breaks, Queue=works))) as api:
        health = await api.get("/-/health")
        assert (health.status_code, health.json()["status"]) == (503, "failing")
        assert {c["service"]: c["works"] for c in health.json()["checks"]} == {"Database": False, "Queue": True}
        assert "db.internal" not in health.text


async def test_a_check_that_hangs_fails_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "PATIENCE", 0.05)
    made = app(data=offering(Database=hangs))
    async with client(made) as api:
        assert (await api.get("/-/health")).status_code == 503
        [offer] = made.state.board.services.offers.values()
        assert (await status.ping(made.state.board, offer)).detail == "no answer in 0.05 seconds"


async def test_an_app_that_is_well_stays_reachable_without_a_credential() -> None:
    @hookimpl
    def pegboard_auth_providers(settings: Any) -> Any:
        raise LookupError("no keys")

    plugin = SimpleNamespace(pegboard_auth_providers=pegboard_auth_providers)
    async with client(app(keys=plugin)) as api:
        assert (await api.get("/-/health")).json()["quarantined"] == ["keys"]
        assert AuthProvider.__name__ not in (await api.get("/-/plugins")).text


def test_notices_are_taken_once_and_in_their_order() -> None:
    notices = Notices()
    for title, order in (("last", 200), ("first", 1), ("middle", 100)):
        notices.add(Notice(title, "secret text", order))
    assert "secret text" not in repr(notices)
    assert [notice.title for notice in notices.take()] == ["first", "middle", "last"]
    assert notices.take() == []


async def test_a_live_process_says_so_whatever_else_is_wrong() -> None:
    async with client(app(data=offering(Database=breaks))) as api:
        answer = await api.get("/-/health/live")
        assert (answer.status_code, answer.json()) == (200, {"status": "live"})


async def test_a_process_is_ready_while_all_checks_work() -> None:
    async with client(app(data=offering(Database=works, Queue=works))) as api:
        answer = await api.get("/-/health/ready")
        assert (answer.status_code, answer.json()) == (200, {"status": "ready", "failing": []})
        assert answer.headers["cache-control"] == "no-store"


async def test_which_checks_fail_is_told_without_details() -> None:
    async with client(app(data=offering(Database=breaks, Queue=works))) as api:
        answer = await api.get("/-/health/ready")
        failing = [{"service": "Database", "plugin": "data", "works": False, "detail": ""}]
        assert (answer.status_code, answer.json()) == (503, {"status": "failing", "failing": failing})
        assert "internal" not in answer.text


async def test_checks_that_hang_are_waited_for_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(status, "PATIENCE", 1.0)
    async with client(app(data=offering(Database=hangs, Queue=hangs))) as api, asyncio.timeout(1.95):
        answer = await api.get("/-/health/ready")
    assert [check["service"] for check in answer.json()["failing"]] == ["Database", "Queue"]


async def test_a_quarantined_plugin_degrades_and_leaves_the_process_ready() -> None:
    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        raise LookupError

    async with client(app(bad=SimpleNamespace(pegboard_routes=pegboard_routes))) as api:
        assert (await api.get("/-/health")).json()["status"] == "degraded"
        assert (await api.get("/-/health/ready")).status_code == 200
