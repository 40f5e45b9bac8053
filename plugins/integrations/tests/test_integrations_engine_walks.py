"""Walks over a stand-in on a real socket: each credential with each kind of paging, ends, bounds and failures."""

import gzip
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from pegboard import AuthProvider, Paginator, Registries, Transform
from pegboard.testing import Received, Upstream, answer, upstream
from pegboard_auth_static import pegboard_auth_providers
from pegboard_egress import Egress, EgressSettings, open_egress
from pegboard_integrations.engine import Caps, Page, WalkFailed, check, compile_endpoint, read_definition, walk
from pegboard_integrations.traces import trace_of
from pegboard_paginators import pegboard_paginators
from pegboard_transforms import pegboard_transforms

pytestmark = pytest.mark.anyio

KEY = "k3y-topsecret"
COUNT, SIZE = 7, 3
NOW = 1_000.0


def registries() -> Registries:
    made = Registries()
    for kind, title, records in (
        (Transform, "transform", pegboard_transforms(None)),  # type: ignore[arg-type]
        (Paginator, "paginator", pegboard_paginators(None)),  # type: ignore[arg-type]
        (AuthProvider, "auth provider", pegboard_auth_providers()),
    ):
        registry: Any = made.open(kind, title)
        for record in records:
            registry.add(record, "test")
    return made


REGISTRIES = registries()


