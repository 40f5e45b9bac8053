"""A real server: ``pegboard serve`` on a free port, stopped at the end."""

import os
import re
import subprocess
import threading
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs

ANNOUNCEMENT = re.compile(r"^Pegboard serves (http://\S+)$", re.MULTILINE)


@attrs.frozen
class Server:
    """A server that answers at `address`; `said` is all that it printed when it started."""

    address: str
    said: str

    def get(self, path: str) -> bytes:
        """The body of an answer. Raises urllib.error.HTTPError."""
        with urllib.request.urlopen(f"{self.address}{path}", timeout=30) as answer:
            body: bytes = answer.read()
            return body


@contextmanager
def serving(
    command: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    patience: float = 60,
    pass_fds: Sequence[int] = (),
) -> Iterator[Server]:
    """Run `command` with a free port in `folder` until the context is left.

    Raises RuntimeError, with what it wrote, if it does not start within `patience` seconds.
    """
    log = folder / "server.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [*command, "--port", "0"],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            bufsize=0,
            pass_fds=pass_fds,
        )
    watchdog = threading.Timer(patience, process.terminate)  # a signal that a program can pass on
    watchdog.start()
    try:
        server = _announced(process, log)
        watchdog.cancel()
        yield server
    finally:
        watchdog.cancel()
        process.terminate()
        process.communicate()


def _announced(process: "subprocess.Popen[bytes]", log: Path) -> Server:
    assert process.stdout is not None
    said = process.stdout.readline()
    found = ANNOUNCEMENT.match(said.decode())
    if found is None:
        raise RuntimeError(f"the server did not start: {(said + process.stdout.read()).decode()}{log.read_text()}")
    # it prints everything before it answers anything, so the first answer means that all is in the pipe
    Server(found[1], "").get("/-/plugins")
    os.set_blocking(process.stdout.fileno(), False)
    return Server(found[1], (said + (process.stdout.read() or b"")).decode())
