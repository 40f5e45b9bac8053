"""What the kernel does for every route: reading, checking, answering, failing."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Literal

import attrs
import httpx
import pytest
import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from pegboard import (
    Call,
    Principal,
    Problem,
    Rate,
    RateLimiter,
    RouteSpec,
    SocketCall,
    SocketSpec,
    create_app,
    hookimpl,
)
from pegboard.testing import SocketRefused, caller, callers, client

pytestmark = pytest.mark.anyio


@attrs.frozen
class Part:
    name: str
    count: int = attrs.field(default=1, validator=attrs.validators.ge(1))


@attrs.frozen
class Order:
    id: int
    parts: tuple[Part, ...] = ()
    mode: Literal["fast", "slow"] = "slow"
    price: Decimal | None = None
    due: datetime | None = None


@attrs.frozen
class Search:
    text: str = ""
    limit: int = attrs.field(default=10, validator=attrs.validators.le(100))
    tags: tuple[str, ...] = ()
    open: bool = False


async def echo(call: Call[Any, Any]) -> Any:
    return {"body": call.body, "query": call.query}


def routed(*routes: Any, **more: Any) -> Any:
    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        return list(routes)

    plugins = {"pegs": SimpleNamespace(pegboard_routes=pegboard_routes, **more), "callers": callers}
    return create_app(plugins=plugins, environ={}, installed=False)


def route(handler: Any = echo, **more: Any) -> RouteSpec:
    return RouteSpec("pegs.route", "/route", handler, **{"anonymous": True, "methods": ("POST",), **more})


async def post(spec: RouteSpec, *, path: str = "/route", **request: Any) -> httpx.Response:
    async with client(routed(spec)) as api:
        return await api.request(spec.methods[0], path, **request)


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    body: dict[str, Any] = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert (answer.status_code, body["status"], body["type"]) == (status, status, f"urn:pegboard:problem:{code}")
    return body


async def test_a_body_is_read_as_its_type() -> None:
    sent = {"id": 7, "parts": [{"name": "a"}], "price": 1.5, "due": "2026-01-31T12:00:00+02:00"}
    seen: list[Order] = []

    async def keep(call: Call[Order, None]) -> Any:
        seen.append(call.body)
        return call.body

    answer = await post(route(keep, body=Order), json=sent)
    assert seen == [Order(7, (Part("a"),), "slow", Decimal("1.5"), datetime(2026, 1, 31, 10, tzinfo=UTC))]
    assert answer.json() == {
        "id": 7,
        "parts": [{"name": "a", "count": 1}],
        "mode": "slow",
        "price": 1.5,
        "due": "2026-01-31T10:00:00+00:00",
    }


@pytest.mark.parametrize(
    ("sent", "pointers"),
    [
        ({}, {"/id": "is missing"}),
        ({"id": "7"}, {"/id": "expected an integer, got a string"}),
        ({"id": True}, {"/id": "expected an integer, got a boolean"}),
        ({"id": None}, {"/id": "expected an integer, got null"}),
        ({"id": 1, "idd": 2}, {"/idd": 'unknown key; did you mean "id"?'}),
        ({"id": 1, "mode": "fest"}, {"/mode": 'expected one of fast, slow; got "fest"'}),
        ({"id": 1, "parts": {}}, {"/parts": "expected a list, got an object"}),
        ({"id": 1, "price": "NaN"}, {"/price": "expected a finite number"}),
        ({"id": 1, "due": "soon"}, {"/due": "expected a time such as 2026-01-31T12:00:00Z (RFC 3339)"}),
        (
            {"id": "x", "parts": [{"name": "a"}, {"name": 1, "count": 0}, {"nam/e~": "c"}]},
            {
                "/id": "expected an integer, got a string",
                "/parts/1/name": "expected a string, got a number",
                "/parts/1/count": None,
                "/parts/2/name": "is missing",
                "/parts/2/nam~1e~0": None,
            },
        ),
        ([], {"": "expected an object, got a list"}),
        ("x", {"": "expected an object, got a string"}),
    ],
)
async def test_every_mistake_is_told_with_its_pointer(sent: Any, pointers: Mapping[str, str | None]) -> None:
    body = problem(await post(route(body=Order), json=sent), 422, "invalid-input")
    told = {error["pointer"]: error["detail"] for error in body["errors"]}
    assert told.keys() == pointers.keys()
    assert all(told[pointer] == detail for pointer, detail in pointers.items() if detail)
    assert body["detail"].startswith("The body is not valid: ")


@pytest.mark.parametrize(
    ("content", "kind", "status", "code"),
    [
        (b"", "application/json", 400, "invalid-json"),
        (b"{", "application/json", 400, "invalid-json"),
        (b"\xff", "application/json", 400, "invalid-json"),
        (b'{"id": 1}', "text/plain", 415, "unsupported-media-type"),
        (b"id=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"),
        (b'{"id": 1}', "application/vnd.acme+json; charset=utf-8", 200, ""),
        (b'{"id": 1}', "", 200, ""),
        (b"[" * 100_000, "application/json", 400, "invalid-json"),
        (b'{"id": ' + b"9" * 400 + b"}", "application/json", 400, "invalid-json"),
    ],
)
async def test_what_is_no_json_is_refused(content: bytes, kind: str, status: int, code: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    answer = await post(route(body=Order), content=content, headers=headers)
    assert answer.status_code == status, answer.text
    if code:
        assert answer.json()["type"].endswith(code)


@pytest.mark.parametrize("announced", [True, False])
async def test_a_body_that_is_too_long_is_refused_while_it_comes(announced: bool) -> None:
    read: list[int] = []

    async def parts() -> AsyncIterator[bytes]:
        for number in range(1000):
            read.append(number)
            yield b"x" * 100

    spec = route(body=Order, body_limit=1000)
    answer = await post(spec, content=b"x" * 100_000 if announced else parts())
    assert problem(answer, 413, "body-too-large")["detail"] == "The body may have at most 1000 bytes"
    assert len(read) <= 12


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"text": "", "limit": 10, "tags": [], "open": False}),
        ("?text=a%20b&limit=5&open=yes", {"text": "a b", "limit": 5, "tags": [], "open": True}),
        ("?tags=a&tags=b", {"text": "", "limit": 10, "tags": ["a", "b"], "open": False}),
        ("?tags=a,b", {"text": "", "limit": 10, "tags": ["a", "b"], "open": False}),
    ],
)
async def test_a_query_is_read_as_its_type(query: str, expected: Any) -> None:
    answer = await post(route(query=Search, methods=("GET",)), path=f"/route{query}")
    assert answer.json()["query"] == expected


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=x", "/limit"),
        ("limit=101", "/limit"),
        ("open=maybe", "/open"),
        ("limt=5", "/limt"),
        ("text=a&text=b", "/text"),
    ],
)
async def test_a_wrong_query_is_told_with_its_name(query: str, pointer: str) -> None:
    answer = await post(route(query=Search, methods=("GET",)), path=f"/route?{query}")
    body = problem(answer, 422, "invalid-input")
    assert [error["pointer"] for error in body["errors"]] == [pointer]
    assert body["detail"].startswith("The query is not valid: ")


async def test_what_is_not_declared_is_not_read() -> None:
    answer = await post(route(), path="/route?anything=1", content=b"{not json")
    assert answer.json() == {"body": None, "query": None}


@pytest.mark.parametrize(
    ("result", "status", "body"),
    [(None, 200, b"null"), (None, 204, b""), (Part("a", 2), 201, b'{"name":"a","count":2}'), ([1], 200, b"[1]")],
)
async def test_a_result_is_serialised_with_the_routes_status(result: Any, status: int, body: bytes) -> None:
    async def give(call: Call[None, None]) -> Any:
        return result

    answer = await post(route(give, status=status))
    assert (answer.status_code, answer.content) == (status, body)


async def test_a_handler_may_answer_for_itself() -> None:
    async def give(call: Call[None, None]) -> Response:
        return PlainTextResponse("own", 202, headers={"X-Own": "1"})

    answer = await post(route(give))
    assert (answer.status_code, answer.text, answer.headers["x-own"]) == (202, "own", "1")


async def fails(call: Call[None, None]) -> Any:
    password = "hunter2-in-a-local"
    raise ZeroDivisionError(f"secret detail {len(password)}")


async def test_an_unexpected_error_is_a_500_with_the_id_of_its_log_line() -> None:
    with structlog.testing.capture_logs() as logs:
        answer = await post(route(fails))
    body = problem(answer, 500, "internal-error")
    [line] = [entry for entry in logs if entry["event"] == "handler failed"]
    assert body["id"] == answer.headers["x-request-id"]
    assert body["id"] in body["detail"]
    assert (line["plugin"], line["route"], type(line["exc_info"])) == ("pegs", "pegs.route", ZeroDivisionError)
    for secret in ("ZeroDivision", "secret detail", "Traceback", "hunter2"):
        assert secret not in answer.text


async def test_a_result_that_has_no_json_is_a_500() -> None:
    async def give(call: Call[None, None]) -> Any:
        return object()

    problem(await post(route(give)), 500, "internal-error")


def own_shape(error: Problem, request: Request) -> Response:
    return PlainTextResponse(f"{error.status} {error.code} {request.url.path}", error.status)


async def test_a_route_renders_its_errors_in_its_own_shape() -> None:
    async def refuses(call: Call[None, None]) -> Any:
        raise Problem(409, "taken", "it is taken")

    for spec, text in (
        (route(refuses, render=own_shape), "409 taken /route"),
        (route(fails, render=own_shape), "500 internal-error /route"),
        (route(body=Order, render=own_shape), "400 invalid-json /route"),
        (route(render=own_shape, anonymous=False), "401 unauthorized /route"),
    ):
        assert (await post(spec)).text == text


async def test_a_problem_has_its_members_and_headers() -> None:
    async def refuses(call: Call[None, None]) -> Any:
        errors = [{"detail": "is odd", "pointer": "/n"}]
        raise Problem(429, "too-many", "wait", errors=errors, headers={"Retry-After": "3"}, extra={"error_code": "E1"})

    answer = await post(route(refuses))
    assert answer.headers["retry-after"] == "3"
    assert problem(answer, 429, "too-many") == {
        "type": "urn:pegboard:problem:too-many",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "wait",
        "errors": [{"detail": "is odd", "pointer": "/n"}],
        "error_code": "E1",
    }


class Limiter:
    """The service of another plugin: two calls for each route."""

    def __init__(self) -> None:
        self.counted: list[tuple[str, str]] = []

    async def check(self, spec: RouteSpec, request: Request, principal: Principal | None) -> Mapping[str, str]:
        self.counted.append((spec.name, principal.id if principal else ""))
        left = 2 - len(self.counted)
        if left < 0:
            raise Problem(429, "too-many-requests", "wait", headers={"Retry-After": "1"})
        return {"RateLimit-Remaining": str(left)}

    def rates(self, spec: RouteSpec) -> Sequence[Rate]:
        return (Rate(2, 60),)


def limiting(limiter: Any) -> dict[str, Any]:
    """The hook of a plugin that offers the limiter which `limiter` makes."""

    @hookimpl
    def pegboard_services(registry: Any, settings: Any) -> None:
        registry.offer(RateLimiter, limiter, eager=True)

    return {"pegboard_services": pegboard_services}


@pytest.mark.parametrize("rate", [None, Rate(2, 60)])
async def test_the_service_that_offers_to_counts_each_call(rate: Rate | None) -> None:
    limiter = Limiter()
    spec = route(anonymous=False, rate=rate)
    async with client(routed(spec, **limiting(lambda services: limiter))) as api:
        answers = [await api.post("/route", headers=caller(id="ada", tenant="acme")) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers.get("ratelimit-remaining") for answer in answers] == ["1", "0", None]
    assert set(limiter.counted) == {("pegs.route", "ada")}


async def test_an_error_of_a_handler_tells_what_is_left_too() -> None:
    async def refuses(call: Call[None, None]) -> None:
        raise Problem(409, "taken")

    async with client(routed(route(refuses), **limiting(lambda services: Limiter()))) as api:
        answer = await api.post("/route")
    assert (answer.status_code, answer.headers["ratelimit-remaining"]) == (409, "1")


async def test_a_limiter_that_failed_closes_the_routes_that_declare_a_rate_and_no_others() -> None:
    def breaks(services: Any) -> None:
        raise ConnectionError("no counter")

    async with client(routed(route(rate=Rate(1, 60)), **limiting(breaks))) as api:
        assert (await api.post("/route")).status_code == 503
    async with client(routed(route(), **limiting(breaks))) as api:
        assert (await api.post("/route")).status_code == 200


async def test_without_a_limiter_a_rate_is_only_described() -> None:
    assert (await post(route(rate=Rate(1, 60)))).status_code == 200


async def test_a_caller_who_leaves_is_no_error() -> None:
    async def endless(call: Call[None, None]) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            while True:
                yield b"x"

        return StreamingResponse(parts())

    with structlog.testing.capture_logs() as logs:
        async with client(routed(route(endless))) as api, api.stream("POST", "/route") as answer:
            assert await anext(answer.aiter_raw())
    assert logs == []


async def test_an_error_in_a_web_socket_closes_it_and_says_nothing() -> None:
    async def breaks(call: SocketCall) -> None:
        await call.socket.accept()
        raise ZeroDivisionError("secret detail")

    async def early(call: SocketCall) -> None:
        raise Problem(409, "busy", "somebody is here")

    routes = (
        SocketSpec("breaks", "/breaks", breaks, anonymous=True),
        SocketSpec("early", "/early", early, anonymous=True),
    )
    with structlog.testing.capture_logs() as logs:
        async with client(routed(*routes)) as api:
            async with api.websocket("/breaks") as socket:
                assert [message async for message in socket] == []
            with pytest.raises(SocketRefused) as refused:
                await api.websocket("/early").__aenter__()
    assert refused.value.response.json()["detail"] == "somebody is here"
    assert [entry["event"] for entry in logs] == ["handler failed"]


async def test_before_and_after_its_life_an_app_says_that_it_is_not_ready() -> None:
    app = routed(route())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as outside:
        for _ in range(2):
            answer = await outside.post("/route")
            assert problem(answer, 503, "not-ready")
            assert answer.headers["retry-after"] == "1"
            async with client(app) as api:
                assert (await api.post("/route")).status_code == 200
