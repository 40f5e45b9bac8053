"""``pegboard`` with the stand-in authenticator of `pegboard.testing.callers`: what `pegboard.testing.forking` runs."""

from pegboard.board import Board
from pegboard.cli import Session, main
from pegboard.logs import configure
from pegboard.testing import callers


class WithCallers(Session):
    @property
    def board(self) -> Board:
        if self._board is None:
            self._board = Board.build(plugins={"callers": callers})
            configure(self._board.settings.kernel.log)
        return self._board


if __name__ == "__main__":
    main(WithCallers())
