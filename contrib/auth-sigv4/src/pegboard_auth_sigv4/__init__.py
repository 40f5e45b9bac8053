"""AWS Signature Version 4 for outgoing requests."""

from pegboard import AuthProvider, hookimpl

from .config import SigV4Config
from .flow import PROVIDER, SigV4Auth
from .signing import Credentials, Signable, Signature, sign

__version__ = "0.1.0"

__all__ = ["PROVIDER", "Credentials", "SigV4Auth", "SigV4Config", "Signable", "Signature", "sign"]


@hookimpl
def pegboard_auth_providers() -> AuthProvider:
    return PROVIDER
