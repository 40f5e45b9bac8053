"""One walk of an endpoint: fetch, decode once, select, map; page by page."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import Any

import attrs
import httpx

from pegboard import MISSING, PageRequest, PageResponse, Problem, Stop
from pegboard_jsonpath import text_of

from .answers import Fetched
from .budget import Walking
from .decoding import Undecodable
from .fetching import Fetching, outgoing_of
from .graphql import graphql_errors
from .pages import Failed, MappedRecords, Page
from .paging import Walk
from .params import scope_of
from .plan import Plan
from .requests import Base
from .selection import NoRecords

EMPTY = frozenset({204, 205})
State = Mapping[str, Any]


async def walk_one(
    plan: Plan, walking: Walking, params: Mapping[str, Any], state: State | None, body: Any, context: Mapping[str, Any]
) -> AsyncGenerator[Page, None]:
    """A walk without a parent; `context` is what parents bind."""
    since = (state or {}).get("since")
    start = plan.advance.start(since) if plan.advance is not None else None
    scope = scope_of(params, body, context, start)
    base = await plan.request.base(scope, params, walking.services)
    if plan.advance is not None and plan.advance.param and start is not None:
        base = attrs.evolve(base, params=(*base.params, (plan.advance.param, text_of(start))))
    progress = Progress(since, (state or {}).get("seen"))
    async with aclosing(Steps(plan, walking, base, plan.outbound(walking.services), progress).pages(state)) as pages:
        async for page in pages:
            yield page


@attrs.define
class Progress:
    """Where an incremental walk began, and how far it has come."""

    since: Any = None
    seen: Any = None

    def state(self, request: PageRequest | None) -> dict[str, Any] | None:
        """With a request: what goes on with it. Without: what the next walk begins with."""
        if request is None:
            reached = self.since if self.seen is None else self.seen
            return None if reached is None else {"since": reached}
        told = {"since": self.since, "seen": self.seen}
        return {"page": dict(request.state), **{name: value for name, value in told.items() if value is not None}}


@attrs.define
class Steps:
    """The steps of one walk."""

    plan: Plan
    walking: Walking
    base: Base = attrs.field(repr=False)
    auth: httpx.Auth | None = attrs.field(repr=False)
    progress: Progress
    number: int = 0
    _early: "asyncio.Task[Fetched] | None" = None
    """The fetch of the page that is asked for next, where it is under way already."""

    async def pages(self, state: State | None) -> AsyncGenerator[Page, None]:
        pages = self.plan.paging.pages((state or {}).get("page"))
        request: PageRequest | None = self._first(pages)
        try:
            while request is not None:
                page, request = await self._step(pages, request)
                yield page
        finally:
            pages.close()
            await self._drop()

    def _first(self, pages: Walk) -> PageRequest:
        try:
            return next(pages)
        except (ValueError, ExceptionGroup) as error:
            raise Problem(422, "invalid-state", f"the walk cannot go on from this state: {error}") from None

    async def _step(self, pages: Walk, request: PageRequest) -> tuple[Page, PageRequest | None]:
        task, self._early = self._early or self._task(request), None
        fetched = await task
        body, records = content(self.plan, fetched)
        following, stop = self._following(pages, fetched, body, records)
        reached = self.walking.budget.count(len(records), fetched.received.size)
        finished = stop is not None
        stop = stop or reached
        kept = self._kept(records)
        self._advance(kept, fetched)
        if stop is None and following is not None and self.plan.repeatable:
            self._early = self._task(following)
            self._early.add_done_callback(_seen)
            await asyncio.sleep(0)  # so that it is on its way while this page is mapped
        mapped, failed = await self.plan.mapper.page(kept, self.walking.services)
        self._check_failed(failed, fetched)
        page = self._page(fetched, body, records, mapped, failed)
        dropped = {"max_records": len(records) - len(kept)} if len(kept) < len(records) else {}
        after = self.progress.state(None if finished else following)
        page = attrs.evolve(page, state=after, stop=stop, finished=finished, dropped=dropped)
        return page, None if stop is not None else following

    def _page(
        self, fetched: Fetched, body: Any, records: list[Any], mapped: MappedRecords, failed: list[Failed]
    ) -> Page:
        self.number += 1
        found = {name: path.get(body) for name, path in self.plan.metadata.items()}
        return Page(
            number=self.number,
            request=fetched.sent,
            response=fetched.received,
            records=records,
            mapped=mapped,
            failed=failed,
            tries=fetched.tries,
            waited=fetched.waited,
            metadata={name: value for name, value in found.items() if value is not MISSING},
            body=body,
        )

    def _kept(self, records: list[Any]) -> list[Any]:
        most = self.walking.caps.max_records
        over = 0 if most is None or not self.walking.caps.cut else self.walking.budget.records - most
        return records[: len(records) - over] if over > 0 else records

    def _advance(self, records: list[Any], fetched: Fetched) -> None:
        if self.plan.advance is None:
            return
        try:
            self.progress.seen = self.plan.advance.seen(records, self.progress.seen)
        except (ValueError, TypeError) as error:
            path = self.plan.advance.path.text
            raise fetched.failed(f"incremental.cursorPath {path} cannot be compared: {error}", "record") from None

    def _following(
        self, pages: Walk, fetched: Fetched, body: Any, records: list[Any]
    ) -> tuple[PageRequest | None, Stop | None]:
        response = fetched.response
        try:
            return pages.send(PageResponse(response.url, response.status, response.headers, body, records)), None
        except StopIteration as ended:
            stop: Stop = ended.value
            return None, stop
        except ValueError as error:
            raise fetched.failed(f"paging cannot go on: {error}", "paging") from None

    def _check_failed(self, failed: list[Failed], fetched: Fetched) -> None:
        if failed and self.plan.endpoint.failOnRecordError:
            first = failed[0]
            told = "; ".join(f"{error.field}: {error.detail}" for error in first.errors)
            told = self.plan.masks.text(told)
            raise fetched.failed(f"record {first.index} does not map: {told}; failOnRecordError is set", "record")

    def _task(self, request: PageRequest) -> "asyncio.Task[Fetched]":
        outgoing = outgoing_of(self.plan, self.base, request)
        return asyncio.create_task(Fetching(self.plan, self.walking, outgoing, self.auth).fetch())

    async def _drop(self) -> None:
        if self._early is not None:
            self._early.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._early


def _seen(task: "asyncio.Task[Any]") -> None:
    """An error of a page that nobody asks for any more is nobody's."""
    if not task.cancelled():
        task.exception()


