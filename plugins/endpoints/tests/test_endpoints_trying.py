"""Validate and preview: trying logic before anything is saved."""

from typing import Any

import pytest

from pegboard.testing import answer

pytestmark = pytest.mark.anyio

ECHO = "def process_data(data, request, user):\n    return data"

SUM = "def process_data(data, req, user):\n    return {'total': sum(data['values'])}\n"


async def test_valid_logic_is_valid(desk: Any) -> None:
    checked = await desk.call("POST", "validate", json={"logic": SUM})
    assert (checked.status_code, checked.json()) == (200, {"valid": True, "violations": []})


async def test_a_violation_is_told_with_place_and_hint(desk: Any) -> None:
    logic = "def process_data(data, req, user):\n    x = 1\n    import socket\n"
    (violation,) = (await desk.call("POST", "validate", json={"logic": logic})).json()["violations"]
    assert set(violation) == {"code", "name", "line", "column", "message", "hint"}
    assert (violation["code"], violation["name"]) == ("FORBIDDEN_MODULE", "socket")
    assert violation["line"] == 3
    assert violation["column"] >= 5
    assert violation["message"]
    assert violation["hint"]


async def test_validating_never_runs_the_code(desk: Any) -> None:
    forever = "while True:\n    pass\ndef process_data(data, req, user):\n    return 1\n"
    checked = await desk.call("POST", "validate", json={"logic": forever}, timeout=4)
    assert checked.json() == {"valid": True, "violations": []}


async def test_the_sandbox_that_is_named_decides(desk: Any) -> None:
    logic = "import os\ndef process_data(data, req, user):\n    return os.getpid()\n"
    assert not (await desk.call("POST", "validate", json={"logic": logic})).json()["valid"]
    assert (await desk.call("POST", "validate", json={"logic": logic, "sandbox": "process"})).json()["valid"]


@pytest.mark.parametrize("route", ["validate", "preview"])
async def test_an_unknown_sandbox_is_told_with_those_there_are(desk: Any, route: str) -> None:
    refused = await desk.call("POST", route, json={"logic": SUM, "sandbox": "docker"})
    body = refused.json()
    assert (refused.status_code, body["error_code"]) == (422, "INVALID_SANDBOX")
    assert [error["pointer"] for error in body["errors"]] == ["/sandbox"]
    assert "process" in body["detail"]
    assert "restricted" in body["detail"]


async def test_a_preview_gives_result_output_and_timings_and_stores_nothing(desk: Any) -> None:
    logic = "def process_data(data, req, user):\n    print('seen', data)\n    return data + 1\n"
    tried = await desk.call("POST", "preview", json={"logic": logic, "widget_data": 41})
    body = tried.json()
    assert tried.status_code == 200, tried.text
    assert (body["result"], body["stdout"]) == (42, "seen 41\n")
    assert set(body["timings"]) == {"upstream", "queue", "sandbox"}
    assert body["timings"]["upstream"] == 0
    assert body["timings"]["sandbox"] > 0
    assert (body["sandbox"], body["isolation"][0]) == ("restricted", "L")
    assert (await desk.call("GET")).json()["data"] == []


async def test_a_preview_shows_request_and_user_as_they_are_given(desk: Any) -> None:
    logic = """
        def process_data(data, request, user):
            return [request.method, request.query_params.get('sort'), request.headers.get('USER-AGENT'),
                    request.headers.get('authorization'), request.path_params['region'], request.json(),
                    user.id, user.username, user.email]
    """
    request = {
        "headers": {"User-Agent": "test", "Authorization": "Bearer x"},
        "query_params": {"sort": "name"},
        "path_params": {"region": "north"},
        "method": "POST",
        "body": '{"a": 1}',
    }
    user = {"id": "u9", "username": "eve", "email": "eve@example.org"}
    tried = await desk.call(
        "POST", "preview", json={"logic": desk.draft(logic)["endpoint_data"]["logic"], "request": request, "user": user}
    )
    assert tried.json()["result"] == [
        "POST",
        "name",
        "test",
        None,
        "north",
        {"a": 1},
        "u9",
        "eve",
        "eve@example.org",
    ]


