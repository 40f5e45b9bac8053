"""What every panel keeps: all that it points at is there."""

import re

from starlette.routing import compile_path

from ...board import Board
from ...contracts import Action, Collection, Form, Module, Panel, RouteSpec
from ..callers import caller
from .plugged import Plugged

POINTER = re.compile(r"(/([^~/]|~[01])*)*")


class PanelSuite(Plugged):
    """Give `plugin`, `name` and what it needs, as for `PluginSuite`."""

    async def test_it_brings_panels(self) -> None:
        async with self.started() as (_, board):
            assert self.panels(board), f'plugin "{self.name}" brings no panel'

    async def test_every_path_is_a_route(self) -> None:
        async with self.started() as (_, board):
            for panel in self.panels(board):
                for method, path in addresses(panel):
                    found = _route(board, method, path)
                    assert found is not None, f'panel "{panel.name}": there is no route {method} {path}'

    async def test_whoever_sees_a_panel_may_load_it(self) -> None:
        async with self.started() as (_, board):
            for panel in self.panels(board):
                if isinstance(panel.content, Collection):
                    route = _route(board, "GET", panel.content.path)
                    lacking = set(route.scopes if route else ()) - set(panel.scopes)
                    assert not lacking, f'panel "{panel.name}" does not ask for {sorted(lacking)}, and its list does'

    async def test_pointers_are_pointers(self) -> None:
        async with self.started() as (_, board):
            for panel in self.panels(board):
                if isinstance(panel.content, Collection):
                    content = panel.content
                    for pointer in (content.items, content.total, content.key, *(c.pointer for c in content.columns)):
                        assert POINTER.fullmatch(pointer), f'panel "{panel.name}": {pointer!r} is no JSON pointer'

    async def test_a_module_is_served(self) -> None:
        async with self.started() as (api, board):
            for panel in self.panels(board):
                if isinstance(panel.content, Module):
                    answer = await api.get(panel.content.src, headers=caller("*"))
                    kind = answer.headers.get("content-type", "")
                    served = answer.status_code == 200 and "javascript" in kind
                    assert served, f'panel "{panel.name}": {panel.content.src} gives {answer.status_code} {kind}'

    def panels(self, board: Board) -> list[Panel]:
        registry = board.registries[Panel]
        return [panel for panel in registry if registry.owner(panel.name) == self.name]


def addresses(panel: Panel) -> list[tuple[str, str]]:
    """Method and path of everything a panel may ask for."""
    content = panel.content
    if isinstance(content, Form):
        return [(content.method, content.path)]
    if isinstance(content, Collection):
        parts: list[Form | Action] = [*filter(None, [content.create, content.edit]), *content.actions]
        return [("GET", content.path), *((part.method, part.path) for part in parts)]
    return []


def _route(board: Board, method: str, path: str) -> RouteSpec | None:
    address = re.sub(r"\{[^{}]*\}", "1", path.partition("?")[0])
    for route, _ in board.routes:
        if isinstance(route, RouteSpec) and method in route.methods and compile_path(route.path)[0].match(address):
            return route
    return None
