"""Walking an endpoint for each record of its parent. Pages come in the parents' order, whatever is fetched first."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any

import attrs

from pegboard import MISSING, Stop
from pegboard_jsonpath import Path, compile_path

from .budget import Budget, Walking
from .endpoints import ForEach
from .pages import Caps, Failed, MappedRecords, Page, RecordError, WalkFailed
from .plan import Plan
from .steps import State, walk_one

SHOWN = ("id", "key", "name")
"""Members of a parent record that say which one it is."""


def walk_any(
    plan: Plan, walking: Walking, params: Mapping[str, Any], state: State | None, body: Any, context: Mapping[str, Any]
) -> AsyncGenerator[Page, None]:
    """The walk of a plan, be it a child's or not; `context` is what parents bind."""
    if plan.parent is None or plan.endpoint.forEach is None:
        return walk_one(plan, walking, params, state, body, context)
    family = Family(plan, plan.parent, plan.endpoint.forEach, walking, params, body, context, dict(state or {}))
    return family.pages()


@attrs.define
class Family:
    """A walk of child walks.

    The state is the state of the parent's page, the index of the record in it, and the state of that record's child.
    Caps of pages, records and bytes are for the children's pages; time is for all.
    """

    plan: Plan
    parent: Plan
    each: ForEach
    walking: Walking
    params: Mapping[str, Any]
    body: Any
    context: Mapping[str, Any]
    state: dict[str, Any]
    number: int = 0

    async def pages(self) -> AsyncGenerator[Page, None]:
        """A page is given when the next one is there: the last one says that it is the last."""
        held: Page | None = None
        at, last = self.state.get("parent"), None
        parents = walk_any(self.parent, self._above(), self.each.params, at, None, self.context)
        async with aclosing(parents):
            async for last in parents:
                async with aclosing(self._children(last, at)) as children:
                    async for page in children:
                        if held is not None:
                            yield held
                        held = page
                        if page.stop is not None:
                            yield page
                            return
                at = last.state
        if held is None and last is not None:
            held = self._bare(last, ())
        if held is not None:
            yield attrs.evolve(held, state=self._final(at), stop=self._end(last), finished=True)

    def _above(self) -> Walking:
        caps = Caps(max_seconds=self.walking.caps.max_seconds, page_bytes=self.walking.caps.page_bytes)
        budget = Budget(caps, self.walking.clock)
        budget.started = self.walking.budget.started
        return attrs.evolve(self.walking, budget=budget)

    def _end(self, last: Page | None) -> Stop:
        told = last.stop.detail if last is not None and last.stop is not None else ""
        return Stop("parents", f'all records of "{self.each.endpointId}" are done{f": {told}" if told else ""}')

    def _final(self, parent: State | None) -> dict[str, Any] | None:
        reached = self.state.get("seen", self.state.get("since"))
        told = {"parent": parent, "since": reached}
        return {name: value for name, value in told.items() if value is not None} or None

    async def _children(self, parent: Page, at: State | None) -> AsyncGenerator[Page, None]:
        """The pages of the children of one page of parents; `at` is the state that leads to it again."""
        first = self.state.pop("index", 0)
        waiting = deque(list(enumerate(parent.records))[first:])
        walks: deque[Child] = deque()
        bind = compile_path(self.each.path)
        try:
            while waiting or walks:
                while waiting and len(walks) < self.each.concurrency:
                    walks.append(self._child(*waiting.popleft(), bind, parent))
                async for page in self._one(walks[0], parent, at):
                    yield page
                await walks.popleft().close()
        finally:
            for child in walks:
                await child.close()

    def _child(self, index: int, record: Any, bind: Path, parent: Page) -> "Child":
        value = bind.get(record)
        context = {**self.context, **parent.bound, self.each.alias: None if value is MISSING else value}
        state = self.state.pop("child", None)
        if state is None and "since" in self.state:
            state = {"since": self.state["since"]}
        return Child(index, record, context, walk_one(self.plan, self.walking, self.params, state, self.body, context))

    async def _one(self, child: "Child", parent: Page, at: State | None) -> AsyncGenerator[Page, None]:
        try:
            while (page := await child.next()) is not None:
                yield self._placed(page, child, at)
        except WalkFailed as failure:
            if self.each.onError == "fail":
                raise
            errors = (RecordError("forEach", failure.detail),)
            bare = self._bare(parent, (Failed(child.index, child.record, errors),))
            sent, received = failure.request or bare.request, failure.response or bare.response
            placed = self._placed(bare, child, at)
            yield attrs.evolve(placed, request=sent, response=received, tries=failure.tries)

    def _placed(self, page: Page, child: "Child", at: State | None) -> Page:
        """The page as one of the whole family's."""
        mine = dict(page.state or {})
        done = (page.stop is None and not mine) or page.finished
        self._saw(mine.get("since") if done else mine.get("seen"))
        self.number += 1
        state: dict[str, Any] = {"index": child.index + 1} if done else {"index": child.index, "child": mine}
        if at is not None:
            state["parent"] = dict(at)
        state.update({name: self.state[name] for name in ("since", "seen") if name in self.state})
        stop = None if page.finished else page.stop
        context = {"endpoint": self.each.endpointId, "index": child.index, **_name(child.record)}
        told = {**page.context, **context}
        page = attrs.evolve(page, number=self.number, state=state, stop=stop, finished=False)
        return attrs.evolve(page, context=told, bound=child.bound)

    def _saw(self, value: Any) -> None:
        if value is not None and ("seen" not in self.state or value > self.state["seen"]):
            self.state["seen"] = value

    def _bare(self, parent: Page, failed: tuple[Failed, ...]) -> Page:
        """A page without records, for what came to no page."""
        return Page(
            self.number + 1,
            parent.request,
            parent.response,
            records=(),
            mapped=MappedRecords(),
            failed=failed,
            finished=True,
        )


def _name(record: Any) -> dict[str, Any]:
    if not isinstance(record, dict):
        return {}
    return {key: record[key] for key in SHOWN if isinstance(record.get(key), str | int)}


class Child:
    """The walk of one record. Its next page is asked for before anybody waits for it."""

    def __init__(self, index: int, record: Any, bound: Mapping[str, Any], pages: AsyncGenerator[Page, None]) -> None:
        self.index = index
        self.record = record
        self.bound = bound
        self._pages = pages
        self._next: asyncio.Task[Page | None] = self._ask()

    def _ask(self) -> "asyncio.Task[Page | None]":
        return asyncio.create_task(self._asked())

    async def _asked(self) -> Page | None:
        return await anext(self._pages, None)

    async def next(self) -> Page | None:
        """The next page; None after the last one."""
        page = await self._next
        if page is not None and page.stop is None:
            self._next = self._ask()
        elif page is not None:
            self._next = asyncio.create_task(_none())
        return page

    async def close(self) -> None:
        self._next.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await self._next
        await self._pages.aclose()


async def _none() -> None:
    return None
