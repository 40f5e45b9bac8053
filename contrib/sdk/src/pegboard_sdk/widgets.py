"""The routes of widgets, one function each."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from .connection import Connection
from .records import Page, Pagination, Preview, Validation, Widget, made

WIDGETS = "/public/widgets"


class Widgets:
    """All that the server does with widgets; `WriteWidget` and `ReadWidget` say it in their own words."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def create(self, draft: Mapping[str, Any]) -> Widget:
        return made(Widget, await self._connection.call("POST", WIDGETS, json=draft))

    async def get(self, widget_id: str) -> Widget:
        return made(Widget, await self._connection.call("GET", _path(widget_id)))

    async def change(self, widget_id: str, changes: Mapping[str, Any]) -> Widget:
        return made(Widget, await self._connection.call("PATCH", _path(widget_id), json=changes))

    async def delete(self, widget_id: str) -> None:
        await self._connection.call("DELETE", _path(widget_id))

    async def page(self, **query: Any) -> Page[Widget]:
        document = await self._connection.call("GET", WIDGETS, params=query)
        return Page(tuple(made(Widget, item) for item in document["data"]), made(Pagination, document["pagination"]))

    async def validate(self, program: Mapping[str, Any]) -> Validation:
        return made(Validation, await self._connection.call("POST", f"{WIDGETS}/validate", json=program))

    async def preview(self, request: Mapping[str, Any]) -> Preview:
        return made(Preview, await self._connection.call("POST", f"{WIDGETS}/preview", json=request))

    async def execute(self, widget_id: str, params: Mapping[str, Any] | None, headers: Mapping[str, str] | None) -> Any:
        return await self._connection.call("GET", f"{_path(widget_id)}/execute", params=params, headers=headers)


def _path(widget_id: str) -> str:
    if not widget_id:
        raise ValueError("widget_id: it is empty")
    return f"{WIDGETS}/{quote(widget_id, safe='')}"
