"""What an app tells those who run it."""

from types import SimpleNamespace
from typing import Any

import attrs
import pytest

from pegboard import Probe, SandboxProvider, Secret, create_app, hookimpl, setting
from pegboard.testing import caller, callers, client

pytestmark = pytest.mark.anyio

OPERATOR = caller("system:read", tenant="default")


class Queue:
    pass


@attrs.frozen
class JailSettings:
    token: Secret = setting(Secret("tops3cret"), help="opens the jail")


async def breaks(queue: Queue) -> None:
    raise ConnectionError("queue.internal:5672 refuses")


def jail() -> Any:
    probes = (Probe("L4 start", True), Probe("L5 cgroup", False, "no delegation", "systemctl edit pegboard"))

    @hookimpl
    def pegboard_settings() -> type:
        return JailSettings

    @hookimpl
    def pegboard_sandboxes(settings: Any) -> Any:
        settings.of(JailSettings)
        yield SandboxProvider("jail", "A jail", open=None, probe=lambda: probes)  # type: ignore[arg-type]

    @hookimpl
    def pegboard_services(registry: Any, settings: Any) -> None:
        registry.offer(Queue, lambda services: Queue(), ping=breaks)

    hooks = (pegboard_settings, pegboard_sandboxes, pegboard_services)
    return SimpleNamespace(**{hook.__name__: hook for hook in hooks})


def broken() -> Any:
    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        raise LookupError("/srv/pegs/colours.json is not there")

    return SimpleNamespace(pegboard_routes=pegboard_routes)


def app() -> Any:
    plugins = {"jail": jail(), "broken": broken(), "callers": callers}
    return create_app(plugins=plugins, environ={}, installed=False)


async def found() -> dict[str, Any]:
    async with client(app(), headers=OPERATOR) as api:
        answer = await api.get("/-/doctor")
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


async def test_a_broken_plugin_is_told_with_its_reason_and_the_way_out() -> None:
    bad, _, good = (await found())["plugins"]
    assert (bad["state"], bad["phase"]) == ("quarantined", "collect")
    assert bad["reason"] == "LookupError: /srv/pegs/colours.json is not there"
    assert bad["way_out"] == "start without it: PEGBOARD_DISABLE=broken"
    assert (good["state"], good["way_out"], good["brings"]) == ("active", "", {"sandbox": ["jail"]})


async def test_each_step_of_isolation_is_told_with_what_mends_it() -> None:
    assert (await found())["isolation"] == [
        {"about": "jail", "step": "L4 start", "works": True, "why": "", "fix": ""},
        {
            "about": "jail",
            "step": "L5 cgroup",
            "works": False,
            "why": "no delegation",
            "fix": "systemctl edit pegboard",
        },
    ]


async def test_a_service_that_does_not_work_is_told_with_its_reason() -> None:
    [service] = (await found())["services"]
    assert (service["about"], service["works"], service["why"]) == ("jail", False, "queue.internal:5672 refuses")


async def test_settings_are_told_with_their_source_and_without_secrets() -> None:
    async with client(app(), headers=OPERATOR) as api:
        answer = await api.get("/-/settings")
    values = {value["path"]: value for value in answer.json()["settings"]}
    assert values["plugins.jail.token"] == {
        "path": "plugins.jail.token",
        "shown": "***",
        "source": "default",
        "help": "opens the jail",
    }
    assert "tops3cret" not in answer.text


@pytest.mark.parametrize("path", ["/-/doctor", "/-/settings"])
async def test_only_operators_are_told(path: str) -> None:
    async with client(app()) as api:
        assert (await api.get(path)).status_code == 401
        assert (await api.get(path, headers=caller("widgets:read", tenant="default"))).status_code == 403
        other = await api.get(path, headers=caller("*", tenant="acme"))
        assert (other.status_code, other.json()["type"]) == (403, "urn:pegboard:problem:operators-only")
