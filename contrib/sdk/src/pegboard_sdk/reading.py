"""Reading widgets and what their endpoints answer."""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Self

import httpx

from .connection import TIMEOUT, Connection
from .records import Page, Widget
from .widgets import Widgets


class ReadWidget:
    """Reads the widgets of the token's tenant.

    Use it as it is, or with ``async with`` to keep the connection open between calls. Every call raises `ApiError` for
    what the server refuses and `UnreachableError` where it cannot be asked.
    """

    def __init__(
        self,
        token: str,
        user_id: str = "",
        base_url: str | None = None,
        *,
        header: str = "Authorization",
        timeout: float = TIMEOUT,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """See `Connection` for `base_url`, `header` and `timeout`. The token alone decides who calls."""
        self.user_id = user_id
        self._connection = Connection(token, base_url, header=header, timeout=timeout, transport=transport)
        self._widgets = Widgets(self._connection)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(user_id={self.user_id!r}, base_url={self._connection.base_url!r})"

    async def __aenter__(self) -> Self:
        await self._connection.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._connection.__aexit__(*error)

    async def get(self, widget_id: str) -> Widget:
        """Raises NotFoundError."""
        return await self._widgets.get(widget_id)

    async def list(
        self, page: int = 1, per_page: int = 20, *, project_id: str | None = None, sort: str | None = None
    ) -> Page[Widget]:
        """One page of at most 100 widgets; `sort` is such as ``name:asc,created_at:desc``."""
        return await self._widgets.page(page=page, per_page=per_page, project_id=project_id, sort=sort)

    async def all(
        self, *, per_page: int = 100, project_id: str | None = None, sort: str | None = None
    ) -> AsyncIterator[Widget]:
        """Every widget, page after page. Whatever is written meanwhile may be missed or seen twice."""
        number, more = 1, True
        while more:
            found = await self.list(number, per_page, project_id=project_id, sort=sort)
            for widget in found.data:
                yield widget
            number, more = number + 1, found.pagination.has_next

    async def execute(
        self,
        widget_id: str,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """Call a widget's endpoint; its logic sees `params` and `headers`. Returns what the logic returned."""
        return await self._widgets.execute(widget_id, params, headers)
