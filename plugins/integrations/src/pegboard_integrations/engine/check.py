"""A definition, checked whole when it is saved: all that is wrong with it, each with its place and the way out."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import attrs

from pegboard import AuthProvider, FieldError, MissingService, Registries, Transform
from pegboard.invalid import escape, field_errors
from pegboard.json import converter
from pegboard.problems import nearest
from pegboard_jsonpath import compile_path

from .addresses import check_base
from .documents import Definition, normalised, read_definition
from .endpoint_checks import EndpointCheck
from .fields import compile_field
from .mappings import FieldMapping
from .refusals import Errors, tried, twice
from .webhooks import WebhookConfig


@attrs.frozen
class ShardTypeInfo:
    """What a check needs to know of a shard type; a strict one takes no other fields than these."""

    fields: frozenset[str] = attrs.field(converter=frozenset)
    strict: bool = False


ShardTypes = Mapping[str, ShardTypeInfo] | None


def check(document: Mapping[str, Any], registries: Registries, shard_types: ShardTypes = None) -> list[FieldError]:
    """All mistakes of a definition; none of them needs a request to be found.

    `shard_types` are all that mappings may name; None leaves that unchecked.
    """
    whole = normalised(document)
    try:
        definition = read_definition(whole)
    except ExceptionGroup as error:
        found = list(field_errors(error))
    else:
        found = list(Check(definition, registries, shard_types).errors())
    return [attrs.evolve(one, pointer=_as_written(one.pointer, document)) for one in found]


def _as_written(pointer: str, document: Mapping[str, Any]) -> str:
    """The pointer in the document as it was given, with `authType` and `authConfig`."""
    if "auth" in document or not pointer.startswith("/auth"):
        return pointer
    if pointer == "/auth/type":
        return "/authType"
    return f"/authConfig{pointer.removeprefix('/auth')}"


@attrs.frozen
class Check:
    """The checks of one definition."""

    definition: Definition
    registries: Registries
    shard_types: ShardTypes

    def errors(self) -> Errors:
        yield from self._base()
        yield from self._auth()
        yield from twice((one.id for one in self.definition.endpoints), "/endpoints", "id")
        for index, endpoint in enumerate(self.definition.endpoints):
            yield from EndpointCheck(self, endpoint, f"/endpoints/{index}").errors()
        if self.definition.webhookConfig is not None:
            yield from self._webhook(self.definition.webhookConfig)

    def _base(self) -> Errors:
        if not self.definition.baseUrl:
            if self.definition.integrationType != "webhook" or self.definition.endpoints:
                yield FieldError(
                    "is missing: what all paths begin with, such as https://api.example.com/v1", "/baseUrl"
                )
            return
        yield from tried("/baseUrl", lambda: check_base(self.definition.baseUrl))
        for name, value in self.definition.defaultHeaders.items():
            if "\n" in value or "\r" in value:
                yield FieldError("must be one line", f"/defaultHeaders/{escape(name)}")

    def _auth(self) -> Errors:
        auth = self.definition.auth
        kind = auth.get("type")
        providers = self.registries[AuthProvider]
        if not isinstance(kind, str):
            known = sorted(one.name for one in providers if one.outbound is not None)
            yield FieldError(f"is missing: it is one of {', '.join(known)}", "/auth/type")
            return
        try:
            provider = providers.get(kind, "outbound")
        except MissingService:
            known = sorted(one.name for one in providers if one.outbound is not None)
            yield FieldError(f'is "{kind}", which no plugin brings{nearest(kind, known)}', "/auth/type")
            return
        config = {name: value for name, value in auth.items() if name != "type"}
        yield from tried("/auth", lambda: converter.structure(config, provider.config))

    def _webhook(self, config: WebhookConfig) -> Errors:
        signature = config.signatureConfig
        if signature is not None and signature.algorithm == "none" and not signature.allowUnsigned:
            yield FieldError(
                'is "none": whoever knows the address could send events; take hmac-sha256, or set allowUnsigned',
                "/webhookConfig/signatureConfig/algorithm",
            )
        signed = signature is not None and signature.algorithm != "none" and signature.scheme == "plain"
        if signature is not None and signed and not signature.header:
            yield FieldError("is missing: where the signature is", "/webhookConfig/signatureConfig/header")
        for index, route in enumerate(config.eventRouting):
            yield from self._route(route, f"/webhookConfig/eventRouting/{index}")

    def _route(self, route: Any, pointer: str) -> Errors:
        for name in ("eventTypePath", "dataPath", "identifierPath"):
            path = getattr(route, name)
            if path:
                yield from tried(f"{pointer}/{name}", partial(compile_path, path))
        stores = route.action in ("create_shard", "update_shard", "delete_shard")
        if stores and not route.targetShardTypeId:
            yield FieldError(f'is missing: "{route.action}" needs it', f"{pointer}/targetShardTypeId")
        if route.action in ("update_shard", "delete_shard") and not route.identifierPath:
            yield FieldError(f'is missing: "{route.action}" needs it', f"{pointer}/identifierPath")
        if route.action == "custom" and not route.code:
            yield FieldError('is missing: "custom" needs it', f"{pointer}/code")
        if route.action == "trigger_sync":
            ids = [one.id for one in self.definition.endpoints]
            if route.endpointId not in ids:
                told = f'is "{route.endpointId}", and no endpoint has it' if route.endpointId else "is missing"
                yield FieldError(f"{told}{nearest(route.endpointId, ids)}", f"{pointer}/endpointId")
        yield from self.mappings(route.fieldMappings, f"{pointer}/fieldMappings")
        yield from self.target(route.targetShardTypeId, route.fieldMappings, pointer)

    def mappings(self, mappings: Collection[FieldMapping], pointer: str) -> Errors:
        yield from twice((one.target for one in mappings), pointer, "target")
        for index, mapping in enumerate(mappings):
            yield from self._mapping(mapping, f"{pointer}/{index}")

    def _mapping(self, mapping: FieldMapping, pointer: str) -> Errors:
        wrong = list(tried(f"{pointer}/source", lambda: compile_path(mapping.source)))
        yield from wrong
        transforms = self.registries[Transform]
        kind = mapping.transform.type
        if kind not in transforms:
            known = nearest(kind, transforms.names())
            yield FieldError(f'is "{kind}", which no plugin brings{known}', f"{pointer}/transform/type")
        elif not wrong:
            compiled = lambda: compile_field(mapping, self.registries, "", pointer)  # noqa: E731
            yield from tried(f"{pointer}/transform/config", compiled)

    def target(self, name: str | None, mappings: Collection[FieldMapping], pointer: str) -> Errors:
        if name is None or self.shard_types is None:
            return
        kind = self.shard_types.get(name)
        if kind is None:
            known = nearest(name, self.shard_types)
            yield FieldError(f'is "{name}", and there is no such shard type{known}', f"{pointer}/targetShardTypeId")
            return
        for index, mapping in enumerate(mappings):
            if kind.strict and mapping.target not in kind.fields:
                told = f'"{name}" has no field "{mapping.target}"{nearest(mapping.target, kind.fields)}'
                yield FieldError(told, f"{pointer}/fieldMappings/{index}/target")
