"""``/oauth/callback``"""

from starlette.responses import Response

from pegboard import Call, RouteSpec, Secret
from pegboard.contracts import Rate

from .logins import CALLBACK, OAuthLogins
from .pages import connected, not_connected

COOKIE = "pegboard_oauth"
"""The cookie that binds a login to a browser, where whoever starts it sets one."""


async def callback(call: Call[None, None]) -> Response:
    cookie = call.request.cookies.get(COOKIE)
    query = call.request.query_params.multi_items()
    done = await call.services.get(OAuthLogins).complete(query, call.principal, Secret(cookie) if cookie else None)
    return connected(done.return_to)


ROUTES = (
    RouteSpec(
        "oauth.callback",
        CALLBACK,
        callback,
        summary="Where a browser comes back to from a login",
        description="Answers a page for people, or goes on to where the login was started.",
        tags=("oauth",),
        anonymous=True,
        answers={
            303: "Connected: back to where the login was started",
            400: "The login is not known, was used already, took too long, or comes from another server",
            403: "The user or the server refused, or somebody else started the login",
            502: "The token URL refused the code, or does not work",
        },
        rate=Rate(60, 60, by="address"),
        render=not_connected,
    ),
)
