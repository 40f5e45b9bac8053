"""What the kernel does for a route that says `idempotent`: everything but keeping answers."""

from collections.abc import Awaitable, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from starlette.responses import PlainTextResponse, Response

from pegboard import Call, IdempotencyKey, IdempotencyStore, Problem, RouteSpec, create_app, hookimpl
from pegboard.testing import caller, callers, client

pytestmark = pytest.mark.anyio

ANN = caller(id="ann", tenant="acme")


@attrs.frozen
class Peg:
    colour: str


class Drawer:
    """Another plugin's service: it keeps the answers of one process for as long as that lives."""

    def __init__(self) -> None:
        self.kept: dict[IdempotencyKey, tuple[str, Response]] = {}

    async def once(self, key: IdempotencyKey, fingerprint: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        if key not in self.kept:
            self.kept[key] = fingerprint, await answer()
        elif self.kept[key][0] != fingerprint:
            raise Problem(422, "idempotency-mismatch")
        return self.kept[key][1]

    @hookimpl
    def pegboard_services(self, registry: Any) -> None:
        registry.offer(IdempotencyStore, lambda services: self, eager=True)


def app(*, kept: bool = True, **spec: Any) -> Any:
    count = iter(range(1, 100))

    async def make(call: Call[Any, None]) -> Any:
        if call.body is not None and call.body.colour == "black":
            raise Problem(409, "sold-out", "no black ones")
        if call.body is None:
            return PlainTextResponse(await call.request.body())
        return {"number": next(count), "colour": call.body.colour}

    @hookimpl
    def pegboard_routes() -> Iterator[RouteSpec]:
        given = {"methods": ("POST",), "body": Peg, "status": 201, "idempotent": "optional", **spec}
        yield RouteSpec("pegs.make", "/pegs", make, **given)

    plugins = {"callers": callers, "pegs": SimpleNamespace(pegboard_routes=pegboard_routes)}
    more = {"drawer": Drawer()} if kept else {}
    return create_app(plugins=plugins | more, installed=False, environ={})


async def statuses(made: Any, *keys: str | None, colour: str = "red", by: Any = ANN) -> list[tuple[int, Any]]:
    async with client(made) as api:
        found = []
        for key in keys:
            headers = {**by, **({} if key is None else {"Idempotency-Key": key})}
            answer = await api.post("/pegs", json={"colour": colour}, headers=headers)
            found.append((answer.status_code, answer.json().get("number", answer.json().get("type", ""))))
        return found


async def test_one_key_is_one_answer() -> None:
    assert await statuses(app(), "a", "a", '"a"', "b", None, None) == [
        (201, 1), (201, 1), (201, 1), (201, 2), (201, 3), (201, 4),
    ]  # fmt: skip


async def test_an_error_of_the_handler_is_an_answer() -> None:
    assert await statuses(app(), "a", "a", colour="black") == [(409, "urn:pegboard:problem:sold-out")] * 2


async def test_a_body_that_is_read_raw_can_be_read() -> None:
    async with client(app(body=None, body_limit=8)) as api:
        headers = {**ANN, "Idempotency-Key": "a"}
        assert (await api.post("/pegs", content=b"12345678", headers=headers)).text == "12345678"
        assert (await api.post("/pegs", content=b"123456789", headers=headers)).status_code == 413
        assert (await api.post("/pegs", content=b"1234567", headers=headers)).status_code == 422


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, '"open', "a,b\tc"])
async def test_a_key_that_is_none_is_refused(key: str) -> None:
    assert await statuses(app(), key) == [(400, "urn:pegboard:problem:idempotency-key")]


async def test_a_route_may_require_one() -> None:
    wanted = [(400, "urn:pegboard:problem:idempotency-key"), (201, 1)]
    assert await statuses(app(idempotent="required"), None, "a") == wanted


async def test_without_a_store_a_key_is_refused_and_no_key_is_not() -> None:
    wanted = [(503, "urn:pegboard:problem:provider-missing"), (201, 1)]
    assert await statuses(app(kept=False), "a", None) == wanted


async def test_nobody_in_particular_has_no_key() -> None:
    made = app(anonymous=True)
    assert await statuses(made, "a", by={}) == [(401, "urn:pegboard:problem:unauthorized")]
    assert await statuses(made, None, by={}) == [(201, 1)]


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"idempotent": "always"}, 'say "optional" or "required"'),
        ({"idempotent": "required", "anonymous": True}, "anonymous route cannot require keys"),
        ({"idempotent": "optional", "methods": ("GET", "HEAD")}, "may be repeated anyhow"),
    ],
)
def test_a_route_that_makes_no_sense_is_refused(spec: Any, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        RouteSpec("pegs.make", "/pegs", lambda call: call, **{"methods": ("POST",), **spec})
