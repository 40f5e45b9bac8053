"""What plugins offer one another, found by type, in the manner of svcs: clean-up is declared where creation is.

A service is opened once per app, at its first use or, if it is eager, before the app takes requests; all
are closed in reverse order. A factory may be left in another task than it was entered in, so it must
not hold a task group or a cancel scope open across its `yield`.
"""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import Any, Literal, TypeVar

import attrs

from .contracts import Metric
from .contracts import Services as ServicesProtocol
from .problems import MissingService
from .registry import Conflict

T = TypeVar("T")

Factory = Callable[[Any], Any]
Ping = Callable[[Any], Awaitable[str | None]]
Measure = Callable[[Any], Iterable[Metric] | Awaitable[Iterable[Metric]]]
Eager = bool | Literal["serving"]

_opening: ContextVar[tuple[type, ...]] = ContextVar("pegboard_opening", default=())


@attrs.frozen
class Offer:
    kind: type
    factory: Factory
    owner: str
    eager: Eager
    ping: Ping | None
    measure: Measure | None = None


@attrs.define
class ServiceRegistry:
    """Where one plugin says what it offers."""

    owner: str
    offers: dict[type, Offer] = attrs.field(factory=dict)

    def offer(
        self,
        kind: type[T],
        factory: Callable[[Any], Any],
        *,
        eager: Eager = False,
        ping: Ping | None = None,
        measure: Measure | None = None,
    ) -> None:
        """Offer a service of the type `kind`.

        `factory(services)` returns it, is a coroutine function that returns it, or is an async generator that
        yields it and then cleans up. One that is `eager` is opened at the start; one that works by itself, such as
        a queue's worker, says "serving": a command of the command line must not begin to. `ping(service)` is awaited
        for health checks: it returns a detail or None, and raises if the service does not work. `measure(service)`
        returns its `Metric`s, or is a coroutine function that does: it is asked, while the service is open, whenever
        somebody collects them.
        """
        if kind in self.offers:
            raise Conflict(f'plugin "{self.owner}" offers {kind.__name__} twice')
        self.offers[kind] = Offer(kind, factory, self.owner, eager, ping, measure)


@attrs.define
class AppServices(ServicesProtocol):
    """The services of one app: closed until `aget` or the lifespan opens them."""

    offers: dict[type, Offer] = attrs.field(factory=dict)
    _open: dict[type, Any] = attrs.field(factory=dict)
    _locks: dict[type, asyncio.Lock] = attrs.field(factory=dict)
    _stack: AsyncExitStack = attrs.field(factory=AsyncExitStack)
    _working: AsyncExitStack = attrs.field(factory=AsyncExitStack)

    def provide(self, kind: type[T], value: T) -> None:
        """Put a value in that is there already."""
        self._open[kind] = value

    def add(self, offers: dict[type, Offer]) -> None:
        """Take a plugin's offers. Raises Conflict if another plugin offers the same type."""
        for kind, offer in offers.items():
            if kind in self.offers or kind in self._open:
                other = self.offers[kind].owner if kind in self.offers else "the kernel"
                raise Conflict(f'service {kind.__name__} of plugin "{offer.owner}" is also offered by {other}')
        self.offers |= offers

    def discard(self, owner: str) -> None:
        """Take out everything that a plugin offers."""
        self.offers = {kind: offer for kind, offer in self.offers.items() if offer.owner != owner}

    async def _made(self, offer: Offer) -> Any:
        if inspect.isasyncgenfunction(offer.factory):
            opened = asynccontextmanager(offer.factory)(self)
            service = await opened.__aenter__()
            # closed as if nothing had gone wrong: an error of another's closing would skip what follows the yield
            stack = self._working if offer.eager == "serving" else self._stack
            stack.push_async_callback(opened.__aexit__, None, None, None)
            return service
        service = offer.factory(self)
        return (await service) if inspect.isawaitable(service) else service

    def __contains__(self, kind: type) -> bool:
        return kind in self._open or kind in self.offers

    def is_open(self, kind: type) -> bool:
        return kind in self._open

    def get(self, kind: type[T], /) -> T:
        try:
            service: T = self._open[kind]
        except KeyError:
            raise self._missing(kind) from None
        return service

    async def aget(self, kind: type[T], /) -> T:
        if kind in self._open:
            return self.get(kind)
        if kind not in self.offers:
            raise self._missing(kind)
        if kind in _opening.get():
            circle = " needs ".join(k.__name__ for k in (*_opening.get(), kind))
            raise RuntimeError(f"services need each other in a circle: {circle}")
        async with self._locks.setdefault(kind, asyncio.Lock()):
            if kind not in self._open:
                token = _opening.set((*_opening.get(), kind))
                try:
                    self._open[kind] = await self._made(self.offers[kind])
                finally:
                    _opening.reset(token)
        return self.get(kind)

    def _missing(self, kind: type) -> MissingService:
        offer = self.offers.get(kind)
        hint = f'plugin "{offer.owner}" could not open it' if offer else "no active plugin offers it"
        return MissingService(f"service {kind.__name__}", hint)

    async def stop_work(self) -> None:
        """Close what works by itself, while everything that it works with is still open."""
        await self._working.aclose()

    async def aclose(self) -> None:
        """Close all that was opened, newest first."""
        await self.stop_work()
        await self._stack.aclose()
        for kind in self.offers:
            self._open.pop(kind, None)
        self._locks.clear()
