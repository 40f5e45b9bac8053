"""Next links: of the Link header (RFC 8288), or in the body."""

import re
from typing import Any
from urllib.parse import urldefrag, urljoin, urlsplit

import attrs

from pegboard import MISSING, PageResponse, Paginator, Walk, setting

from .paging import Paging, Way, check_conditions, shown_position, walk
from .placement import check_names, placed
from .progress import State
from .sources import RECORD, compile_source, is_source

# httpx's `Response.links` loses the relation behind a quoted ";" or ",", and with it all pages that follow.
PARAMETER = r""";\s*+([^\s=;,]++)\s*+(?:=\s*+(?:"((?:[^"\\]|\\.)*+)"|([^\s";,]*+)))?\s*+"""
LINK_VALUE = re.compile(rf"<([^>]*+)>\s*+((?:{PARAMETER})*+)")


@attrs.frozen
class LinkPaging(Paging):
    """How an API is walked by the links to the next page."""

    nextLinkPath: str = setting(
        "header:Link", help="where the next link is: header:Link (RFC 8288), or a JSONPath", validator=is_source
    )
    limitParam: str = setting("", help="the parameter of the records to a page, in the first request")

    def __attrs_post_init__(self) -> None:
        if self.nextLinkPath.startswith(RECORD):
            raise ValueError("nextLinkPath looks into a record: take a path in the answer, or header:Link")
        check_names(self.paramLocation, limitParam=self.limitParam)
        check_conditions(self, self.limit, has_cursor=True)

    @property
    def limit(self) -> int | None:
        return self.full(self.limitParam)


def pages(config: LinkPaging, state: State | None) -> Walk:
    limit = {config.limitParam: config.limit} if config.limitParam else {}
    look = compile_source(config.nextLinkPath)

    def request(url: str | None) -> dict[str, Any]:
        return {"url": url} if url else placed(config.paramLocation, limit)

    def following(_: Any, response: PageResponse) -> str | None:
        return _next(config.nextLinkPath, look(response), response.url)

    def ended(page: Any) -> str:
        return f"{page.name} has no next link at {config.nextLinkPath}" if page.following is None else ""

    way = Way("url", None, request, following, ("cursor_null", ended), watched=True)
    return walk(config, way, config.limit, state)


def _next(path: str, found: Any, base: str) -> str | None:
    if found is MISSING or found in (None, "") or found is False:
        return None
    if not isinstance(found, str):
        raise ValueError(f"nextLinkPath {path} gives a value of type {type(found).__name__}: a link is a text")
    link = next_link(found) if path.lower() == "header:link" or found.lstrip().startswith("<") else found.strip()
    if link is None:
        return None
    try:
        url = urldefrag(urljoin(base, link)).url
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https"):
        raise ValueError(f"nextLinkPath {path} gives {shown_position(link)}: a link is an http or https URL, or a path")
    return url


def next_link(value: str) -> str | None:
    """The target of the first link whose relations include ``next`` (RFC 8288, sections 3.2 and 3.3)."""
    for target, parameters in ((found[1], found[2]) for found in LINK_VALUE.finditer(value)):
        told: dict[str, str] = {}
        for name, quoted, plain in re.findall(PARAMETER, parameters):
            told.setdefault(name.lower(), quoted or plain)  # of two parameters of one name the first counts
        if "next" in told.get("rel", "").lower().split() and "anchor" not in told:
            return target
    return None


LINK = Paginator("link", "Follow the links to the next page", LinkPaging, pages=pages)
