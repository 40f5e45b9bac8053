"""The suites of auth providers, held against good ones and bad ones."""

import hmac
from collections.abc import Generator, Mapping
from typing import Any, ClassVar

import attrs
import httpx
import orjson
import pytest
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError
from starlette.requests import HTTPConnection

from pegboard import AuthContext, AuthProvider, Principal, Secret, Services, setting
from pegboard.testing.suites import InboundSuite, OutboundSuite, RecordSuite
from pegboard.testing.suites.proof import checks_of, verdict

pytestmark = pytest.mark.anyio

KEY = "k3y-0123456789abcdef"


@attrs.frozen
class Key:
    key: Secret = setting(Secret(KEY), help="the key")
    header: str = setting("X-Key", help="the header that carries it")


class KeyAuth(httpx.Auth):
    def __init__(self, config: Key) -> None:
        self.config = config

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self.config.header] = self.config.key.reveal()
        yield request


class KeyBackend(AuthenticationBackend):
    def __init__(self, config: Key) -> None:
        self.config = config

    async def authenticate(self, conn: HTTPConnection) -> tuple[AuthCredentials, Principal] | None:
        given = conn.headers.get(self.config.header)
        if given is None:
            return None
        if not hmac.compare_digest(given.encode(), self.config.key.reveal().encode()):
            raise AuthenticationError("this key is not known")
        return AuthCredentials(["things:read"]), Principal("7", "acme", scopes=frozenset({"things:read"}))


def outbound(config: Key, context: AuthContext) -> httpx.Auth:
    return KeyAuth(config)


def inbound(config: Key, services: Services) -> AuthenticationBackend:
    return KeyBackend(config)


KEYS = AuthProvider(
    "key",
    "A key in a header",
    Key,
    outbound=outbound,
    inbound=inbound,
    openapi={"type": "apiKey", "in": "header", "name": "X-Key"},
)


class TestOutbound(OutboundSuite):
    record = KEYS
    secrets = (KEY,)
    bad_configs = ({"key": 7},)

    def authorised(self, request: httpx.Request) -> bool:
        return request.headers.get("X-Key") == KEY


class TestInbound(InboundSuite):
    record = KEYS
    good: ClassVar[Mapping[str, str]] = {"X-Key": KEY}
    bad = ({"X-Key": "another-key-altogether"}, {"X-Key": "ü"})
    principal: ClassVar[Mapping[str, Any]] = {"id": "7", "tenant": "acme"}


def sending(flow: Any, **members: Any) -> type[TestOutbound]:
    """The good suite over an outbound side with another flow."""
    auth = type("BadAuth", (KeyAuth,), {"auth_flow": flow, **members})

    class Bad(TestOutbound):
        record = AuthProvider("key", "Bad", Key, outbound=lambda config, context: auth(config))

    return Bad


def once() -> Any:
    sent: list[int] = []

    def flow(self: KeyAuth, request: httpx.Request) -> Any:
        if not sent:
            request.headers["X-Key"] = KEY
        sent.append(1)
        yield request

    return flow


def rewriting(self: KeyAuth, request: httpx.Request) -> Any:
    yield httpx.Request(request.method, request.url.copy_with(path="/other"), headers={"X-Key": KEY})


def nothing(self: KeyAuth, request: httpx.Request) -> Any:
    yield request


OUT: dict[str, type[TestOutbound]] = {
    "test_it_authorises_a_request": sending(nothing),
    "test_it_authorises_every_request_anew": sending(once()),
    "test_it_changes_nothing_else": sending(rewriting),
    "test_it_shows_no_secret": sending(KeyAuth.auth_flow, __repr__=lambda self: f"KeyAuth({self.config.key.reveal()})"),
    "test_two_configs_do_not_meet": sending(once()),
}


def recognising(authenticate: Any = None, **changed: Any) -> type[TestInbound]:
    """The good suite over an inbound side that recognises callers in another way."""
    members = {"authenticate": authenticate} if authenticate else {}
    backend = type("BadBackend", (KeyBackend,), members)

    class Bad(TestInbound):
        record = attrs.evolve(KEYS, **{"inbound": lambda config, services: backend(config), **changed})

    return Bad


