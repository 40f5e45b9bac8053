"""From a definition to the plan of one of its endpoints."""

from typing import Any

import attrs

from pegboard import AuthProvider, Problem, Registries
from pegboard.invalid import invalid
from pegboard.json import converter
from pegboard.problems import nearest
from pegboard_egress import Retry
from pegboard_jsonpath import compile_path

from .addresses import compile_path_plan
from .bodies import compile_body
from .decoding import compile_decoder
from .documents import Definition
from .endpoints import Endpoint
from .fields import compile_field
from .graphql import compile_operation
from .identity import compile_identifier
from .incremental import Advance, compile_advance
from .mapper import Mapper, compile_mapper
from .masks import Mask, basic_forms, is_secret_name, secrets_in
from .pages import MIB
from .paging import compile_paging, placed_variables
from .params import ALWAYS, bound, compile_param, declared
from .plan import Plan
from .ratelimits import Limiter
from .requests import RequestPlan, header_plan, over
from .selection import compile_selector

UNZIPPED = 64 * MIB
LONGEST_WAIT = 60.0


def compile_endpoint(
    definition: Definition, endpoint_id: str, registries: Registries, tenant: str, *, key: str = ""
) -> Plan:
    """The plan of an endpoint; `key` is the stable name of the definition's credential.

    Raises Problem 404 for an unknown endpoint, MissingService for kinds that no plugin brings, and Problem 422 for
    what `check` would have refused.
    """
    try:
        return _compiled(definition, endpoint_id, registries, tenant, key, ())
    except (ValueError, ExceptionGroup) as error:
        raise invalid(error, f'endpoint "{endpoint_id}"') from error


def base_plan(definition: Definition, registries: Registries, tenant: str, *, key: str = "") -> Plan:
    """The plan of a plain GET of the base URL, for which any answer below 400 will do."""
    bare = attrs.evolve(definition, endpoints=(Endpoint(id="base"),), integrationType="rest_api")
    return attrs.evolve(compile_endpoint(bare, "base", registries, tenant, key=key), plain=True)


def _compiled(
    definition: Definition, endpoint_id: str, registries: Registries, tenant: str, key: str, below: tuple[str, ...]
) -> Plan:
    endpoint = definition.endpoint(endpoint_id)
    if endpoint is None:
        known = nearest(endpoint_id, [one.id for one in definition.endpoints])
        raise Problem(404, "not-found", f'integration "{definition.name}" has no endpoint "{endpoint_id}"{known}')
    parent = None
    if endpoint.forEach is not None:
        if endpoint.forEach.endpointId in (*below, endpoint_id):
            raise ValueError(f'forEach goes in a circle: "{endpoint_id}" is among its own parents')
        below = (*below, endpoint_id)
        parent = _compiled(definition, endpoint.forEach.endpointId, registries, tenant, key, below)
    mapping, auth = endpoint.responseMapping, compile_auth(definition, registries)
    paths = {"totalCount": mapping.metadataMapping.totalCount, "pageInfo": mapping.metadataMapping.pageInfo}
    return Plan(
        definition=definition,
        endpoint=endpoint,
        tenant=tenant,
        key=key,
        request=compile_request(definition, endpoint, registries, tenant, aliases(parent, endpoint)),
        selector=compile_selector(mapping.dataPath),
        mapper=_mapper(endpoint, registries, tenant),
        paging=compile_paging(endpoint, registries),
        decode=compile_decoder(endpoint.decoder, UNZIPPED),
        retry=_retry(definition),
        auth=auth,
        masks=_mask(definition, endpoint, auth[1]),
        limiter=Limiter(endpoint.rateLimit),
        error_path=compile_path(mapping.errorPath) if mapping.errorPath else None,
        metadata={name: compile_path(path) for name, path in paths.items() if path},
        advance=_advance(endpoint, registries, tenant),
        parent=parent,
    )


def aliases(parent: Plan | None, endpoint: Endpoint) -> frozenset[str]:
    """What parents of a child walk bind. Raises ValueError for a name that is bound twice."""
    if parent is None or endpoint.forEach is None:
        return frozenset()
    above = aliases(parent.parent, parent.endpoint)
    alias = endpoint.forEach.alias
    if alias in above or alias in ALWAYS:
        raise ValueError(f'forEach.alias "{alias}" is bound already: take another name')
    return above | {alias}


def compile_auth(definition: Definition, registries: Registries) -> tuple[AuthProvider, Any]:
    """Raises MissingService for an unknown kind, and what its config raises."""
    kind = definition.auth.get("type", "none")
    provider = registries[AuthProvider].get(kind, "outbound")
    config = {name: value for name, value in definition.auth.items() if name != "type"}
    return provider, converter.structure(config, provider.config)


