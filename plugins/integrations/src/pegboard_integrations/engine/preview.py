"""What a mapping makes of a sample, without a request."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from pegboard import Problem, Services
from pegboard.invalid import invalid
from pegboard.json import converter

from .documents import Definition
from .mappings import ResponseMapping
from .pages import Failed, Mapped
from .plan import Plan
from .selection import NoRecords


@attrs.frozen
class Preview:
    """The mapped records of a sample, and those that do not map, with the reasons per field."""

    mapped: Sequence[Mapped]
    failed: Sequence[Failed]
    count: int


async def preview(plan: Plan, sample: Any, services: Services) -> Preview:
    """Map the body of an answer. Raises Problem 422 for a sample without anything at `dataPath`."""
    try:
        records = plan.selector.select(sample)
    except NoRecords as error:
        raise Problem(422, "no-records", str(error)) from None
    mapped, failed = await plan.mapper.page(records, services)
    return Preview(list(mapped), failed, len(records))


def with_mapping(definition: Definition, endpoint_id: str, mapping: Mapping[str, Any]) -> Definition:
    """The definition with another `responseMapping` of one endpoint. Raises Problem 422."""
    try:
        made = converter.structure(dict(mapping), ResponseMapping)
    except (ValueError, ExceptionGroup) as error:
        raise invalid(error, "responseMapping") from None
    endpoints = tuple(
        attrs.evolve(one, responseMapping=made) if one.id == endpoint_id else one for one in definition.endpoints
    )
    return attrs.evolve(definition, endpoints=endpoints)
