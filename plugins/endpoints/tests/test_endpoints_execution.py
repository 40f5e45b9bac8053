"""Executing: what the logic is given, and what goes out with its answer."""

import re
from typing import Any

import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio


async def test_the_upstreams_json_goes_in_and_the_result_comes_out(desk: Any) -> None:
    got = await desk.result("return {'sum': sum(data['values'])}", answer(json={"values": [1, 2, 3]}))
    assert (got.status_code, got.json()) == (200, {"sum": 6})
    assert got.headers["content-type"] == "application/json"


async def test_arguments_are_positional_whatever_their_names(desk: Any) -> None:
    for names in ("widget_data, request, user", "data, req, user", "a, b, c", "*args"):
        got = await desk.result(f"def process_data({names}):\n    return 'called'")
        assert got.json() == "called"


async def test_the_whole_upstream_request_is_as_the_widget_says(desk: Any) -> None:
    data = {
        "params": {"period": "weekly", "n": 3, "deep": True, "tag": ["a", "b&c"], "x": 1.5},
        "headers": {"Authorization": "Bearer token", "X-Custom": "1"},
    }
    url = desk.url(answer(json=1))
    got = await desk.result(endpoint=f"{url}?kept=1", data=data, logic="return data")
    assert got.json() == 1
    (asked,) = desk.upstream.received(url.removeprefix(desk.upstream.url))
    assert asked.method == "GET"
    assert asked.params.multi_items() == [
        ("kept", "1"),
        ("period", "weekly"),
        ("n", "3"),
        ("deep", "true"),
        ("tag", "a"),
        ("tag", "b&c"),
        ("x", "1.5"),
    ]
    assert (asked.headers["authorization"], asked.headers["x-custom"]) == ("Bearer token", "1")
    assert asked.headers.get_list("accept") == ["application/json"]


async def test_an_accept_header_of_the_widgets_own_is_the_only_one(desk: Any) -> None:
    widget = await desk.save(data={"headers": {"accept": "application/vnd.api+json"}})
    await desk.execute(widget)
    assert desk.asked(widget)[0].headers.get_list("accept") == ["application/vnd.api+json"]


async def test_the_callers_query_and_headers_stay_with_the_logic(desk: Any) -> None:
    widget = await desk.save("return 1")
    await desk.call("GET", f"{widget['execute_url']}?secret=1", headers={"Cookie": "a=b", "X-Mine": "1"})
    (asked,) = desk.asked(widget)
    assert asked.query == {}
    assert {"cookie", "x-mine", "x-test-caller"}.isdisjoint(asked.headers)


async def test_the_request_can_be_read(desk: Any) -> None:
    logic = """
        return {
            'method': request.method,
            'path': request.path,
            'get': [request.headers.get('USER-agent'), request.headers.get('no'), request.headers.get('no', 'default')],
            'header': request.headers['X-Mine'],
            'query': [request.query_params.get('a'), request.query_params.get('b', 'default')],
            'names': sorted(request.query_params),
            'pairs': [[name, request.query_params[name]] for name in request.query_params],
            'headers': sorted(name for name in request.headers),
            'in': ['x-mine' in request.headers, 'a' in request.query_params, 'z' in request.query_params],
        }
    """
    widget = await desk.save(logic)
    got = await desk.call(
        "GET", f"{widget['execute_url']}?a=%C3%BC+1&c=&c=2", headers={"X-Mine": "m", "User-Agent": "Mozilla/5"}
    )
    seen = got.json()
    assert seen["method"] == "GET"
    assert seen["path"] == widget["execute_url"]
    assert seen["get"] == ["Mozilla/5", None, "default"]
    assert seen["header"] == "m"
    assert seen["query"] == ["ü 1", "default"]
    assert seen["names"] == ["a", "c"]
    assert seen["pairs"] == [["a", "ü 1"], ["c", "2"]]
    assert {"x-mine", "user-agent"} <= set(seen["headers"])
    assert seen["in"] == [True, True, False]


