"""Scripts run as programs or in this process, a catalogue of 10,000 products, a shop and an FTP server on loopback."""

import csv
import errno
import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import attrs
import pytest
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import FTPServer

from pegboard_catalog_scripts.program import run_program
from pegboard_catalog_scripts.testing import ShopStandIn

COLUMNS = ("Handle", "SKU", "Title", "Vendor", "Price", "Stock", "Tags", "Image URL", "Material", "Updated At")
BRANDS = ("Acme", "Globex", "Initech", "Umbrella")
PASSWORD = "correct horse battery"
NOUNS = ("boot", "running shoe", "rain jacket", "mug", "shoe rack")


@attrs.frozen
class Done:
    """What a script said, and its exit code."""

    code: int
    output: str
    errors: str

    def said(self, word: str) -> list[str]:
        return [line.partition(": ")[2] for line in self.output.splitlines() if line.startswith(f"{word}: ")]

    @property
    def result(self) -> Any:
        return json.loads(self.said("result")[-1])


Call = Callable[..., Done]


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A work folder, which is the current one."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def call(work: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Call]:
    """Run a script in this process, as its program does."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def called(name: str, *argv: object, **environ: str) -> Done:
        module = importlib.import_module(f"pegboard_catalog_scripts.{name}")
        capsys.readouterr()
        code = run_program(name, module.run, list(map(str, argv)), environ)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    yield called
    for number, handler in handlers.items():
        signal.signal(number, handler)


def command(name: str, argv: Sequence[object]) -> list[str]:
    return [sys.executable, "-m", f"pegboard_catalog_scripts.{name}", *map(str, argv)]


@pytest.fixture
def program(work: Path) -> Call:
    """Run a script as a program of its own, with nothing in its environment but what is given."""

    def run(name: str, *argv: object, **environ: str) -> Done:
        given = {"PATH": os.environ["PATH"], **environ}
        done = subprocess.run(command(name, argv), cwd=work, env=given, capture_output=True, text=True, timeout=60)
        return Done(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def started(work: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a script as a program of its own."""
    processes: list[subprocess.Popen[str]] = []

    def start(name: str, *argv: object, **environ: str) -> subprocess.Popen[str]:
        given = {"PATH": os.environ["PATH"], **environ}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        processes.append(subprocess.Popen(command(name, argv), cwd=work, env=given, text=True, **pipes))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def make_rows(count: int) -> Iterator[list[str]]:
    for number in range(count):
        noun, brand = NOUNS[number % 5], BRANDS[number % 4]
        yield [
            f"product-{number}",
            f"SKU-{number:05}",
            f"{brand} {noun} {number}",
            brand,
            f"{number % 200}.50",
            str(number % 3),
            "new, café" if number % 2 else "",
            f"https://images.example.com/{number}.jpg",
            "leather" if number % 5 < 2 else "",
            f"2026-{number % 12 + 1:02}-15",
        ]


def write_csv(path: Path, rows: Iterator[list[str]] | Sequence[Sequence[str]], header: Sequence[str] = COLUMNS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """10,000 products."""
    return write_csv(tmp_path_factory.mktemp("catalogue") / "products.csv", make_rows(10_000))


@pytest.fixture
def make_catalogue(work: Path) -> Callable[..., Path]:
    """A small catalogue in the work folder: so many products, or these rows."""

    def make(rows: int | Sequence[Sequence[str]], header: Sequence[str] = COLUMNS, name: str = "products.csv") -> Path:
        return write_csv(work / name, make_rows(rows) if isinstance(rows, int) else rows, header)

    return make


@pytest.fixture
def read_csv() -> Callable[[Path], list[dict[str, str]]]:
    def read(path: Path) -> list[dict[str, str]]:
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    return read


@pytest.fixture
def shop() -> Iterator[ShopStandIn]:
    with ShopStandIn.open() as shop:
        yield shop


@pytest.fixture
def shop_environ(shop: ShopStandIn) -> dict[str, str]:
    return {"SHOPIFY_ADMIN_URL": shop.url, "SHOPIFY_ACCESS_TOKEN": shop.token}


class Folder(AbstractedFS):
    def chdir(self, path: str) -> None:
        """Without changing the folder of this process, as the base class does."""
        if not Path(path).is_dir():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        self.cwd = self.fs2ftp(path)


class HostileFolder(Folder):
    """Lists a file that lies outside of the client's folder."""

    def format_mlsx(self, *args: Any, **more: Any) -> Iterator[bytes]:
        yield from super().format_mlsx(*args, **more)
        yield b"type=file;size=3;modify=20260101000000; ../evil.csv\r\n"
        yield b"type=file;size=3;modify=20260101000000; /etc/evil.csv\r\n"


@contextmanager
def serve_ftp(
    folder: Path,
    *,
    drops: int = 0,
    stalled: Event | None = None,
    hostile: bool = False,
    handler: type[FTPHandler] = FTPHandler,
    **settings: Any,
) -> Iterator[Any]:
    """A server of `folder` for ann; `commands` are what came.

    After 300,000 bytes the first `drops` transfers break off; with `stalled` all of them stop there, which sets it.
    """
    left, commands = [drops], []

    class Dropping(DTPHandler):
        def initiate_send(self) -> None:
            if stalled is not None and self.tot_bytes_sent > 300_000:
                stalled.set()  # and nothing more is sent
            elif left[0] and self.tot_bytes_sent > 300_000:
                left[0] -= 1
                self.cmd_channel.close()
            else:
                super().initiate_send()

    class Handler(handler):  # type: ignore[misc, valid-type]
        use_sendfile = False
        auth_failed_timeout = 0

        def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
            commands.append(f"{cmd} {arg}".strip())
            super().pre_process_command(line, cmd, arg)

    authorizer = DummyAuthorizer()
    authorizer.add_user("ann", PASSWORD, str(folder), perm="elr")
    for name, value in {
        "authorizer": authorizer,
        "abstracted_fs": HostileFolder if hostile else Folder,
        **settings,
    }.items():
        setattr(Handler, name, value)
    if handler is FTPHandler:
        Handler.dtp_handler = Dropping
    server = FTPServer(("127.0.0.1", 0), Handler)
    running = [True]

    def serve() -> None:
        while running[0]:
            server.serve_forever(timeout=0.02, blocking=False, handle_exit=False)

    thread = Thread(target=serve)
    thread.start()
    try:
        server.commands = commands
        yield server
    finally:
        running[0] = False
        thread.join()
        server.close_all()


@pytest.fixture
def ftp_server() -> Callable[..., Any]:
    return serve_ftp


@pytest.fixture
def password() -> str:
    return PASSWORD
