"""The one place that talks to the server."""

import os
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import httpx

from .errors import UnreachableError, api_error

ADDRESS = "PEGBOARD_URL"
TIMEOUT = 60.0
"""Seconds; a call may wait for a sandbox, an upstream and the logic, one after the other."""


class _Token(httpx.Auth):
    """Puts the token on each request and nowhere else: not on the client, whose headers one may print."""

    def __init__(self, token: str, header: str) -> None:
        self._value = f"Bearer {token}" if header.lower() == "authorization" else token
        self._header = header

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers[self._header] = self._value
        yield request


class Connection:
    """A server, and who asks it.

    `base_url` may come from the environment instead (``PEGBOARD_URL``). The token goes out as bearer token, or bare
    in another `header` such as ``X-API-Key``. Within ``async with`` all calls share one pool of connections.
    """

    def __init__(
        self,
        token: str,
        base_url: str | None = None,
        *,
        header: str = "Authorization",
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        if not all("!" <= letter <= "~" for letter in token):
            raise ValueError("token: it has characters that no header can carry; was it copied whole?")
        self.base_url = _address(base_url)
        self._auth = _Token(token, header) if token else None
        self._options: dict[str, Any] = {"base_url": self.base_url, "timeout": timeout, "transport": transport}
        self._client: httpx.AsyncClient | None = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(**self._options)
        return self

    async def __aexit__(self, *error: object) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def call(
        self,
        method: str,
        path: str,
        *,
        json: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON of the answer, None where it is empty. Raises ApiError and UnreachableError."""
        given = {name: value for name, value in (params or {}).items() if value is not None}
        try:
            async with self._open() as client:
                response = await client.request(method, path, json=json, params=given, headers=headers, auth=self._auth)
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            raise UnreachableError(f"{method} {self.base_url}{path}: {reason}") from None
        if not response.is_success:
            raise api_error(response)
        return _decoded(response)

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[httpx.AsyncClient]:
        if self._client is not None:
            yield self._client
            return
        async with httpx.AsyncClient(**self._options) as client:
            yield client


def _address(given: str | None) -> str:
    address = given or os.environ.get(ADDRESS, "")
    if not address.startswith(("http://", "https://")):
        raise ValueError(f"base_url: {address!r} is no address; give it, or set {ADDRESS}=https://api.example.com")
    return address.rstrip("/")


def _decoded(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        media = response.headers.get("content-type", "no content type")
        raise UnreachableError(f"{response.url.path}: the server answered no JSON ({media})") from None
