"""The launcher as the runner sees it: started with it, asked for each attempt, and started again where it is gone."""

import array
import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import structlog

PROGRAM = Path(__file__).parent / "supervisor"
log = structlog.get_logger(__name__)


class Launcher:
    """Forks supervisors. It knows nothing of the server's environment."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None
        self._turn = asyncio.Lock()

    def start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            # -I -S: nothing of the server's, nor of whoever may write into its folders, is imported
            command = [sys.executable, "-I", "-S", "-B", str(PROGRAM)]
            self._process = subprocess.Popen(
                command, stdin=theirs, stdout=subprocess.DEVNULL, env={}, close_fds=True, start_new_session=True
            )
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2 * 1024 * 1024)
        self._requests = ours

    async def launch(self, request: Mapping[str, Any], descriptors: Sequence[int]) -> None:
        """Have an attempt supervised. Raises OSError where it cannot be, such as for arguments that are too long."""
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        async with self._turn:
            while True:
                try:
                    self._running().sendmsg([json.dumps(request).encode()], rights)
                    return
                except BlockingIOError:
                    await _writable(self._running())

    def _running(self) -> socket.socket:
        if self._requests is None or self._process is None or self._process.poll() is not None:
            log.warning("runner-local.launcher-started-again", code=self._process and self._process.returncode)
            self.stop()
            self.start()
        assert self._requests is not None
        return self._requests

    def stop(self) -> None:
        """The launcher ends with its socket; supervisors end with their attempts."""
        if self._requests is not None:
            self._requests.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(5)
            self._process.kill()
            self._process.wait()
        self._process = self._requests = None


async def _writable(channel: socket.socket) -> None:
    loop, ready = asyncio.get_running_loop(), asyncio.Event()
    loop.add_writer(channel, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_writer(channel)
