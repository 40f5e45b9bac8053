"""What the logic is called with: `request` without the caller's credentials, and `user`."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import Request

from pegboard import Argument, Principal, Problem
from pegboard.dispatch import read_body

from .credentials import is_secret

BODY_LIMIT = 1024 * 1024
BODILESS = frozenset({"GET", "HEAD", "DELETE"})
REMEMBERED_NAMES = 1000


class RequestArguments:
    """Requests as the logic sees them."""

    def __init__(self, credentials: frozenset[str]) -> None:
        """`credentials` are the headers, in lower case, in which callers of this app prove who they are."""
        self._names = _Names(credentials)

    def of(self, request: Request, body: str | None) -> Argument:
        """A request, and the text of its body if that has any."""
        scope = request.scope
        method, bound, names = scope["method"], scope["path_params"], self._names
        if "widget_id" in bound:
            bound = {name: value for name, value in bound.items() if name != "widget_id"}
        query = request.query_params.multi_items() if scope["query_string"] else []
        headers = [(name, value.decode("latin-1")) for raw, value in scope["headers"] if (name := names[raw])]
        return _document(method, scope["path"], headers, query, bound, body)


class _Names(dict[bytes, str]):
    """The names of headers, "" for one that stays hidden; remembered, for each request has the same ones."""

    def __init__(self, credentials: frozenset[str]) -> None:
        super().__init__()
        self._credentials = credentials

    def __missing__(self, raw: bytes) -> str:
        if len(self) >= REMEMBERED_NAMES:  # callers choose the names
            self.clear()
        name = raw.decode("latin-1")
        self[raw] = shown = "" if name in self._credentials or is_secret(name) else name
        return shown


def described(
    method: str,
    path: str,
    headers: Iterable[tuple[str, str]],
    query: Iterable[tuple[str, str]],
    path_params: Mapping[str, Any],
    body: str | None,
) -> Argument:
    """A request as a sandbox's ``request`` view."""
    shown = [(name, value) for name, value in headers if not is_secret(name)]
    return _document(method, path, shown, list(query), dict(path_params), body)


def _document(
    method: str,
    path: str,
    headers: list[tuple[str, str]],
    query: list[tuple[str, str]],
    path_params: dict[str, Any],
    body: str | None,
) -> Argument:
    document = {
        "method": method,
        "path": path,
        "headers": headers,
        "query_params": query,
        "path_params": path_params,
        "body": body,
    }
    return Argument(orjson.dumps(document), "request")


async def body_text(request: Request) -> str | None:
    """What came with a request, if anything did. Raises Problem 413 for more than 1 MiB, 400 for what is no text."""
    body = await read_body(request, BODY_LIMIT)
    try:
        return body.decode() or None
    except UnicodeDecodeError:
        raise Problem(400, "invalid-body", "The body must be UTF-8 text") from None


def user_argument(principal: Principal | None) -> Argument:
    """`user` as the logic sees it."""
    return _user(principal.id, principal.username, principal.email) if principal else _user("", "", "")


@lru_cache(1000)
def _user(id: str, username: str, email: str) -> Argument:
    return Argument(orjson.dumps({"id": id, "username": username, "email": email}), "object")
