"""``/health``: whether the shop works, in the words of document 003."""

from datetime import UTC, datetime

import structlog

from pegboard import Call, Problem
from pegboard_store import Store

from .outputs import Health

log = structlog.get_logger(__name__)


class NotReady(Problem):
    """The database cannot be reached, or its tables are not there yet."""

    def __init__(self) -> None:
        super().__init__(503, "storefront-not-ready", "The shop is not ready", headers={"Retry-After": "1"})


async def live(call: Call[None, None]) -> Health:
    return Health("healthy", datetime.now(UTC))


async def ready(call: Call[None, None]) -> Health:
    try:
        await call.services.get(Store).ping()
    except Exception as error:
        log.warning("storefront.not-ready", reason=str(error))
        raise NotReady() from None
    return await live(call)
