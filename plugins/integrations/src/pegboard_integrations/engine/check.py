"""A definition, checked whole when it is saved: all that is wrong with it, each with its place and the way out."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

import attrs

from pegboard import AuthProvider, FieldError, MissingService, Registries, Transform, TransformContext
from pegboard.invalid import escape, field_errors
from pegboard.json import converter
from pegboard.problems import nearest
from pegboard_jsonpath import compile_path

from .addresses import check_base
from .chains import compile_link
from .documents import Definition, normalised, read_definition
from .endpoint_checks import EndpointCheck
from .fields import transforms_of
from .mappings import FieldMapping
from .refusals import Errors, tried, twice
from .webhook_checks import WebhookCheck


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
            yield from WebhookCheck(self, self.definition.webhookConfig).errors()

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

    def mappings(self, mappings: Collection[FieldMapping], pointer: str) -> Errors:
        yield from twice((one.target for one in mappings), pointer, "target")
        for index, mapping in enumerate(mappings):
            yield from self._mapping(mapping, f"{pointer}/{index}")

    def _mapping(self, mapping: FieldMapping, pointer: str) -> Errors:
        wrong = list(tried(f"{pointer}/source", lambda: compile_path(mapping.source)))
        yield from wrong
        unknown = list(self._unknown(mapping, pointer))
        yield from unknown
        if not wrong and not unknown:
            for place, named in transforms_of(mapping):
                context = TransformContext(mapping.target, f"{pointer}/{place}/config", "")
                yield from tried(context.pointer, partial(compile_link, named, self.registries, context))

    def _unknown(self, mapping: FieldMapping, pointer: str) -> Errors:
        transforms = self.registries[Transform]
        for place, named in transforms_of(mapping):
            if named.type not in transforms:
                known = nearest(named.type, transforms.names())
                yield FieldError(f'is "{named.type}", which no plugin brings{known}', f"{pointer}/{place}/type")

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
