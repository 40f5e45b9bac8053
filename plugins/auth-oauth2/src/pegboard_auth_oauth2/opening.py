"""From the app's services to those of this plugin."""

from pegboard import Services, Settings
from pegboard_egress import Egress
from pegboard_store import Store
from pegboard_vault import Vault

from .grants import Grants
from .logins import OAuthLogins
from .pending import PendingLogins
from .renewal import OAuthTokens, TokenEndpoint
from .settings import AuthOAuth2Settings


async def open_tokens(services: Services, settings: Settings) -> OAuthTokens:
    config = settings.of(AuthOAuth2Settings)
    endpoint = TokenEndpoint(await services.aget(Egress), config)
    return OAuthTokens(await _grants(services), endpoint, config)


async def open_logins(services: Services, settings: Settings) -> OAuthLogins:
    config = settings.of(AuthOAuth2Settings)
    endpoint = TokenEndpoint(await services.aget(Egress), config)
    pending = PendingLogins(await services.aget(Store), await services.aget(Vault))
    return OAuthLogins(pending, await _grants(services), endpoint, config, settings.kernel.public_url)


async def _grants(services: Services) -> Grants:
    return Grants(await services.aget(Store), await services.aget(Vault))