async def test_a_preview_without_a_user_is_for_the_caller(desk: Any) -> None:
    tried = await desk.call(
        "POST", "preview", json={"logic": "def process_data(d, r, u): return [d, u.id, u.username]"}
    )
    assert tried.json()["result"] == [None, "u1", "ada"]


async def test_a_preview_may_ask_the_upstream(desk: Any) -> None:
    url = desk.url(lambda received: answer(json={"values": [1, 2], **received.query}))
    wanted = {"logic": "def process_data(d, r, u): return d", "endpoint": url}
    tried = await desk.call("POST", "preview", json=wanted | {"params": {"a": 1}, "headers": {"X-Key": "k"}})
    assert tried.json()["result"] == {"values": [1, 2], "a": "1"}
    assert tried.json()["timings"]["upstream"] > 0
    assert desk.upstream.requests[-1].headers["x-key"] == "k"


async def test_a_preview_of_an_upstream_in_trouble_says_so(desk: Any) -> None:
    wanted = {"logic": SUM, "endpoint": desk.url(answer(503, text="no"))}
    tried = await desk.call("POST", "preview", json=wanted)
    assert (tried.status_code, tried.json()["error_code"]) == (502, "UPSTREAM_ERROR")
    blocked = await desk.call("POST", "preview", json=wanted | {"endpoint": "http://127.0.0.1/"})
    assert (blocked.status_code, blocked.json()["error_code"]) == (403, "EGRESS_BLOCKED")


async def test_a_preview_that_fails_still_shows_what_was_printed(desk: Any) -> None:
    logic = "def process_data(data, req, user):\n    print('here')\n    return data['missing_key']\n"
    tried = await desk.call("POST", "preview", json={"logic": logic, "widget_data": {}})
    body = tried.json()
    assert (tried.status_code, body["error_code"], body["error_type"]) == (422, "EXECUTION_ERROR", "KeyError")
    assert (body["stdout"], body["line"]) == ("here\n", 3)


async def test_a_preview_of_forbidden_code_is_refused_at_its_own_place(desk: Any) -> None:
    refused = await desk.call("POST", "preview", json={"logic": "import os\ndef process_data(d, r, u): pass"})
    body = refused.json()
    assert (refused.status_code, body["error_code"]) == (422, "FORBIDDEN_MODULE")
    assert [error["pointer"] for error in body["errors"]] == ["/logic"]


async def test_a_preview_may_use_the_credentials_of_a_saved_widget(desk: Any) -> None:
    widget = await desk.save("return 1", data={"headers": {"Authorization": "Bearer kept"}, "params": {"token": "t"}})
    again = {"headers": {"authorization": "***"}, "params": {"token": "***"}, "widget_id": widget["id"]}
    got = await desk.call("POST", "preview", json={"logic": ECHO, "endpoint": widget["endpoint"], **again})
    assert got.status_code == 200, got.text
    (asked,) = desk.asked(widget)
    assert (asked.headers["authorization"], asked.params["token"]) == ("Bearer kept", "t")
    assert "kept" not in got.text


async def test_stored_credentials_go_to_no_other_origin_and_to_no_other_tenant(desk: Any) -> None:
    widget = await desk.save("return 1", data={"headers": {"Authorization": "Bearer kept"}})
    wanted = {"logic": ECHO, "headers": {"Authorization": "***"}, "widget_id": widget["id"]}
    moved = await desk.call("POST", "preview", json={**wanted, "endpoint": "https://elsewhere.example/"})
    assert (moved.status_code, moved.json()["error_code"]) == (422, "CREDENTIAL_NEEDED")
    assert moved.json()["errors"][0]["pointer"] == "/headers/Authorization"
    strange = await desk.of("other").call("POST", "preview", json={**wanted, "endpoint": widget["endpoint"]})
    assert strange.status_code == 404
    assert desk.asked(widget) == []


async def test_a_mask_without_a_widget_is_sent_to_nobody(desk: Any) -> None:
    wanted = {"logic": ECHO, "headers": {"Authorization": "***"}, "endpoint": desk.url()}
    got = await desk.call("POST", "preview", json=wanted)
    assert (got.status_code, got.json()["error_code"]) == (422, "CREDENTIAL_NEEDED")
