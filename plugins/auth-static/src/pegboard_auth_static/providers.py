"""The records."""

import httpx

from pegboard import AuthContext, AuthProvider, NoConfig, Secret

from .configs import ApiKeyConfig, BasicConfig, BearerConfig, CustomHeadersConfig, DigestConfig
from .flows import BodyAuth, DigestAuth, HeaderAuth, QueryAuth


def none(config: NoConfig, context: AuthContext) -> httpx.Auth:
    return httpx.Auth()


def api_key(config: ApiKeyConfig, context: AuthContext) -> httpx.Auth:
    if config.keyLocation == "header":
        return HeaderAuth({config.keyName: config.keyValue})
    return (QueryAuth if config.keyLocation == "query" else BodyAuth)(config.keyName, config.keyValue)


def bearer(config: BearerConfig, context: AuthContext) -> httpx.Auth:
    return HeaderAuth({"Authorization": Secret(f"Bearer {config.token.reveal()}")})


def basic(config: BasicConfig, context: AuthContext) -> httpx.Auth:
    return httpx.BasicAuth(config.username, config.password.reveal())


def digest(config: DigestConfig, context: AuthContext) -> httpx.Auth:
    return DigestAuth(config.username, config.password)


def custom_headers(config: CustomHeadersConfig, context: AuthContext) -> httpx.Auth:
    return HeaderAuth(config.headers)


PROVIDERS = (
    AuthProvider("none", "No authentication", outbound=none),
    AuthProvider("api_key", "An API key in a header, the query or the body", ApiKeyConfig, outbound=api_key),
    AuthProvider("bearer", "A bearer token", BearerConfig, outbound=bearer),
    AuthProvider("basic", "User and password, sent with each request", BasicConfig, outbound=basic),
    AuthProvider("digest", "User and password, never sent: proven to a challenge", DigestConfig, outbound=digest),
    AuthProvider("custom_headers", "Headers of your own", CustomHeadersConfig, outbound=custom_headers),
)
