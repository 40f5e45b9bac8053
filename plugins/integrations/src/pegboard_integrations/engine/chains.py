"""The transforms of a field: one, or several of which each is given what the one before it made."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import attrs

from pegboard import Apply, PageValues, Registries, Services, Transform, TransformContext
from pegboard.json import converter

from .mappings import TransformConfig

Prepare = Callable[[PageValues, Services], Awaitable[Sequence[Any]]]


@attrs.frozen
class Link:
    """A transform with its config: `apply` for a value at a time, or `prepare` for those of a page."""

    transform: Transform
    config: Any = attrs.field(repr=False)
    apply: Apply | None = None
    prepare: Prepare | None = None


def compile_link(named: TransformConfig, registries: Registries, context: TransformContext) -> Link:
    """Raises MissingService for an unknown transform, and what its config raises."""
    transform = registries[Transform].get(named.type)
    config: Any = converter.structure(named.config, transform.config)
    if transform.compile is not None:
        return Link(transform, config, None if named.type == "direct" else transform.compile(config, context))
    ready = transform.prepare
    assert ready is not None

    async def prepare(page: PageValues, services: Services) -> Sequence[Any]:
        return await ready(config, context, page, services)

    return Link(transform, config, prepare=prepare)


def chained(links: Sequence[Link]) -> Link:
    """One link that does what all of them do; it has no transform that could be written out."""
    name = "chain"
    if all(link.prepare is None for link in links):
        applies = [link.apply for link in links if link.apply is not None]
        apply = _applied(applies)
        return Link(Transform(name, name, compile=lambda config, context: apply), None, apply if applies else None)

    async def prepare(page: PageValues, services: Services) -> Sequence[Any]:
        values = page.values
        for link in links:
            values = await _passed(link, values, page.records, services)
        return values

    async def unused(config: Any, context: TransformContext, page: PageValues, services: Services) -> Sequence[Any]:
        return await prepare(page, services)

    return Link(Transform(name, name, prepare=unused), None, prepare=prepare)


def _applied(applies: Sequence[Apply]) -> Apply:
    def apply(value: Any, record: Any) -> Any:
        for one in applies:
            value = one(value, record)
        return value

    return apply


async def _passed(link: Link, values: Sequence[Any], records: Sequence[Any], services: Services) -> Sequence[Any]:
    """The values after one link; a value that failed before is the exception that it was."""
    good = [index for index, value in enumerate(values) if not isinstance(value, Exception)]
    page = PageValues([values[index] for index in good], [records[index] for index in good])
    made = await link.prepare(page, services) if link.prepare is not None else _each(link.apply, page)
    if len(made) != len(good):
        raise RuntimeError(f'transform "{link.transform.name}" gave {len(made)} values for {len(good)} records')
    after = list(values)
    for index, value in zip(good, made, strict=True):
        after[index] = value
    return after


def _each(apply: Apply | None, page: PageValues) -> Sequence[Any]:
    if apply is None:
        return page.values
    made: list[Any] = []
    for value, record in zip(page.values, page.records, strict=True):
        try:
            made.append(apply(value, record))
        except Exception as error:
            made.append(error)
    return made
