"""Telling what happened to whoever listens."""

from collections.abc import Sequence
from typing import Any

import pytest

from pegboard import create_app, hookimpl
from pegboard.testing import running
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_events import EventSink, Happened, sink_of, tell

pytestmark = pytest.mark.anyio


class Kept:
    def __init__(self, *wanted: str) -> None:
        self.wanted = wanted
        self.events: list[tuple[Any, str, Happened]] = []

    async def wants(self, tenant: str, *types: str) -> bool:
        return any(one in self.wanted for one in types)

    async def keep(self, session: Any, tenant: str, events: Sequence[Happened]) -> None:
        self.events += [(session, tenant, event) for event in events]


async def test_what_is_wanted_is_kept_in_the_session_of_the_change() -> None:
    sink, happened = Kept("book.lent"), Happened("book.lent", "b1", {"id": "b1"})
    await tell(sink, "the session", "acme", happened)
    assert sink.events == [("the session", "acme", happened)]


async def test_what_nobody_wants_is_not_kept() -> None:
    sink = Kept("book.lost")
    await tell(sink, None, "acme", Happened("book.lent", "b1", {}))
    assert sink.events == []


async def test_without_a_sink_nothing_is_done() -> None:
    assert await tell(None, None, "acme", Happened("book.lent", "b1", {})) is None


async def test_the_sink_is_the_one_that_a_plugin_offers() -> None:
    kept = Kept()

    class Plugin:
        @hookimpl
        def pegboard_services(self, registry: Any) -> None:
            registry.offer(EventSink, lambda services: kept)

    for plugins, expected in (({"kept": Plugin()}, kept), ({}, None)):
        async with running(create_app(plugins=plugins, installed=False, environ={})) as app:
            assert await sink_of(app.state.board.services) is expected  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["lent", "Book.lent", "book.", "book lent", ""])
def test_a_type_is_words_with_dots_between_them(name: str) -> None:
    with pytest.raises(ValueError, match="type"):
        Happened(name, "b1", {})
