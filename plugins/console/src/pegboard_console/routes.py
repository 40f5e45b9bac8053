"""``/console/api``: what the page is made of."""

from collections.abc import Iterator
from typing import Any

from pegboard import Call, RouteSpec

from .catalog import Catalog
from .navigation import Navigation


async def list_panels(call: Call[None, None]) -> dict[str, Any]:
    return {"panels": list(call.services.get(Navigation).panels_for(call.caller))}


async def show_catalog(call: Call[None, None]) -> dict[str, Any]:
    return dict((await call.services.aget(Catalog)).entries)


def routes(prefix: str) -> Iterator[RouteSpec]:
    yield RouteSpec("console.panels", f"{prefix}/api/panels", list_panels, summary="The panels", hidden=True)
    yield RouteSpec("console.catalog", f"{prefix}/api/catalog", show_catalog, summary="What there is", hidden=True)
