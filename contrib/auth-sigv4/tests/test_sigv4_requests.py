"""What goes out is what was signed."""

import re
from datetime import UTC, datetime
from typing import Any, ClassVar

import httpx
import pytest

import pegboard_auth_sigv4
from pegboard import Secret
from pegboard.json import converter
from pegboard.testing.suites import OutboundSuite, PluginSuite
from pegboard_auth_sigv4 import PROVIDER, Credentials, Signable, SigV4Auth, SigV4Config, sign
from pegboard_auth_sigv4.signing import sha256

SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzEXAMPLETOKEN=="
DOCUMENT = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": SECRET, "region": "us-east-1", "service": "execute-api"}
AT = datetime(2015, 8, 30, 12, 36, 0, tzinfo=UTC)


class TestPlugin(PluginSuite):
    plugin = pegboard_auth_sigv4
    name = "auth-sigv4"


class TestProvider(OutboundSuite):
    record = PROVIDER
    config: ClassVar = {**DOCUMENT, "sessionToken": TOKEN}
    secrets = (SECRET, TOKEN)
    bad_configs = (
        {},
        {**DOCUMENT, "accessKeyId": "a b"},
        {**DOCUMENT, "secretAccessKey": "a\nb"},
        {**DOCUMENT, "sessionToken": ""},
        {**DOCUMENT, "region": "US East"},
        {**DOCUMENT, "service": "a/b"},
        {**DOCUMENT, "payload": "half"},
    )

    def authorised(self, request: httpx.Request) -> bool:
        return request.headers["X-Amz-Security-Token"] == TOKEN and verified(request, self.config["service"])


def verified(request: httpx.Request, service: str) -> bool:
    """As a server does: of what came, signed again by what it says was signed."""
    found = re.fullmatch(r"AWS4-HMAC-SHA256 .*, SignedHeaders=(\S+), Signature=[0-9a-f]{64}", said(request))
    assert found, said(request)
    names = found[1].split(";")
    headers = [pair for pair in request.headers.multi_items() if pair[0].lower() in names]
    at = datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    path, _, query = request.url.raw_path.decode().partition("?")
    hashed = request.headers["X-Amz-Content-SHA256"]
    credentials = Credentials("AKIDEXAMPLE", Secret(SECRET), "us-east-1", service)
    signable = Signable(request.method, path, query, headers, hashed, normalize_path=service != "s3")
    fits = hashed in ("UNSIGNED-PAYLOAD", sha256(request.content))
    return fits and "host" in names and sign(signable, credentials, at).authorization == said(request)


def said(request: httpx.Request) -> str:
    return str(request.headers["Authorization"])


def signed(request: httpx.Request, **more: Any) -> httpx.Request:
    auth = SigV4Auth(converter.structure({**DOCUMENT, **more}, SigV4Config), lambda: AT)
    if auth.requires_request_body:
        request.read()
    return next(auth.auth_flow(request))


@pytest.mark.parametrize(
    "url",
    [
        "https://api.test/a%20b/ü?q=a+b&q=%2B&z=1&a=(x)!*'",
        "https://api.test:8443/?empty&b=",
        "https://api.test",
        "https://api.test/a//b/./c?a=b=c",
    ],
)
@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_a_server_signs_the_same(url: str, service: str) -> None:
    request = signed(httpx.Request("POST", url, content=b"body"), service=service)
    assert verified(request, service)


def test_the_query_keeps_its_values() -> None:
    before = httpx.Request("GET", "https://api.test/?q=a+b&q=%2B&z=1&a=(x)!*'&u=%C3%BC")
    params = before.url.params.multi_items()
    after = signed(before)
    assert after.url.params.multi_items() == params
    assert after.url.query == b"q=a%20b&q=%2B&z=1&a=%28x%29%21%2A%27&u=%C3%BC"


def test_a_path_is_encoded_once_more_but_for_s3() -> None:
    one = Signable("GET", "/a%20b", "", (("Host", "h"),), sha256(b""))
    credentials = Credentials("AKIDEXAMPLE", Secret(SECRET), "us-east-1", "x")
    assert sign(one, credentials, AT).canonical_request.startswith("GET\n/a%2520b\n")
    raw = Signable("GET", "/a%20b/../c", "", (("Host", "h"),), sha256(b""), normalize_path=False)
    assert sign(raw, credentials, AT).canonical_request.startswith("GET\n/a%20b/../c\n")


def test_a_body_is_signed_unless_it_is_not_to_be() -> None:
    one, other = (signed(httpx.Request("PUT", "https://api.test/", content=body)) for body in (b"a", b"b"))
    assert said(one) != said(other)
    one, other = (
        signed(httpx.Request("PUT", "https://api.test/", content=body), payload="unsigned") for body in (b"a", b"b")
    )
    assert said(one) == said(other)
    assert one.headers["X-Amz-Content-SHA256"] == "UNSIGNED-PAYLOAD"


def test_no_secret_follows_to_another_origin() -> None:
    request = signed(httpx.Request("GET", "https://api.test/"), sessionToken=TOKEN)
    assert set(request.extensions["egress.secret_headers"]) == {"Authorization", "X-Amz-Security-Token"}
    assert not any(SECRET in value for value in request.headers.values())
