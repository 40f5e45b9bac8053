"""The far side on a socket, and our own side as integrations use it: guarded requests with a provider's flow."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest

from pegboard import AuthContext
from pegboard.json import converter
from pegboard.testing import Upstream, upstream
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_auth_static.providers import PROVIDERS
from pegboard_egress import Egress, EgressRequest, EgressSettings, open_egress

RECORDS = {record.name: record for record in PROVIDERS}


def flow(kind: str, **config: Any) -> Any:
    """What the provider `kind` makes of a config as it is on the wire."""
    record = RECORDS[kind]
    assert record.outbound is not None
    return record.outbound(converter.structure(config, record.config), AuthContext(Any, "acme", "key"))  # type: ignore[arg-type]


@pytest.fixture
async def far_side() -> AsyncIterator[Any]:
    """Two servers, `here` and `there`, and `ask(auth, path, **more)`, which asks the first one."""
    in_body = flow("api_key", keyName="k", keyLocation="body", keyValue="topsecret-1")
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(upstream()) for _ in range(2)]
        settings = EgressSettings(allow_origins=(here.url, there.url))
        egress = await stack.enter_async_context(open_egress(settings))
        yield SimpleNamespace(here=here, there=there, ask=asking(egress, here), flow=flow, in_body=in_body)


def asking(egress: Egress, here: Upstream) -> Any:
    async def ask(auth: Any, path: str = "/items", way: str = "send", method: str = "GET", **more: Any) -> Any:
        if way == "send":
            return await egress.send(EgressRequest(url=here.url + path, method=method, auth=auth, **more))
        return await egress.client.request(method, here.url + path, auth=auth, follow_redirects=True, **more)

    return ask
