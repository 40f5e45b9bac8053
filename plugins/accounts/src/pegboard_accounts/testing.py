"""What plugins test their guarded routes with."""

from starlette.applications import Starlette

from pegboard import Principal

from .accounts import Accounts


async def key_headers(app: Starlette, *scopes: str, tenant: str = "default", user: str = "ann") -> dict[str, str]:
    """The headers of a caller with these scopes (all, if none is named), in an app that has started."""
    maker = Principal(user, tenant, username=user, email=f"{user}@example.com", scopes=frozenset({"*"}))
    accounts = app.state.board.services.get(Accounts)
    made = await accounts.create_key(maker, "test", scopes or ("*",))
    return {"X-API-Key": made.key}
