"""From a `RouteSpec` to an ASGI application: everything that routes share is done here, once.

Authenticate, check scopes and rate, read and structure query and body, call the handler, serialise its
result, and answer every exception as a problem. What a route does not declare costs it nothing.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, get_origin

import attrs
import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from .auth import Chain
from .contracts import Call, ErrorRenderer, Principal, RateLimiter, RouteSpec, Services, SocketCall, SocketSpec
from .idempotent import WholeRequest, answered_once
from .invalid import invalid
from .json import COLLECTIONS, converter, dumps, text_converter
from .logs import Exchange, request_id
from .problems import FieldError, MissingService, Problem, render_problem

log = structlog.get_logger(__name__)

JSON_TYPES = ("application/json", "text/json")


@attrs.define
class Dispatcher:
    """Makes the applications of one app's routes."""

    services: Services
    chain: Chain | None = None

    def http(self, spec: RouteSpec, owner: str = "") -> "RouteApp":
        """The application that serves one HTTP route."""
        return RouteApp(spec, owner, self._answer(spec), spec.render or render_problem)

    def _answer(self, spec: RouteSpec) -> Callable[[Request], Awaitable[Response]]:
        status, services, anonymous, scopes = spec.status, self.services, spec.anonymous, spec.scopes
        keyed, limit, limited = bool(spec.idempotent), spec.body_limit, RateLimiter in services
        handler = answered_once(spec, _json) if keyed else spec.handler
        read_body = _body_reader(spec) if spec.body is not None else None
        read_query = _query_reader(spec.query) if spec.query is not None else None

        async def answer(request: Request) -> Response:
            principal = await self.admit(request, anonymous, scopes)
            limiter = self._limiter(spec) if limited else None
            told = await limiter.check(spec, request, principal) if limiter else None
            try:
                if keyed:
                    request = await _whole(request, limit)
                query = read_query(request) if read_query else None
                body = await read_body(request) if read_body else None
                result = await handler(Call(request, services, principal, body, query))
            except Problem as problem:
                problem.headers |= told or {}
                raise
            response = result if isinstance(result, Response) else _json(result, status)
            if told:
                response.headers.update(told)
            return response

        return answer

    def admit(self, conn: Request | WebSocket, anonymous: bool, scopes: tuple[str, ...]) -> Awaitable[Principal | None]:
        """Who calls, if the route lets them in. Raises Problem 401, 403, 503."""
        if self.chain is None:
            raise Problem(503, "not-ready", "the app is starting or stopping; try again", headers={"Retry-After": "1"})
        return self.chain.principal(conn) if anonymous else self.chain.admitted(conn, scopes)

    def _limiter(self, spec: RouteSpec) -> RateLimiter | None:
        """What counts the call. Raises Problem 503 where a rate is declared and whatever keeps it has failed."""
        try:
            return self.services.get(RateLimiter)  # type: ignore[type-abstract]
        except MissingService:
            if spec.rate is None:
                return None
            raise

    def socket(self, spec: SocketSpec, owner: str = "") -> "SocketApp":
        """The application that serves one WebSocket route."""
        return SocketApp(spec, owner, self)


@attrs.frozen
class RouteApp:
    """One HTTP route as an ASGI application."""

    spec: RouteSpec
    owner: str
    answer: Callable[[Request], Awaitable[Response]]
    render: ErrorRenderer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)
        try:
            response = await self.answer(request)
        except Problem as problem:
            response = self.render(problem, request)
        except ClientDisconnect:
            return
        except Exception as error:
            response = self.render(unexpected(error, self.spec.name, self.owner), request)
        if type(send) is Exchange and type(response).__call__ is Response.__call__:
            await send.answer(response)
        else:  # somebody wants to see each message, or the response has a way of its own, such as a stream
            await response(scope, receive, send)


@attrs.frozen
class MethodApp:
    """Several routes of one path, told apart by their methods."""

    by_method: Mapping[str, RouteApp]

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        app = scope["endpoint"] = self.by_method[scope["method"]]
        return app(scope, receive, send)


@attrs.frozen
class SocketApp:
    """One WebSocket route as an ASGI application; a refusal is an HTTP answer before it is accepted."""

    spec: SocketSpec
    owner: str
    dispatcher: Dispatcher

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        socket = WebSocket(scope, receive, send)
        try:
            principal = await self.dispatcher.admit(socket, self.spec.anonymous, self.spec.scopes)
            await self.spec.handler(SocketCall(socket, self.dispatcher.services, principal))
        except Problem as problem:
            await _refuse(socket, problem)
        except WebSocketDisconnect:
            return
        except Exception as error:
            await _refuse(socket, unexpected(error, self.spec.name, self.owner))


def unexpected(error: Exception, route: str, owner: str) -> Problem:
    """A 500 that says nothing but the id under which the log says everything."""
    current = request_id.get()
    log.error("handler failed", route=route, plugin=owner, exc_info=error)
    detail = f"An internal error occurred; it is in the log under the id {current}"
    return Problem(500, "internal-error", detail, extra={"id": current})


async def _refuse(socket: WebSocket, problem: Problem) -> None:
    if socket.application_state.name == "CONNECTING" and "websocket.http.response" in socket.scope.get(
        "extensions", {}
    ):
        await socket.send_denial_response(render_problem(problem))
    elif socket.application_state.name != "DISCONNECTED":
        await socket.close(1008 if problem.status < 500 else 1011, problem.detail[:120])


def _json(result: Any, status: int) -> Response:
    if result is None and status in (204, 205, 304):
        return Response(status_code=status)
    return Response(dumps(result), status, media_type="application/json")


def _body_reader(spec: RouteSpec) -> Callable[[Request], Awaitable[Any]]:
    kind, limit = spec.body, spec.body_limit
    structure = converter.get_structure_hook(kind)

    async def read(request: Request) -> Any:
        data = await read_body(request, limit)
        media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
        if media not in JSON_TYPES and not media.endswith("+json"):
            raise Problem(415, "unsupported-media-type", f"send application/json, not {media}")
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            problem = "is missing" if not data else f"is not valid JSON: {error}"
            raise Problem(400, "invalid-json", f"The body {problem}") from None
        try:
            return structure(document, kind)
        except Exception as error:
            raise invalid(error) from None

    return read


async def read_body(request: Request, limit: int) -> bytes:
    """The body, up to `limit` bytes. Raises Problem 413 as soon as there is more, whatever was announced."""
    announced = request.headers.get("content-length", "")
    too_large = Problem(413, "body-too-large", f"The body may have at most {limit} bytes")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise too_large
        chunks.append(chunk)
    return b"".join(chunks)


async def _whole(request: Request, limit: int) -> Request:
    return WholeRequest(request, await read_body(request, limit))


def _query_reader(kind: type) -> Callable[[Request], Any]:
    fields = attrs.fields(attrs.resolve_types(kind))
    lists = {field.name for field in fields if (get_origin(field.type) or field.type) in COLLECTIONS}

    def read(request: Request) -> Any:
        params = request.query_params
        values: dict[str, Any] = {}
        for name in params:
            given = params.getlist(name)
            if name not in lists and len(given) > 1:
                raise _once(name)
            values[name] = given if name in lists and len(given) > 1 else given[0]
        try:
            return text_converter.structure(values, kind)
        except Exception as error:
            raise invalid(error, "query") from None

    return read


def _once(name: str) -> Problem:
    error = FieldError("is given more than once", f"/{name}")
    return Problem(422, "invalid-input", f"The query is not valid: {name}: {error.detail}", errors=[error])
