"""Servers and clients as processes of their own, and what they print."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import attrs

HERE = Path(__file__).parent
PEERS = Path(os.environ.get("PEGBOARD_BENCH_PEERS", HERE.parents[2] / "shared" / "bench"))
PATIENCE = 60.0


class Missing(Exception):
    """A peer that is not on this machine: what depends on it is not measured, and the table says so."""


def peer(name: str) -> Path:
    """A script of the peers. Raises Missing."""
    script = PEERS / name
    if not script.exists():
        raise Missing(f"{name} is not there; PEGBOARD_BENCH_PEERS names its folder")
    return script


@attrs.frozen
class Load:
    """What one run of the load client measured."""

    rate: float
    p50: float
    p99: float


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def process(
    command: list[str], port: int, environ: Mapping[str, str] | None = None, cwd: Path = HERE.parent
) -> Iterator[int]:
    """A process that listens on `port`, from when it does until the block ends."""
    environment = {**os.environ, **(environ or {})}
    child = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        _await_port(child, port)
        yield child.pid
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        assert child.stderr is not None
        child.stderr.close()


def _await_port(child: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if child.poll() is not None:
            assert child.stderr is not None
            raise RuntimeError(f"{child.args!r} ended: {child.stderr.read().decode()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"{child.args!r} does not listen on port {port}")


@contextlib.contextmanager
def uvicorn(
    app: str, environ: Mapping[str, str] | None = None, cwd: Path = HERE.parent, factory: bool = True
) -> Iterator[int]:
    """An application served as every other one here is: one process, no access log. Gives the port."""
    port = free_port()
    options = ["--port", str(port), "--log-level", "warning", "--no-access-log", *(["--factory"] if factory else [])]
    with process([sys.executable, "-m", "uvicorn", app, *options], port, environ, cwd):
        yield port


@contextlib.contextmanager
def script(path: Path, *arguments: str) -> Iterator[int]:
    """A peer's script that takes its port as first argument. Gives the port."""
    port = free_port()
    with process([sys.executable, str(path), str(port), *arguments], port):
        yield port


@attrs.frozen
class Conversation:
    """A process that answers each line of JSON with one."""

    child: "subprocess.Popen[str]"
    told: IO[str]

    @property
    def pid(self) -> int:
        return self.child.pid

    def ask(self, **question: Any) -> Any:
        """Raises RuntimeError, with the end of what it wrote, when the process ends instead."""
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            print(json.dumps(question), file=self.child.stdin, flush=True)
        answer = self.child.stdout.readline()
        if not answer:
            self.told.seek(0)
            raise RuntimeError(f"{question}: {self.told.read()[-2000:]}")
        return json.loads(answer)


@contextlib.contextmanager
def conversation(command: list[str], environ: Mapping[str, str], cwd: Path = HERE.parent) -> Iterator[Conversation]:
    """Talk with a process until the block ends; it is to end when it is told nothing more."""
    with tempfile.TemporaryFile("w+") as told:
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": told}
        with subprocess.Popen(command, cwd=cwd, env=dict(environ), text=True, **pipes) as child:
            yield Conversation(child, told)


def load(
    port: int, path: str, *headers: str, seconds: int = 3, connections: int = 16, script: Path | None = None
) -> Load:
    """Put load on a path, with wrk: a client written in Python would be slower than what it measures.

    `script` is a file in Lua that says what is sent, where that is not a GET.

    Raises Missing without wrk, RuntimeError if any answer is not 2xx.
    """
    if shutil.which("wrk") is None:
        raise Missing("wrk is not installed: apt-get install wrk")
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "--timeout", "30s"]
    for header in headers:
        command += ["-H", header]
    command += ["-s", str(script)] if script else []
    done = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], capture_output=True, check=True, text=True)
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(f"{path}: {done.stdout}")
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)[1])  # type: ignore[index]
    return Load(rate, _milliseconds(done.stdout, "50%"), _milliseconds(done.stdout, "99%"))


def _milliseconds(printed: str, percentile: str) -> float:
    found = re.search(rf"{percentile}\s+([\d.]+)(us|ms|s)", printed)
    if found is None:
        raise RuntimeError(f"wrk printed no {percentile}: {printed}")
    return float(found[1]) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[found[2]]
