"""Who calls: the chain of authenticators in the operator's order, scopes, and failing closed."""

from types import SimpleNamespace
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.authentication import AuthCredentials, AuthenticationBackend, AuthenticationError
from starlette.requests import HTTPConnection
from starlette.responses import Response

from pegboard import (
    AuthProvider,
    Call,
    MissingCredential,
    Principal,
    Problem,
    RouteSpec,
    SocketCall,
    SocketSpec,
    create_app,
    hookimpl,
)
from pegboard.auth import LADDER, grants
from pegboard.testing import Client, SocketRefused, caller, callers, client

pytestmark = pytest.mark.anyio

BASIC = {"type": "http", "scheme": "basic"}


class HeaderBackend(AuthenticationBackend):
    """Recognises ``<header>: <tenant>``; "bad" is bad."""

    def __init__(self, header: str) -> None:
        self.header = header

    async def authenticate(self, conn: HTTPConnection) -> Any:
        tenant = conn.headers.get(self.header)
        if tenant is None:
            return None
        if tenant == "bad":
            raise AuthenticationError(f"{self.header} is not known")
        return AuthCredentials(), Principal(self.header, tenant, scopes=frozenset({"pegs:write"}))


def provider(name: str, **more: Any) -> AuthProvider:
    return AuthProvider(name, "A header", **{"inbound": lambda config, services: HeaderBackend(name), **more})


async def who(call: Call[None, None]) -> Any:
    return call.principal and {"id": call.principal.id, "tenant": call.caller.tenant}


async def talk(call: SocketCall) -> None:
    await call.socket.accept()
    await call.socket.send_text(call.principal.tenant if call.principal else "nobody")
    await call.socket.close()


def app(*providers: AuthProvider, inbound: Any = None, more: Any = None) -> Any:
    @hookimpl
    def pegboard_auth_providers(settings: Any) -> Any:
        return list(providers)

    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        yield RouteSpec("open", "/open", who, anonymous=True)
        yield RouteSpec("guarded", "/guarded", who)
        yield RouteSpec("read", "/read", who, scopes=("pegs:read",))
        yield RouteSpec("delete", "/delete", who, scopes=("pegs:delete", "pegs:read"))
        yield SocketSpec("talk", "/talk", talk, scopes=("pegs:read",))
        yield SocketSpec("talk.open", "/talk/open", talk, anonymous=True)
        yield SocketSpec("talk.delete", "/talk/delete", talk, scopes=("pegs:delete",))

    plugin = SimpleNamespace(pegboard_auth_providers=pegboard_auth_providers, pegboard_routes=pegboard_routes)
    settings = {} if inbound is None else {"auth": {"inbound": inbound}}
    return create_app(plugins={"pegs": plugin, **(more or {})}, settings=settings, environ={}, installed=False)


async def test_the_order_is_the_operators() -> None:
    both = {"one": "first", "two": "second"}
    for order, expected in ((None, "one"), (["two", "one"], "two"), (["one"], "one")):
        async with client(app(provider("one"), provider("two"), inbound=order)) as api:
            assert (await api.get("/guarded", headers=both)).json()["id"] == expected


async def test_an_authenticator_that_is_not_named_is_not_asked() -> None:
    async with client(app(provider("one"), provider("two"), inbound=["two"])) as api:
        assert (await api.get("/guarded", headers={"one": "acme"})).status_code == 401


async def test_a_bad_credential_is_a_401_even_where_none_is_needed() -> None:
    async with client(app(provider("one", openapi=BASIC), provider("two"))) as api:
        for path in ("/guarded", "/open"):
            answer = await api.get(path, headers={"one": "bad", "two": "acme"})
            assert answer.status_code == 401
            assert answer.json()["detail"] == "one is not known"
            assert answer.headers["www-authenticate"] == "Basic, Two"


