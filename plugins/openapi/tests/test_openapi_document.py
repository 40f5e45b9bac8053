"""The document of a running app."""

from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import attrs
import httpx
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.applications import Starlette

from pegboard import (
    AuthProvider,
    Principal,
    Rate,
    RateLimiter,
    RouteSpec,
    RouteTable,
    ServiceRegistry,
    Services,
    Settings,
    create_app,
    hookimpl,
)
from pegboard.testing import client
from pegboard_openapi.answers import responses

pytestmark = pytest.mark.anyio

MakeApp = Callable[..., Starlette]
ANN = {"X-API-Key": "key-of-ann"}
BOB = {"X-API-Key": "key-of-bob"}


async def fetch(app: Starlette, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    async with client(app) as http:
        response = await http.get("/openapi.json", headers=headers)
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    OpenAPIV31SpecValidator(document).validate()
    return document


async def test_the_document_is_valid_and_holds_every_fixed_route(make_app: MakeApp) -> None:
    document = await fetch(make_app())
    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {
        "/-/doctor",
        "/-/health",
        "/-/health/live",
        "/-/health/ready",
        "/-/plugins",
        "/-/settings",
        "/files/{rest}",
        "/odd",
        "/openapi.json",
        "/things",
        "/things/once",
        "/things/{id}",
        "/things/{id}/parts/{part}",
    }
    assert set(document["paths"]["/things"]) == {"get", "post"}


async def test_the_kernel_alone_has_a_document(tmp_path: Any) -> None:
    import pegboard_openapi

    app = create_app(
        settings={"data": str(tmp_path)}, plugins={"openapi": pegboard_openapi}, environ={}, installed=False
    )
    document = await fetch(app)
    assert set(document["paths"]) == {
        "/-/doctor",
        "/-/health",
        "/-/health/live",
        "/-/health/ready",
        "/-/plugins",
        "/-/settings",
        "/openapi.json",
    }
    assert "securitySchemes" not in document["components"]


async def test_an_operation_says_what_its_route_says(make_app: MakeApp) -> None:
    document = await fetch(make_app())
    operation = document["paths"]["/things"]["post"]
    assert operation["operationId"] == "things.create"
    assert operation["summary"] == "Create a thing"
    assert operation["description"] == "With `logic` of its own.\n\nNeeds the scope `things:write`."
    assert operation["tags"] == ["things"]
    assert operation["x-required-scopes"] == ["things:write"]
    assert operation["security"] == [{"apikey": ["things:write"]}]
    body = operation["requestBody"]
    assert body["required"]
    assert body["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/NewThing"}
    created = operation["responses"]["201"]
    assert created["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/Thing"}
    assert operation["responses"]["409"]["description"] == "The name is taken"


async def test_a_secret_is_written_and_never_read(make_app: MakeApp) -> None:
    schemas = (await fetch(make_app()))["components"]["schemas"]
    assert schemas["NewThing"]["properties"]["password"]["anyOf"][0] == {
        "type": "string",
        "format": "password",
        "writeOnly": True,
    }


async def test_queries_and_paths_are_parameters(make_app: MakeApp) -> None:
    paths = (await fetch(make_app()))["paths"]
    page, tag = paths["/things"]["get"]["parameters"]
    assert page == {
        "name": "page",
        "in": "query",
        "required": False,
        "description": "counts from 1",
        "schema": {"type": "integer", "minimum": 1, "maximum": 100, "default": 1},
    }
    assert (tag["name"], tag["schema"]["type"]) == ("tag", "array")
    (identifier,) = paths["/things/{id}"]["put"]["parameters"]
    assert identifier == {"name": "id", "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
    assert [p["name"] for p in paths["/things/{id}/parts/{part}"]["delete"]["parameters"]] == ["id", "part"]
    assert paths["/files/{rest}"]["get"]["parameters"][0]["name"] == "rest"


async def test_each_route_lists_the_standard_answers_that_it_can_give(make_app: MakeApp) -> None:
    paths = (await fetch(make_app()))["paths"]

    def statuses(path: str, method: str) -> str:
        return " ".join(sorted(paths[path][method]["responses"]))

    assert statuses("/things", "post") == "201 400 401 403 409 413 415 422 500 503"
    assert statuses("/things", "get") == "200 401 403 422 500 503"
    assert statuses("/things/{id}", "put") == "200 401 404 500 503"
    gone = paths["/things/{id}/parts/{part}"]["delete"]["responses"]
    assert gone["204"] == {"description": "No Content"}
    assert gone["404"] == {"$ref": "#/components/responses/404"}


async def test_the_answers_are_what_the_app_answers(make_app: MakeApp) -> None:
    """What really comes back for bad requests is among the answers of the document, in its media type."""
    app = make_app()
    document = await fetch(app)
    responses = document["paths"]["/things"]["post"]["responses"]
    async with client(app, headers=ANN) as http:
        answers = [
            await http.post("/things", content=b"{"),
            await http.post("/things", content=b"{}", headers={"content-type": "text/plain"}),
            await http.post("/things", json={"name": "", "logic": 1, "more": 2}),
            await http.post("/things", json={}, headers={"x-api-key": "wrong"}),
            await http.post("/things", content=b" " * (1024 * 1024 + 1)),
        ]
    assert [answer.status_code for answer in answers] == [400, 415, 422, 401, 413]
    for answer in answers:
        response = responses[str(answer.status_code)]
        described = document["components"]["responses"][response["$ref"].rpartition("/")[2]]
        assert answer.headers["content-type"] in described["content"]


async def test_a_route_that_renders_its_own_errors_is_described_by_what_it_renders(make_app: MakeApp) -> None:
    responses = (await fetch(make_app()))["paths"]["/odd"]["get"]["responses"]
    assert responses["500"] == {
        "description": "An internal error, which is in the log under the id that is given",
        "content": {"application/vnd.odd+json": {}},
    }


def test_a_result_has_the_media_types_that_its_route_says() -> None:
    async def handler(call: Any) -> None:
        return None

    spec = RouteSpec("a.b", "/a", handler, result=Any, media=("text/csv; charset=utf-8", "application/json"))
    assert responses(spec, [], {"type": "object"})["200"]["content"] == {
        "text/csv": {},
        "application/json": {"schema": {"type": "object"}},
    }


async def test_an_anonymous_route_takes_a_credential_and_does_without(make_app: MakeApp) -> None:
    paths = (await fetch(make_app()))["paths"]
    assert paths["/files/{rest}"]["get"]["security"] == [{}, {"apikey": []}]


async def test_a_hidden_route_is_not_there(make_app: MakeApp) -> None:
    document = await fetch(make_app())
    assert not {"/secret", "/docs", "/docs/assets/{file}", "/"} & set(document["paths"])


async def test_a_route_of_several_methods_is_an_operation_each(make_app: MakeApp) -> None:
    item = (await fetch(make_app()))["paths"]["/things/{id}"]
    assert {method: operation["operationId"] for method, operation in item.items()} == {
        "put": "things.any.put",
        "patch": "things.any.patch",
    }


async def test_a_route_without_tags_is_filed_under_its_plugin(make_app: MakeApp) -> None:
    document = await fetch(make_app())
    assert document["paths"]["/odd"]["get"]["tags"] == ["example"]
    assert [tag["name"] for tag in document["tags"]] == ["example", "system", "things"]


async def test_schemes_come_in_the_operators_order(make_app: MakeApp) -> None:
    class Bearer:
        @hookimpl
        def pegboard_auth_providers(self, settings: Settings) -> AuthProvider:
            scheme = {"type": "http", "scheme": "bearer"}
            return AuthProvider("abearer", "A token", inbound=lambda config, services: NoOne(), openapi=scheme)

    class NoOne:
        async def authenticate(self, conn: Any) -> None:
            return None

    both = make_app(plugins={"bearer": Bearer()}, auth={"inbound": ["apikey", "abearer"]})
    one = make_app(plugins={"bearer": Bearer()}, auth={"inbound": ["apikey"]})
    assert list((await fetch(both))["components"]["securitySchemes"]) == ["apikey", "abearer"]
    assert (await fetch(one))["components"]["securitySchemes"] == {
        "apikey": {"description": "A key of yours", "type": "apiKey", "in": "header", "name": "X-API-Key"}
    }


async def test_a_rate_is_told_where_calls_are_counted(make_app: MakeApp) -> None:
    class Limiter:
        async def check(self, spec: RouteSpec, request: object, principal: object) -> dict[str, str]:
            return {}

        def rates(self, spec: RouteSpec) -> list[Rate]:
            return [spec.rate] if spec.rate else []

        @hookimpl
        def pegboard_services(self, registry: ServiceRegistry, settings: Settings) -> None:
            registry.offer(RateLimiter, lambda services: self, eager=True)  # type: ignore[type-abstract]

    counted = (await fetch(make_app(plugins={"limiter": Limiter()})))["paths"]["/files/{rest}"]["get"]
    assert "At most 60 calls in 60 seconds, counted by principal." in counted["description"]
    assert "429" in counted["responses"]
    assert {"RateLimit", "RateLimit-Policy"} <= counted["responses"]["200"]["headers"].keys()
    free = (await fetch(make_app()))["paths"]["/files/{rest}"]["get"]
    assert "429" not in free["responses"]


async def test_a_key_for_repeated_requests_is_described_with_what_may_be_said_of_it(make_app: MakeApp) -> None:
    once = (await fetch(make_app()))["paths"]["/things/once"]
    put, post = once["put"], once["post"]
    [parameter] = put["parameters"]
    assert (parameter["name"], parameter["in"], parameter["required"]) == ("Idempotency-Key", "header", True)
    assert post["parameters"][0]["required"] is False
    assert {"400", "409", "422"} <= put["responses"].keys()
    assert post["responses"]["409"]["description"].startswith("There is one. The first request with this")
    assert "Idempotent-Replayed" in put["responses"]["200"]["headers"]


async def test_callers_see_the_run_time_routes_of_everybody_and_of_their_tenant(
    make_app: MakeApp, example: Any
) -> None:
    example.add("/e/public", anonymous=True)
    example.add("/e/{region}/north", tenant="north")
    example.add("/e/south", tenant="south", hidden=True)
    app = make_app()

    async def seen(headers: Mapping[str, str] | None) -> set[str]:
        return {path for path in (await fetch(app, headers))["paths"] if path.startswith("/e/")}

    assert await seen(None) == {"/e/public"}
    assert await seen(ANN) == {"/e/public", "/e/{region}/north"}
    assert await seen(BOB) == {"/e/public"}


async def test_a_run_time_route_is_listed_at_once_and_gone_at_once(make_app: MakeApp, example: Any) -> None:
    async with client(make_app()) as http:
        before = await http.get("/openapi.json")
        example.add("/e/new", anonymous=True, body=RouteBody, methods=("POST",))
        between = await http.get("/openapi.json")
        example.made.clear()
        after = await http.get("/openapi.json")
    assert between.json()["paths"]["/e/new"]["post"]["requestBody"]
    assert "RouteBody" in between.json()["components"]["schemas"]
    assert before.content == after.content


@attrs.frozen
class RouteBody:
    value: int


async def test_operation_ids_are_unique_whatever_catalogs_say(make_app: MakeApp, example: Any) -> None:
    example.add("/e/one")
    example.add("/e/two")
    example.made[1] = ("", attrs.evolve(example.made[1][1], name=example.made[0][1].name))
    paths = (await fetch(make_app()))["paths"]
    assert paths["/e/one"]["get"]["operationId"] == "made0"
    assert paths["/e/two"]["get"]["operationId"] == "made0.2"


@pytest.mark.parametrize(("count", "listed", "truncated"), [(3, 3, False), (4, 3, True)])
async def test_too_many_run_time_routes_are_cut_off_and_said_to_be(
    make_app: MakeApp, example: Any, count: int, listed: int, truncated: bool
) -> None:
    for number in range(count):
        example.add(f"/e/{number}")
    document = await fetch(make_app(openapi={"limit": 3, "description": "Ours."}))
    assert len([path for path in document["paths"] if path.startswith("/e/")]) == listed
    assert document.get("x-pegboard-truncated") == ({"limit": 3} if truncated else None)
    assert ("Not complete" in document["info"]["description"]) is truncated


async def test_no_more_rows_are_read_than_are_listed(make_app: MakeApp, example: Any) -> None:
    read = []

    class Endless:
        @hookimpl
        def pegboard_services(self, registry: ServiceRegistry, settings: Settings) -> None:
            async def catalog(principal: Principal | None) -> AsyncIterator[RouteSpec]:
                while True:
                    read.append(1)
                    yield RouteSpec(f"row{len(read)}", f"/e/{len(read)}", catalog_handler, anonymous=True)

            def opened(services: Services) -> Endless:
                services.get(RouteTable).describe(catalog)
                return self

            registry.offer(Endless, opened, eager=True)

    document = await fetch(make_app(plugins={"endless": Endless()}, openapi={"limit": 5}))
    assert document["x-pegboard-truncated"] == {"limit": 5}
    assert len(read) == 6


async def catalog_handler(call: Any) -> None:
    return None


async def test_a_document_is_fetched_once(make_app: MakeApp) -> None:
    async with client(make_app()) as http:
        first = await http.get("/openapi.json")
        again = await http.get("/openapi.json", headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
        other = await http.get("/openapi.json", headers={"if-none-match": '"other"'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"
    assert first.headers["vary"] == "Authorization, Cookie, X-API-Key"
    assert other.content == first.content


async def test_the_document_changes_with_what_it_describes(make_app: MakeApp, example: Any) -> None:
    async with client(make_app()) as http:
        before = await http.get("/openapi.json")
        example.add("/e/new")
        after = await http.get("/openapi.json", headers={"if-none-match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


async def test_the_document_knows_where_it_is_mounted(make_app: MakeApp) -> None:
    app = make_app()
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, root_path="/api")
        async with httpx.AsyncClient(transport=transport, base_url="http://mounted") as http:
            document = (await http.get("/api/openapi.json")).json()
    assert document["servers"] == [{"url": "/api"}]


async def test_the_settings_name_the_document(make_app: MakeApp) -> None:
    document = await fetch(make_app(openapi={"title": "Ours", "version": "7", "description": "Of **ours**."}))
    assert document["info"] == {"title": "Ours", "version": "7", "description": "Of **ours**."}


async def test_a_run_time_route_may_take_any_query(make_app: MakeApp, example: Any) -> None:
    example.add("/e/any", query=dict[str, str])
    (parameter,) = (await fetch(make_app()))["paths"]["/e/any"]["get"]["parameters"]
    schema = {"type": "object", "additionalProperties": {"type": "string"}}
    assert parameter == {"name": "query", "in": "query", "explode": True, "schema": schema}


@attrs.frozen
class Nowhere:
    value: "NoSuchClass"  # type: ignore[name-defined]  # noqa: F821


async def test_a_query_that_cannot_be_described_does_not_cost_the_document(make_app: MakeApp, example: Any) -> None:
    example.add("/e/odd", query=Nowhere, status=299)
    operation = (await fetch(make_app()))["paths"]["/e/odd"]["get"]
    assert "parameters" not in operation
    assert operation["responses"]["299"]["description"] == "The result"


async def test_a_route_with_a_strange_type_does_not_cost_the_document(make_app: MakeApp) -> None:
    class Strange:
        @hookimpl
        def pegboard_routes(self, settings: Settings) -> RouteSpec:
            return RouteSpec("strange.thing", "/strange", catalog_handler, result=type(lambda: None), anonymous=True)

    document = await fetch(make_app(plugins={"strange": Strange()}))
    content = document["paths"]["/strange"]["get"]["responses"]["200"]["content"]["application/json"]
    assert content["schema"] == {"description": "(this type cannot be described)"}
