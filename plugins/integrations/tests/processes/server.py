"""``pegboard`` with the stand-in authenticator of the tests."""

from pegboard.board import Board
from pegboard.cli import cli
from pegboard.cli.session import Session
from pegboard.logs import configure
from pegboard.testing import callers


class WithCallers(Session):
    @property
    def board(self) -> Board:
        if self._board is None:
            self._board = Board.build(plugins={"callers": callers})
            configure(self._board.settings.kernel.log)
        return self._board


cli.main(standalone_mode=False, obj=WithCallers())
