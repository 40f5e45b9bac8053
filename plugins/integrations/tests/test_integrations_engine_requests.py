"""What an endpoint sends, how an answer is decoded and mapped, and what is wrong with a definition."""

import gzip
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pegboard import MISSING, AuthProvider, NoConfig, Paginator, Problem, Registries, Transform
from pegboard.testing import Received, Upstream, answer, upstream
from pegboard_auth_static import pegboard_auth_providers
from pegboard_egress import Egress, EgressSettings, open_egress
from pegboard_integrations.engine import (
    Expectations,
    Page,
    PathExpectation,
    Plan,
    ShardTypeInfo,
    WalkFailed,
    check,
    check_code,
    compile_endpoint,
    expectations,
    normalised,
    preview,
    read_definition,
    secret_paths,
    walk,
    with_mapping,
)
from pegboard_integrations.engine.masks import Mask
from pegboard_paginators import pegboard_paginators
from pegboard_transforms import pegboard_transforms
from pegboard_webhooks import WebhookScheme, pegboard_webhook_schemes

pytestmark = pytest.mark.anyio

BASE = "https://api.example.com/v1"


async def doubled(config: Any, context: Any, page: Any, services: Any) -> list[Any]:
    """Stands for transforms that run elsewhere: one call for a page."""
    return [ValueError("is no number") if not isinstance(v, int) else v * 2 for v in page.values]


def summed(config: Mapping[str, Any], context: Any) -> Any:
    return lambda value, record: record["a"] + record["b"]


def registries() -> Registries:
    made = Registries()
    transforms = [
        *pegboard_transforms(None),  # type: ignore[arg-type]
        Transform("doubled", "Twice", NoConfig, prepare=doubled),
        Transform("expression", "A sum", dict[str, Any], compile=summed),  # type: ignore[arg-type]
    ]
    for kind, title, records in (
        (Transform, "transform", transforms),
        (Paginator, "paginator", pegboard_paginators(None)),  # type: ignore[arg-type]
        (AuthProvider, "auth provider", pegboard_auth_providers()),
        (WebhookScheme, "webhook scheme", pegboard_webhook_schemes()),
    ):
        registry: Any = made.open(kind, title)
        for record in records:
            registry.add(record, "test")
    return made


REGISTRIES = registries()


def document(endpoint: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"name": "x", "baseUrl": BASE, "endpoints": [{"id": "e", "path": "/x", **(endpoint or {})}], **more}


def plan_of(source: dict[str, Any]) -> Plan:
    errors = check(source, REGISTRIES)
    assert not errors, errors
    return compile_endpoint(read_definition(source), "e", REGISTRIES, "acme")


class Api:
    def __init__(self, here: Upstream, egress: Egress) -> None:
        self.here, self.egress = here, egress

    async def page(self, endpoint: dict[str, Any], params: Any = None, body: Any = None, **more: Any) -> Page:
        plan = plan_of(document(endpoint, **{"baseUrl": f"{self.here.url}/v1", **more}))
        async with aclosing(walk(plan, self.egress, None, params or {}, body=body)) as pages:  # type: ignore[arg-type]
            return await anext(pages)

    async def sent(self, endpoint: dict[str, Any], params: Any = None, body: Any = None, **more: Any) -> Received:
        """The request that arrives."""
        self.here.on("/{rest:path}", answer(json=[]), method="*")
        await self.page(endpoint, params, body, **more)
        return self.here.requests[-1]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with AsyncExitStack() as stack:
        here = await stack.enter_async_context(upstream())
        yield Api(here, await stack.enter_async_context(open_egress(EgressSettings(allow_origins=(here.url,)))))


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
async def test_each_method_is_sent(api: Api, method: str) -> None:
    assert (await api.sent({"method": method})).method == method


def param(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "required": False, "type": "string", **more}


