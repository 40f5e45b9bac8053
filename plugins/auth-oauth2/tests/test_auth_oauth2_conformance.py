"""The plugin keeps what every plugin keeps, and the provider what every outbound provider keeps."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, ClassVar

import httpx
import pytest

import pegboard_auth_oauth2
import pegboard_egress
import pegboard_store
import pegboard_vault
from pegboard import Services
from pegboard.invalid import field_errors
from pegboard.json import converter
from pegboard.testing import answer, upstream
from pegboard.testing.suites import OutboundSuite, PluginSuite
from pegboard_auth_oauth2 import OAuth2Config
from pegboard_auth_oauth2.flow import PROVIDER

NEEDED = {"egress": pegboard_egress, "store": pegboard_store, "vault": pegboard_vault}
SECRET = "hunter2-hunter2"
CONFIG = {"grantType": "client_credentials", "tokenUrl": "https://a.test/t", "clientId": "c", "clientSecret": SECRET}


class TestAuthOAuth2(PluginSuite):
    plugin = pegboard_auth_oauth2
    name = "auth-oauth2"
    plugins = NEEDED
    anonymous = frozenset({"oauth.callback"})


class TestOAuth2(OutboundSuite):
    record = PROVIDER
    plugins: ClassVar[Mapping[str, Any]] = {**NEEDED, "auth-oauth2": pegboard_auth_oauth2}
    config: ClassVar[dict[str, Any]] = dict(CONFIG)
    secrets = (SECRET, "access-1")
    bad_configs = (
        {},
        {**CONFIG, "grantType": "password"},
        {**CONFIG, "clientSecret": ""},
        {**CONFIG, "tokenUrl": "ftp://a.test/"},
        {**CONFIG, "grantType": "authorization_code"},
        {**CONFIG, "tokenParameters": {"grant_type": "x"}},
    )

    @asynccontextmanager
    async def services(self) -> AsyncIterator[Services]:
        async with upstream() as server:
            server.on("/token", answer(json={"access_token": "access-1", "expires_in": 60}), method="POST")
            self.config["tokenUrl"] = f"{server.url}/token"
            type(self).settings = {"plugins": {"egress": {"allow_origins": [server.url]}}}
            async with super().services() as services:
                yield services

    def authorised(self, request: httpx.Request) -> bool:
        return request.headers.get_list("Authorization") == ["Bearer access-1"]


BAD = [
    ({"tokenUrl": "token"}, "/tokenUrl", "must be an absolute URL"),
    ({"tokenUrl": "https://u:p@a.test/"}, "/tokenUrl", "without a user"),
    ({"tokenUrl": "https://a.test/#x"}, "/tokenUrl", "without a fragment"),
    ({"tokenUrl": "https://a.test:99999/"}, "/tokenUrl", "must be an absolute URL"),
    ({"authorizationUrl": "javascript:alert(1)"}, "/authorizationUrl", "must be an absolute URL"),
    ({"redirectUri": "https://a b"}, "/redirectUri", "must be an absolute URL"),
    ({"clientId": ""}, "/clientId", "must not be empty"),
    ({"clientSecret": "topsecret\r\n"}, "/clientSecret", "must not have control characters"),
    ({"clientSecret": ""}, "/clientSecret", "is needed for client_credentials"),
    ({"grantType": "refresh_token"}, "/refreshToken", "is needed for refresh_token"),
    ({"grantType": "authorization_code"}, "/authorizationUrl", "is where users log in"),
    ({"scope": 'a "b"'}, "/scope", "must be words"),
    ({"accessToken": "Bearer topsecret"}, "/accessToken", "without the word Bearer"),
    ({"expiresAt": "soon"}, "/expiresAt", "expected a time"),
    ({"tokenParameters": {"client_secret": "topsecret"}}, "/tokenParameters", "client_secret is set by the protocol"),
    ({"authorizationParameters": {"state": "x"}}, "/authorizationParameters", "state is set by the protocol"),
    ({"tokenAuthMethod": "jwt"}, "/tokenAuthMethod", "expected one of client_secret_post, client_secret_basic"),
]


@pytest.mark.parametrize(("change", "pointer", "words"), BAD)
def test_a_bad_config_names_its_field(change: dict[str, Any], pointer: str, words: str) -> None:
    with pytest.raises(Exception, match=r".") as refused:
        converter.structure(CONFIG | change, OAuth2Config)
    found = {error.pointer: error.detail for error in field_errors(refused.value)}
    assert words in found.get(pointer, ""), found
    assert "topsecret" not in str(found)


def test_a_public_client_has_no_secret() -> None:
    public = {"grantType": "authorization_code", "authorizationUrl": "https://a.test/login", "clientSecret": ""}
    assert not converter.structure(CONFIG | public, OAuth2Config).clientSecret


del OutboundSuite, PluginSuite
