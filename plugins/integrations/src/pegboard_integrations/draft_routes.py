"""``/api/v1/custom-integration-drafts``: a definition that is not saved, tried out."""

from collections.abc import Iterator
from typing import Any

from pegboard import Call, Rate, RouteSpec

from .actors import Actor
from .drafts import Draft, DraftErrors, DraftMapped, DraftMapping, DraftResult, Drafts, DraftTest, Imported
from .schedules import Times, TimesQuery, times_of

PREFIX = "/api/v1/custom-integration-drafts"
LARGEST = 10 * 1024 * 1024


async def check(call: Call[Draft, None]) -> DraftErrors:
    return await call.services.get(Drafts).check(call.caller.tenant, call.body)


async def test(call: Call[DraftTest, None]) -> DraftResult:
    return await call.services.get(Drafts).test(Actor.of(call), call.body)


async def preview(call: Call[DraftMapping, None]) -> DraftMapped:
    return await call.services.get(Drafts).map(call.caller.tenant, call.body)


async def read(call: Call[dict[str, Any], None]) -> Imported:
    return await call.services.get(Drafts).read(call.caller.tenant, call.body)


async def times(call: Call[None, TimesQuery]) -> Times:
    return times_of(call.query)


WRITE: dict[str, Any] = {
    "tags": ("custom integrations",), "scopes": ("integrations:write",), "body_limit": LARGEST,
}  # fmt: skip


def draft_routes(rate: Rate) -> Iterator[RouteSpec]:
    """`rate` is that of tests: they send requests."""
    yield RouteSpec(
        "integrations.check-draft", f"{PREFIX}/check", check, ("POST",), "Check a definition without saving it",
        body=Draft, result=DraftErrors, answers={404: "There is no integration of that id"}, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.test-draft", f"{PREFIX}/test", test, ("POST",), "Test a definition without saving it",
        description="One call of an endpoint, or without `endpointId` a GET of the base URL. Masks stand for the "
        "credentials of the integration `id`, as long as they go to the same origins. `after` of an answer, sent back, "
        "tests the page behind it.",
        body=DraftTest, result=DraftResult, rate=rate,
        answers={404: "There is no such integration or endpoint", 422: "With the place of each error"}, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.map-draft", f"{PREFIX}/preview", preview, ("POST",), "Map a sample by a mapping alone",
        description="Each record with the fields that can be made of it and the reasons for those that cannot; errors "
        "of the mapping itself have pointers into it. No request is sent.",
        body=DraftMapping, result=DraftMapped, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.read-draft", f"{PREFIX}/import", read, ("POST",), "See what an import would make",
        description="Takes an exported definition, or an OpenAPI document (3.x, in JSON). Nothing is saved; "
        "`credentials` are the places of values that must be given.",
        body=dict[str, Any], result=Imported, answers={422: "It is neither"}, **WRITE,
    )  # fmt: skip
    yield RouteSpec(
        "integrations.times", f"{PREFIX}/times", times, summary="The next times of a time table", query=TimesQuery,
        result=Times, answers={422: "`cron` or `timezone` are none"}, tags=("custom integrations",),
        scopes=("integrations:read",),
    )  # fmt: skip
