"""An authorization server and an API behind it, on one socket; and our own side as integrations use it."""

import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import attrs
import pytest
import sqlalchemy as sa

import pegboard_auth_oauth2
import pegboard_egress
import pegboard_store
import pegboard_vault
from pegboard import AuthContext, create_app
from pegboard.json import converter
from pegboard.testing import Client, Received, Upstream, answer, callers, client, upstream
from pegboard.testing.fixtures import anyio_backend  # noqa: F401
from pegboard_auth_oauth2 import OAuth2Config
from pegboard_auth_oauth2.flow import PROVIDER
from pegboard_auth_oauth2.tables import grants, logins
from pegboard_egress import Egress, EgressRequest
from pegboard_store import Store
from pegboard_store.testing import (  # noqa: F401
    database_url,
    postgresql_url,
    store_section,
)

PLUGINS = {
    "auth-oauth2": pegboard_auth_oauth2,
    "callers": callers,
    "egress": pegboard_egress,
    "store": pegboard_store,
    "vault": pegboard_vault,
}
SECRET = "s3cret +&%/=ü"
CLIENT = "client:1"


@attrs.define
class Authority:
    """An authorization server written from RFC 6749 and 7636, and not from what is tested.

    `script` has answers that are given instead, one by one; `mode` is post or basic, `rotates` whether a refresh
    token is good once only, `gives_refresh` whether there is one at all.
    """

    stand_in: Upstream
    mode: str = "post"
    rotates: bool = True
    gives_refresh: bool = True
    lifetime: Any = 3600
    script: list[Any] = attrs.field(factory=list)
    good: set[str] = attrs.field(factory=set)
    refresh: set[str] = attrs.field(factory=set)
    codes: dict[str, dict[str, str]] = attrs.field(factory=dict)
    handed_out: list[str] = attrs.field(factory=list)

    @property
    def url(self) -> str:
        return self.stand_in.url

    @property
    def asked(self) -> list[Received]:
        return self.stand_in.received("/token")

    def token(self, received: Received) -> Any:
        if self.script:
            reply = self.script.pop(0)
            return reply(received) if callable(reply) else reply
        form = received.form()
        if not self._knows(received, form):
            return self.error("invalid_client", "Unknown client", 401)
        return getattr(self, f"_{form['grant_type']}")(form)

    def _knows(self, received: Received, form: Mapping[str, str]) -> bool:
        kind, _, told = received.headers.get("authorization", "").partition(" ")
        if self.mode == "basic":
            pair = base64.b64decode(told).decode().split(":")
            given = [unquote_plus(part) for part in pair]
            return kind == "Basic" and given == [CLIENT, SECRET] and "client_secret" not in form
        return not kind and (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)

    def _client_credentials(self, form: Mapping[str, str]) -> Any:
        return self.issue(refresh=False)

    def _refresh_token(self, form: Mapping[str, str]) -> Any:
        old = form["refresh_token"]
        if old not in self.refresh:
            return self.error("invalid_grant", "Token has been expired or revoked")
        if self.rotates:
            self.refresh.discard(old)
        return self.issue(refresh=self.rotates)

    def _authorization_code(self, form: Mapping[str, str]) -> Any:
        asked = self.codes.pop(form["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or asked["code_challenge"] != challenge.rstrip(b"=").decode():
            return self.error("invalid_grant", "Bad code or verifier")
        if asked["redirect_uri"] != form["redirect_uri"]:
            return self.error("invalid_grant", "Another redirect_uri")
        return self.issue(refresh=self.gives_refresh)

    def issue(self, refresh: bool = True) -> Any:
        access = f"access-{secrets.token_hex(8)}"
        self.good.add(access)
        members = {"access_token": access, "token_type": "bearer", "expires_in": self.lifetime}
        self.handed_out.append(access)
        if refresh:
            members["refresh_token"] = self.grant_refresh()
        return answer(json=members)

    def grant_refresh(self) -> str:
        token = f"refresh-{secrets.token_hex(8)}"
        self.refresh.add(token)
        self.handed_out.append(token)
        return token

    def error(self, error: str, words: str, status: int = 400) -> Any:
        return answer(status, json={"error": error, "error_description": words})

    def login(self, url: str, **more: str) -> list[tuple[str, str]]:
        """A user who opens `url` and agrees: the parameters with which the browser comes back."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = f"code-{secrets.token_hex(8)}"
        self.codes[code] = asked
        return [("code", code), ("state", asked["state"]), *more.items()]

    def items(self, received: Received) -> Any:
        kind, _, token = received.headers.get("authorization", "").partition(" ")
        return answer(json=[1]) if kind == "Bearer" and token in self.good else answer(401, json={"error": "no"})


@attrs.frozen
class Desk:
    """Our side: an app, and requests of one of its tenants with the provider's flow."""

    api: Client
    authority: Authority

    @property
    def services(self) -> Any:
        return self.api.app.state.board.services  # type: ignore[attr-defined]

    def config(self, grant: str = "client_credentials", **more: Any) -> OAuth2Config:
        return config_for(self.authority.url, grant, **more)

    async def ask(self, config: OAuth2Config, tenant: str = "acme", key: str = "credential-1", **more: Any) -> Any:
        auth = PROVIDER.outbound(config, AuthContext(self.services, tenant, key))  # type: ignore[misc]
        url = more.pop("url", f"{self.authority.url}/items")
        return await self.services.get(Egress).send(EgressRequest(url=url, auth=auth, **more))


def config_for(url: str, grant: str, **more: Any) -> OAuth2Config:
    document = {"grantType": grant, "tokenUrl": f"{url}/token", "clientId": CLIENT, "clientSecret": SECRET, **more}
    if grant == "authorization_code":
        document.setdefault("authorizationUrl", f"{url}/authorize?tenant=x")
    made: OAuth2Config = converter.structure(document, OAuth2Config)
    return made


@pytest.fixture
async def authority() -> AsyncIterator[Authority]:
    async with upstream() as stand_in:
        made = Authority(stand_in)
        stand_in.on("/token", made.token, method="POST")
        stand_in.on("/items", made.items, method="*")
        yield made


Opening = Callable[..., AbstractAsyncContextManager[Desk]]


@asynccontextmanager
async def _serving(folder: Path, **sections: Any) -> AsyncIterator[Client]:
    document = {"data": str(folder), "public_url": "http://localhost:8000", "plugins": sections}
    app = create_app(settings=document, plugins=PLUGINS, environ={}, installed=False)
    async with client(app) as api:
        yield api


@pytest.fixture
def opened(authority: Authority, tmp_path: Path) -> Opening:
    """Opens a desk at an app of its own; ``settings`` are the plugin's, ``database`` is a URL."""

    @asynccontextmanager
    async def make(database: str = "", **settings: Any) -> AsyncIterator[Desk]:
        sections = {
            "egress": {"allow_origins": [authority.url]},
            "auth-oauth2": settings,
            **({"store": store_section(database)} if database else {}),
        }
        async with _serving(tmp_path, **sections) as api:
            yield Desk(api, authority)

    return make


@pytest.fixture(scope="session")
async def shared(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Client]:
    async with _serving(tmp_path_factory.mktemp("shared")) as api:
        yield api


@pytest.fixture
async def desk(shared: Client, authority: Authority) -> Desk:
    """A desk at an app that all tests share, as if nothing had been there before."""
    made = Desk(shared, authority)
    made.services.get(Egress).allow_origin(authority.url)
    async with made.services.get(Store).begin() as session:
        await session.execute(sa.delete(grants))
        await session.execute(sa.delete(logins))
    return made
