"""Endpoints that fail are told of, once a minute, to whoever listens."""

from collections.abc import Sequence
from typing import Any

import pytest

from pegboard import hookimpl
from pegboard.testing import answer
from pegboard_events import EventSink, Happened

pytestmark = pytest.mark.anyio


class Listener:
    def __init__(self) -> None:
        self.events: list[Happened] = []

    async def wants(self, tenant: str, *types: str) -> bool:
        return "endpoint.failed" in types

    async def keep(self, session: Any, tenant: str, events: Sequence[Happened]) -> None:
        assert session.is_active
        self.events += events

    @hookimpl
    def pegboard_services(self, registry: Any) -> None:
        registry.offer(EventSink, lambda services: self, eager=True)


async def test_a_failure_is_told_once_a_minute_and_what_the_call_was_wrong_with_is_not(app_with: Any) -> None:
    listener = Listener()
    async with app_with(plugins={"listener": listener}) as desk:
        broken = await desk.save("return data", answer(status=500))
        raising = await desk.save("return 1 / 0")
        for widget in (broken, broken, raising, raising):
            assert (await desk.execute(widget)).status_code >= 422
        told = [(event.type, event.subject) for event in listener.events]
        assert told == [("endpoint.failed", broken["id"]), ("endpoint.failed", raising["id"])]
        assert [event.data["status"] for event in listener.events] == [502, 422]
        fine = await desk.save("return 1")
        assert (await desk.execute(fine)).status_code == 200
        assert len(listener.events) == 2
