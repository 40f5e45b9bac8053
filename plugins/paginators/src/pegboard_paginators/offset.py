"""`?offset=200&limit=100`"""

from typing import Any

import attrs

from pegboard import PageResponse, Paginator, Walk, setting

from .paging import Paging, Way, check_conditions, walk
from .placement import check_names, is_name, placed
from .progress import State


@attrs.frozen
class OffsetPaging(Paging):
    """How an API is walked by the number of records to skip."""

    offsetParam: str = setting("offset", help="the parameter of the records to skip", validator=is_name)
    limitParam: str = setting("", help="the parameter of the records to a page")
    start: int = setting(0, help="the first offset", validator=attrs.validators.ge(0))

    def __attrs_post_init__(self) -> None:
        check_names(self.paramLocation, offsetParam=self.offsetParam, limitParam=self.limitParam)
        check_conditions(self, self.limit, has_cursor=False)

    @property
    def limit(self) -> int | None:
        return self.full(self.limitParam)


def pages(config: OffsetPaging, state: State | None) -> Walk:
    limit = {config.limitParam: config.limit} if config.limitParam else {}

    def request(offset: int) -> dict[str, Any]:
        return placed(config.paramLocation, {config.offsetParam: offset, **limit})

    # By what came, not by what was asked for: an API that gives fewer than asked would have the rest skipped.
    def following(offset: int, response: PageResponse) -> int | None:
        step = len(response.records) or config.limit
        return offset + step if step else None

    natural = ("empty_array", lambda page: f"{page.name} has no records" if page.following is None else "")
    return walk(config, Way("offset", config.start, request, following, natural), config.limit, state)


OFFSET = Paginator("offset", "Skip the records that came already", OffsetPaging, pages=pages)