async def test_values_in_a_path_are_quoted_behind_the_base(api: Api) -> None:
    path = {"path": "/users/{userId}/orders/{{orderId}}", "pathParams": [param("userId"), param("orderId")]}
    await api.sent(path, {"userId": "a/b ü", "orderId": 5})
    assert api.here.requests[-1].path == "/v1/users/a/b ü/orders/5"
    page = await api.page(path, {"userId": "a/b ü", "orderId": 5})
    assert page.request.url.endswith("/v1/users/a%2Fb%20%C3%BC/orders/5")


TYPES = [
    ("string", 5, "5"),
    ("number", "5", "5"),
    ("number", "1.5", "1.5"),
    ("boolean", True, "true"),
    ("boolean", "false", "false"),
]


@pytest.mark.parametrize(("kind", "value", "sent"), TYPES)
async def test_each_type_of_parameter(api: Api, kind: str, value: Any, sent: str) -> None:
    assert (await api.sent({"queryParams": [param("p", type=kind)]}, {"p": value})).query == {"p": sent}


FORMATS = [
    ("repeat", [("p", "1"), ("p", "2")]),
    ("comma", [("p", "1,2")]),
    ("brackets", [("p[]", "1"), ("p[]", "2")]),
]


@pytest.mark.parametrize(("style", "sent"), FORMATS)
async def test_arrays_in_a_query(api: Api, style: str, sent: list[tuple[str, str]]) -> None:
    received = await api.sent({"queryParams": [param("p", type="array", arrayFormat=style)]}, {"p": [1, 2]})
    assert received.params.multi_items() == sent


SOURCES = [
    ({"valueSource": "static", "value": "s"}, {}, "s"),
    ({"value": "s"}, {}, "s"),
    ({"value": "s"}, {"p": "given"}, "given"),
    ({"default": "d"}, {}, "d"),
    ({"valueSource": "variable", "value": "user.id"}, {"user": {"id": 7}}, "7"),
    ({"valueSource": "variable", "value": "{{user.id}}"}, {"user": {"id": 7}}, "7"),
    ({"valueSource": "variable"}, {"p": "v"}, "v"),
    ({"valueSource": "expression", "value": "a + b"}, {"a": 1, "b": 2}, "3"),
]


@pytest.mark.parametrize(("config", "params", "sent"), SOURCES)
async def test_each_source_of_a_value(api: Api, config: dict[str, Any], params: Any, sent: str) -> None:
    assert (await api.sent({"queryParams": [param("p", **config)]}, params)).query == {"p": sent}


async def test_headers_have_templates_and_those_of_the_endpoint_go_before(api: Api) -> None:
    endpoint = {"headers": {"x-one": "v-{{p}}"}, "variables": [param("p")]}
    received = await api.sent(endpoint, {"p": "1"}, defaultHeaders={"X-One": "0", "X-Two": "2"})
    assert (received.headers["x-one"], received.headers["x-two"]) == ("v-1", "2")


LEADS = '{"name": "{{contact.name}}", "age": {{contact.age}}, "tags": "{{contact.tags}}", "note": "n {{contact.age}}"}'
CONTACT = {"contact": {"name": 'A"B', "age": 5, "tags": ["x"]}}


async def test_a_template_keeps_types_and_cannot_be_broken_out_of(api: Api) -> None:
    body = {"contentType": "application/json", "bodyType": "template", "template": LEADS}
    received = await api.sent({"method": "POST", "body": body}, body=CONTACT)
    assert received.json() == {"name": 'A"B', "age": 5, "tags": ["x"], "note": "n 5"}
    assert received.headers["content-type"] == "application/json"


KINDS = [
    ("application/json", '{"a": "{{x}}"}', b'{"a":"1&2"}'),
    ("application/x-www-form-urlencoded", '{"a": "{{x}}"}', b"a=1%262"),
    ("application/x-www-form-urlencoded", "a={{x}}", b"a=1%262"),
    ("text/plain", "a={{x}}", b"a=1&2"),
]


