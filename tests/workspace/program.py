"""The program ``pegboard`` for the examples of pages: each a process of its own, forked from one that has imported all.

Starting an interpreter and importing every plugin takes ten times as long as most examples do.
"""

import shlex
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import attrs

from pegboard.testing.forking import PEGBOARD, START
from pegboard.testing.processes import environment
from pegboard_store.testing import LATE

ASKING = str(Path(__file__).with_name("asking.py"))


@attrs.frozen
class Program:
    """`path` is the program, to which whoever runs it leaves `descriptors` open."""

    path: Path
    descriptors: tuple[int, ...] = ()


INSTALLED = Program(Path(sys.executable).with_name("pegboard"))


@contextmanager
def forked_program(folder: Path) -> Iterator[Program]:
    """``pegboard`` in `folder`, for as long as this is open."""
    mine, its = socket.socketpair()
    with mine, its:
        command = [sys.executable, "-c", START, str(its.fileno()), PEGBOARD, *LATE]
        process = subprocess.Popen(
            command, env=environment(), stdin=subprocess.DEVNULL, pass_fds=[its.fileno()], start_new_session=True
        )
        its.close()
        try:
            yield Program(_written(folder / "pegboard", mine.fileno()), (mine.fileno(),))
        finally:
            process.kill()
            process.wait()


def _written(path: Path, door: int) -> Path:
    asking = shlex.join([sys.executable, "-IS", ASKING, str(door)])
    path.write_text(f'#!/bin/sh\nexec {asking} "$@"\n')
    path.chmod(0o700)
    return path
