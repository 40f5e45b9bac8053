"""The ends of runs, told to whoever has subscribed."""

import asyncio
import time
from typing import Any

import pytest

from pegboard.testing import Upstream, answer

pytestmark = pytest.mark.anyio

PATIENCE = 20.0


async def told(stand_in: Upstream, path: str, count: int) -> list[Any]:
    end = time.monotonic() + PATIENCE
    while len(found := [got.json() for got in stand_in.requests if got.path == path]) < count:
        assert time.monotonic() < end, found
        await asyncio.sleep(0.02)
    return found


async def test_subscribers_are_told_how_syncs_ended_and_of_the_records(each: Any, stand_in: Upstream) -> None:
    path = f"/told-{each.root}"
    stand_in.on(path, answer(), method="POST")
    draft = {"url": f"{stand_in.url}{path}", "events": ["sync.*", "record.*"], "ordered": True}
    made = await each.call("POST", "/api/v1/webhook-subscriptions", json=draft)
    assert made.status_code == 201, made.text
    each.serve_contacts(2)
    integration = await each.active()
    await each.sync(integration)
    *records, sync = await told(stand_in, path, 3)
    assert [one["type"] for one in records] == ["record.created"] * 2
    assert sorted(one["data"]["externalId"] for one in records) == ["1", "2"]
    assert all("name" in one["data"]["data"] for one in records)
    assert (sync["type"], sync["data"]["status"], sync["data"]["created"]) == ("sync.finished", "succeeded", 2)
    each.upstream.on(f"/{each.root}/contacts", answer(status=404))
    await each.sync(integration, full=True)
    failed = (await told(stand_in, path, 4))[-1]
    assert (failed["type"], failed["data"]["integrationId"]) == ("sync.failed", integration["id"])
    assert "404" in failed["data"]["error"]
