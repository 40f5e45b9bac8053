"""`?cursor=abc`, where each page names the cursor of the next."""

from typing import Any

import attrs

from pegboard import MISSING, PageResponse, Paginator, Walk, setting

from .paging import Paging, Way, check_conditions, walk
from .placement import check_names, is_name, placed
from .progress import State
from .sources import RECORD, compile_source, is_source


@attrs.frozen
class CursorPaging(Paging):
    """How an API is walked by cursors."""

    cursorPath: str = setting(
        help="where the next cursor is: a JSONPath in the answer, header:Name, or record:$.id (of the last record)",
        validator=is_source,
    )
    cursorParam: str = setting("cursor", help="the parameter that it goes into", validator=is_name)
    limitParam: str = setting("", help="the parameter of the records to a page")
    start: str = setting("", help="the first cursor, for APIs that want one")

    def __attrs_post_init__(self) -> None:
        check_names(self.paramLocation, cursorParam=self.cursorParam, limitParam=self.limitParam)
        check_conditions(self, self.limit, has_cursor=True)

    @property
    def limit(self) -> int | None:
        return self.full(self.limitParam)


def pages(config: CursorPaging, state: State | None) -> Walk:
    limit = {config.limitParam: config.limit} if config.limitParam else {}
    look = compile_source(config.cursorPath)

    def request(cursor: Any) -> dict[str, Any]:
        known = {} if cursor is None else {config.cursorParam: cursor}
        return placed(config.paramLocation, {**known, **limit})

    def following(_: Any, response: PageResponse) -> Any:
        return _next(config, look(response), response)

    def ended(page: Any) -> str:
        return f"{page.name} has no cursor at {config.cursorPath}" if page.following is None else ""

    way = Way("cursor", config.start or None, request, following, ("cursor_null", ended), watched=True)
    return walk(config, way, config.limit, state)


def _next(config: CursorPaging, cursor: Any, response: PageResponse) -> Any:
    if cursor is MISSING and config.cursorPath.startswith(RECORD) and response.records:
        raise ValueError(f"cursorPath {config.cursorPath} is not in the last record: take a field that each record has")
    if cursor is MISSING or cursor in (None, "") or cursor is False:
        return None
    # An array of sort values goes on in a body, as Elasticsearch's search_after does.
    if cursor is True or (isinstance(cursor, dict | list) and config.paramLocation != "body"):
        kind = {bool: "a boolean", dict: "an object", list: "a list"}[type(cursor)]
        raise ValueError(f"cursorPath {config.cursorPath} gives {kind}: a cursor is a text or a number")
    return cursor


CURSOR = Paginator("cursor", "Go on from the cursor that each page names", CursorPaging, pages=pages)