@pytest.mark.parametrize(("kind", "template", "sent"), KINDS)
async def test_each_content_type(api: Api, kind: str, template: str, sent: bytes) -> None:
    body = {"contentType": kind, "bodyType": "template", "template": template}
    received = await api.sent({"method": "POST", "body": body}, {"x": "1&2"})
    assert received.body == sent
    assert received.headers["content-type"].startswith(kind)


async def test_multipart_has_fields_and_files(api: Api) -> None:
    template = {"a": "{{x}}", "f": {"filename": "a.txt", "content": "hello", "contentType": "text/plain"}}
    body = {"contentType": "multipart/form-data", "bodyType": "template", "template": template}
    received = await api.sent({"method": "POST", "body": body}, {"x": 5})
    assert b'name="a"\r\n\r\n5' in received.body
    assert b'filename="a.txt"' in received.body
    assert received.headers["content-type"].startswith("multipart/form-data; boundary=")


async def test_raw_is_sent_as_it_is(api: Api) -> None:
    body = {"contentType": "application/json", "bodyType": "raw", "raw": '{"a": {{x}} }'}
    assert (await api.sent({"method": "PUT", "body": body})).text == '{"a": {{x}} }'


async def test_a_schema_builds_a_body(api: Api) -> None:
    item = {"type": "object", "properties": {"sku": {"type": "string", "source": "variable", "value": "item.code"}}}
    properties = {
        "kind": {"type": "string", "source": "static", "value": "lead"},
        "age": {"type": "number", "source": "variable", "value": "contact.age"},
        "sum": {"type": "number", "source": "expression", "value": "a + b"},
        "vip": {"type": "boolean"},
        "sub": {"type": "object", "properties": {"name": {"type": "string", "value": "{{contact.name}}"}}},
        "lines": {"type": "array", "source": "variable", "value": "codes", "items": item},
    }
    schema = {"type": "object", "properties": properties}
    body = {"contentType": "application/json", "bodyType": "schema", "schema": schema}
    given_ = {"contact": {"age": "5", "name": "Ada"}, "a": 1, "b": 2, "codes": [{"code": "x"}, {"code": "y"}]}
    received = await api.sent({"method": "POST", "body": body}, body=given_)
    assert received.json() == {
        "kind": "lead", "age": 5, "sum": 3, "sub": {"name": "Ada"}, "lines": [{"sku": "x"}, {"sku": "y"}],
    }  # fmt: skip


async def test_all_that_is_missing_is_told_before_anything_is_sent(api: Api) -> None:
    endpoint = {
        "method": "POST",
        "path": "/{id}",
        "pathParams": [param("id")],
        "queryParams": [param("q", required=True), param("n", type="number")],
        "headers": {"X-H": "{{h}}"},
        "variables": [param("h")],
        "body": {"contentType": "application/json", "bodyType": "template", "template": {"a": "{{contact.name}}"}},
    }
    with pytest.raises(Problem) as refused:
        await api.page(endpoint, {"n": "many", "qq": 1})
    assert (refused.value.status, refused.value.code) == (422, "missing-values")
    pointers = {error.pointer for error in refused.value.errors}
    assert pointers == {"/params/id", "/params/q", "/params/n", "/params/h", "/params/qq", "/body/contact/name"}
    assert api.here.requests == []


QUERY = "query Q($after: String, $n: Int!) { items(after: $after, n: $n) { nodes { id } pageInfo { endCursor } } }"


def graphql(**more: Any) -> dict[str, Any]:
    return {
        "graphql": {"query": QUERY, "variables": {"n": "{{n}}"}, "operationName": "Q"},
        "pagination": {"type": "cursor", "cursorPath": "$.data.items.pageInfo.endCursor", "cursorParam": "after"},
        "responseMapping": {"dataPath": "$.data.items.nodes", "identifierField": "$.id"},
        **more,
    }


