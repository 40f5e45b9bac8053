"""Seeing what authentication did to a request, so that it can be told, and what must not be told is known."""

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing

import httpx

from .masks import Mask


class Witness(httpx.Auth):
    """An authentication flow that remembers which headers and parameters the flow within it added."""

    def __init__(self, inner: httpx.Auth, mask: Mask) -> None:
        self._inner = inner
        self._mask = mask
        self.requires_request_body = inner.requires_request_body
        self.requires_response_body = inner.requires_response_body
        self.headers: dict[str, str] = {}
        self.params: tuple[str, ...] = ()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        headers, params = dict(request.headers.items()), frozenset(request.url.params.multi_items())
        async with aclosing(self._inner.async_auth_flow(request)) as flow:
            step = await anext(flow)
            while True:
                if step.url.host == request.url.host:
                    self._saw(step, headers, params)
                response = yield step
                try:
                    step = await flow.asend(response)
                except StopAsyncIteration:
                    return

    def _saw(self, step: httpx.Request, headers: dict[str, str], params: Iterable[tuple[str, str]]) -> None:
        unframed = ((name, value) for name, value in step.headers.items() if name not in ("content-length", "host"))
        self.headers = {name: value for name, value in unframed if headers.get(name) != value}
        added = [pair for pair in step.url.params.multi_items() if pair not in params]
        self.params = tuple(name for name, _ in added)
        values = [value for name, value in self.headers.items() if name != "content-type"]
        self._mask.learn([*values, *(value.rpartition(" ")[2] for value in values), *(value for _, value in added)])