@pytest.mark.parametrize(
    "source",
    ["request.method = 'x'", "request.headers['a'] = 'b'", "request.query_params['a'] = 'b'", "user.id = 'x'"],
)
async def test_request_and_user_are_read_only(desk: Any, source: str) -> None:
    created = await desk.call("POST", json=desk.draft(f"{source}\nreturn 'written'"))
    if created.status_code == 201:
        got = await desk.execute(created.json())
        assert (got.status_code, got.json()["error_code"]) == (422, "EXECUTION_ERROR")
    else:
        assert created.json()["error_code"] == "INVALID_CODE"


async def test_the_user_is_the_caller(desk: Any) -> None:
    assert (await desk.result("return [user.id, user.username, user.email]")).json() == ["u1", "ada", ""]


CREDENTIALS = {
    "Authorization": "Bearer topsecret",
    "Proxy-Authorization": "Basic topsecret",
    "Cookie": "session=topsecret",
    "X-API-Key": "topsecret",
    "Api-Key": "topsecret",
    "X-Auth-Token": "topsecret",
    "X-Access-Token": "topsecret",
    "X-Token-Id": "topsecret",
    "X-Api-Key-Id": "topsecret",
    "X-Csrf-Token": "topsecret",
    "Ocp-Apim-Subscription-Key": "topsecret",
    "X-Amz-Security-Token": "topsecret",
    "X-Secret-Thing": "topsecret",
}


@pytest.mark.parametrize("where", ["execute", "path", "preview"])
async def test_credentials_are_not_shown_to_user_code(desk: Any, where: str) -> None:
    logic = "return [sorted(request.headers), [request.headers[n] for n in request.headers], str(request.headers)]"
    widget = await desk.save(logic, public=True, path=f"/e/{desk.tenant}")
    if where == "preview":
        wanted = {"logic": widget["endpoint_data"]["logic"], "request": {"headers": CREDENTIALS}}
        shown = (await desk.call("POST", "preview", json=wanted)).text
    else:
        url = widget["execute_url"] if where == "execute" else widget["path"]
        shown = (await desk.call("GET", url, scopes=None, headers=CREDENTIALS)).text
    assert "topsecret" not in shown
    assert not [name for name in CREDENTIALS if f'"{name.lower()}"' in shown]


async def test_the_header_that_an_authenticator_reads_is_not_shown_whatever_it_is_called(desk: Any) -> None:
    shown = (await desk.result("return sorted(request.headers)")).json()
    assert "x-test-caller" not in shown
    assert "user-agent" in shown


MASKED = {
    "Authorization": "***",
    "X-Api-Key": "***",
    "Cookie": "***",
    "X-Auth-Token": "***",
    "Ocp-Apim-Subscription-Key": "***",
    "X-Plain": "shown",
}


async def test_credentials_of_the_upstream_are_read_back_masked(each: Any) -> None:
    headers = {name: "topsecret" if value == "***" else value for name, value in MASKED.items()}
    widget = await each.save(data={"headers": headers})
    assert widget["endpoint_data"]["headers"] == MASKED
    listed = await each.call("GET")
    read = await each.call("GET", widget["id"])
    patched = await each.call("PATCH", widget["id"], json={"name": "renamed"})
    for shown in (listed, read, patched):
        assert "topsecret" not in shown.text
    await each.execute(widget)
    assert each.asked(widget)[0].headers["authorization"] == "topsecret"


async def test_writing_the_mask_back_keeps_the_credential(each: Any) -> None:
    widget = await each.save(data={"headers": {"Authorization": "Bearer one", "X-API-Key": "two", "X-Plain": "3"}})
    data = widget["endpoint_data"] | {"refresh_interval": 0}
    data["headers"] = {"authorization": "***", "X-API-Key": "new", "X-Stars": "***"}
    patched = await each.call("PATCH", widget["id"], json={"endpoint_data": data})
    assert patched.status_code == 200, patched.text
    await each.execute(widget)
    headers = each.asked(widget)[0].headers
    assert (headers["authorization"], headers["x-api-key"], headers["x-stars"]) == ("Bearer one", "new", "***")
    assert "x-plain" not in headers