async def test_graphql_pages_by_a_cursor_in_its_variables(api: Api) -> None:
    def handler(received: Received) -> Any:
        after = received.json()["variables"].get("after")
        nodes = {"nodes": [{"id": after or "0"}], "pageInfo": {"endCursor": None if after else "c1"}}
        return answer(json={"data": {"items": nodes}})

    api.here.on("/v1/x", handler, method="POST")
    plan = plan_of(document(graphql(), baseUrl=f"{api.here.url}/v1", integrationType="graphql"))
    async with aclosing(walk(plan, api.egress, None, {"n": 5})) as pages:  # type: ignore[arg-type]
        found = [one.external_id for page in [page async for page in pages] for one in page.mapped]
    assert found == ["0", "c1"]
    sent = [one.json() for one in api.here.requests]
    assert [one["variables"] for one in sent] == [{"n": 5}, {"n": 5, "after": "c1"}]
    assert sent[0]["operationName"] == "Q"


async def test_graphql_errors_in_a_200_are_a_failure(api: Api) -> None:
    api.here.on("/v1/x", answer(json={"data": None, "errors": [{"message": "not allowed"}]}), method="POST")
    with pytest.raises(WalkFailed, match="GraphQL: not allowed") as failed:
        await api.page(graphql(), {"n": 5})
    assert failed.value.rule == "graphql"
    with pytest.raises(Problem, match="variables"):
        await api.page(graphql())


DECODED = [
    ("json", b'[{"id": "1"}]', "$", {"id": "1"}),
    ("jsonl", b'{"id": "1"}\n\n{"id": "2"}\n', "$", {"id": "1"}),
    ("csv", b'\xef\xbb\xbfid,name\n1,"a, b"\n', "$", {"id": "1", "name": "a, b"}),
    ({"type": "csv", "delimiter": ";", "header": False}, b"1;x\n", "$", {"c0": "1", "c1": "x"}),
    ("xml", b"<r><i k='v'><id>1</id></i><i><id>2</id></i></r>", "$.r.i", {"@k": "v", "id": "1"}),
    ("gzip", gzip.compress(b'[{"id": "1"}]', mtime=0), "$", {"id": "1"}),
]


@pytest.mark.parametrize(("decoder", "body", "path", "first"), DECODED)
async def test_each_decoder(api: Api, decoder: Any, body: bytes, path: str, first: Any) -> None:
    api.here.on("/v1/x", answer(body=body))
    page = await api.page({"decoder": decoder, "responseMapping": {"dataPath": path}})
    assert page.records[0] == first


BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaa">]><r>&a;</r>'
UNDECODABLE = [("xml", BOMB), ("xml", b"<r>"), ("jsonl", b"{}\n{"), ("csv", b"a\n1,2\n"), ("gzip", b"[]")]


@pytest.mark.parametrize(("decoder", "body"), UNDECODABLE)
async def test_what_cannot_be_decoded_fails(api: Api, decoder: str, body: bytes) -> None:
    api.here.on("/v1/x", answer(body=body))
    with pytest.raises(WalkFailed) as failed:
        await api.page({"decoder": decoder})
    assert failed.value.rule == "decode"


def field(target: str, source: str = "$.v", transform: Any = None, **more: Any) -> dict[str, Any]:
    kind, config = transform or ("direct", {})
    return {"source": source, "target": target, "transform": {"type": kind, "config": config}, **more}


async def mapped(mapping: dict[str, Any], *records: Any) -> Any:
    return await preview(plan_of(document({"responseMapping": mapping})), list(records), None)  # type: ignore[arg-type]


