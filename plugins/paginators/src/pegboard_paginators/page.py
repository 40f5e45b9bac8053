"""`?page=3&per_page=100`"""

from typing import Any

import attrs

from pegboard import Paginator, Walk, setting

from .paging import Paging, Way, check_conditions, walk
from .placement import check_names, is_name, placed
from .progress import State


@attrs.frozen
class NumberedPaging(Paging):
    """How an API is walked by the numbers of its pages."""

    pageParam: str = setting("page", help="the parameter of the page's number", validator=is_name)
    pageSizeParam: str = setting("", help="the parameter of the records to a page")
    start: int = setting(1, help="the number of the first page: 1, or 0", validator=attrs.validators.ge(0))

    def __attrs_post_init__(self) -> None:
        check_names(self.paramLocation, pageParam=self.pageParam, pageSizeParam=self.pageSizeParam)
        check_conditions(self, self.limit, has_cursor=False)

    @property
    def limit(self) -> int | None:
        return self.full(self.pageSizeParam)


def pages(config: NumberedPaging, state: State | None) -> Walk:
    size = {config.pageSizeParam: config.limit} if config.pageSizeParam else {}

    def request(number: int) -> dict[str, Any]:
        return placed(config.paramLocation, {config.pageParam: number, **size})

    way = Way("page", config.start, request, lambda number, _: number + 1)
    return walk(config, way, config.limit, state)


PAGE = Paginator("page", "Count the pages", NumberedPaging, pages=pages)
