"""What may not be saved, and how it is told: the codes and bodies of the contract."""

from typing import Any

import pytest

pytestmark = pytest.mark.anyio

OS = "import os\n\ndef process_data(data, req, user):\n    return os.listdir('/')\n"

ERRORS = {"type", "title", "status", "detail", "error_code", "errors"}


async def test_forbidden_module_has_exactly_the_body_of_the_contract(desk: Any) -> None:
    refused = await desk.call("POST", json=desk.draft(OS))
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    body = refused.json()
    assert set(body) == ERRORS | {"forbidden_modules", "violations"}
    assert body["detail"] == "Code validation failed: Forbidden module 'os' detected"
    assert body["error_code"] == "FORBIDDEN_MODULE"
    assert body["forbidden_modules"] == ["os"]
    assert body["status"] == 422
    assert body["type"].startswith("urn:pegboard:problem:")
    assert [error["pointer"] for error in body["errors"]] == ["/endpoint_data/logic"]
    (violation,) = body["violations"]
    assert (violation["code"], violation["name"], violation["line"]) == ("FORBIDDEN_MODULE", "os", 1)
    assert (await desk.call("GET")).json()["data"] == []


async def test_every_forbidden_name_is_listed_once(desk: Any) -> None:
    logic = """
        import os, sys, os
        from urllib.parse import quote
        def process_data(data, req, user):
            import subprocess
            eval('1'); exec(''); compile('', '', 'exec'); __import__('socket')
    """
    body = (await desk.call("POST", json=desk.draft(logic))).json()
    assert body["error_code"] == "FORBIDDEN_MODULE"
    assert sorted(body["forbidden_modules"]) == sorted(
        ["os", "sys", "urllib.parse", "subprocess", "eval", "exec", "compile", "__import__"]
    )
    assert {violation["line"] for violation in body["violations"]} == {1, 2, 4, 5}


MODULES = [
    "os",
    "sys",
    "pathlib",
    "shutil",
    "glob",
    "socket",
    "requests",
    "urllib",
    "http",
    "subprocess",
    "multiprocessing",
    "threading",
    "signal",
    "boto3",
    "google.cloud",
    "azure",
    "importlib",
    "builtins",
    "ctypes",
    "pickle",
]


@pytest.mark.parametrize("module", MODULES)
async def test_each_forbidden_module_of_the_document_is_refused(desk: Any, module: str) -> None:
    for source in (f"import {module}", f"from {module} import x"):
        body = (
            await desk.call("POST", "validate", json={"logic": f"{source}\ndef process_data(d, r, u): pass"})
        ).json()
        assert not body["valid"]
        assert body["violations"][0]["code"] == "FORBIDDEN_MODULE"
        assert body["violations"][0]["name"] == module


@pytest.mark.parametrize(
    "module", ["datetime", "time", "json", "re", "math", "statistics", "collections", "itertools", "typing"]
)
async def test_each_allowed_module_can_be_imported_at_the_top_and_inside(desk: Any, module: str) -> None:
    inside = await desk.result(f"import {module}\nreturn 1")
    top = await desk.result(f"import {module}\ndef process_data(d, r, u):\n    return {module} is not None")
    assert (inside.json(), top.json()) == (1, True)


@pytest.mark.parametrize(
    ("logic", "word"),
    [
        ("def process_data(data, req, user:\n    pass", "SYNTAX"),
        ("def other(data, req, user):\n    pass", "MISSING_ENTRY"),
        ("def process_data(data):\n    pass", "MISSING_ENTRY"),
        ("", "MISSING_ENTRY"),
        ("def process_data(d, r, u):\n    return ().__class__", "FORBIDDEN_NAME"),
        ("async def process_data(d, r, u):\n    pass", "UNSUPPORTED"),
        ("def process_data(d, r, u):\n    return '\0'", "SYNTAX"),
    ],
)
async def test_other_bad_code_is_invalid_code_with_its_line(desk: Any, logic: str, word: str) -> None:
    refused = await desk.call("POST", json=desk.draft() | {"endpoint_data": {"logic": logic}})
    body = refused.json()
    assert (refused.status_code, body["error_code"]) == (422, "INVALID_CODE")
    assert body["violations"][0]["code"] == word
    assert body["violations"][0]["line"] >= 1
    assert body["detail"].startswith("Code validation failed: ")
    assert "forbidden_modules" not in body


