"""Ways for outgoing requests to authenticate by what does not change: keys, tokens, passwords."""

from collections.abc import Sequence

from pegboard import AuthProvider, hookimpl

from .configs import ApiKeyConfig, BasicConfig, BearerConfig, CustomHeadersConfig, DigestConfig
from .providers import PROVIDERS

__version__ = "0.1.0"

__all__ = ["ApiKeyConfig", "BasicConfig", "BearerConfig", "CustomHeadersConfig", "DigestConfig"]


@hookimpl
def pegboard_auth_providers() -> Sequence[AuthProvider]:
    return PROVIDERS
