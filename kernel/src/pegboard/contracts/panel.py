"""What a web console shows of a plugin, as data: no plugin ships markup to be pasted into a page."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from .record import NoConfig, check_name

Kind = Literal["text", "number", "bytes", "seconds", "time", "state", "code", "link", "list"]


@attrs.frozen
class Column:
    """A column of a list: `pointer` is the JSON pointer into an item.

    `digits` are those behind the point of a number, as prices have two. With `panel` the value is the key of an item
    of that panel, which is a `Collection`: it is shown by its name, and leads there.
    """

    title: str
    pointer: str
    kind: Kind = "text"
    sortable: bool = False
    digits: int | None = None
    panel: str = ""


@attrs.frozen
class Form:
    """A form made from an attrs class and sent to a route of the API.

    `load` is a route whose answer says what the fields hold at first; `path` may be filled from it. `reveal` are JSON
    pointers into the answer, to what is shown this once and never again, such as a new key.
    """

    title: str
    path: str
    schema: type
    method: str = "POST"
    load: str = ""
    reveal: tuple[str, ...] = ()


@attrs.frozen
class Action:
    """A button on an item or on the whole list; `path` is a route template filled from the item.

    `body` is sent as JSON, its texts filled as the path is; `form` asks for more of it. It is offered where the item
    has the values of `when`, and not those of `unless`: each a JSON pointer with the values that count. An action
    that is `bulk` is offered for a selection too, and done one item after the other. `reveal` is that of a `Form`.
    """

    title: str
    path: str
    method: str = "POST"
    confirm: str = ""
    form: type | None = None
    scopes: tuple[str, ...] = ()
    body: Mapping[str, Any] | None = None
    on: Literal["item", "list"] = "item"
    bulk: bool = False
    when: Mapping[str, tuple[Any, ...]] = attrs.field(factory=dict)
    unless: Mapping[str, tuple[Any, ...]] = attrs.field(factory=dict)
    reveal: tuple[str, ...] = ()


@attrs.frozen
class Section:
    """A section of an item's page: the value at `pointer`, unless there is none.

    A ``table`` is a list of objects with `columns`; ``changes`` are objects with ``pointer``, ``before``, ``after``.
    """

    title: str
    pointer: str
    kind: Literal["json", "text", "table", "changes"] = "json"
    columns: tuple[Column, ...] = ()


@attrs.frozen
class Related:
    """A link from an item's page to a list of another panel; the `filters` are filled from the item."""

    title: str
    panel: str
    filters: Mapping[str, str]


@attrs.frozen
class Detail:
    """The page of one item, from a route of its own; the item of the list is at the JSON pointer `at` of its answer.

    It shows the list's columns and these `columns`, then `sections`: the latter's pointers are into the whole answer.
    """

    path: str
    at: str = ""
    columns: tuple[Column, ...] = ()
    sections: tuple[Section, ...] = ()
    related: tuple[Related, ...] = ()


@attrs.frozen
class Download:
    """A file of all that the filters leave, from a route that takes the list's filters."""

    title: str
    path: str


@attrs.frozen
class Collection:
    """A list that comes from a route, with its filters, its items' pages and what one can do to them.

    `items` and `total` are JSON pointers into the list's answer, `key` and `name` into an item; an empty `total` says
    that the list comes whole. `search` is the filter for the words that one looks for, and the choices of the filter
    `chips` are always in sight. `empty` is said where nothing is there yet. The list is read again each `refresh`
    seconds while it is looked at, if not 0.
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
    name: str = ""
    detail: Detail | None = None
    downloads: tuple[Download, ...] = ()
    search: str = ""
    chips: str = ""
    empty: str = ""
    refresh: float = 0.0


@attrs.frozen
class Module:
    """An ES module that draws the panel itself: it exports ``mount(element, context)``.

    `src` is a path that this plugin serves.
    """

    src: str


@attrs.frozen
class Panel:
    """One entry of the console's navigation. `scopes` are those of whoever may see it.

    `routes` are names of routes that the panel cannot do without: it is left out where one is not served.
    """

    name: str = attrs.field(validator=check_name)
    summary: str
    config: type = NoConfig
    title: str = attrs.field(kw_only=True)
    content: Collection | Form | Module = attrs.field(kw_only=True)
    group: str = attrs.field(default="general", validator=check_name)
    icon: str = ""
    order: int = 100
    scopes: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