async def test_no_credential_is_a_401_with_every_challenge() -> None:
    key = {"type": "apiKey", "in": "header", "name": "X-Key"}
    async with client(app(provider("one", openapi=BASIC), provider("two", openapi=key))) as api:
        answer = await api.get("/guarded")
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:pegboard:problem:unauthorized")
        assert answer.headers["www-authenticate"] == 'Basic, ApiKey name="X-Key"'


async def test_a_renderer_can_tell_no_credential_from_a_bad_one() -> None:
    def render(problem: Problem, request: HTTPConnection) -> Response:
        return Response(status_code=403 if isinstance(problem, MissingCredential) else problem.status)

    @hookimpl
    def pegboard_routes(settings: Any) -> Any:
        yield RouteSpec("own", "/own", who, render=render)

    more = {"own": SimpleNamespace(pegboard_routes=pegboard_routes)}
    async with client(app(provider("one"), more=more)) as api:
        assert (await api.get("/own")).status_code == 403
        assert (await api.get("/own", headers={"one": "bad"})).status_code == 401


async def test_an_anonymous_route_still_learns_who_calls() -> None:
    async with client(app(provider("one"))) as api:
        assert (await api.get("/open")).json() is None
        assert (await api.get("/open", headers={"one": "acme"})).json() == {"id": "one", "tenant": "acme"}


async def test_scopes_are_all_needed() -> None:
    async with client(app(provider("one"))) as api:
        assert (await api.get("/read", headers={"one": "acme"})).status_code == 200
        answer = await api.get("/delete", headers={"one": "acme"})
        assert answer.status_code == 403
        assert answer.json() == {
            "type": "urn:pegboard:problem:insufficient-scope",
            "title": "Forbidden",
            "status": 403,
            "detail": "this needs the scope pegs:delete",
            "scopes": ["pegs:delete"],
        }


async def missing(api: Client, what: str) -> None:
    """A guarded route is closed with the name of what is missing; an open one is open."""
    for path in ("/guarded", "/read"):
        answer = await api.get(path, headers={"one": "acme"})
        assert answer.status_code == 503
        assert answer.json()["type"] == "urn:pegboard:problem:provider-missing"
        assert what in answer.json()["detail"]
    assert (await api.get("/open")).status_code == 200


async def test_without_any_authenticator_guarded_routes_are_closed() -> None:
    async with client(app()) as api:
        await missing(api, "an inbound auth provider is not available")


async def test_an_authenticator_that_is_named_and_absent_closes_guarded_routes() -> None:
    async with client(app(provider("one"), inbound=["one", "apikey"])) as api:
        await missing(api, 'auth provider "apikey" is not available')


async def test_one_that_cannot_be_opened_closes_guarded_routes() -> None:
    def broken(config: Any, services: Any) -> Any:
        raise ConnectionError("no database")

    async with client(app(provider("one"), provider("two", inbound=broken))) as api:
        await missing(api, 'auth provider "two" is not available')


async def test_an_outbound_provider_authenticates_nobody() -> None:
    out = AuthProvider("out", "Outgoing", outbound=lambda config, context: None)  # type: ignore[arg-type, return-value]
    async with client(app(provider("one"), out)) as api:
        assert (await api.get("/guarded", headers={"one": "acme"})).status_code == 200
    async with client(app(provider("one"), out, inbound=["out"])) as api:
        await missing(api, 'auth provider "out"')


def test_a_provider_has_at_least_one_side() -> None:
    with pytest.raises(ValueError, match='auth provider "none": give outbound, inbound or both'):
        AuthProvider("none", "Neither")


async def test_a_user_that_is_no_principal_is_nobody() -> None:
    class Foreign(AuthenticationBackend):
        async def authenticate(self, conn: HTTPConnection) -> Any:
            from starlette.authentication import SimpleUser

            return AuthCredentials(), SimpleUser("root")

    async with client(app(provider("one", inbound=lambda config, services: Foreign()))) as api:
        assert (await api.get("/guarded")).status_code == 401


