"""The way of a user to the authorization server of an integration (RFC 6749, section 4.1), by the OAuth plugin."""

import secrets
from typing import Any

from starlette.responses import RedirectResponse, Response

from pegboard import AuditEvent, Problem, Secret, Settings
from pegboard.json import converter
from pegboard_auth_oauth2 import COOKIE, OAuth2Config, OAuthLogins

from .actors import Actor
from .integrations import Integrations

CALLBACK = "/oauth"
"""Where the cookie that binds a login to a browser is sent back to."""
MINUTES = 15


async def authorize(actor: Actor, integrations: Integrations, integration_id: str, return_to: str) -> Response:
    """Sends the browser to where its user logs in; the tokens end up with the integration.

    Raises Problem 404, 422 where it does not log in so, and 503 where the OAuth plugin is not there.
    """
    logins = actor.services.get(OAuthLogins)
    integration = await integrations.get(actor.tenant, integration_id)
    auth = dict(integrations.opened(integration).get("auth") or {})
    if auth.pop("type", None) != "oauth2":
        detail = f'integration {integration.name!r} does not use OAuth: its auth has another type than "oauth2"'
        raise Problem(422, "no-login", detail)
    config: Any = converter.structure(auth, OAuth2Config)
    browser = Secret(secrets.token_urlsafe(24))
    url = await logins.authorize(config, actor.tenant, actor.principal.id, integration.id, return_to, browser)
    await actor.did(AuditEvent("integrations.authorize", "integration", integration.id))
    return _redirect(url, browser, actor)


def _redirect(url: str, browser: Secret, actor: Actor) -> Response:
    secure = actor.services.get(Settings).kernel.public_url.startswith("https:")
    response = RedirectResponse(url, 303, headers={"Cache-Control": "no-store"})
    response.set_cookie(
        COOKIE, browser.reveal(), max_age=MINUTES * 60, path=CALLBACK, httponly=True, samesite="lax", secure=secure
    )
    return response
