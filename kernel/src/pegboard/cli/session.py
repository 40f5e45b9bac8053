"""What the commands of one run of the command line share."""

import asyncio
import functools
import getpass
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import attrs
import click

from ..board import Board
from ..contracts import Principal, Services
from ..logs import configure
from ..problems import StartupError

P = ParamSpec("P")
R = TypeVar("R")


@attrs.define
class Session:
    """The board of this run, built when a command first needs it."""

    debug: bool = False
    _board: Board | None = None

    @property
    def board(self) -> Board:
        """Raises StartupError."""
        if self._board is None:
            self._board = Board.build()
            configure(self._board.settings.kernel.log)
        return self._board

    def commands(self) -> dict[str, click.Command]:
        """The commands that plugins bring. Raises StartupError."""
        found: dict[str, click.Command] = {}
        for plugin in self.board.loader.active():
            for command in self.board.loader.call(plugin, "pegboard_commands", settings=self.board.settings):
                found.setdefault(str(command.name), command)
        return found

    def use_data(self, folder: Path) -> None:
        """Write files into `folder`, which is made if it is not there. Raises StartupError."""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartupError(f"data: cannot make the folder {folder}: {error.strerror}") from None
        os.environ["PEGBOARD_DATA"] = str(folder)


def with_services(command: Callable[Concatenate[Services, P], Awaitable[R]]) -> Callable[P, R]:
    """Make a click callback of a coroutine function whose first argument is the app's open services.

    @keys.command()
    @with_services
    async def revoke(services, name): ...
    """

    @functools.wraps(command)
    def callback(*args: P.args, **kwargs: P.kwargs) -> R:
        board = click.get_current_context().ensure_object(Session).board

        async def run() -> R:
            async with board.running() as services:
                return await command(services, *args, **kwargs)

        return asyncio.run(run())

    return callback


def operator(tenant: str) -> Principal:
    """Who types commands, for records of what was done: whoever has the machine, by the name that it knows."""
    try:
        name = getpass.getuser()
    except (OSError, KeyError):  # a user without an entry, as containers have; KeyError until Python 3.12
        name = str(os.getuid())
    return Principal("operator", tenant, username=name)
