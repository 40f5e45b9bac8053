"""One value for another, by the records of a shard type."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import attrs

from pegboard import MISSING, PageValues, Services, Transform, TransformContext, setting
from pegboard_records import Records

SHOWN = 100
Whole: Any = attrs.validators.min_len(1)


@attrs.frozen
class LookupConfig:
    """Where to look, what to compare with the value, and what to give of the record that is found."""

    shardTypeId: str = setting(help="the shard type whose records are looked through", validator=Whole)
    matchField: str = setting(
        "externalId", help="externalId, or the declared field that is compared with the value", validator=Whole
    )
    returnField: str = setting(
        "id", help="id, externalId, or the field of the found record that becomes the value", validator=Whole
    )
    default: Any = setting(MISSING, help="what becomes of a value that is null, or that no record has")
    onMissing: Literal["error", "null", "skip"] = setting(
        "error", help="where no record has the value and there is no default: fail the record, null, or leave it out"
    )


async def prepared(
    config: LookupConfig, context: TransformContext, page: PageValues, services: Services
) -> Sequence[Any]:
    """The values of a page, found by one query. Raises Problem 404 and 422 for a type or field that is not there."""
    wanted = list(dict.fromkeys(value for value in page.values if _is_key(value)))
    found: Mapping[Any, Any] = {}
    if wanted:
        records = services.get(Records)
        found = await records.lookup(context.tenant, config.shardTypeId, config.matchField, wanted, config.returnField)
    return [_one(config, value, found) for value in page.values]


def _is_key(value: Any) -> bool:
    """Missing and null have no record, and no field that can be compared holds an object or a list."""
    return value is not MISSING and value is not None and not isinstance(value, dict | list)


def _one(config: LookupConfig, value: Any, found: Mapping[Any, Any]) -> Any:
    if value is MISSING:
        return MISSING
    if value is None:
        return None if config.default is MISSING else config.default
    if not _is_key(value):
        return _refusal(value, "is no single value: name the field within it")
    given = found.get(value, config.default)
    if given is not MISSING or config.onMissing == "skip":
        return given
    if config.onMissing == "null":
        return None
    place = f'"{config.shardTypeId}" has no record with this {config.matchField} and a {config.returnField}'
    return _refusal(value, f"is not found: {place}; sync it first, or set default or onMissing")


def _refusal(value: Any, reason: str) -> ValueError:
    shown = repr(value)
    cut = shown if len(shown) <= SHOWN else f"{shown[: SHOWN - 1]}…"
    return ValueError(f"lookup: {cut} {reason}")


LOOKUP = Transform("lookup", "A value of another record, found by this one", LookupConfig, prepare=prepared)
