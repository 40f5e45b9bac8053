"""``serve``: the app on a socket, until it is told to stop."""

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import click
import uvicorn
from uvicorn.supervisors import Multiprocess

from ..app import serve_board
from ..board import Board
from ..problems import StartupError
from ..settings import SettingsReader
from .session import Session


@click.command()
@click.option("--host", default="127.0.0.1", envvar="API_HOST", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    default=8000,
    envvar="API_PORT",
    show_default=True,
    type=click.IntRange(0, 65535),
    help="0 takes any free port.",
)
@click.option("--data", type=click.Path(path_type=Path, file_okay=False), help="The folder for files the app writes.")
@click.option("--sample", is_flag=True, help="Create samples to play with.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1), help="Processes that serve.")
@click.option("--grace", default=30, show_default=True, type=click.IntRange(0), help="Seconds for requests to end in.")
@click.pass_obj
def serve(session: Session, host: str, port: int, data: Path | None, sample: bool, workers: int, grace: int) -> None:
    """Serve the app. The first start makes a key and prints it once."""
    if data is not None:
        session.use_data(data)
    if sample:
        os.environ["PEGBOARD_SAMPLE"] = "true"
    with _listen(host, port) as listener:
        board = _addressed(session, listener, host)
        if workers > 1:
            _serve_many(board, listener, workers, grace)
        else:
            _serve_one(board, listener, grace)


def _listen(host: str, port: int) -> socket.socket:
    """Bind first: whatever else a start does, it must not be done for a port that cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        reason = error.strerror or str(error)
        raise StartupError(f"cannot listen on {host} port {port}: {reason}; choose another with --port") from None
    listener.set_inheritable(True)
    return listener


def _addressed(session: Session, listener: socket.socket, host: str) -> Board:
    """The board, told its public address unless the settings give one."""
    told = SettingsReader.open(None).kernel()
    if not (told and told.public_url):
        address = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        os.environ["PEGBOARD_PUBLIC_URL"] = f"http://{address}:{listener.getsockname()[1]}"
    return session.board


def _config(app: object, grace: int, **options: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=grace,
        **options,  # type: ignore[arg-type]
    )


def _serve_one(board: Board, listener: socket.socket, grace: int) -> None:
    config = _config(serve_board(board), grace, lifespan="off")

    async def run() -> None:
        # the lifespan is entered here and not by uvicorn, which would print a trace of a StartupError
        async with board.running(serving=True):
            await _Server(config, board).serve(sockets=[listener])

    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())


def _serve_many(board: Board, listener: socket.socket, workers: int, grace: int) -> None:
    """Start once to migrate, make keys and say so; then leave serving to the workers."""

    async def prepare() -> None:
        async with board.running():
            announce(board)

    asyncio.run(prepare())
    config = _config("pegboard.asgi:app", grace, workers=workers)
    Multiprocess(config, sockets=[listener]).run()


class _Server(uvicorn.Server):
    """Says what there is to say once it listens, and stops in order on the first signal."""

    def __init__(self, config: uvicorn.Config, board: Board) -> None:
        super().__init__(config)
        self.board = board

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        announce(self.board)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn raises the signal again when it has stopped, which would cut off the closing of services."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stop, number, None)
        yield

    def _stop(self, number: int, frame: FrameType | None) -> None:
        first = not self.should_exit
        self.handle_exit(number, frame)
        if first:  # said afterwards: whoever read it may be gone, and then saying it fails
            click.echo("pegboard: stopping; requests under way may end (again to stop at once)", err=True)


def announce(board: Board) -> None:
    """Print the address and what the services had to say."""
    url = board.settings.kernel.public_url
    click.echo(f"Pegboard serves {url}")
    for notice in board.notices.take():
        text = notice.text.replace("{url}", url).replace("{key}", board.notices.key)
        lines = text.splitlines()
        click.echo(f"  {notice.title:<14} {lines[0] if lines else ''}")
        for line in lines[1:]:
            click.echo(f"  {'':<14} {line}")
