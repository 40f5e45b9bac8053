"""How the sender of events proves who it is: a scheme of pegboard-webhooks, and its config."""

from collections.abc import Mapping
from typing import Any

from pegboard import Registries
from pegboard.json import converter
from pegboard_webhooks import WebhookScheme

DEFAULT = {"header": "X-Webhook-Signature", "algorithm": "hmac-sha256"}
OF_HMAC = ("algorithm", "header", "signaturePrefix", "encoding")


def signature_of(given: Mapping[str, Any] | None) -> tuple[str, dict[str, Any]]:
    """The name of a scheme and its config. Without a name it is ``hmac``, or ``none`` for the algorithm "none"."""
    config = dict(DEFAULT if given is None else given)
    named = config.pop("scheme", None) or "plain"
    if config.get("algorithm") == "none":
        named = "none"
    if named in ("plain", "hmac"):
        return "hmac", config
    return str(named), {name: value for name, value in config.items() if name not in OF_HMAC}


def compile_signature(given: Mapping[str, Any] | None, registries: Registries) -> tuple[WebhookScheme, Any]:
    """Raises MissingService for a scheme that no plugin brings, and what its config raises."""
    name, config = signature_of(given)
    scheme = registries[WebhookScheme].get(name)
    return scheme, converter.structure(config, scheme.config)
