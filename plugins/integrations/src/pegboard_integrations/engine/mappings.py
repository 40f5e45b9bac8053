"""How records of an API become records here."""

from typing import Any

import attrs

from pegboard import MISSING, setting

named: Any = attrs.validators.min_len(1)


@attrs.frozen
class TransformConfig:
    """A transform by its name, with what it needs."""

    type: str = setting("direct", help="the transform's name", validator=named)
    config: dict[str, Any] = setting({}, help="its settings")


@attrs.frozen
class FieldMapping:
    """One field."""

    source: str = setting("$", help="a JSONPath in the record")
    target: str = setting(help="the field it becomes", validator=named)
    transform: TransformConfig = setting(TransformConfig(), help="what is done to it")
    then: tuple[TransformConfig, ...] = setting((), help="what is done to it after that, in this order")
    default: Any = setting(MISSING, help="the value where the field is null or missing, after the transforms")
    skipIfEmpty: bool = setting(False, help='leave the field out where it is null, "", [] or {}')


@attrs.frozen
class MetadataMapping:
    """What is read of a page besides its records."""

    totalCount: str = setting("", help="JSONPath of the number of all records")
    pageInfo: str = setting("", help="JSONPath of what the API tells about its pages")


@attrs.frozen
class ResponseMapping:
    """Where the records are in an answer, and what becomes of them."""

    dataPath: str = setting("$", help="JSONPath of the records: a list of them, or one")
    fieldMappings: tuple[FieldMapping, ...] = setting((), help="the fields; without any a record stays as it is")
    targetShardTypeId: str | None = setting(None, help="the shard type that the records are stored as")
    identifierField: str = setting(
        "", help="what tells records apart: a mapping's target, a field of the record, or a path such as $.id"
    )
    errorPath: str | None = setting(None, help="JSONPath of an error message; if it is there the call failed")
    metadataMapping: MetadataMapping = setting(MetadataMapping(), help="what else is read of a page")
