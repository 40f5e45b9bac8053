"""Walk the pages of other people's APIs: offset, cursor, page number, next link."""

from collections.abc import Iterator

from pegboard import Paginator, Settings, hookimpl

from .conditions import EndCondition
from .cursor import CURSOR, CursorPaging
from .link import LINK, LinkPaging
from .offset import OFFSET, OffsetPaging
from .page import PAGE, NumberedPaging

__version__ = "0.1.0"

__all__ = [
    "CURSOR",
    "LINK",
    "OFFSET",
    "PAGE",
    "CursorPaging",
    "EndCondition",
    "LinkPaging",
    "NumberedPaging",
    "OffsetPaging",
]


@hookimpl
def pegboard_paginators(settings: Settings) -> Iterator[Paginator]:
    yield OFFSET
    yield CURSOR
    yield PAGE
    yield LINK
