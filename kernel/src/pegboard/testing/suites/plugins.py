"""What every plugin keeps: it loads alone, says what it can be set to, guards its routes, leaves nothing behind."""

import asyncio
import re
from collections.abc import Set
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import ClassVar

import attrs

from ...contracts import MountSpec, RouteSpec, SocketSpec
from ...hookspecs import hookimpl
from ...secrets import Secret
from ..app import SocketRefused, WebSocketSession
from ..callers import caller
from .plugged import Plugged, problem_of
from .records import undocumented

SECRET = re.compile(r"(^|_)(password|passphrase|secret|token|api_key|private_key)$")
HOSTILE = (b"", b"[]", b"{}", b"null", b"7", b'"x"', b"{", b"\xff", b'{"\\u0000": {}}', b"[" * 2000)


class PluginSuite(Plugged):
    """Give `plugin`, `name`, and as `anonymous` the names of the routes that are meant to be open to everybody."""

    anonymous: ClassVar[Set[str]] = frozenset()

    async def test_it_loads_with_nothing_but_what_it_needs(self) -> None:
        async with self.started() as (_, board):
            assert board.loader.plugins[self.name].hooks, f'plugin "{self.name}" implements no hook'

    def test_every_hook_is_marked(self) -> None:
        marker = f"{hookimpl.project_name}_impl"
        names = [name for name in dir(self.plugin) if name.startswith("pegboard_")]
        functions = [name for name in names if callable(getattr(self.plugin, name))]
        unmarked = [name for name in functions if getattr(getattr(self.plugin, name), marker, None) is None]
        assert not unmarked, f"{', '.join(unmarked)}: not marked with @hookimpl, so never called"

    def test_its_settings_are_documented(self) -> None:
        kind = self._settings()
        missing = list(undocumented(kind)) if kind else []
        assert not missing, f'settings of "{self.name}" without help: {", ".join(missing)}'

    def test_its_secrets_are_secrets(self) -> None:
        kind = self._settings()
        fields = attrs.fields(attrs.resolve_types(kind)) if kind else ()
        shown = [f.name for f in fields if SECRET.search(f.name) and Secret.__name__ not in str(f.type)]
        assert not shown, f"{', '.join(shown)}: type them Secret, or `pegboard config` and the log show them"

    async def test_it_can_be_there_twice_in_a_process(self) -> None:
        async with AsyncExitStack() as stack:
            boards = [(await stack.enter_async_context(self.started()))[1] for _ in range(2)]
            assert boards[0] is not boards[1], "two apps share a board"

    async def test_it_leaves_no_task_behind(self) -> None:
        before = asyncio.all_tasks()
        async with self.started():
            pass
        left = [task for task in asyncio.all_tasks() - before if not task.done()]
        if left:
            await asyncio.wait(left, timeout=1.0)
        running = [str(task.get_coro()) for task in left if not task.done()]
        assert not running, f"after its end there still runs {', '.join(running)}"

    async def test_every_route_says_what_it_is_for(self) -> None:
        async with self.started() as (_, board):
            silent = [route.name for route in self.own(board) if not route.summary.strip()]
        assert not silent, f"no summary: {', '.join(silent)}"

    async def test_only_what_is_meant_to_be_open_is_open(self) -> None:
        async with self.started() as (_, board):
            routes = [route for route in self.own(board) if not isinstance(route, MountSpec)]
        opened = {route.name for route in routes if route.anonymous}
        assert opened == set(self.anonymous), f"open are {sorted(opened)}; meant to be open {sorted(self.anonymous)}"

    async def test_a_guarded_route_lets_nobody_in(self) -> None:
        async with self.started() as (api, board):
            for route in self.own(board):
                if isinstance(route, RouteSpec) and not route.anonymous:
                    for method in route.methods:
                        answer = await api.request(method, self.filled(route.path))
                        assert answer.status_code == 401, f"{route.name}: without a credential {answer.status_code}"
                elif isinstance(route, SocketSpec) and not route.anonymous:
                    await self._refused(api.websocket(self.filled(route.path)), route.name)

    async def test_a_scope_is_needed_where_one_is_named(self) -> None:
        async with self.started() as (api, board):
            for route in self.routes(board):
                for method in route.methods if route.scopes else ():
                    answer = await api.request(method, self.filled(route.path), headers=caller("nothing:read"))
                    assert answer.status_code == 403, f"{route.name}: without its scope {answer.status_code}"
                    if method != "HEAD":
                        problem_of(route, answer)

    async def test_a_hostile_body_is_the_callers_mistake(self) -> None:
        async with self.started() as (api, board):
            for route in self.routes(board):
                for body in HOSTILE if route.body is not None else ():
                    headers = {**caller("*"), "Content-Type": "application/json"}
                    path = self.filled(route.path)
                    answer = await api.request(route.methods[0], path, content=body, headers=headers)
                    broken = answer.status_code >= 500 and answer.status_code != 503
                    assert not broken, f"{route.name}: the body {body[:20]!r} is answered with {answer.status_code}"
                    if answer.status_code >= 400:
                        problem_of(route, answer)

    async def test_what_is_not_there_is_a_problem(self) -> None:
        async with self.started() as (api, board):
            for route in self.routes(board):
                if "GET" in route.methods and "{" in route.path:
                    answer = await api.get(self.filled(route.path), headers=caller("*", tenant="nobody"))
                    broken = answer.status_code >= 500 and answer.status_code != 503
                    assert not broken, f"{route.name}: what is not there is answered with {answer.status_code}"

    def _settings(self) -> type | None:
        hook = getattr(self.plugin, "pegboard_settings", None)
        return hook() if hook else None

    async def _refused(self, opening: AbstractAsyncContextManager[WebSocketSession], name: str) -> None:
        try:
            async with opening:
                status = 101
        except SocketRefused as refused:
            status = refused.response.status_code
        assert status in (401, 403), f"{name}: without a credential the WebSocket is answered with {status}"
