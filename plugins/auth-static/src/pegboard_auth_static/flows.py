"""The flows, as httpx has them. None of them shows what it holds.

The extensions tell `pegboard_egress`'s client what must not follow a redirect to another origin; its ``send`` sees by
itself what a flow added. Clients that know neither get no worse by them.
"""

from collections.abc import Generator, Mapping

import httpx

from pegboard import Problem, Secret

from .bodies import with_member

SECRET_HEADERS = "egress.secret_headers"
SECRET_BODY = "egress.secret_body"

Flow = Generator[httpx.Request, httpx.Response, None]


class HeaderAuth(httpx.Auth):
    """Headers that are the same in every request."""

    def __init__(self, headers: Mapping[str, Secret]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Flow:
        for name, value in self._headers.items():
            request.headers[name] = value.reveal()
        request.extensions["egress.secret_headers"] = (
            *request.extensions.get("egress.secret_headers", ()),
            *self._headers,
        )
        yield request


class QueryAuth(httpx.Auth):
    """A query parameter. It is put behind the others, and instead of one of the same name."""

    def __init__(self, name: str, value: Secret) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Flow:
        request.url = request.url.copy_set_param(self._name, self._value.reveal())
        yield request


class BodyAuth(httpx.Auth):
    """A member of the body. Where there is no body, it makes one in JSON."""

    requires_request_body = True

    def __init__(self, name: str, value: Secret) -> None:
        self._name, self._value = name, value

    def auth_flow(self, request: httpx.Request) -> Flow:
        content, kind = with_member(request.content, request.headers.get("Content-Type"), self._name, self._value)
        headers = [(k, v) for k, v in request.headers.raw if k.lower() not in (b"content-length", b"content-type")]
        yield httpx.Request(
            request.method,
            request.url,
            headers=[*headers, (b"Content-Type", kind.encode())],
            content=content,
            extensions={**request.extensions, SECRET_BODY: True},
        )


class DigestAuth(httpx.Auth):
    """Answers a challenge, and the next ones before they come, with the same nonce (RFC 7616, 3.3 and 3.4)."""

    def __init__(self, username: str, password: Secret) -> None:
        self._digest = httpx.DigestAuth(username, password.reveal())

    def auth_flow(self, request: httpx.Request) -> Flow:
        try:
            yield from self._digest.auth_flow(request)
        except (KeyError, ValueError, NotImplementedError, httpx.ProtocolError):
            # what httpx raises for an algorithm, a qop or a syntax that it does not know
            raise Problem(
                502,
                "auth-challenge-refused",
                f"{request.url.host} asks for digest authentication in a way that is not known here: it must offer "
                "MD5, SHA-1, SHA-256 or SHA-512, and qop=auth or none",
            ) from None
