"""Sandboxes and script runners: providers that are opened once per app, at their first use."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any, Generic, TypeVar

import attrs

from .contracts import Sandbox, SandboxProvider, ScriptRunner, ScriptRunnerProvider, Services
from .registry import Registry

P = TypeVar("P", SandboxProvider, ScriptRunnerProvider)
O = TypeVar("O")  # noqa: E741


@attrs.define
class Opened(Generic[P, O]):
    """What was opened, by its provider's name; all is closed when the app stops."""

    _registry: Registry[P]
    _services: Services
    _stack: AsyncExitStack = attrs.field(factory=AsyncExitStack)
    _open: dict[str, O] = attrs.field(factory=dict)
    _lock: asyncio.Lock = attrs.field(factory=asyncio.Lock)

    async def open(self, name: str) -> O:
        """Raises MissingService for a name that no plugin brings, and whatever opening it raises."""
        if name not in self._open:
            provider: Any = self._registry.get(name)
            async with self._lock:
                if name not in self._open:
                    opening = provider.open(self._services)
                    self._open[name] = await opening.__aenter__()
                    # an error of another's closing is none of this one's
                    self._stack.push_async_callback(opening.__aexit__, None, None, None)
        return self._open[name]

    @property
    def opened(self) -> Mapping[str, O]:
        return self._open

    async def aclose(self) -> None:
        self._open.clear()
        await self._stack.aclose()


class Sandboxes(Opened[SandboxProvider, Sandbox]):
    """The open sandboxes of one app."""


class ScriptRunners(Opened[ScriptRunnerProvider, ScriptRunner]):
    """The open script runners of one app."""
