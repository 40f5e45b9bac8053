"""What every auth provider keeps, on either side: it proves or recognises, and gives nothing away."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar

import httpx
import orjson
from starlette.authentication import AuthenticationBackend, AuthenticationError
from starlette.requests import HTTPConnection

from ...contracts import AuthContext, AuthProvider, NoConfig, Principal
from ..transport import scope_of
from .records import RecordSuite

Headers = Mapping[str, str]

BODY = {"a": [1, None, "ü"]}
SCHEMES = ("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect")


class OutboundSuite(RecordSuite):
    """Give `record`, `config`, the `secrets` in it, and `authorised`, which judges a request that went out.

    `body` are the members that it adds to a body in JSON, if that is how it authorises.
    """

    record: AuthProvider
    secrets: ClassVar[Sequence[str]] = ()
    body: ClassVar[Mapping[str, Any]] = MappingProxyType({})

    def authorised(self, request: httpx.Request) -> bool:
        """Whether the far side would let this request in."""
        raise AssertionError("the suite lacks authorised(request) -> bool, which judges a request")

    def respond(self, request: httpx.Request) -> httpx.Response:
        """Play the far side: 200 for what is authorised, else 401. Override to hand out tokens."""
        return httpx.Response(200 if self.authorised(request) else 401)

    async def send(self, *requests: httpx.Request) -> list[httpx.Request]:
        """Send requests with the provider's authentication; returns all that the far side saw."""
        if self.record.outbound is None:
            raise AssertionError(f'auth provider "{self.record.name}" has no outbound side: use InboundSuite')
        seen: list[httpx.Request] = []

        def far_side(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return self.respond(request)

        async with self.services() as services:
            auth = self.record.outbound(self.configured(), AuthContext(services, "test", "credential-1"))
            assert isinstance(auth, httpx.Auth), f"outbound made {auth!r}, which is no httpx.Auth"
            async with httpx.AsyncClient(transport=httpx.MockTransport(far_side), auth=auth) as client:
                for request in requests:
                    await client.send(request)
        return seen

    async def test_it_authorises_a_request(self) -> None:
        seen = await self.send(_request())
        assert self.authorised(seen[-1]), f"the far side would refuse {_shown(seen[-1])}"

    async def test_it_authorises_every_request_anew(self) -> None:
        urls = [f"https://api.test/items?page={n}" for n in range(3)]
        seen = await self.send(*(httpx.Request("GET", url) for url in urls))
        for url in urls:
            answered = [r for r in seen if r.url.params.get("page") == httpx.URL(url).params["page"]]
            assert answered, f"no request for {url} went out"
            assert self.authorised(answered[-1]), f"the far side would refuse the one for {url}"

    async def test_it_changes_nothing_else(self) -> None:
        before = _request()
        after = (await self.send(_request()))[-1]
        assert after.method == before.method, f"the method became {after.method}"
        assert after.url.copy_with(query=None) == before.url.copy_with(query=None), f"the address became {after.url}"
        lost = [name for name in before.url.params if after.url.params.get(name) != before.url.params[name]]
        assert not lost, f"the query lost {lost}"
        if self.body:
            assert orjson.loads(after.content) == BODY | dict(self.body), "the body got something else than `body`"
            assert after.headers["Content-Length"] == str(len(after.content)), "Content-Length is another"
        else:
            assert after.content == before.content, f"the body became {after.content!r}"

    async def test_it_shows_no_secret(self) -> None:
        lacking = not self.secrets and self.record.config is not NoConfig
        assert not lacking, "name the secrets of the config: a check looks for them where they must not be"
        config = self.configured()
        async with self.services() as services:
            assert self.record.outbound is not None, f'auth provider "{self.record.name}" has no outbound side'
            auth = self.record.outbound(config, AuthContext(services, "test", "credential-1"))
            for secret in self.secrets:
                for shown in (repr(config), str(config), repr(auth), str(auth)):
                    assert secret not in shown, f"{type(config).__name__} or {type(auth).__name__} shows a secret"

    async def test_two_configs_do_not_meet(self) -> None:
        first = await self.send(_request())
        second = await self.send(_request())
        assert self.authorised(first[-1]), "the first of two would be refused"
        assert self.authorised(second[-1]), "the second of two would be refused: something is shared"


class InboundSuite(RecordSuite):
    """Give `record`, the headers of one `good` request, `bad` ones of the same kind, and who is meant (`principal`).

    The credential may need rows of its own: make them in `services`, and set `good` there.
    """

    record: AuthProvider
    good: Headers = MappingProxyType({})
    bad: Sequence[Headers] = ()
    foreign: ClassVar[Sequence[Headers]] = ({"Authorization": "Unheard-Of dXNlcjpwYXNz"},)
    principal: ClassVar[Mapping[str, Any]] = {}

    async def judged(self, *requests: Headers) -> list[Any]:
        """For each request its Principal, None, or the AuthenticationError."""
        async with self.services() as services:
            backend = self._backend(services)
            return [await _judged(backend, headers) for headers in requests]

    def _backend(self, services: Any) -> AuthenticationBackend:
        if self.record.inbound is None:
            raise AssertionError(f'auth provider "{self.record.name}" has no inbound side: use OutboundSuite')
        return self.record.inbound(self.configured(), services)

    async def test_a_good_credential_gives_its_principal(self) -> None:
        async with self.services() as services:
            found = await _judged(self._backend(services), self.good)
        assert isinstance(found, Principal), f"the good credential gave {found!r}, not a Principal"
        assert found.id, "the principal has no id"
        assert found.tenant, "the principal has no tenant: everything that is stored belongs to one"
        for name, expected in self.principal.items():
            assert getattr(found, name) == expected, f"the principal's {name} is {getattr(found, name)!r}"

    async def test_no_credential_of_its_kind_is_none(self) -> None:
        for headers in ({}, *self.foreign):
            [found] = await self.judged(headers)
            assert found is None, f"to {sorted(headers) or 'no header'} it said {found!r}; others could not be asked"

    async def test_a_bad_credential_is_an_error(self) -> None:
        async with self.services() as services:
            backend = self._backend(services)
            assert self.bad, "give bad credentials: those that must be refused"
            for headers in self.bad:
                found = await _judged(backend, headers)
                assert isinstance(found, AuthenticationError), f"the bad credential {headers} gave {found!r}"

    async def test_a_credential_that_is_off_by_one_is_none(self) -> None:
        async with self.services() as services:
            backend = self._backend(services)
            for headers in _off_by_one(self.good):
                found = await _judged(backend, headers)
                assert not isinstance(found, Principal), f"it lets in {headers}, which is not what was handed out"

    async def test_a_hostile_header_is_no_crash(self) -> None:
        async with self.services() as services:
            backend = self._backend(services)
            for name in self.good:
                for value in ("", " ", "x" * 65536, "Bearer", "Bearer  ", "a.b.c", "\x7f", "ü", "' OR 1=1 --", "%00"):
                    found = await _judged(backend, {**self.good, name: value})
                    refused = found is None or isinstance(found, AuthenticationError)
                    assert refused, f"{name}: {value[:40]!r} gave {found!r}"

    async def test_an_error_repeats_no_credential(self) -> None:
        async with self.services() as services:
            backend = self._backend(services)
            for headers in (*self.bad, *_off_by_one(self.good)):
                found = await _judged(backend, headers)
                for value in headers.values():
                    words = [word for word in value.split() if len(word) > 7]
                    assert not any(w in str(found) for w in words), f"the error repeats the credential: {found}"

    def test_its_scheme_is_described(self) -> None:
        kind = (self.record.openapi or {}).get("type")
        assert kind in SCHEMES, f"openapi says type {kind!r}: documents and challenges need one of {', '.join(SCHEMES)}"


async def _judged(backend: AuthenticationBackend, headers: Headers) -> Any:
    request = httpx.Request("GET", "http://testserver/", headers=[(k.encode(), v.encode()) for k, v in headers.items()])
    try:
        found = await backend.authenticate(HTTPConnection(scope_of(request)))
    except AuthenticationError as error:
        return error
    except Exception as error:
        raise AssertionError(
            f"{sorted(headers)} made it raise {error!r}: only AuthenticationError is caught"
        ) from error
    return None if found is None else found[1]


def _off_by_one(good: Headers) -> Iterator[dict[str, str]]:
    """The good headers with one character of one value lost, changed or too many."""
    for name, value in good.items():
        middle = len(value) * 3 // 4
        swapped = "A" if value[middle] != "A" else "B"
        for wrong in (value[:-1], value + "x", value[:middle] + swapped + value[middle + 1 :]):
            yield {**good, name: wrong}


def _request() -> httpx.Request:
    return httpx.Request("POST", "https://api.test/items?page=1", json=BODY)


def _shown(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path} with the headers {sorted(request.headers)}"
