"""A definition as users write it (document 002), as typed values with the names that it has on the wire."""

from collections.abc import Mapping
from typing import Any, Literal

import attrs

from pegboard import setting
from pegboard.json import converter

from .endpoints import Endpoint
from .webhooks import WebhookConfig

SERVER_FIELDS = frozenset(
    {"id", "tenantId", "status", "lastTestedAt", "lastTestResult", "createdAt", "updatedAt", "createdBy", "updatedBy"}
)
"""What the app writes of a definition, and nobody else: left out before it is read."""

RETRY_ON = (408, 425, 429, 500, 502, 503, 504)


@attrs.frozen
class RetryConfig:
    """When to try again."""

    maxRetries: int = setting(
        3, help="tries after the first", validator=[attrs.validators.ge(0), attrs.validators.le(10)]
    )
    retryDelay: int = setting(
        500,
        help="milliseconds before the second try, doubled each time",
        validator=[attrs.validators.ge(0), attrs.validators.le(60_000)],
    )
    retryOn: tuple[int, ...] = setting(
        RETRY_ON,
        help="statuses to try again after",
        validator=attrs.validators.deep_iterable([attrs.validators.ge(400), attrs.validators.le(599)]),
    )


@attrs.frozen
class Definition:
    """A custom integration.

    `auth` is ``{"type": …, …}`` with the values in clear: it is left out of the repr.
    """

    name: str = setting(help="its name, unique within the tenant", validator=attrs.validators.min_len(1))
    displayName: str = setting("", help="for people")
    description: str = setting("", help="for people")
    icon: str = setting("", help="for people")
    color: str = setting("", help="for people")
    integrationType: Literal["rest_api", "webhook", "graphql"] = setting("rest_api", help="what it is")
    baseUrl: str = setting("", help="what all paths begin with: https://api.example.com/v1")
    defaultHeaders: dict[str, str] = setting({}, help="headers of all requests", repr=False)
    timeout: int = setting(
        30_000,
        help="milliseconds for one request",
        validator=[attrs.validators.ge(1000), attrs.validators.le(120_000)],
    )
    retryConfig: RetryConfig = setting(RetryConfig(), help="when to try again")
    auth: dict[str, Any] = setting({"type": "none"}, help="how requests prove who we are", repr=False)
    endpoints: tuple[Endpoint, ...] = setting((), help="its operations")
    webhookConfig: WebhookConfig | None = setting(None, help="how events are received")

    def endpoint(self, endpoint_id: str) -> Endpoint | None:
        return next((endpoint for endpoint in self.endpoints if endpoint.id == endpoint_id), None)


def normalised(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with one spelling for what has two, and without what only the app writes.

    `authType` and `authConfig` become `auth`, `rest` is `rest_api`, a decoder's name is an object, and a method that
    is not given is POST for GraphQL. What has the wrong shape is left as it is, for `read_definition` to refuse.
    """
    made = {key: value for key, value in document.items() if key not in SERVER_FIELDS}
    if "type" in made and "integrationType" not in made:
        made["integrationType"] = made.pop("type")
    if made.get("integrationType") == "rest":
        made["integrationType"] = "rest_api"
    _one_auth(made)
    if isinstance(made.get("endpoints"), list | tuple):
        made["endpoints"] = [_endpoint(part) if isinstance(part, Mapping) else part for part in made["endpoints"]]
    return {key: value for key, value in made.items() if value is not None}


def _one_auth(made: dict[str, Any]) -> None:
    kind, config = made.pop("authType", None), made.pop("authConfig", None)
    if "auth" in made or (kind is None and config is None):
        return
    if config is not None and not isinstance(config, Mapping):
        made["auth"] = config
        return
    told = {} if kind is None else {"type": kind}
    made["auth"] = {**(config or {}), **told}


def _endpoint(document: Mapping[str, Any]) -> dict[str, Any]:
    made = {key: value for key, value in document.items() if value is not None}
    if isinstance(made.get("decoder"), str):
        named = made["decoder"]
        made["decoder"] = {"gzip": "always"} if named == "gzip" else {"type": named}
    if "method" not in made and made.get("graphql") is not None:
        made["method"] = "POST"
    return made


def read_definition(document: Mapping[str, Any]) -> Definition:
    """The definition of a document. Raises `cattrs.ClassValidationError`; `check` says what is wrong, and more."""
    return converter.structure(normalised(document), Definition)