def content(plan: Plan, fetched: Fetched) -> tuple[Any, list[Any]]:
    """The decoded body of a page and its records. Raises WalkFailed for what is no page."""
    response = fetched.response
    reads = plan.endpoint.method == "GET" or plan.graphql
    if response.status in EMPTY or (not response.body and not reads):
        return None, []
    if plan.plain:
        return None, []
    try:
        body = plan.decode(response.body, fetched.received.content_type)
    except Undecodable as error:
        kind = fetched.received.content_type or "no type"
        raise fetched.failed(f"{plan.masks.text(str(error))}; it says that it is {kind}", error.rule) from None
    _check_errors(plan, fetched, body)
    try:
        return body, plan.selector.select(body)
    except NoRecords as error:
        raise fetched.failed(plan.masks.text(str(error)), "data_path") from None


def _check_errors(plan: Plan, fetched: Fetched, body: Any) -> None:
    if plan.graphql and (told := graphql_errors(body)):
        raise fetched.failed(f"GraphQL: {plan.masks.text(told)}", "graphql")
    if plan.error_path is None:
        return
    found = plan.error_path.get(body)
    if found is not MISSING and found not in (None, "", False, [], {}):
        told = plan.masks.text(text_of(found))[:500]
        raise fetched.failed(f"{told}; errorPath {plan.error_path.text} is in the answer", "error_path")
