"""Each provider keeps what every outbound provider keeps."""

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

import httpx
import orjson

import pegboard_auth_static
from pegboard.testing.suites import OutboundSuite, PluginSuite
from pegboard_auth_static.providers import PROVIDERS

NONE, API_KEY, BEARER, BASIC, DIGEST, CUSTOM = PROVIDERS
SECRET = "hunter2-hunter2"


class TestAuthStatic(PluginSuite):
    plugin = pegboard_auth_static
    name = "auth-static"


class TestNone(OutboundSuite):
    record = NONE

    def authorised(self, request: httpx.Request) -> bool:
        return "authorization" not in request.headers


class TestKeyInHeader(OutboundSuite):
    record = API_KEY
    config: ClassVar[Mapping[str, Any]] = {"keyName": "X-API-Key", "keyLocation": "header", "keyValue": SECRET}
    secrets = (SECRET,)
    bad_configs = (
        {},
        {"keyName": "X-API-Key", "keyLocation": "header"},
        {"keyName": "X-API-Key", "keyLocation": "cookie", "keyValue": SECRET},
        {"keyName": "X API Key", "keyLocation": "header", "keyValue": SECRET},
        {"keyName": "Host", "keyLocation": "header", "keyValue": SECRET},
        {"keyName": "X-API-Key", "keyLocation": "header", "keyValue": "a\r\nb"},
    )

    def authorised(self, request: httpx.Request) -> bool:
        return request.headers.get_list("X-API-Key") == [SECRET]


class TestKeyInQuery(OutboundSuite):
    record = API_KEY
    config: ClassVar[Mapping[str, Any]] = {"keyName": "api_key", "keyLocation": "query", "keyValue": SECRET}
    secrets = (SECRET,)
    bad_configs = ({"keyName": "", "keyLocation": "query", "keyValue": SECRET},)

    def authorised(self, request: httpx.Request) -> bool:
        return request.url.params.get_list("api_key") == [SECRET]


class TestKeyInBody(OutboundSuite):
    record = API_KEY
    config: ClassVar[Mapping[str, Any]] = {"keyName": "api_key", "keyLocation": "body", "keyValue": SECRET}
    secrets = (SECRET,)
    body: ClassVar[Mapping[str, Any]] = {"api_key": SECRET}
    bad_configs = ({"keyName": "a\0", "keyLocation": "body", "keyValue": SECRET},)

    def authorised(self, request: httpx.Request) -> bool:
        return bool(orjson.loads(request.content).get("api_key") == SECRET)


class TestBearer(OutboundSuite):
    record = BEARER
    config: ClassVar[Mapping[str, Any]] = {"token": SECRET}
    secrets = (SECRET,)
    bad_configs = ({"token": ""}, {"token": "a b"}, {"token": "Bearer abc"}, {"token": None})

    def authorised(self, request: httpx.Request) -> bool:
        return request.headers.get_list("Authorization") == [f"Bearer {SECRET}"]


class TestBasic(OutboundSuite):
    record = BASIC
    config: ClassVar[Mapping[str, Any]] = {"username": "ada", "password": SECRET}
    secrets = (SECRET, "YWRhOmh1bnRlcjItaHVudGVyMg==")
    bad_configs = ({"username": "a:b", "password": SECRET}, {"username": "ada"}, {"username": "", "password": ""})

    def authorised(self, request: httpx.Request) -> bool:
        return request.headers.get_list("Authorization") == ["Basic YWRhOmh1bnRlcjItaHVudGVyMg=="]


class TestDigest(OutboundSuite):
    record = DIGEST
    config: ClassVar[Mapping[str, Any]] = {"username": "ada", "password": SECRET}
    secrets = (SECRET,)
    bad_configs = ({"username": 'a"b', "password": SECRET}, {"username": "ada", "password": "a\nb"})

    def respond(self, request: httpx.Request) -> httpx.Response:
        if self.authorised(request):
            return httpx.Response(200)
        challenge = 'Digest realm="lab", nonce="n0", qop="auth", algorithm=SHA-256'
        return httpx.Response(401, headers={"WWW-Authenticate": challenge})

    def authorised(self, request: httpx.Request) -> bool:
        told = dict(_pairs(request.headers.get("Authorization", "")))
        one, two = _hash(f"ada:lab:{SECRET}"), _hash(f"{request.method}:{request.url.raw_path.decode()}")
        wanted = _hash(":".join([one, "n0", told.get("nc", ""), told.get("cnonce", ""), "auth", two]))
        return told.get("response") == wanted


class TestCustomHeaders(OutboundSuite):
    record = CUSTOM
    config: ClassVar[Mapping[str, Any]] = {"headers": {"X-Id": "id-17-17-17", "X-Secret": SECRET}}
    secrets = (SECRET, "id-17-17-17")
    bad_configs = (
        {"headers": {}},
        {"headers": {"X-A": "1", "x-a": "2"}},
        {"headers": {"Content-Length": "7"}},
        {"headers": {"X-A": "ü"}},
        {"headers": ["X-A"]},
    )

    def authorised(self, request: httpx.Request) -> bool:
        return (request.headers.get("X-Id"), request.headers.get("X-Secret")) == ("id-17-17-17", SECRET)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _pairs(header: str) -> list[tuple[str, str]]:
    parts = [part.strip().partition("=") for part in header.removeprefix("Digest ").split(",")]
    return [(name, value.strip('"')) for name, _, value in parts]


del OutboundSuite, PluginSuite
