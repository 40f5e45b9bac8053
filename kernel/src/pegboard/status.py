"""What the app tells of itself: ``/-/plugins``, ``/-/health`` and, for orchestrators, what is below that."""

from typing import TYPE_CHECKING, Any

import anyio
import attrs
from starlette.responses import Response

from .contracts import Call, RouteSpec
from .json import dumps
from .opened import Sandboxes
from .services import Offer

if TYPE_CHECKING:
    from .board import Board

PATIENCE = 5.0


@attrs.frozen
class PluginStatus:
    """An installed plugin. Why one failed is for the log and for ``pegboard plugins``: it may hold paths."""

    name: str
    version: str
    summary: str
    state: str
    phase: str
    hooks: tuple[str, ...]


@attrs.frozen
class Check:
    """One service's own check."""

    service: str
    plugin: str
    works: bool
    detail: str = ""


@attrs.frozen
class Readiness:
    """``ready``, or ``failing`` (503) with the plugins and services whose checks fail."""

    status: str
    failing: tuple[Check, ...] = ()


@attrs.frozen
class Liveness:
    """``live``: the process answers, whatever else does."""

    status: str = "live"


@attrs.frozen
class Health:
    """``ok``; ``degraded`` while a plugin is quarantined; ``failing`` (503) while a service's check fails."""

    status: str
    quarantined: tuple[str, ...]
    checks: tuple[Check, ...]
    sandboxes: dict[str, str]


def plugin_statuses(board: "Board") -> list[PluginStatus]:
    return [
        PluginStatus(p.name, p.version, p.summary, p.state, p.phase, p.hooks) for p in board.loader.plugins.values()
    ]


async def ping(board: "Board", offer: Offer) -> Check:
    """Try one service that has a check, for at most five seconds."""
    name = offer.kind.__name__
    try:
        with anyio.fail_after(PATIENCE):
            service: Any = await board.services.aget(offer.kind)
            detail = await offer.ping(service) if offer.ping else ""
    except TimeoutError:
        return Check(name, offer.owner, False, f"no answer in {PATIENCE:g} seconds")
    except Exception as error:
        return Check(name, offer.owner, False, str(error) or type(error).__name__)
    return Check(name, offer.owner, True, detail or "")


async def checks(board: "Board") -> tuple[Check, ...]:
    """Ask every service that offers a check, all at the same time."""
    offers = [offer for offer in board.services.offers.values() if offer.ping]
    made: dict[int, Check] = {}

    async def check(number: int, offer: Offer) -> None:
        made[number] = await ping(board, offer)

    async with anyio.create_task_group() as asking:
        for number, offer in enumerate(offers):
            asking.start_soon(check, number, offer)
    return tuple(made[number] for number in range(len(offers)))


async def health(board: "Board") -> Health:
    """Every check, and what is quarantined."""
    made = await checks(board)
    quarantined = tuple(plugin.name for plugin in board.loader.quarantined())
    status = "degraded" if quarantined else "ok"
    if not all(check.works for check in made):
        status = "failing"
    opened = board.services.get(Sandboxes).opened
    return Health(status, quarantined, made, {name: sandbox.isolation.name for name, sandbox in opened.items()})


async def readiness(board: "Board") -> Readiness:
    """Whether requests should come here: every check works."""
    failing = tuple(check for check in await checks(board) if not check.works)
    return Readiness("failing" if failing else "ready", failing)


def _public(made: tuple[Check, ...]) -> tuple[Check, ...]:
    """Details are for `pegboard doctor`: they may name hosts and files."""
    return tuple(attrs.evolve(check, detail="") for check in made)


def _told(report: Health | Readiness) -> Response:
    status = 503 if report.status == "failing" else 200
    return Response(dumps(report), status, {"Cache-Control": "no-store"}, media_type="application/json")


def own_routes(board: "Board") -> list[RouteSpec]:
    async def plugins(call: Call[None, None]) -> list[PluginStatus]:
        return plugin_statuses(board)

    async def healthy(call: Call[None, None]) -> Any:
        report = await health(board)
        return _told(attrs.evolve(report, checks=_public(report.checks)))

    async def ready(call: Call[None, None]) -> Any:
        report = await readiness(board)
        return _told(attrs.evolve(report, failing=_public(report.failing)))

    async def live(call: Call[None, None]) -> Liveness:
        return Liveness()

    return [
        RouteSpec(
            "pegboard.plugins",
            "/-/plugins",
            plugins,
            anonymous=True,
            result=list[PluginStatus],
            summary="The plugins of this app",
            tags=("system",),
        ),
        RouteSpec(
            "pegboard.health",
            "/-/health",
            healthy,
            anonymous=True,
            result=Health,
            answers={503: "a service does not work"},
            summary="Whether this app works",
            tags=("system",),
        ),
        RouteSpec(
            "pegboard.ready",
            "/-/health/ready",
            ready,
            anonymous=True,
            result=Readiness,
            answers={503: "a service does not work, or the app is starting or stopping"},
            summary="Whether requests should come to this process",
            tags=("system",),
        ),
        RouteSpec(
            "pegboard.live",
            "/-/health/live",
            live,
            anonymous=True,
            result=Liveness,
            summary="Whether this process answers",
            tags=("system",),
        ),
    ]