MAPPED = [
    (field("t"), {"v": None}, {"t": None}),
    (field("t"), {}, {}),
    (field("t", default="d"), {}, {"t": "d"}),
    (field("t", default=["d"]), {"v": None}, {"t": ["d"]}),
    (field("t", default=None), {}, {"t": None}),
    (field("t", skipIfEmpty=True), {"v": ""}, {}),
    (field("t", skipIfEmpty=True), {"v": 0}, {"t": 0}),
    (field("t", skipIfEmpty=True), {"v": False}, {"t": False}),
    (field("t", "$.a[0].b"), {"a": [{"b": 1}]}, {"t": 1}),
    (field("t", "$.a[0]"), {"a": "text"}, {}),
    (field("t", "$.a[*].b"), {"a": [{"b": 1}, {"b": 2}]}, {"t": [1, 2]}),
    (
        field("t", transform=("concat", {"fields": ["$.a", "$.b"], "separator": "-"})),
        {"a": "x", "b": "y"},
        {"t": "x-y"},
    ),
    (field("t", transform=("concat", {"fields": ["$.a", "$.b"], "separator": "-"})), {"a": 1, "v": 0}, {"t": "1"}),
    (field("t", transform=("split", {"separator": ","})), {"v": "a,b"}, {"t": ["a", "b"]}),
    (field("t", transform=("map", {"mapping": {"A": "a"}, "default": "?"})), {"v": "B"}, {"t": "?"}),
    (field("t", transform=("date", {"inputFormat": "YYYY-MM-DD"})), {"v": "2024-02-29"}, {"t": "2024-02-29T00:00:00Z"}),
    (field("t", transform=("number", {})), {"v": "1.50"}, {"t": 1.5}),
    (field("t", transform=("boolean", {})), {"v": "Yes"}, {"t": True}),
    (field("t", "$", ("template", {"template": "{{$.a}}-{{$.b}}"})), {"a": "x", "b": 5}, {"t": "x-5"}),
    (field("t", transform=("doubled", {})), {"v": 4}, {"t": 8}),
]


@pytest.mark.parametrize(("mapping", "record", "data"), MAPPED)
async def test_fields_are_mapped(mapping: dict[str, Any], record: Any, data: Any) -> None:
    made = await mapped({"fieldMappings": [mapping]}, record)
    assert [one.data for one in made.mapped] == [data]
    assert made.failed == []


async def test_each_field_that_fails_is_told() -> None:
    mappings = [field("a", transform=("number", {})), field("b", transform=("doubled", {})), field("c", "$.id")]
    made = await mapped({"fieldMappings": mappings, "identifierField": "c"}, {"v": "x"}, {"v": 2, "id": 5})
    [failed] = made.failed
    assert [error.field for error in failed.errors] == ["a", "b", "identifierField"]
    assert made.mapped == [("5", {"a": 2, "b": 4, "c": 5})]


values = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=12),
    st.sampled_from(["2024-01-31", "2024-W05-3", "12.5", "\u0663.\u0665", "A", "true", "-1.0", "1e5"]),
    st.just([]), st.just({}),
)  # fmt: skip
EVERY: list[dict[str, Any]] = [one[0] for one in MAPPED]


# The first texts are slow to come: hypothesis then makes its tables of characters.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(["v", "a", "b"]), values))
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
def test_the_quick_way_and_the_careful_way_are_one(anyio_backend: str, record: dict[str, Any]) -> None:
    for mapping in EVERY:
        plan = plan_of(document({"responseMapping": {"fieldMappings": [mapping]}}))
        [one] = plan.mapper.fields
        if one.prepare is not None:
            continue
        ids, data, failed = plan.mapper._quick([record], ())
        assert len(ids) == len(data) == 1 - len(failed)
        try:
            value = one.made(record, None)
        except Exception:
            assert failed[0].errors
        else:
            assert repr(data) == repr([{} if value is MISSING else {"t": value}])


async def test_another_mapping_can_be_tried() -> None:
    definition = with_mapping(read_definition(document()), "e", {"dataPath": "$.rows", "fieldMappings": [field("t")]})
    plan = compile_endpoint(definition, "e", REGISTRIES, "acme")
    made = await preview(plan, {"rows": [{"v": 1}]}, None)  # type: ignore[arg-type]
    assert [one.data for one in made.mapped] == [{"t": 1}]
    with pytest.raises(Problem, match="dataPath"):
        await preview(plan, {}, None)  # type: ignore[arg-type]