async def test_credentials_among_the_params_are_masked_and_kept_too(each: Any) -> None:
    widget = await each.save(data={"params": {"api_key": "topsecret", "period": "weekly"}})
    assert widget["endpoint_data"]["params"] == {"api_key": "***", "period": "weekly"}
    patch = {"endpoint_data": {"params": {"api_key": "***", "period": "daily"}}}
    assert (await each.call("PATCH", widget["id"], json=patch)).status_code == 200
    await each.execute(widget)
    assert each.asked(widget)[0].query == {"api_key": "topsecret", "period": "daily"}


@pytest.mark.parametrize("place", ["headers", "params"])
async def test_a_credential_is_not_sent_to_another_origin_than_it_was_given_for(each: Any, place: str) -> None:
    """Whoever may change the address may not have the credential sent to himself."""
    widget = await each.save(data={place: {"X-Api-Key": "topsecret", "X-Plain": "1"}})
    elsewhere = {"endpoint": "https://elsewhere.example.com/"}
    for patch in (elsewhere, elsewhere | {"endpoint_data": {place: {"X-Api-Key": "***"}}}):
        refused = await each.call("PATCH", widget["id"], json=patch)
        assert refused.status_code == 422, refused.text
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"/endpoint_data/{place}/X-Api-Key"]
        assert "topsecret" not in refused.text
    assert (await each.call("GET", widget["id"])).json() == widget
    same = await each.call("PATCH", widget["id"], json={"endpoint": each.url()})
    assert same.status_code == 200, same.text
    for data in ({place: {"X-Api-Key": "new"}}, {place: {}}):
        moved = await each.call("PATCH", widget["id"], json=elsewhere | {"endpoint_data": data})
        assert moved.status_code == 200, moved.text


async def test_a_mask_where_nothing_is_stored_is_refused(desk: Any) -> None:
    refused = await desk.call("POST", json=desk.draft(data={"headers": {"Authorization": "***"}}))
    assert refused.status_code == 422
    assert [error["pointer"] for error in refused.json()["errors"]] == ["/endpoint_data/headers/Authorization"]
    widget = await desk.save()
    refused = await desk.call("PATCH", widget["id"], json={"endpoint_data": {"headers": {"Authorization": "***"}}})
    assert refused.status_code == 422


async def test_each_answer_says_where_it_came_from_and_what_took_how_long(desk: Any) -> None:
    for got in (await desk.result("return 1"), await desk.result("return data['no']")):
        assert got.headers["x-cache"] == "MISS"
        assert got.headers["x-sandbox"] == "restricted"
        assert re.fullmatch(r"L[1-5]", got.headers["x-isolation"])
        parts = dict(re.findall(r"(\w+);dur=([0-9.]+)", got.headers["server-timing"]))
        assert list(parts) == ["upstream", "queue", "sandbox"]
        assert float(parts["upstream"]) > 0
        assert float(parts["sandbox"]) > 0
    named = await desk.result("return 1", data={"sandbox": "process"})
    assert named.headers["x-sandbox"] == "process"


async def test_an_error_is_an_ordinary_result(desk: Any) -> None:
    got = await desk.result("return {'error': 'No data available'}")
    assert (got.status_code, got.json()) == (200, {"error": "No data available"})


@pytest.mark.parametrize("value", ["None", "[]", "0", "''", "False", "{'ü': '🚀'}", "1.5", "[1, [2, {'a': None}]]"])
async def test_any_json_value_is_a_result(desk: Any, value: str) -> None:
    got = await desk.result(f"return {value}")
    assert (got.status_code, got.json()) == (200, eval(value))


async def test_calls_do_not_see_each_other(desk: Any) -> None:
    logic = "seen = []\ndef process_data(data, req, user):\n    seen.append(1)\n    return len(seen)\n"
    widget = await desk.save(logic)
    assert [(await desk.execute(widget)).json() for _ in range(3)] == [1, 1, 1]


async def test_only_get_is_taken_at_the_execute_url(desk: Any) -> None:
    widget = await desk.save("return request.method")
    refused = await desk.call("POST", widget["execute_url"], json={})
    assert refused.status_code == 405
    head = await desk.call("HEAD", widget["execute_url"])
    assert (head.status_code, head.content) == (200, b"")
