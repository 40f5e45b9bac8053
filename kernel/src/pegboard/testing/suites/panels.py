"""What every panel keeps: all that it points at is there."""

import re
from collections.abc import Iterator
from typing import Any

import attrs
from starlette.routing import compile_path

from ...board import Board
from ...contracts import Action, Collection, Column, Form, Module, Panel, RouteSpec
from ..callers import caller
from .plugged import Plugged
from .pointers import follow, item_of, names_of

POINTER = re.compile(r"(/([^~/]|~[01])*)*")
TEMPLATE = re.compile(r"\{([^{}]*)\}")


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

    async def test_pointers_lead_into_the_answers(self) -> None:
        async with self.started() as (_, board):
            for panel in self.panels(board):
                for kind, pointer in _pointers(board, panel):
                    try:
                        follow(kind, pointer)
                    except LookupError as error:
                        told = f"{pointer} is not in the answers of its route: there is no {error}"
                        raise AssertionError(f'panel "{panel.name}": {told}') from None

    async def test_filters_are_those_of_their_routes(self) -> None:
        async with self.started() as (_, board):
            for panel in self.panels(board):
                if isinstance(panel.content, Collection):
                    asked, taken = _filters(board, panel.content)
                    assert asked <= taken, f'panel "{panel.name}": its list does not filter by {sorted(asked - taken)}'

    async def test_forms_are_what_their_routes_take(self) -> None:
        async with self.started() as (_, board):
            for panel in self.panels(board):
                for part in parts(panel):
                    route = _route(board, part.method, part.path)
                    taken = names_of(route.body) if route and route.body else set()
                    beyond = _sent(part) - (_sent(part) if taken is None else taken)
                    assert not beyond, f'panel "{panel.name}": {part.path} does not take {sorted(beyond)}'

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


def parts(panel: Panel) -> list[Form | Action]:
    """All that a panel may send."""
    content = panel.content
    if isinstance(content, Form):
        return [content]
    if isinstance(content, Collection):
        return [*filter(None, [content.create, content.edit]), *content.actions]
    return []


def addresses(panel: Panel) -> list[tuple[str, str]]:
    """Method and path of everything a panel may ask for."""
    content, read = panel.content, []
    if isinstance(content, Form) and content.load:
        read = [content.load]
    if isinstance(content, Collection):
        detail = [content.detail.path] if content.detail else []
        read = [content.path, *detail, *(download.path for download in content.downloads)]
    return [*(("GET", path) for path in read), *((part.method, part.path) for part in parts(panel))]


def _pointers(board: Board, panel: Panel) -> Iterator[tuple[Any, str]]:
    """A type and a pointer that must lead somewhere in it."""
    content = panel.content
    if isinstance(content, Collection):
        answer = _result(board, "GET", content.path)
        yield from ((answer, content.items), (answer, content.total))
        item = item_of(follow(answer, content.items))
        told = [content.key, content.name, *(column.pointer for column in content.columns)]
        told += [f"/{name}" for path in _templates(content) for name in TEMPLATE.findall(path)]
        told += [pointer for action in content.actions for pointer in (*action.when, *action.unless)]
        yield from ((item, pointer) for pointer in told)
        yield from _within_detail(board, content)
    for part in parts(panel):
        yield from ((_result(board, part.method, part.path), pointer) for pointer in part.reveal)


def _within_detail(board: Board, content: Collection) -> Iterator[tuple[Any, str]]:
    detail = content.detail
    if detail is not None:
        whole = _result(board, "GET", detail.path)
        item = follow(whole, detail.at)
        columns: list[Column] = [*content.columns, *detail.columns]
        yield from ((item, column.pointer) for column in columns)
        for section in detail.sections:
            yield whole, section.pointer
            if section.kind == "table":
                row = item_of(follow(whole, section.pointer))
                yield from ((row, column.pointer) for column in section.columns)


def _templates(content: Collection) -> Iterator[str]:
    """Texts that are filled from an item."""
    detail, edit = content.detail, content.edit
    yield from [detail.path] if detail else []
    yield from [edit.path] if edit else []
    for action in content.actions:
        if action.on == "item":
            yield from (action.path, *(text for text in (action.body or {}).values() if isinstance(text, str)))
    for related in detail.related if detail else ():
        yield from related.filters.values()


def _filters(board: Board, content: Collection) -> tuple[set[str], set[str]]:
    """The filters that a list has, and those that its routes take: what one writes out must take them too."""
    asked = {field.name for field in attrs.fields(content.filters)} if content.filters else set()
    asked |= {name for name in (content.search, content.chips) if name}
    route = _route(board, "GET", content.path)
    taken = names_of(route.query) if route and route.query else set()
    return asked, asked if taken is None else taken


def _sent(part: Form | Action) -> set[str]:
    schema = part.schema if isinstance(part, Form) else part.form
    fixed = set(part.body or ()) if isinstance(part, Action) else set()
    return fixed | ({field.name for field in attrs.fields(schema)} if schema else set())


def _result(board: Board, method: str, path: str) -> Any:
    route = _route(board, method, path)
    return route.result if route else None


def _route(board: Board, method: str, path: str) -> RouteSpec | None:
    address = TEMPLATE.sub("1", path.partition("?")[0])
    for route, _ in board.routes:
        if isinstance(route, RouteSpec) and method in route.methods and compile_path(route.path)[0].match(address):
            return route
    return None
