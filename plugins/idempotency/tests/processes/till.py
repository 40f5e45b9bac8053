"""A server with a till: each payment that is carried out is a line in the file `paid`, and waits to be let go."""

import asyncio
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pegboard_idempotency
import pegboard_store
from pegboard import Call, RouteSpec, Settings, hookimpl
from pegboard.board import Board
from pegboard.cli import cli
from pegboard.cli.session import Session
from pegboard.testing import callers

let_go = asyncio.Event()


async def pay(call: Call[None, None]) -> dict[str, Any]:
    path = call.services.get(Settings).kernel.data / "paid"
    with path.open("a") as paid:
        paid.write(f"{os.getpid()}\n")
    await let_go.wait()
    return {"paid_by": os.getpid()}


async def let(call: Call[None, None]) -> None:
    let_go.set()


@hookimpl
def pegboard_routes() -> Iterator[RouteSpec]:
    yield RouteSpec("till.pay", "/pay", pay, ("POST",), status=201, idempotent="required", summary="Pay")
    yield RouteSpec("till.let", "/let", let, ("POST",), status=204, anonymous=True, summary="Let payments go")


PLUGINS = {
    "callers": callers,
    "idempotency": pegboard_idempotency,
    "store": pegboard_store,
    "till": SimpleNamespace(pegboard_routes=pegboard_routes),
}


class WithTill(Session):
    @property
    def board(self) -> Board:
        if self._board is None:
            self._board = Board.build(plugins=PLUGINS, installed=False)
        return self._board


if __name__ == "__main__":
    cli.main(standalone_mode=False, obj=WithTill())