async def test_expectations_are_checked(api: Api) -> None:
    api.here.on("/v1/x", answer(json={"items": [], "n": 1}))
    page = await api.page({"responseMapping": {"dataPath": "$.items"}})
    paths = (PathExpectation(path="$.n", value=1), PathExpectation(path="$.n", value=True))
    found = expectations(Expectations(statusCode=200, bodyContains=("items", "none"), jsonPath=paths), page)
    assert [one.ok for one in found] == [True, True, False, True, False]


def endpoint_with(**more: Any) -> dict[str, Any]:
    return document(more)


def mapping_with(*mappings: Any, **more: Any) -> dict[str, Any]:
    return document({"responseMapping": {"fieldMappings": list(mappings), **more}})


E = "/endpoints/0"
M = f"{E}/responseMapping"
BODY = {"contentType": "application/json", "bodyType": "template"}
WRONG = [
    (document(auth={"type": "bearr", "token": "x"}), "/auth/type", 'did you mean "bearer"'),
    ({**document(), "authType": "bearr"}, "/authType", "no plugin brings"),
    ({**document(), "authType": "bearer", "authConfig": {}}, "/authConfig/token", "is missing"),
    (document(auth={"type": "bearer", "tokn": "x"}), "/auth/tokn", 'did you mean "token"'),
    (document(timeout=10), "/timeout", "1000"),
    (document(timeout="3000"), "/timeout", "an integer"),
    (document(baseUrl="ftp://x"), "/baseUrl", "https://"),
    (document(baseUrl="https://u:p@x"), "/baseUrl", "auth"),
    (endpoint_with(metod="GET"), f"{E}/metod", 'did you mean "method"'),
    (endpoint_with(method="GETT"), f"{E}/method", "GET, POST"),
    (endpoint_with(path="/u/{id}"), f"{E}/path", "pathParams"),
    (endpoint_with(path="/u/{{ide}}", pathParams=[param("id")]), f"{E}/path", 'did you mean "id"'),
    (endpoint_with(path="/u", pathParams=[param("id")]), f"{E}/pathParams/0/name", "not in the path"),
    (endpoint_with(path="/../u"), f"{E}/path", ".."),
    (endpoint_with(path="https://other.example/u"), f"{E}/path", "baseUrl"),
    (endpoint_with(headers={"X": "{{nope}}"}), f"{E}/headers/X", "bound"),
    (endpoint_with(queryParams=[param("q", value="{{nope}}")]), f"{E}/queryParams/0/value", "bound"),
    (endpoint_with(queryParams=[param("q"), param("q")]), E, "two parameters"),
    (endpoint_with(body={**BODY, "template": "{}"}), f"{E}/body", "GET"),
    (endpoint_with(method="POST", body={**BODY, "template": '{"a": }'}), f"{E}/body/template", "column"),
    (endpoint_with(method="POST", body={**BODY}), f"{E}/body/template", "missing"),
    (endpoint_with(graphql={"query": "query { a "}), f"{E}/graphql/query", "line 1"),
    (endpoint_with(graphql={"query": "{ a }", "variables": {"x": 1}}), f"{E}/graphql/query", "declare"),
    (endpoint_with(method="GET", graphql={"query": "{ a }"}), f"{E}/method", "POST"),
    (document(integrationType="graphql"), f"{E}/graphql", "missing"),
    (endpoint_with(pagination={"type": "curser"}), f"{E}/pagination/type", 'did you mean "cursor"'),
    (endpoint_with(pagination={"type": "cursor"}), f"{E}/pagination/cursorPath", "missing"),
    (
        endpoint_with(pagination={"type": "offset", "endCondition": {"type": "count_less_than_limit"}}),
        f"{E}/pagination",
        "never hold",
    ),
    (mapping_with(field("t", "$.a.[")), f"{M}/fieldMappings/0/source", "column 5"),
    (mapping_with(field("t", "name")), f"{M}/fieldMappings/0/source", "write $.name"),
    (mapping_with(field("t"), field("t")), f"{M}/fieldMappings/1/target", "number 0"),
    (mapping_with(field("t", transform=("dat", {}))), f"{M}/fieldMappings/0/transform/type", 'did you mean "date"'),
    (
        mapping_with(field("t", transform=("split", {"seperator": ","}))),
        f"{M}/fieldMappings/0/transform/config/seperator",
        'did you mean "separator"',
    ),
    (mapping_with(field("name"), identifierField="nmae"), f"{M}/identifierField", 'did you mean "name"'),
    (mapping_with(field("name"), targetShardTypeId="c"), f"{M}/identifierField", "missing"),
    (mapping_with(dataPath="items"), f"{M}/dataPath", "$.items"),
    (endpoint_with(forEach={"endpointId": "e"}), f"{E}/forEach/endpointId", "circle"),
    (endpoint_with(forEach={"endpointId": "f"}), f"{E}/forEach/endpointId", "no endpoint"),
    (endpoint_with(incremental={"cursorPath": "$.at", "format": "QQ"}), f"{E}/incremental/format", "token"),
    ({**document(), "endpoints": [{"id": "e"}, {"id": "e"}]}, "/endpoints/1/id", "number 0"),
    (
        document(webhookConfig={"signatureConfig": {"algorithm": "none"}}),
        "/webhookConfig/signatureConfig",
        "allowUnsigned",
    ),
]