def compile_request(
    definition: Definition, endpoint: Endpoint, registries: Registries, tenant: str, bound_above: frozenset[str]
) -> RequestPlan:
    """Raises ValueError for anything that could not be sent."""
    names = bound(endpoint, bound_above)
    where = f"/endpoints/{endpoint.id}"
    parts = (
        ("variables", endpoint.variables),
        ("pathParams", endpoint.pathParams),
        ("queryParams", endpoint.queryParams),
    )
    params = {
        kind: tuple(
            compile_param(config, None, registries, tenant, f"{where}/{kind}/{i}", required=kind == "pathParams")
            for i, config in enumerate(configs)
        )
        for kind, configs in parts
    }
    body = None
    if endpoint.body is not None and endpoint.graphql is None:
        body = compile_body(endpoint.body, None, registries, tenant, f"{where}/body")
    operation = None
    if endpoint.graphql is not None:
        operation = compile_operation(endpoint.graphql, placed_variables(endpoint))
    free = (body.names if body is not None else frozenset()) | (operation.variables.names if operation else frozenset())
    headers = over(definition.defaultHeaders, endpoint.headers)
    return RequestPlan(
        method=endpoint.method,
        path=compile_path_plan(definition.baseUrl, endpoint.path, names),
        params=tuple(param for group in params.values() for param in group),
        query=params["queryParams"],
        headers=header_plan(headers, endpoint.decoder.type, names),
        body=body,
        operation=operation,
        known=_known(endpoint, free | names, bound_above),
        idempotency=endpoint.idempotencyHeader,
    )


def _known(endpoint: Endpoint, names: frozenset[str], bound_above: frozenset[str]) -> frozenset[str] | None:
    """The names that callers may give; None where an expression may look up any."""
    inputs, sources = _inputs(endpoint)
    return None if "expression" in sources else (names | inputs) - frozenset(ALWAYS) - bound_above


def _inputs(endpoint: Endpoint) -> tuple[frozenset[str], frozenset[str]]:
    """Names that variables of parameters and of schemas look up, and the kinds of sources that there are."""
    sources = {str(one.valueSource) for one in declared(endpoint)}
    roots = [str(one.value).strip("{} ") for one in declared(endpoint) if one.valueSource == "variable" and one.value]
    found = {root.partition(".")[0].partition("[")[0] for root in roots}
    pending: list[Any] = [endpoint.body.schema] if endpoint.body is not None and endpoint.body.schema else []
    named = [("", part) for part in pending]
    while named:
        name, part = named.pop()
        named += list(part.properties.items()) + ([("item", part.items)] if part.items is not None else [])
        sources.add(str(part.source))
        if part.source in (None, "variable"):
            found.add(str(part.value).strip("{} ").partition(".")[0] if part.value else name)
    return frozenset(found), frozenset(sources)


def _mapper(endpoint: Endpoint, registries: Registries, tenant: str) -> Mapper:
    mappings = endpoint.responseMapping.fieldMappings
    where = f"/endpoints/{endpoint.id}/responseMapping/fieldMappings"
    fields = [compile_field(one, registries, tenant, f"{where}/{index}") for index, one in enumerate(mappings)]
    return compile_mapper(fields, compile_identifier(endpoint.responseMapping.identifierField, mappings))


def _retry(definition: Definition) -> Retry:
    config = definition.retryConfig
    return Retry(
        attempts=config.maxRetries + 1,
        statuses=frozenset(config.retryOn),
        base=config.retryDelay / 1000,
        ceiling=LONGEST_WAIT,
    )


def _mask(definition: Definition, endpoint: Endpoint, config: Any) -> Mask:
    headers = {**definition.defaultHeaders, **endpoint.headers}
    named = (value for name, value in headers.items() if is_secret_name(name) and "{{" not in value)
    texts = [text for value in named for text in (value, value.rpartition(" ")[2])]
    params = (str(one.value) for one in declared(endpoint) if one.value is not None and is_secret_name(one.name))
    hook = [] if definition.webhookConfig is None else secrets_in(definition.webhookConfig)
    return Mask(frozenset(filter(None, [*secrets_in(config), *basic_forms(config), *texts, *params, *hook])))


def _advance(endpoint: Endpoint, registries: Registries, tenant: str) -> Advance | None:
    if endpoint.incremental is None:
        return None
    return compile_advance(endpoint.incremental, registries, tenant, f"/endpoints/{endpoint.id}/incremental")