async def test_loops_may_be_nested_ten_deep_and_no_deeper(desk: Any) -> None:
    def nested(depth: int) -> str:
        loops = "".join(f"{'    ' * (level + 1)}for x{level} in data:\n" for level in range(depth))
        return f"def process_data(data, req, user):\n{loops}{'    ' * (depth + 1)}pass\n    return 1\n"

    assert (await desk.call("POST", json=desk.draft(nested(10)))).status_code == 201
    body = (await desk.call("POST", json=desk.draft(nested(11)))).json()
    assert (body["error_code"], body["violations"][0]["code"]) == ("INVALID_CODE", "NESTING")
    assert "10" in body["detail"]


async def test_source_may_have_64_kib_and_not_a_byte_more(desk: Any) -> None:
    start = "def process_data(d, r, u): return 1\n#"
    exact = start + "ü" * ((65536 - len(start)) // 2) + "x" * ((65536 - len(start)) % 2)
    assert len(exact.encode()) == 65536
    assert (await desk.call("POST", json=desk.draft(exact))).status_code == 201
    refused = await desk.call("POST", json=desk.draft(exact + "x"))
    assert (refused.status_code, refused.json()["error_code"]) == (422, "INVALID_CODE")
    assert refused.json()["violations"][0]["code"] == "SIZE"
    assert "65536" in refused.json()["detail"]


async def test_a_body_beyond_all_reason_is_refused_unread(desk: Any) -> None:
    refused = await desk.call("POST", json=desk.draft("x" * 300_000))
    assert (refused.status_code, refused.json()["error_code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize("size", ["huge", "Medium", "", 3, ["small"]])
async def test_another_size_is_invalid_size(desk: Any, size: Any) -> None:
    refused = await desk.call("POST", json=desk.draft(size=size))
    body = refused.json()
    assert (refused.status_code, body["error_code"]) == (422, "INVALID_SIZE")
    assert [error["pointer"] for error in body["errors"]] == ["/size"]
    assert "extra_large" in body["detail"]


@pytest.mark.parametrize("field", ["name", "project_id", "endpoint", "endpoint_data"])
async def test_a_field_that_is_missing_is_named(desk: Any, field: str) -> None:
    draft = desk.draft()
    del draft[field]
    refused = await desk.call("POST", json=draft)
    body = refused.json()
    assert (refused.status_code, body["error_code"]) == (422, "MISSING_FIELD")
    assert body["errors"] == [{"detail": "is missing", "pointer": f"/{field}"}]


async def test_missing_logic_is_named_with_its_place(desk: Any) -> None:
    body = (await desk.call("POST", json=desk.draft() | {"endpoint_data": {}})).json()
    assert body["error_code"] == "MISSING_FIELD"
    assert body["errors"] == [{"detail": "is missing", "pointer": "/endpoint_data/logic"}]


async def test_a_field_that_is_missing_is_said_even_when_another_is_wrong(desk: Any) -> None:
    draft = desk.draft(public="yes")
    del draft["name"]
    body = (await desk.call("POST", json=draft)).json()
    assert {error["pointer"] for error in body["errors"]} == {"/name", "/public"}
    assert body["error_code"] == "MISSING_FIELD"


@pytest.mark.parametrize(
    ("patch", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "x" * 201}, "/name"),
        ({"name": 5}, "/name"),
        ({"name": "a\0b"}, "/name"),
        ({"project_id": "a\0b"}, "/project_id"),
        ({"description": "a\0b"}, "/description"),
        ({"description": ["x"]}, "/description"),
        ({"public": "true"}, "/public"),
        ({"public": 1}, "/public"),
        ({"methods": []}, "/methods"),
        ({"methods": ["FETCH"]}, "/methods/0"),
        ({"methods": "GET"}, "/methods"),
        ({"path": "/reports"}, "/path"),
        ({"path": "/e/"}, "/path"),
        ({"path": "/e/a b"}, "/path"),
        ({"path": "/e/{a}/{a}"}, "/path"),
        ({"path": "/e/x{a}"}, "/path"),
        ({"path": "/e/{widget_id}"}, "/path"),
        ({"path": "/e/../x"}, "/path"),
        ({"path": "/e//x"}, "/path"),
        ({"nmae": "x"}, "/nmae"),
        ({"id": "widget_1"}, "/id"),
        ({"endpoint_data": {"logik": "x"}}, "/endpoint_data/logik"),
        ({"endpoint_data": {"params": {"a": {"b": 1}}}}, "/endpoint_data/params"),
        ({"endpoint_data": {"params": {"a": "\0"}}}, "/endpoint_data/params"),
        ({"endpoint_data": {"params": []}}, "/endpoint_data/params"),
        ({"endpoint_data": {"headers": {"a b": "c"}}}, "/endpoint_data/headers"),
        ({"endpoint_data": {"headers": {"a": "b\r\nc: d"}}}, "/endpoint_data/headers"),
        ({"endpoint_data": {"headers": {"a": 1}}}, "/endpoint_data/headers/a"),
        ({"endpoint_data": {"refresh_interval": -1}}, "/endpoint_data/refresh_interval"),
        ({"endpoint_data": {"refresh_interval": "300"}}, "/endpoint_data/refresh_interval"),
        ({"endpoint_data": {"refresh_interval": True}}, "/endpoint_data/refresh_interval"),
        ({"endpoint_data": {"sandbox": "docker"}}, "/endpoint_data/sandbox"),
    ],
)
async def test_what_is_wrong_with_a_field_is_told_with_a_pointer(
    each: Any, patch: dict[str, Any], pointer: str
) -> None:
    draft = each.draft()
    whole = draft | patch | {"endpoint_data": draft["endpoint_data"] | patch.get("endpoint_data", {})}
    widget = await each.save()
    for refused in (await each.call("POST", json=whole), await each.call("PATCH", widget["id"], json=patch)):
        body = refused.json()
        assert refused.status_code == 422, refused.text
        assert [error["pointer"] for error in body["errors"]] == [pointer]
        assert body["errors"][0]["detail"]
        assert body["error_code"] in ("INVALID_FIELD", "INVALID_PATH", "INVALID_SANDBOX")
    assert (await each.call("GET", widget["id"])).json() == widget


async def test_a_patch_is_checked_as_a_new_widget_is(desk: Any) -> None:
    widget = await desk.save()
    for patch, code in (
        ({"endpoint_data": {"logic": OS}}, "FORBIDDEN_MODULE"),
        ({"endpoint_data": {"logic": "x"}}, "INVALID_CODE"),
        ({"size": "huge"}, "INVALID_SIZE"),
        ({"name": None}, "MISSING_FIELD"),
        ({"endpoint_data": None}, "MISSING_FIELD"),
    ):
        refused = await desk.call("PATCH", widget["id"], json=patch)
        assert (refused.status_code, refused.json()["error_code"]) == (422, code), refused.text
    assert (await desk.call("GET", widget["id"])).json() == widget


@pytest.mark.parametrize("body", ["", "{", "nul", '{"name": "\\ud800"}'])
async def test_what_is_no_json_is_400(desk: Any, body: str) -> None:
    for method, path in (("POST", ""), ("POST", "validate"), ("POST", "preview"), ("PATCH", (await desk.save())["id"])):
        refused = await desk.call(method, path, content=body, headers={"Content-Type": "application/json"})
        assert (refused.status_code, refused.json()["error_code"]) == (400, "INVALID_JSON")


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"'])
async def test_json_that_is_no_object_is_422(desk: Any, body: str) -> None:
    for method, path in (("POST", ""), ("POST", "validate"), ("POST", "preview"), ("PATCH", (await desk.save())["id"])):
        refused = await desk.call(method, path, content=body, headers={"Content-Type": "application/json"})
        assert (refused.status_code, refused.json()["error_code"]) == (422, "INVALID_FIELD")


async def test_another_media_type_is_415(desk: Any) -> None:
    refused = await desk.call("POST", content="name=x", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (refused.status_code, refused.json()["error_code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "endpoint",
    [
        "ftp://example.com/x",
        "file:///etc/passwd",
        "http://127.0.0.1/admin",
        "http://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.1/",
        "http://0x7f000001/",
        "http://localhost/",
        "http://user:pw@example.com/",
        "http://example.com:22/",
        "not a url",
    ],
)
async def test_an_upstream_that_no_request_may_go_to_is_refused_when_saved(desk: Any, endpoint: str) -> None:
    refused = await desk.call("POST", json=desk.draft(endpoint=endpoint))
    assert (refused.status_code, refused.json()["error_code"]) == (403, "EGRESS_BLOCKED"), refused.text
    widget = await desk.save()
    patched = await desk.call("PATCH", widget["id"], json={"endpoint": endpoint})
    assert (patched.status_code, patched.json()["error_code"]) == (403, "EGRESS_BLOCKED")
