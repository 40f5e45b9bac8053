"""What the app tells of itself: ``/-/plugins`` and ``/-/health``."""

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


async def health(board: "Board") -> Health:
    """Ask every service that offers a check."""
    checks = tuple([await ping(board, offer) for offer in board.services.offers.values() if offer.ping])
    quarantined = tuple(plugin.name for plugin in board.loader.quarantined())
    status = "degraded" if quarantined else "ok"
    if not all(check.works for check in checks):
        status = "failing"
    opened = board.services.get(Sandboxes).opened
    return Health(status, quarantined, checks, {name: sandbox.isolation.name for name, sandbox in opened.items()})


def own_routes(board: "Board") -> list[RouteSpec]:
    async def plugins(call: Call[None, None]) -> list[PluginStatus]:
        return plugin_statuses(board)

    async def healthy(call: Call[None, None]) -> Any:
        report = await health(board)
        public = attrs.evolve(report, checks=tuple(attrs.evolve(c, detail="") for c in report.checks))
        return Response(dumps(public), 503 if report.status == "failing" else 200, media_type="application/json")

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
    ]