async def test_an_error_of_an_authenticator_lets_nobody_in() -> None:
    class Broken(AuthenticationBackend):
        async def authenticate(self, conn: HTTPConnection) -> Any:
            raise ConnectionError("the database is gone")

    async with client(app(provider("one", inbound=lambda config, services: Broken()))) as api:
        answer = await api.get("/guarded")
        assert answer.status_code == 500
        assert "database" not in answer.text


async def test_web_sockets_are_guarded_before_they_are_accepted() -> None:
    async with client(app(provider("one"))) as api:
        async with api.websocket("/talk", headers={"one": "acme"}) as socket:
            assert await socket.receive() == "acme"
        async with api.websocket("/talk/open") as socket:
            assert await socket.receive() == "nobody"
        refusals = {"/talk": ({}, 401), "/talk/delete": ({"one": "acme"}, 403), "/talk/open": ({"one": "bad"}, 401)}
        for path, (headers, status) in refusals.items():
            with pytest.raises(SocketRefused) as refused:
                await api.websocket(path, headers=headers).__aenter__()
            assert refused.value.response.status_code == status
            assert refused.value.response.json()["status"] == status
    async with client(app()) as api:
        with pytest.raises(SocketRefused) as refused:
            await api.websocket("/talk").__aenter__()
        assert refused.value.response.json()["type"] == "urn:pegboard:problem:provider-missing"


async def test_the_stand_in_of_the_testing_package_believes_what_a_test_says() -> None:
    async with client(app(more={"callers": callers})) as api:
        answer = await api.get("/read", headers=caller("pegs:*", id="ada", tenant="acme"))
        assert answer.json() == {"id": "ada", "tenant": "acme"}
        assert (await api.get("/read", headers=caller("other:read"))).status_code == 403
        assert (await api.get("/read", headers={"X-Test-Caller": "root"})).status_code == 401


RESOURCES = st.sampled_from(["pegs", "pegs:row", "widgets"])


@given(RESOURCES, st.sampled_from(LADDER), RESOURCES, st.sampled_from(LADDER))
def test_a_level_grants_itself_and_those_below_of_its_own_resource(mine: str, held: str, its: str, needed: str) -> None:
    enough = mine == its and LADDER.index(held) >= LADDER.index(needed)
    assert grants([f"{mine}:{held}"], f"{its}:{needed}") == enough


SCOPES = st.one_of(
    st.builds("{}:{}".format, RESOURCES, st.sampled_from([*LADDER, "*", "paint"])), st.just("*"), st.text(max_size=8)
)


@given(st.sets(SCOPES, max_size=4), SCOPES, SCOPES)
def test_more_scopes_never_grant_less(held: set[str], further: str, needed: str) -> None:
    assert grants(held | {further}, needed) >= grants(held, needed)
    assert grants(held | {needed}, needed)
    assert grants({"*"}, needed)


@pytest.mark.parametrize(
    ("held", "needed", "granted"),
    [
        ("pegs:*", "pegs:admin", True),
        ("pegs:*", "pegs:paint", True),
        ("pegs:*", "widgets:read", False),
        ("pegs:admin", "pegs:paint", False),
        ("pegs:paint", "pegs:paint", True),
        ("pegs", "pegs:read", False),
        ("peg:admin", "pegs:read", False),
        ("", "pegs:read", False),
        ("PEGS:admin", "pegs:read", False),
    ],
)
def test_scopes_by_example(held: str, needed: str, granted: bool) -> None:
    assert grants([held], needed) is granted


def test_an_anonymous_route_cannot_need_scopes() -> None:
    with pytest.raises(ValueError, match=r'route "a": an anonymous route cannot need scopes'):
        RouteSpec("a", "/a", who, anonymous=True, scopes=("pegs:read",))


def test_a_principal_is_a_starlette_user() -> None:
    principal = Principal("7", "acme", username="ada")
    assert (principal.is_authenticated, principal.display_name, principal.identity) == (True, "ada", "7")
    assert attrs.evolve(principal, username="").display_name == "7"
