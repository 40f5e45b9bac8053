"""Configs as text, to be sealed; and what tells one grant from another."""

import hashlib
from datetime import datetime
from typing import Any

import attrs
import orjson

from pegboard import Secret
from pegboard.json import converter

from .configs import OAuth2Config


def revealed(config: OAuth2Config) -> dict[str, Any]:
    """The document of a config with its secrets in it: for the vault alone."""
    return {field.name: _plain(getattr(config, field.name)) for field in attrs.fields(OAuth2Config)}


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return value.reveal()
    return value.isoformat() if isinstance(value, datetime) else value


def structured(document: dict[str, Any]) -> OAuth2Config:
    """The config of a document that `revealed` made."""
    given = {name: value for name, value in document.items() if value is not None}
    config: OAuth2Config = converter.structure(given, OAuth2Config)
    return config


def fingerprint(config: OAuth2Config) -> str:
    """Names the grant that a config asks for: with another one, tokens of the old one are not used.

    The client's secret is not in it: it may be changed without a new login. Tokens that the config brings are:
    whoever enters a new one wants it to be used.
    """
    asked = [
        config.grantType,
        config.tokenUrl,
        config.clientId,
        sorted(set(config.scope.split())),
        config.audience,
        sorted(config.tokenParameters.items()),
        config.authorizationUrl,
        config.accessToken.reveal(),
        config.refreshToken.reveal(),
    ]
    return hashlib.sha256(orjson.dumps(asked)).hexdigest()
