"""A supervisor: between the server and one interpreter. Run as a script, ``python -I -B __main__.py``.

The server must neither wait for a program nor hold what it makes: an interpreter hands over messages of up to 256 MiB,
and the process that decodes one does nothing else meanwhile. So that is done here. Frames come in on descriptor 0 and
go out on 1; a thread reads them, for the server may end a call that is under way. Ends with its standard input.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pegboard_sandbox_monty.supervisor.interpreter import Interpreter
    from pegboard_sandbox_monty.supervisor.running import Runner


def adopt_package(name: str, path: str) -> None:
    """Let modules of a package be imported without its ``__init__``, which is the server's."""
    package = type(sys)(name)
    package.__path__ = [path]
    sys.modules[name] = package


adopt_package("pegboard_sandbox_monty", os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from pegboard_sandbox_monty import wire  # noqa: E402
from pegboard_sandbox_monty.supervisor.job import Job  # noqa: E402
from pegboard_sandbox_monty.supervisor.leash import Leash  # noqa: E402


class Channel:
    """The two pipes to the server."""

    def __init__(self) -> None:
        self._in = os.dup(0)
        self._out = os.dup(1)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for standard in (0, 1, 2):  # what the interpreter's process says to its own streams is nobody's business
            os.dup2(nowhere, standard)
        os.close(nowhere)

    def read(self) -> tuple[bytes, bytes]:
        """Raises EOFError when the server has gone."""
        letter, size = wire.HEAD.unpack(self._read(wire.HEAD.size))
        return letter, self._read(size)

    def _read(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = os.read(self._in, size - len(parts))
            if not part:
                raise EOFError
            parts += part
        return bytes(parts)

    def write(self, letter: bytes, payload: bytes) -> None:
        rest = memoryview(wire.frame(letter, payload))
        while rest:
            rest = rest[os.write(self._out, rest) :]


def main() -> None:
    leave_no_core()
    channel, leash = Channel(), Leash()
    try:
        _, configuration = channel.read()
        runner, interpreter = prepare(json.loads(configuration), leash, channel)
    except EOFError:
        return
    except Exception as error:
        channel.write(wire.FAILED, f"{type(error).__name__}: {error}".encode())
        return
    channel.write(wire.READY, b"")
    jobs: SimpleQueue[bytes | None] = SimpleQueue()
    threading.Thread(target=listen, args=(channel, leash, jobs), daemon=True).start()
    try:
        serve(jobs, runner, leash, channel)
    except BrokenPipeError:
        pass  # the server has gone; all that is left is to go as well
    except Exception as error:
        channel.write(wire.FAILED, f"{type(error).__name__} in {place_of(error)}".encode())
    finally:
        interpreter.close()


def place_of(error: BaseException) -> str:
    """Where a mistake of ours was noticed. Its message may hold what is a tenant's."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace is not None else "nowhere"


def leave_no_core() -> None:
    """Of an interpreter that a program brought down: its memory is a tenant's."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def prepare(configuration: dict[str, Any], leash: Leash, channel: Channel) -> tuple[Runner, Interpreter]:
    """Import what serves, and start the interpreter once: where that fails the server is told at once."""
    sys.path += [path for path in configuration["paths"] if path not in sys.path]
    from pegboard_sandbox_monty.supervisor.interpreter import Interpreter
    from pegboard_sandbox_monty.supervisor.running import Runner

    letters = {"stdout": wire.STDOUT, "stderr": wire.STDERR}
    interpreter = Interpreter(leash, configuration["binary"] or None, configuration["calls"])
    runner = Runner(interpreter, leash, lambda stream, data: channel.write(letters[stream], data))
    interpreter.start()
    return runner, interpreter


def listen(channel: Channel, leash: Leash, jobs: SimpleQueue[bytes | None]) -> None:
    """Hand jobs over, end them when told so, and end all with the server."""
    try:
        while True:
            letter, payload = channel.read()
            if letter == wire.JOB:
                jobs.put(payload)
            elif letter == wire.STOP:
                number, _, reason = payload.decode().partition(" ")
                leash.expire(int(number)) if reason == "wall" else leash.pull(int(number), reason)
    except (EOFError, OSError):
        leash.pull(None, "closed")
        jobs.put(None)


def serve(jobs: SimpleQueue[bytes | None], runner: Runner, leash: Leash, channel: Channel) -> None:
    while (payload := jobs.get()) is not None:
        job = Job.of(*wire.unbundle(payload))
        leash.begin(job.number, job.limits["wall"])
        try:
            answer = runner.answer(job)
        finally:
            leash.end()
        members, *blobs = answer
        channel.write(wire.ANSWER, wire.bundle(members, blobs))


if __name__ == "__main__":
    main()
