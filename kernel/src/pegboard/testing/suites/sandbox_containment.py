"""What a program must not reach: the basics. A sandbox has a corpus of its own for the rest."""

import asyncio
import os
import tempfile
from pathlib import Path

import pytest

from ...contracts import Capability, Ending, Isolation, Outcome, Sandbox
from .sandbox_calls import SandboxCalls, told

MARK = "pegboard-suite-secret"


class Containment(SandboxCalls):
    """Each attack may end in any way but success."""

    async def test_it_reads_no_file_of_the_machine(self, sandbox: Sandbox) -> None:
        self._contained(sandbox)
        with tempfile.TemporaryDirectory() as folder:
            path = _readable(folder)
            await self._gives_nothing_away(sandbox, "return open(x).read()", path)
            await self._gives_nothing_away(sandbox, "import io\nreturn io.open(x).read()", path)
            await self._gives_nothing_away(sandbox, "import os\nreturn os.read(os.open(x, 0), 99).decode()", path)
            await self._gives_nothing_away(sandbox, "import pathlib\nreturn pathlib.Path(x).read_text()", path)

    async def test_it_writes_no_file_of_the_machine(self, sandbox: Sandbox) -> None:
        self._contained(sandbox)
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o777)  # what stops it must not be a permission
            for body in ("open(x, 'w').write('a')", "import os\nos.mkdir(x)", "import os\nos.symlink('/', x)"):
                await self.call(sandbox, f"{body}\nreturn 1", f"{folder}/made")
                assert not os.listdir(folder), f"it made {os.listdir(folder)} by:\n{body}"

    async def test_it_sees_no_environment_of_the_server(self) -> None:
        os.environ["PEGBOARD_TEST_SUITE_SECRET"] = MARK
        try:
            async with self.opened() as sandbox:  # one that starts while the secret is there
                await self._gives_nothing_away(sandbox, "import os\nreturn dict(os.environ)")
                self._contained(sandbox)
                await self._gives_nothing_away(sandbox, "return open('/proc/self/environ').read()")
                body = "import os\nreturn open(f'/proc/{os.getppid()}/environ').read()"
                await self._gives_nothing_away(sandbox, body)
        finally:
            del os.environ["PEGBOARD_TEST_SUITE_SECRET"]

    async def test_it_reaches_no_network(self, sandbox: Sandbox) -> None:
        self._contained(sandbox)
        reached = asyncio.Event()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            reached.set()
            writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        try:
            outcome = await self.call(
                sandbox, "import socket\ns = socket.create_connection(('127.0.0.1', x), 1)\nreturn 'connected'", port
            )
        finally:
            server.close()
        assert not reached.is_set(), "it connected to a port of this machine"
        assert outcome.ending is not Ending.RESULT, f"it says {outcome.result!r}"

    async def test_it_starts_no_program_of_the_machine(self, sandbox: Sandbox) -> None:
        self._contained(sandbox)
        started = "import subprocess\nreturn subprocess.run(['/bin/echo', x], capture_output=True, text=True).stdout"
        await self._gives_nothing_away(sandbox, started, MARK)

    async def test_it_cannot_end_the_server_or_other_calls(self, sandbox: Sandbox) -> None:
        self.needs(Capability.FULL_PYTHON)
        self._contained(sandbox)
        body = "import os, signal\nfor pid in (x, os.getppid()):\n    os.kill(pid, signal.SIGCONT)\nreturn 'sent'"
        outcome = await self.call(sandbox, body, os.getpid())
        assert outcome.ending is not Ending.RESULT, "it sent a signal to a process that is not its own"
        assert await self.value(sandbox, "return x", 1) == 1, "after the attack a call does not work"

    async def test_it_cannot_write_its_own_outcome(self, sandbox: Sandbox) -> None:
        forged = b'{"result": "forged", "ending": "result"}'
        printed = await self.value(sandbox, "print(x)\nreturn 'own'", forged.decode())
        assert printed == "own", f"what a program prints became its result: {printed!r}"
        if not self.has(Capability.FULL_PYTHON):
            return
        body = (
            "import os\nfor fd in range(3, 64):\n    try:\n        os.write(fd, x.encode())\n"
            "    except OSError:\n        pass\nreturn 'own'"
        )
        outcome = await self.call(sandbox, body, forged.decode())
        assert outcome.ending is not Ending.RESULT or outcome.result == b'"own"', f"it forged {outcome.result!r}"
        assert await self.value(sandbox, "return x", 1) == 1, "after the attack a call does not work"

    def _contained(self, sandbox: Sandbox) -> None:
        """Weak isolation contains no full Python, and is declared as what it is."""
        if self.has(Capability.FULL_PYTHON) and sandbox.isolation <= Isolation.L2:
            pytest.skip(f'sandbox "{self.record.name}" declares isolation {sandbox.isolation.name}: contains nothing')

    async def _gives_nothing_away(self, sandbox: Sandbox, body: str, x: object = "") -> None:
        outcome = await self.call(sandbox, body, x)
        leaked = MARK in _all_text(outcome) if x != MARK else outcome.ending is Ending.RESULT
        assert not leaked, f"it got through ({told(outcome)}) with:\n{body}"


def _readable(folder: str) -> str:
    """A file that every user of this machine may read, with the mark in it."""
    path = Path(folder, "secret.txt")
    path.write_text(MARK)
    path.chmod(0o644)
    path.parent.chmod(0o755)
    return str(path)


def _all_text(outcome: Outcome) -> str:
    parts = [outcome.result, outcome.stdout.data, outcome.stderr.data, *outcome.files.values()]
    return " ".join(part.decode(errors="replace") for part in parts) + repr(outcome.failure)
