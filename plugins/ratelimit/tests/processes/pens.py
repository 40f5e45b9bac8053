"""``pegboard`` with a route that declares a rate, and the stand-in authenticator of the tests."""

from collections.abc import Iterator
from types import SimpleNamespace

import pegboard_ratelimit
from pegboard import Call, Rate, RouteSpec, hookimpl
from pegboard.board import Board
from pegboard.cli import cli
from pegboard.cli.session import Session
from pegboard.testing import callers


async def make(call: Call[None, None]) -> dict[str, str]:
    return {}


@hookimpl
def pegboard_routes() -> Iterator[RouteSpec]:
    yield RouteSpec("pens.make", "/pens", make, ("POST",), summary="A pen", rate=Rate(3, 60))


PLUGINS = {
    "callers": callers,
    "pens": SimpleNamespace(pegboard_routes=pegboard_routes),
    "ratelimit": pegboard_ratelimit,
}


class WithPens(Session):
    @property
    def board(self) -> Board:
        if self._board is None:
            self._board = Board.build(plugins=PLUGINS, installed=False)
        return self._board


if __name__ == "__main__":
    cli.main(standalone_mode=False, obj=WithPens())