@pytest.mark.parametrize(("source", "pointer", "told"), WRONG)
async def test_a_mistake_is_found_at_its_place(source: dict[str, Any], pointer: str, told: str) -> None:
    found = {error.pointer: error.detail for error in check(source, REGISTRIES)}
    assert pointer in found, found
    assert told in found[pointer]


async def test_all_mistakes_are_told_at_once() -> None:
    source = document({"path": "/{id}", "pagination": {"type": "x"}, "headers": {"X": "{{n}}"}}, auth={"type": "x"})
    assert len(check(source, REGISTRIES)) == 4


async def test_shard_types_are_checked_where_they_are_known() -> None:
    source = mapping_with(field("naem"), targetShardTypeId="c_contact", identifierField="$.id")
    types = {"c_contact": ShardTypeInfo(frozenset({"name"}), strict=True)}
    [error] = check(source, REGISTRIES, types)
    assert (error.pointer, "name" in error.detail) == (f"{M}/fieldMappings/0/target", True)
    assert [one.pointer for one in check(source, REGISTRIES, {})] == [f"{M}/targetShardTypeId"]


async def test_code_is_checked_by_who_runs_it() -> None:
    source = mapping_with(field("t", transform=("doubled", {})))
    assert await check_code(source, REGISTRIES, None, "acme") == []  # type: ignore[arg-type]


async def test_both_spellings_are_read_and_one_is_written() -> None:
    old = {
        "name": "x",
        "type": "rest",
        "authType": "basic",
        "authConfig": {"username": "a", "password": "p"},
        "id": "1",
    }
    made = normalised(old)
    assert made == {
        "name": "x", "integrationType": "rest_api", "auth": {"type": "basic", "username": "a", "password": "p"}
    }  # fmt: skip
    assert secret_paths(made, REGISTRIES) == [("auth", "password")]
    assert "'p'" not in repr(read_definition({**made, "baseUrl": BASE}))


async def test_masks_find_a_secret_in_all_its_forms() -> None:
    mask = Mask(frozenset({"p&ss wörd"}))
    for form in ("p&ss wörd", "p%26ss%20w%C3%B6rd", "p%26ss+w%C3%B6rd", "p&ss w\\u00f6rd"):
        assert mask.text(f"x {form} y") == "x *** y"
    assert mask.url("https://x.test/?api_key=abc&q=1") == "https://x.test/?api_key=***&q=1"
    assert mask.headers({"Cookie": "a", "X": "b"}) == {"Cookie": "***", "X": "b"}
