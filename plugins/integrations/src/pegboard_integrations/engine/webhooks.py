"""The parts of a definition that say how events are received. Here they are data alone."""

from typing import Any, Literal

import attrs

from pegboard import Secret, setting

from .mappings import FieldMapping

named: Any = attrs.validators.min_len(1)


@attrs.frozen
class EventRouting:
    """What is done with one kind of event."""

    eventTypePath: str = setting(help="JSONPath of the event's kind", validator=named)
    eventTypeValue: str = setting(help="the kind that this is for")
    action: Literal["create_shard", "update_shard", "delete_shard", "trigger_sync", "custom"] = setting(
        help="what to do with it"
    )
    targetShardTypeId: str | None = setting(None, help="the shard type, for create_shard, update_shard, delete_shard")
    dataPath: str = setting("$", help="JSONPath of the data")
    fieldMappings: tuple[FieldMapping, ...] = setting((), help="the fields")
    identifierPath: str = setting(
        "", help='JSONPath of the identifier, in the event or in each record; or map a field to "externalId"'
    )
    versionPath: str = setting(
        "", help="JSONPath of a number or a time: an event that is older than what was there changes nothing"
    )
    endpointId: str = setting("", help="the endpoint that trigger_sync walks")
    code: str = setting("", help="the function of custom: handle(event, context)")
    language: Literal["python"] = setting("python", help="its language")


@attrs.frozen
class WebhookConfig:
    """How events are received."""

    webhookUrl: str = setting("", help="made by the app; ignored when it is written")
    webhookSecret: Secret = setting(Secret(""), help="the key of the signatures; made by the app where it is empty")
    signatureConfig: dict[str, Any] | None = setting(
        None, help="a scheme and its config; HMAC-SHA256 in X-Webhook-Signature where it is left out"
    )
    idPath: str = setting("", help="JSONPath of the event's id: one that was here before changes nothing")
    idHeader: str = setting("", help="the header of the event's id, where no signature covers one")
    eventRouting: tuple[EventRouting, ...] = setting((), help="what is done with each kind of event")
    responseStatus: int = setting(
        200, help="what is answered", validator=[attrs.validators.ge(200), attrs.validators.lt(300)]
    )
    responseBody: str | None = setting(None, help="what is answered")
