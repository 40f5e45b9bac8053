"""Every bad config names its field, and never repeats a secret."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pegboard.invalid import field_errors
from pegboard.json import converter, dumps
from pegboard_auth_static import ApiKeyConfig, BasicConfig, BearerConfig, CustomHeadersConfig, DigestConfig

SECRET = "topsecret\r\nX-Other: 1"
KEY = {"keyName": "X-Key", "keyLocation": "header", "keyValue": "k"}

BAD: list[tuple[type, dict[str, Any], dict[str, str]]] = [
    (ApiKeyConfig, {}, {"/keyName": "is missing", "/keyLocation": "is missing", "/keyValue": "is missing"}),
    (ApiKeyConfig, KEY | {"key": "k"}, {"/key": "unknown key"}),
    (ApiKeyConfig, KEY | {"keyLocation": "cookie"}, {"/keyLocation": "expected one of header, query, body"}),
    (ApiKeyConfig, KEY | {"keyValue": 7}, {"/keyValue": "expected a string, got a number"}),
    (ApiKeyConfig, KEY | {"keyValue": SECRET}, {"/keyValue": "must be one line of ASCII"}),
    (ApiKeyConfig, KEY | {"keyValue": ""}, {"/keyValue": "must be one line of ASCII, not empty"}),
    (ApiKeyConfig, KEY | {"keyValue": " k"}, {"/keyValue": "without spaces around it"}),
    (ApiKeyConfig, KEY | {"keyValue": "schlüssel"}, {"/keyValue": "ASCII"}),
    (ApiKeyConfig, KEY | {"keyName": "X Key"}, {"/keyName": "must be a header name"}),
    (ApiKeyConfig, KEY | {"keyName": "X-Key:"}, {"/keyName": "must be a header name"}),
    (ApiKeyConfig, KEY | {"keyName": "X\r\nY"}, {"/keyName": "must be a header name"}),
    (ApiKeyConfig, KEY | {"keyName": ""}, {"/keyName": "must be a header name"}),
    (ApiKeyConfig, KEY | {"keyName": "hOsT"}, {"/keyName": "hOsT belongs to the connection"}),
    (ApiKeyConfig, KEY | {"keyName": "Content-Length"}, {"/keyName": "Content-Length belongs"}),
    (ApiKeyConfig, KEY | {"keyName": "Transfer-Encoding"}, {"/keyName": "Transfer-Encoding belongs"}),
    (ApiKeyConfig, KEY | {"keyLocation": "query", "keyName": ""}, {"/keyName": "must have 1 to 200 characters"}),
    (ApiKeyConfig, KEY | {"keyLocation": "body", "keyName": "a\nb"}, {"/keyName": "without control characters"}),
    (ApiKeyConfig, KEY | {"keyLocation": "query", "keyValue": ""}, {"/keyValue": "must not be empty"}),
    (BearerConfig, {}, {"/token": "is missing"}),
    (BearerConfig, {"token": SECRET}, {"/token": "must be one line of ASCII"}),
    (BearerConfig, {"token": "Bearer abc"}, {"/token": "must be the token alone, without the word Bearer"}),
    (BearerConfig, {"token": "a b"}, {"/token": "must not have spaces in it"}),
    (BasicConfig, {"username": "a:b", "password": SECRET}, {"/username": "without colons", "/password": "control"}),
    (BasicConfig, {"username": "", "password": ""}, {"/username": "must not be empty"}),
    (DigestConfig, {"username": 'a"b', "password": "p"}, {"/username": 'must not have :, " or'}),
    (DigestConfig, {"username": "a", "password": SECRET}, {"/password": "control characters"}),
    (CustomHeadersConfig, {"headers": {}}, {"/headers": "at least one header"}),
    (CustomHeadersConfig, {"headers": {"X-A": SECRET}}, {"/headers": "X-A: must be one line of ASCII"}),
    (CustomHeadersConfig, {"headers": {"X-A": 7}}, {"/headers/X-A": "expected a string"}),
    (CustomHeadersConfig, {"headers": {"Host": "a"}}, {"/headers": "Host: Host belongs to the connection"}),
    (CustomHeadersConfig, {"headers": {"X A": "a"}}, {"/headers": "a name: must be a header name"}),
    (CustomHeadersConfig, {"headers": {"X-A": "1", "x-a": "2"}}, {"/headers": "twice"}),
    (CustomHeadersConfig, {"headers": "X-A: 1"}, {"/headers": "expected an object"}),
]


def mistakes(kind: type, document: Any) -> dict[str, str]:
    with pytest.raises(Exception, match=r".") as refused:
        converter.structure(document, kind)
    return {error.pointer: error.detail for error in field_errors(refused.value)}


@pytest.mark.parametrize(("kind", "document", "told"), BAD)
def test_a_bad_config_names_each_field(kind: type, document: Any, told: dict[str, str]) -> None:
    found = mistakes(kind, document)
    assert found.keys() == told.keys(), found
    for pointer, words in told.items():
        assert words in found[pointer]
    assert "topsecret" not in str(found)


GOOD: list[tuple[type, dict[str, Any]]] = [
    (ApiKeyConfig, KEY),
    (ApiKeyConfig, {"keyName": "schlüssel & co", "keyLocation": "query", "keyValue": "ü &=\n"}),
    (ApiKeyConfig, {"keyName": "api key", "keyLocation": "body", "keyValue": "ü"}),
    (BearerConfig, {"token": "eyJ.a-b_c~d+e/f="}),
    (BasicConfig, {"username": "sk_live_1", "password": ""}),
    (BasicConfig, {"username": "Jürgen", "password": "pass:wörd"}),
    (DigestConfig, {"username": "ada lovelace", "password": 'ü:"'}),
    (CustomHeadersConfig, {"headers": {"Authorization": "Token abc def", "Cookie": "a=b; c=d"}}),
]


@pytest.mark.parametrize(("kind", "document"), GOOD)
def test_a_good_config_is_taken_and_read_back_with_its_secrets_masked(kind: type, document: Any) -> None:
    config = converter.structure(document, kind)
    shown = dumps(config).decode()
    for secret in ("keyValue", "token", "password"):
        assert not document.get(secret) or f'"{secret}":"***"' in shown
    assert "abc" not in shown


@given(st.text(), st.text())
def test_no_text_gets_more_than_one_header_through(name: str, value: str) -> None:
    for config in structured({"headers": {name: value}}):
        [(header, secret)] = config.headers.items()
        line = f"{header}: {secret.reveal()}"
        assert line.isascii()
        assert len(line.splitlines()) == 1


def structured(document: Any) -> list[CustomHeadersConfig]:
    """The config, or none where it is refused as a user's mistake."""
    try:
        return [converter.structure(document, CustomHeadersConfig)]
    except ExceptionGroup as refused:
        return [] if list(field_errors(refused)) else [CustomHeadersConfig({})]
