"""``pegboard`` with a third party's plugin beside those that are installed: what the tests of the page start."""

import os
from typing import Any

import console_sample

from pegboard import Settings, hookimpl
from pegboard.board import Board
from pegboard.cli import Session, main
from pegboard.logs import configure


class Broken:
    """A plugin that cannot be collected."""

    @hookimpl
    def pegboard_routes(self, settings: Settings) -> Any:
        raise LookupError("the colours are not there")


class WithSample(Session):
    @property
    def board(self) -> Board:
        if self._board is None:
            broken = {"broken": Broken()} if os.environ.get("CONSOLE_TEST_BROKEN") else {}
            self._board = Board.build(plugins={"sample": console_sample, **broken})
            configure(self._board.settings.kernel.log)
        return self._board


if __name__ == "__main__":
    main(WithSample())
