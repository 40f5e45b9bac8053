"""What is wrong with the part of a definition that receives events."""

from functools import partial
from typing import TYPE_CHECKING, Any

import attrs

from pegboard import FieldError, Secret
from pegboard.problems import nearest
from pegboard_jsonpath import compile_path
from pegboard_vault import MASK

from .refusals import Errors, tried
from .routing import EXTERNAL_ID
from .signatures import compile_signature
from .webhooks import EventRouting, WebhookConfig

if TYPE_CHECKING:
    from .check import Check

PLACE = "/webhookConfig"
STORING = ("create_shard", "update_shard", "delete_shard")


@attrs.frozen
class WebhookCheck:
    """The checks of a `webhookConfig`, within those of its definition."""

    whole: "Check"
    config: WebhookConfig

    def errors(self) -> Errors:
        place = f"{PLACE}/signatureConfig"
        wrong = list(tried(place, lambda: compile_signature(self.config.signatureConfig, self.whole.registries)))
        yield from wrong or self._secret(self.config.webhookSecret)
        if self.config.idPath:
            yield from tried(f"{PLACE}/idPath", partial(compile_path, self.config.idPath))
        for index, route in enumerate(self.config.eventRouting):
            yield from self._route(route, f"{PLACE}/eventRouting/{index}")

    def _secret(self, secret: Secret) -> Errors:
        if secret and secret.reveal() != MASK:
            scheme, config = compile_signature(self.config.signatureConfig, self.whole.registries)
            yield from tried(f"{PLACE}/webhookSecret", lambda: scheme.check(config, secret))

    def _route(self, route: EventRouting, pointer: str) -> Errors:
        for name in ("eventTypePath", "dataPath", "identifierPath", "versionPath"):
            path = getattr(route, name)
            if path:
                yield from tried(f"{pointer}/{name}", partial(compile_path, path))
        yield from self._action(route, pointer)
        yield from self.whole.mappings(route.fieldMappings, f"{pointer}/fieldMappings")
        fields = [mapping for mapping in route.fieldMappings if mapping.target != EXTERNAL_ID]
        yield from self.whole.target(route.targetShardTypeId, fields, pointer)

    def _action(self, route: EventRouting, pointer: str) -> Errors:
        if route.action in STORING and not route.targetShardTypeId:
            yield FieldError(f'is missing: "{route.action}" needs it', f"{pointer}/targetShardTypeId")
        mapped = any(mapping.target == EXTERNAL_ID for mapping in route.fieldMappings)
        if route.action in STORING and not route.identifierPath and not mapped:
            told = f'is missing: "{route.action}" needs it, or a mapping to "{EXTERNAL_ID}"'
            yield FieldError(told, f"{pointer}/identifierPath")
        if route.action == "custom" and not route.code:
            yield FieldError('is missing: "custom" needs it', f"{pointer}/code")
        if route.action == "trigger_sync":
            yield from self._endpoint(route.endpointId, pointer)

    def _endpoint(self, named: str, pointer: str) -> Errors:
        ids: Any = [one.id for one in self.whole.definition.endpoints]
        if named not in ids:
            told = f'is "{named}", and no endpoint has it' if named else "is missing"
            yield FieldError(f"{told}{nearest(named, ids)}", f"{pointer}/endpointId")