class Sleeps:
    """A clock that goes on only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOW
        self.waits: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


class Api:
    """The far side, and our own."""

    def __init__(self, here: Upstream, there: Upstream, egress: Egress) -> None:
        self.here, self.there, self.egress = here, there, egress
        self.time = Sleeps()

    def document(self, endpoint: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        mapping = {
            "dataPath": "$.items",
            "identifierField": "$.id",
            "fieldMappings": [{"source": "$.id", "target": "n"}],
        }
        made = {"id": "items", "method": "GET", "path": "/items", "responseMapping": mapping, **(endpoint or {})}
        return {"name": "x", "baseUrl": f"{self.here.url}/v1", "endpoints": [made], **more}

    def plan(self, document: dict[str, Any], endpoint: str = "items") -> Any:
        errors = check(document, REGISTRIES)
        assert not errors, errors
        return compile_endpoint(read_definition(document), endpoint, REGISTRIES, "acme", key="x")

    async def walk(self, document: dict[str, Any], params: Any = None, id: str = "items", **more: Any) -> list[Page]:
        plan = more.pop("plan", None) or self.plan(document, id)
        pages = walk(
            plan,
            self.egress,
            None,
            params or {},
            sleep=self.time.sleep,
            clock=self.time.clock,
            **more,  # type: ignore[arg-type]
        )
        async with aclosing(pages):
            return [page async for page in pages]

    async def fails(self, document: dict[str, Any], **more: Any) -> WalkFailed:
        with pytest.raises(WalkFailed) as failed:
            await self.walk(document, **more)
        return failed.value


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        here, there = [await stack.enter_async_context(upstream()) for _ in range(2)]
        settings = EgressSettings(allow_origins=(here.url, there.url))
        yield Api(here, there, await stack.enter_async_context(open_egress(settings)))


def items(first: int, count: int = SIZE) -> list[dict[str, int]]:
    return [{"id": number} for number in range(first, min(first + count, COUNT))]


def ids(pages: list[Page]) -> list[Any]:
    return [one.data["n"] for page in pages for one in page.mapped]


def is_allowed(received: Received) -> bool:
    basic = httpx.BasicAuth("ada", KEY)._auth_header
    sent = [*received.headers.values(), *received.query.values(), received.text]
    return any(KEY in one or basic in one or one.startswith("Digest ") for one in sent)


def offset_page(received: Received, url: str) -> dict[str, Any]:
    return {"items": items(int(received.query.get("offset", 0)))}


def page_page(received: Received, url: str) -> dict[str, Any]:
    first = (int(received.query["page"]) - 1) * SIZE
    return {"items": items(first), "more": first + SIZE < COUNT}


def cursor_page(received: Received, url: str) -> dict[str, Any]:
    first = int(received.query.get("cursor", 0))
    return {"items": items(first), "next": first + SIZE if first + SIZE < COUNT else None}


def link_page(received: Received, url: str) -> dict[str, Any]:
    first = int(received.query.get("from", 0))
    return {"items": items(first), "next": f"{url}/v1/items?from={first + SIZE}" if first + SIZE < COUNT else None}


PAGINGS: dict[str, tuple[Callable[[Received, str], dict[str, Any]], dict[str, Any]]] = {
    "offset": (
        offset_page,
        {"limitParam": "limit", "maxLimit": SIZE, "endCondition": {"type": "count_less_than_limit"}},
    ),
    "page": (page_page, {"endCondition": {"type": "has_more_field", "field": "$.more"}}),
    "cursor": (cursor_page, {"cursorPath": "$.next", "endCondition": {"type": "cursor_null"}}),
    "link": (link_page, {"nextLinkPath": "$.next", "endConditions": [{"type": "empty_array"}]}),
}
AUTHS: dict[str, dict[str, Any]] = {
    "none": {"type": "none"},
    "header": {"type": "api_key", "keyName": "X-Key", "keyLocation": "header", "keyValue": KEY},
    "query": {"type": "api_key", "keyName": "key", "keyLocation": "query", "keyValue": KEY},
    "body": {"type": "api_key", "keyName": "key", "keyLocation": "body", "keyValue": KEY},
    "bearer": {"type": "bearer", "token": KEY},
    "basic": {"type": "basic", "username": "ada", "password": KEY},
    "digest": {"type": "digest", "username": "ada", "password": KEY},
    "custom_headers": {"type": "custom_headers", "headers": {"X-One": KEY, "X-Two": "tw0-secret"}},
}
CHALLENGE = {"WWW-Authenticate": 'Digest realm="r", nonce="abc", qop="auth", algorithm=MD5'}


@pytest.mark.parametrize("paging", PAGINGS)
@pytest.mark.parametrize("auth", AUTHS)
async def test_each_credential_with_each_paging(api: Api, auth: str, paging: str) -> None:
    page, config = PAGINGS[paging]

    def handler(received: Received) -> Any:
        if auth != "none" and not is_allowed(received):
            return answer(401, headers=CHALLENGE)
        return answer(json=page(received, api.here.url))

    api.here.on("/v1/items", handler, method="*")
    method = "POST" if auth == "body" else "GET"
    endpoint = {"pagination": {"type": paging, **config}, "method": method}
    pages = await api.walk(api.document(endpoint, auth=AUTHS[auth]))
    assert ids(pages) == list(range(COUNT))
    assert pages[-1].stop is not None
    assert pages[-1].finished
    assert [page.stop for page in pages[:-1]] == [None] * (len(pages) - 1)
    told = str([(page.request, page.response, page.stop) for page in pages])
    assert KEY not in told
    assert "tw0-secret" not in told
    assert {page.request.auth for page in pages} == {"" if auth == "none" else AUTHS[auth]["type"]}


@pytest.mark.parametrize("paging", PAGINGS)
async def test_a_walk_goes_on_from_each_state(api: Api, paging: str) -> None:
    page, config = PAGINGS[paging]
    api.here.on("/v1/items", lambda received: answer(json=page(received, api.here.url)))
    document = api.document({"pagination": {"type": paging, **config}})
    pages = await api.walk(document)
    for index, before in enumerate(pages[:-1]):
        rest = await api.walk(document, state=before.state)
        assert ids(rest) == [one for page in pages[index + 1 :] for one in ids([page])]
    assert pages[-1].state is None


async def test_a_page_that_waits_to_be_stored_says_the_same_and_holds_nothing_of_what_came(api: Api) -> None:
    api.here.on("/v1/items", lambda received: answer(json=page_page(received, api.here.url)))
    pages = await api.walk(api.document({"pagination": {"type": "page"}}))
    assert len(pages) > 1
    for page in pages:
        waiting = page.mapped_only()
        assert (waiting.records, waiting.body) == ((), None)
        assert (waiting.count, waiting.mapped, waiting.failed) == (len(page.records), page.mapped, page.failed)
        assert trace_of(1, waiting, {}, {}) == trace_of(1, page, {}, {})


async def test_a_state_of_another_walk_is_refused(api: Api) -> None:
    document = api.document({"pagination": {"type": "page"}})
    with pytest.raises(Exception, match="state") as refused:
        await api.walk(document, state={"page": {"cursor": "x"}})
    assert refused.value.status == 422  # type: ignore[attr-defined]


CAPS = [
    (Caps(max_pages=2), "max_pages", 6),
    (Caps(max_records=4), "max_records", 6),
    (Caps(max_records=4, cut=True), "max_records", 4),
    (Caps(max_bytes=10), "max_bytes", 3),
    (Caps(max_seconds=0), "max_seconds", 3),
]


@pytest.mark.parametrize(("caps", "rule", "count"), CAPS)
async def test_a_cap_ends_a_walk_and_the_state_goes_on(api: Api, caps: Caps, rule: str, count: int) -> None:
    api.here.on("/v1/items", lambda received: answer(json=offset_page(received, "")))
    document = api.document({"pagination": {"type": "offset"}})
    pages = await api.walk(document, caps=caps)
    assert len(ids(pages)) == count
    last = pages[-1]
    assert last.stop is not None
    assert (last.stop.rule, last.finished) == (rule, False)
    assert last.state is not None
    assert sum(last.dropped.values()) == (2 if caps.cut else 0)


async def test_a_capped_walk_asks_for_no_page_too_many(api: Api) -> None:
    api.here.on("/v1/items", lambda received: answer(json=offset_page(received, "")))
    await api.walk(api.document({"pagination": {"type": "offset"}}), caps=Caps(max_pages=1))
    assert len(api.here.requests) == 1


async def test_a_repeated_cursor_and_a_repeated_page_end_it(api: Api) -> None:
    api.here.on("/v1/items", lambda received: answer(json={"items": items(0), "next": "again"}))
    cursor = await api.walk(api.document({"pagination": {"type": "cursor", "cursorPath": "$.next"}}))
    page = await api.walk(api.document({"pagination": {"type": "page"}}))
    assert cursor[-1].stop is not None
    assert page[-1].stop is not None
    assert (cursor[-1].stop.rule, page[-1].stop.rule) == ("repeated_cursor", "repeated_page")


async def test_a_total_of_null_ends_nothing(api: Api) -> None:
    api.here.on("/v1/items", lambda received: answer(json={**offset_page(received, ""), "total": None}))
    ends = {"endConditions": [{"type": "total", "field": "$.total"}]}
    assert ids(await api.walk(api.document({"pagination": {"type": "offset", **ends}}))) == list(range(COUNT))


async def test_no_content_and_empty_pages_are_pages(api: Api) -> None:
    document = api.document()
    for reply in (answer(204), answer(json={"items": []}), answer(json={"items": None})):
        api.here.on("/v1/items", reply)
        [page] = await api.walk(document)
        assert (page.count, page.finished) == (0, True)


BAD = [
    (answer(body=b"<html>login</html>", headers={"Content-Type": "text/html"}), "content_type", "web page"),
    (answer(text="not json"), "decode", "no JSON"),
    (answer(body=b""), "decode", "empty"),
    (answer(json={"data": []}), "data_path", "$ is an object with data"),
    (answer(json={"items": "none"}), "data_path", "is a text"),
    (answer(json={"items": [], "error": {"message": "quota used up"}}), "error_path", "quota used up"),
    (answer(404, json={"error": {"message": "no such list"}}), "status", "404 Not Found: no such list"),
    (answer(301), "status", "301"),
    (answer(status=401), "status", "auth is of the type none"),
]


@pytest.mark.parametrize(("reply", "rule", "told"), BAD)
async def test_what_is_no_page_fails_with_the_evidence(api: Api, reply: Any, rule: str, told: str) -> None:
    api.here.on("/v1/items", reply)
    document = api.document()
    document["endpoints"][0]["responseMapping"]["errorPath"] = "$.error.message"
    failed = await api.fails(document)
    assert failed.rule == rule
    assert told in failed.detail
    assert failed.request is not None
    assert failed.request.url == f"{api.here.url}/v1/items"
    assert failed.response is not None
    assert failed.response.status == reply.status


async def test_the_excerpt_of_a_failure_is_two_kib_and_without_secrets(api: Api) -> None:
    body = b"<" * 2040 + KEY.encode() + b">" * 1000
    api.here.on("/v1/items", answer(body=body, headers={"Content-Type": "text/html"}))
    failed = await api.fails(api.document(auth=AUTHS["bearer"]))
    assert failed.response is not None
    assert len(failed.response.excerpt) == 2048
    assert "k3y" not in failed.response.excerpt
    assert KEY not in str(failed.body())


async def test_retries_wait_longer_and_are_told(api: Api) -> None:
    api.here.on("/v1/items", answer(503), answer(502), answer(json={"items": items(0)}))
    [page] = await api.walk(api.document(retryConfig={"maxRetries": 3, "retryDelay": 1000, "retryOn": [502, 503]}))
    assert [one.outcome for one in page.tries] == ["503", "502"]
    assert api.time.waits == [one.wait for one in page.tries]
    assert api.time.waits[0] <= 1.0
    assert api.time.waits[1] <= 2.0


async def test_retry_after_is_kept_to_in_seconds_and_as_a_date(api: Api) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    limited = [answer(429, headers={"Retry-After": value}) for value in ("7", later)]
    api.here.on("/v1/items", *limited, answer(json={"items": []}))
    [page] = await api.walk(api.document())
    assert page.tries[0].wait == 7.0
    assert 25 < page.tries[1].wait <= 30
    assert [one.reason for one in page.tries] == ["Retry-After", "Retry-After"]


async def test_retries_end_and_the_last_answer_is_told(api: Api) -> None:
    api.here.on("/v1/items", answer(500, json={"message": "down"}))
    failed = await api.fails(api.document(retryConfig={"maxRetries": 2}))
    assert failed.detail.startswith("500 Internal Server Error: down, after 3 tries")
    assert len(api.here.requests) == 3


async def test_a_status_that_is_not_listed_is_not_tried_again(api: Api) -> None:
    api.here.on("/v1/items", answer(500))
    await api.fails(api.document(retryConfig={"retryOn": [503]}))
    assert len(api.here.requests) == 1


async def test_a_wait_that_does_not_fit_is_not_waited(api: Api) -> None:
    api.here.on("/v1/items", answer(429, headers={"Retry-After": "900"}))
    await api.fails(api.document(), caps=Caps(max_seconds=60))
    assert api.time.waits == []


async def test_unsafe_methods_are_tried_again_only_with_a_key(api: Api) -> None:
    api.here.on("/v1/items", answer(503), answer(json={"items": []}), method="POST")
    await api.fails(api.document({"method": "POST"}))
    assert len(api.here.requests) == 1
    api.here.on("/v1/items", answer(503), answer(json={"items": []}), method="POST")
    await api.walk(api.document({"method": "POST", "idempotencyHeader": "Idempotency-Key"}))
    first, second = api.here.requests[-2:]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]


async def test_a_slow_drip_runs_into_the_time_out(api: Api) -> None:
    api.here.on("/v1/items", answer(body=[b" "] * 100, drip=0.1))
    failed = await api.fails(api.document(timeout=1000, retryConfig={"maxRetries": 0}))
    assert failed.rule == "egress"
    assert "more than 1 seconds" in failed.detail


async def test_too_large_a_body_is_cut_off(api: Api) -> None:
    api.here.on("/v1/items", answer(json={"items": ["x" * 2000]}))
    failed = await api.fails(api.document(), caps=Caps(page_bytes=1000))
    assert failed.rule == "egress"


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip", "Content-Type": "application/json"}, {}])
async def test_gzip_is_taken_off(api: Api, headers: dict[str, str]) -> None:
    api.here.on("/v1/items", answer(body=gzip.compress(b'{"items":[{"id":1}]}'), headers=headers))
    assert ids(await api.walk(api.document())) == [1]


async def test_credentials_do_not_follow_a_next_link_to_another_origin(api: Api) -> None:
    elsewhere = f"{api.there.url}/more"
    api.here.on("/v1/items", answer(json={"items": items(0), "next": elsewhere}))
    api.there.on("/more", answer(json={"items": items(3), "next": None}))
    paging = {"pagination": {"type": "link", "nextLinkPath": "$.next"}, "headers": {"X-Own": KEY}}
    pages = await api.walk(api.document(paging, auth=AUTHS["bearer"], defaultHeaders={"X-App": KEY}))
    assert ids(pages) == list(range(6))
    [received] = api.there.requests
    assert not is_allowed(received)
    assert pages[1].request.auth == ""


async def test_credentials_do_not_follow_a_redirect_to_another_origin(api: Api) -> None:
    api.here.on("/v1/items", answer(302, headers={"Location": f"{api.there.url}/moved"}))
    api.there.on("/moved", answer(json={"items": items(0)}))
    await api.walk(api.document({"headers": {"X-Own": KEY}}, auth=AUTHS["header"]))
    assert not is_allowed(api.there.requests[0])


async def test_a_declared_rate_is_kept(api: Api) -> None:
    api.here.on("/v1/items", lambda received: answer(json=offset_page(received, "")))
    pages = await api.walk(
        api.document({"pagination": {"type": "offset"}, "rateLimit": {"requestsPerMinute": 60, "burstLimit": 2}})
    )
    assert api.time.waits == [1.0, 1.0]
    assert [page.waited for page in pages] == [0, 0, 1.0, 1.0]


LIMITS = [
    {"RateLimit": '"default";r=0;t=20'},
    {"RateLimit": "limit=10, remaining=0, reset=20"},
    {"RateLimit-Remaining": "0", "RateLimit-Reset": "20"},
    {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "20"},
]


@pytest.mark.parametrize("unit", [1, 1000])
@pytest.mark.parametrize("name", ["X-RateLimit", "X-Rate-Limit", "RateLimit"])
async def test_a_reset_that_is_a_moment_is_waited_for(api: Api, name: str, unit: int) -> None:
    """GitHub and Zendesk tell when, in seconds since 1970; others in milliseconds; most how long."""

    def handler(received: Received) -> Any:
        told = {f"{name}-Remaining": "0", f"{name}-Reset": str(int((time.time() + 40) * unit))}
        return answer(json=page_page(received, ""), headers=told if received.query["page"] == "2" else {})

    api.here.on("/v1/items", handler)
    pages = await api.walk(api.document({"pagination": {"type": "page", **PAGINGS["page"][1]}}))
    [waited] = api.time.waits
    assert 38 < waited <= 40
    assert [page.waited for page in pages] == [0, 0, waited]


async def test_a_reset_in_the_past_is_not_waited_for(api: Api) -> None:
    told = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) - 5)}
    api.here.on("/v1/items", lambda received: answer(json=page_page(received, ""), headers=told))
    await api.walk(api.document({"pagination": {"type": "page", **PAGINGS["page"][1]}}))
    assert api.time.waits == []


@pytest.mark.parametrize("headers", LIMITS)
async def test_a_rate_is_learned_from_headers(api: Api, headers: dict[str, str]) -> None:
    def handler(received: Received) -> Any:
        return answer(json=page_page(received, ""), headers=headers if received.query["page"] == "1" else {})

    api.here.on("/v1/items", handler)
    await api.walk(api.document({"pagination": {"type": "page", **PAGINGS["page"][1]}}))
    assert api.time.waits == [20.0]


async def test_a_limit_beyond_the_walk_fails_it(api: Api) -> None:
    api.here.on("/v1/items", answer(json={"items": []}, headers=LIMITS[0]))
    plan = api.plan(api.document())
    await api.walk({}, plan=plan)
    failed = await api.fails({}, plan=plan, caps=Caps(max_seconds=5))
    assert failed.rule == "rate_limit"


async def test_a_record_that_does_not_map_fails_alone(api: Api) -> None:
    api.here.on("/v1/items", answer(json={"items": [{"id": 1}, {}, {"id": None}, 5, {"id": 2}]}))
    [page] = await api.walk(api.document())
    assert [one.external_id for one in page.mapped] == ["1", "2"]
    assert [one.index for one in page.failed] == [1, 2, 3]
    assert "missing" in page.failed[0].errors[0].detail
    failed = await api.fails(api.document({"failOnRecordError": True}))
    assert failed.rule == "record"


async def test_metadata_is_read(api: Api) -> None:
    api.here.on("/v1/items", answer(json={"items": [], "total": 9, "page": {"next": "x"}}))
    document = api.document()
    told = {"totalCount": "$.total", "pageInfo": "$.page"}
    document["endpoints"][0]["responseMapping"]["metadataMapping"] = told
    [page] = await api.walk(document)
    assert page.metadata == {"totalCount": 9, "pageInfo": {"next": "x"}}


def children(**each: Any) -> list[dict[str, Any]]:
    mapping = {"dataPath": "$", "identifierField": "$.id", "fieldMappings": [{"source": "$.id", "target": "n"}]}
    orders = {"id": "orders", "path": "/users/{{parent.id}}/orders", "responseMapping": mapping}
    users = {"id": "users", "path": "/users", "pagination": {"type": "page"}, "responseMapping": mapping}
    return [{**orders, "pagination": {"type": "page"}, "forEach": {"endpointId": "users", **each}}, users]


def family(api: Api) -> None:
    def users(received: Received) -> Any:
        return answer(json={"1": [{"id": 1}, {"id": 2}], "2": [{"id": 3}]}.get(received.query["page"], []))

    def orders(received: Received) -> Any:
        user, page = int(received.path_params["user"]), int(received.query["page"])
        return answer(json=[{"id": user * 100 + page * 10 + n} for n in range(2)] if page < 3 and user != 2 else [])

    api.here.on("/v1/users", users)
    api.here.on("/v1/users/{user}/orders", orders)


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_children_are_walked_for_each_parent_in_order(api: Api, concurrency: int) -> None:
    family(api)
    document = api.document(endpoints=children(concurrency=concurrency))
    pages = await api.walk(document, id="orders")
    assert ids(pages) == [110, 111, 120, 121, 310, 311, 320, 321]
    assert [page.stop for page in pages[:-1]] == [None] * (len(pages) - 1)
    assert pages[-1].finished
    assert pages[0].context["id"] == 1
    for index, page in enumerate(pages[:-1]):
        rest = await api.walk(document, id="orders", state=page.state)
        assert ids(rest) == ids(pages[index + 1 :])


def lineage(api: Api) -> dict[str, Any]:
    """Teams, their users page by page, and their orders page by page: 1 to 3, then 11 and so on, then 111 and so on."""

    def below(received: Received) -> Any:
        above, page = int(received.path_params["id"]), int(received.query["page"])
        return answer(json=[{"id": above * 10 + 2 * page - 1 + n} for n in range(2)] if page < 3 and above != 2 else [])

    api.here.on("/v1/teams", answer(json=[{"id": 1}, {"id": 2}, {"id": 3}]))
    api.here.on("/v1/teams/{id}/users", below)
    api.here.on("/v1/users/{id}/orders", below)
    mapping = {"dataPath": "$", "identifierField": "$.id", "fieldMappings": [{"source": "$.id", "target": "n"}]}
    more = {"responseMapping": mapping, "pagination": {"type": "page"}}
    path = "/users/{{user}}/orders"
    return api.document(
        endpoints=[
            {"id": "teams", "path": "/teams", "responseMapping": mapping},
            {"id": "users", "path": "/teams/{{team.id}}/users", "forEach": each("teams", "team"), **more},
            {"id": "orders", "path": path, "forEach": each("users", "user", path="$.id"), **more},
        ]
    )


def each(endpoint: str, alias: str, **more: Any) -> dict[str, Any]:
    return {"endpointId": endpoint, "alias": alias, **more}


async def test_grandchildren_are_walked_and_taken_up_again_behind_each_page(api: Api) -> None:
    document = lineage(api)
    pages = await api.walk(document, id="orders")
    users = [team * 10 + n for team in (1, 3) for n in range(1, 5)]
    assert ids(pages) == [user * 10 + n for user in users for n in range(1, 5)]
    assert [page.finished for page in pages] == [False] * (len(pages) - 1) + [True]
    for index, page in enumerate(pages[:-1]):
        rest = await api.walk(document, id="orders", state=page.state)
        assert ids(rest) == ids(pages[index + 1 :]), page.state


async def test_grandchildren_know_all_who_are_above_them(api: Api) -> None:
    document = lineage(api)
    document["endpoints"][2]["path"] = "/teams/{{team.id}}/users/{{user}}/orders"
    seen = api.here.requests
    api.here.on("/v1/teams/{team}/users/{id}/orders", answer(json=[]))
    await api.walk(document, id="orders")
    paths = {received.path for received in seen if received.path.endswith("/orders")}
    assert paths == {f"/v1/teams/{user // 10}/users/{user}/orders" for user in (11, 12, 13, 14, 31, 32, 33, 34)}


async def test_a_grandchild_that_fails_can_be_skipped_and_is_told(api: Api) -> None:
    document = lineage(api)
    document["endpoints"][2]["forEach"]["onError"] = "skip"
    api.here.on("/v1/users/12/orders", answer(404))
    pages = await api.walk(document, id="orders")
    assert not {one for one in ids(pages) if 120 < one < 130}
    assert len(ids(pages)) == 28
    [failed] = [failed for page in pages for failed in page.failed]
    assert "404" in failed.errors[0].detail


async def test_a_child_that_fails_can_be_skipped(api: Api) -> None:
    family(api)
    api.here.on("/v1/users/1/orders", answer(404))
    assert (await api.fails(api.document(endpoints=children()), id="orders")).rule == "status"
    pages = await api.walk(api.document(endpoints=children(onError="skip")), id="orders")
    assert ids(pages) == [310, 311, 320, 321]
    assert [failed.errors[0].field for page in pages for failed in page.failed] == ["forEach"]


async def test_a_parent_without_records_is_one_empty_page(api: Api) -> None:
    api.here.on("/v1/users", answer(json=[]))
    [page] = await api.walk(api.document(endpoints=children()), id="orders")
    assert (page.count, page.finished) == (0, True)


async def test_children_end_at_the_caps(api: Api) -> None:
    family(api)
    pages = await api.walk(api.document(endpoints=children()), id="orders", caps=Caps(max_pages=2))
    assert len(pages) == 2
    assert pages[-1].stop is not None
    assert pages[-1].stop.rule == "max_pages"
    assert pages[-1].state is not None


async def test_an_incremental_walk_begins_where_the_last_one_came_to(api: Api) -> None:
    records = [{"id": 1, "at": "2024-05-01T10:00:00Z"}, {"id": 2, "at": "2024-05-02T10:00:00Z"}, {"id": 3}]
    api.here.on("/v1/items", answer(json={"items": records}))
    incremental = {"cursorPath": "$.at", "param": "since", "initial": "2024-01-01T00:00:00Z", "lookbackSeconds": 3600}
    document = api.document({"incremental": incremental})
    [first] = await api.walk(document)
    [second] = await api.walk(document, state=first.state)
    assert [one.query["since"] for one in api.here.requests] == ["2024-01-01T00:00:00Z", "2024-05-02T09:00:00Z"]
    assert second.state == first.state


async def test_leaving_early_leaves_no_request_behind(api: Api) -> None:
    api.here.on("/v1/items", lambda received: answer(json=offset_page(received, "")))
    plan = api.plan(api.document({"pagination": {"type": "offset"}}))
    pages = walk(plan, api.egress, None, {})  # type: ignore[arg-type]
    async with aclosing(pages):
        async for page in pages:
            assert page.number == 1
            break
    assert len(api.here.requests) <= 2