async def homeless(self: KeyBackend, conn: HTTPConnection) -> Any:
    return AuthCredentials(), Principal("7", "")


async def greedy(self: KeyBackend, conn: HTTPConnection) -> Any:
    if conn.headers.get("X-Key") != KEY:
        raise AuthenticationError("send a key")
    return AuthCredentials(), Principal("7", "acme")


async def shrugging(self: KeyBackend, conn: HTTPConnection) -> Any:
    return (AuthCredentials(), Principal("7", "acme")) if conn.headers.get("X-Key") == KEY else None


async def by_prefix(self: KeyBackend, conn: HTTPConnection) -> Any:
    given = conn.headers.get("X-Key")
    return (AuthCredentials(), Principal("7", "acme")) if given and given.startswith(KEY[:6]) else None


async def crashing(self: KeyBackend, conn: HTTPConnection) -> Any:
    _, _, rest = conn.headers["X-Key"].partition("-")
    return (AuthCredentials(), Principal(rest.split("-")[0][0], "acme")) if rest else None


async def talkative(self: KeyBackend, conn: HTTPConnection) -> Any:
    raise AuthenticationError(f"the key {conn.headers.get('X-Key')} is not known")


IN: dict[str, type[TestInbound]] = {
    "test_a_good_credential_gives_its_principal": recognising(homeless),
    "test_no_credential_of_its_kind_is_none": recognising(greedy),
    "test_a_bad_credential_is_an_error": recognising(shrugging),
    "test_a_credential_that_is_off_by_one_is_none": recognising(by_prefix),
    "test_a_hostile_header_is_no_crash": recognising(crashing),
    "test_an_error_repeats_no_credential": recognising(talkative),
    "test_its_scheme_is_described": recognising(openapi=None),
}


def test_every_check_has_a_bad_implementation() -> None:
    assert set(OUT) == set(checks_of(OutboundSuite, without=RecordSuite))
    assert set(IN) == set(checks_of(InboundSuite, without=RecordSuite))


def in_body(self: KeyAuth, request: httpx.Request) -> Any:
    body = orjson.dumps({**orjson.loads(request.content or b"{}"), "key": KEY})
    yield httpx.Request(request.method, request.url, content=body)


class TestInBody(sending(in_body)):  # type: ignore[misc]
    """A provider that authorises by a member of the body says so, and everything else in it must stay."""

    body: ClassVar[Mapping[str, Any]] = {"key": KEY}

    def authorised(self, request: httpx.Request) -> bool:
        return bool(orjson.loads(request.content).get("key") == KEY)


async def test_a_body_that_changes_otherwise_than_was_said_is_found() -> None:
    class Undeclared(TestInBody):
        body: ClassVar[Mapping[str, Any]] = {}

    class Other(TestInBody):
        body: ClassVar[Mapping[str, Any]] = {"token": KEY}

    for bad in (Undeclared, Other):
        assert "the body" in await verdict(bad, "test_it_changes_nothing_else")


async def test_a_provider_with_nothing_to_set_has_no_secrets() -> None:
    class Nothing(OutboundSuite):
        record = AuthProvider("none", "Nothing", outbound=lambda config, context: httpx.Auth())

    assert not await verdict(Nothing, "test_it_shows_no_secret")

    class Silent(TestOutbound):
        secrets = ()

    assert "name the secrets" in await verdict(Silent, "test_it_shows_no_secret")


@pytest.mark.parametrize("check", OUT)
async def test_a_bad_outbound_side_is_found(check: str) -> None:
    assert await verdict(OUT[check], check)


@pytest.mark.parametrize("check", IN)
async def test_a_bad_inbound_side_is_found(check: str) -> None:
    assert await verdict(IN[check], check)


async def test_a_provider_without_the_side_is_told_the_other_suite() -> None:
    class Wrong(TestInbound):
        record = AuthProvider("key", "Only out", Key, outbound=outbound)

    assert "use OutboundSuite" in await verdict(Wrong, "test_a_good_credential_gives_its_principal")
