"""Changing one value of a record while it is mapped."""

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import attrs

from .record import NoConfig, Services, check_name


class Missing(enum.Enum):
    """The value of a path that is not there. Missing is not null: null is a value."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing.MISSING

Record = Mapping[str, Any]
Apply = Callable[[Any, Record], Any]


@attrs.frozen
class TransformContext:
    """Where a transform is used: `field` is the target field, `pointer` the JSON pointer to its definition."""

    field: str
    pointer: str
    tenant: str


@attrs.frozen
class PageValues:
    """One page on its way through the mapper: `values[i]` belongs to `records[i]`."""

    values: Sequence[Any]
    records: Sequence[Record]


@attrs.frozen
class Transform:
    """A named function over values, configured by whoever writes a mapping.

    Exactly one of the two is given:

    - `compile(config, context)` runs once per mapping and returns `(value, record) -> value`: pure,
      fast, and without I/O. It raises ValueError for a config that cannot work.
    - `prepare(config, context, page, services)` is awaited once per page and returns the page's
      values in the page's order: for look-ups in a batch and for code that runs in a sandbox. A
      value that fails is returned as the exception itself; it then fails that record alone.

    A value may be `MISSING`; so may the result, and the field is then left out.
    """

    name: str = attrs.field(validator=check_name)
    summary: str
    config: type = NoConfig
    compile: Callable[[Any, TransformContext], Apply] | None = None
    prepare: Callable[[Any, TransformContext, PageValues, Services], Awaitable[Sequence[Any]]] | None = None

    def __attrs_post_init__(self) -> None:
        if (self.compile is None) == (self.prepare is None):
            raise ValueError(f'transform "{self.name}": give compile or prepare, one of them')
