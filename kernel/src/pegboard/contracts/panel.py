"""What a web console shows of a plugin, as data: no plugin ships markup to be pasted into a page."""

from typing import Literal

import attrs

from .record import NoConfig, check_name


@attrs.frozen
class Column:
    """A column of a list: `pointer` is the JSON pointer into an item."""

    title: str
    pointer: str
    kind: Literal["text", "number", "bytes", "seconds", "time", "state", "code", "link"] = "text"
    sortable: bool = False


@attrs.frozen
class Form:
    """A form made from an attrs class and sent to a route of the API."""

    title: str
    path: str
    schema: type
    method: str = "POST"


@attrs.frozen
class Action:
    """A button on an item or on a selection; `path` is a route template filled from the item."""

    title: str
    path: str
    method: str = "POST"
    confirm: str = ""
    form: type | None = None
    scopes: tuple[str, ...] = ()


@attrs.frozen
class Collection:
    """A list that comes from a route, with its filters, its items' pages and what one can do to them.

    `items` and `total` are JSON pointers into the list's answer.
    """

    path: str
    columns: tuple[Column, ...]
    items: str = "/data"
    total: str = "/pagination/total_items"
    key: str = "/id"
    filters: type | None = None
    create: Form | None = None
    edit: Form | None = None
    actions: tuple[Action, ...] = ()


@attrs.frozen
class Module:
    """An ES module that draws the panel itself: it exports ``mount(element, context)``.

    `src` is a path that this plugin serves.
    """

    src: str


@attrs.frozen
class Panel:
    """One entry of the console's navigation. `scopes` are those of whoever may see it."""

    name: str = attrs.field(validator=check_name)
    summary: str
    config: type = NoConfig
    title: str = attrs.field(kw_only=True)
    content: Collection | Form | Module = attrs.field(kw_only=True)
    group: str = attrs.field(default="general", validator=check_name)
    icon: str = ""
    order: int = 100
    scopes: tuple[str, ...] = ()
