"""The parts of a definition that say how events are received. Here they are data alone."""

from typing import Any, Literal

import attrs

from pegboard import Secret, setting

from .mappings import FieldMapping

named: Any = attrs.validators.min_len(1)


@attrs.frozen
class SignatureConfig:
    """How the sender proves who it is."""

    header: str = setting("", help="the header of the signature, such as X-Webhook-Signature")
    algorithm: Literal["hmac-sha256", "hmac-sha1", "none"] = setting(help="how it is made")
    signaturePrefix: str = setting("", help="what stands before it, such as sha256=")
    encoding: Literal["hex", "base64"] = setting("hex", help="how its bytes are written")
    scheme: Literal["plain", "standard", "stripe", "github", "slack", "shopify"] = setting(
        "plain", help="plain: header, algorithm and prefix as given here; else as that sender does it"
    )
    toleranceSeconds: int = setting(
        300, help="the age at which a signed event is refused", validator=attrs.validators.ge(1)
    )
    allowUnsigned: bool = setting(False, help='needed for the algorithm "none"')


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
    identifierPath: str = setting("", help="JSONPath of the identifier, for update_shard and delete_shard")
    endpointId: str = setting("", help="the endpoint that trigger_sync walks")
    code: str = setting("", help="the function of custom")
    language: str = setting("python", help="its language", validator=named)


@attrs.frozen
class WebhookConfig:
    """How events are received."""

    webhookUrl: str = setting("", help="made by the app; ignored when it is written")
    webhookSecret: Secret = setting(Secret(""), help="the key of the signatures; made by the app where it is empty")
    signatureConfig: SignatureConfig | None = setting(None, help="how the sender proves who it is")
    eventRouting: tuple[EventRouting, ...] = setting((), help="what is done with each kind of event")
    responseStatus: int = setting(
        200, help="what is answered", validator=[attrs.validators.ge(200), attrs.validators.lt(300)]
    )
    responseBody: str | None = setting(None, help="what is answered")
