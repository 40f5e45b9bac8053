"""The zygote: imports everything, shuts the door behind it, then forks one child per call. Standard library only."""

from __future__ import annotations

import _socket
import importlib.machinery
import io
import json
import os
import resource
import signal
import sys

from pegboard_sandbox_process import isolation, seccomp
from pegboard_sandbox_process.forking import CONTROL, SIGNALS, Forking
from pegboard_sandbox_process.system import signal_descriptor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from pegboard_sandbox_process.child import Language

ALWAYS = (  # noqa: SIM905
    "_strptime calendar locale decimal _decimal json re datetime encodings.ascii encodings.latin_1 "
    "encodings.cp1252 encodings.utf_16 encodings.utf_16_le encodings.utf_16_be encodings.utf_32 "
    "encodings.utf_8_sig encodings.idna encodings.raw_unicode_escape encodings.unicode_escape encodings.punycode"
).split()
"""What modules import only when they are used."""

FIRST_FREE = SIGNALS + 1
STACK = 16 << 20
OPEN_FILES = 16


def main(control: _socket.socket, config: dict[str, Any], *, root: bool) -> NoReturn:
    """In the launcher's child. Ends when the server closes the control socket."""
    isolation.die_with_parent()
    control = _arrange_descriptors(control)
    for name, descriptor, errors in (("stdout", 1, "replace"), ("stderr", 2, "backslashreplace")):
        stream = _stream(descriptor, errors)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    try:
        served = Forking(control, _load(config), config["layers"])
        _shut_in(config["layers"], root=root)
    except isolation.StepFailed as failed:
        _fail(control, failed.step, failed.why)
    except Exception as error:
        _fail(control, "import", f"{type(error).__name__}: {error}")
    served.serve()


def _fail(control: _socket.socket, step: str, why: str) -> NoReturn:
    control.send(json.dumps({"failed": step, "why": why}).encode())
    os._exit(1)


def _load(config: dict[str, Any]) -> Language:
    """Import all that programs may import, then leave no way to import from files."""
    sys.path[:] = config["paths"]
    for name in (*ALWAYS, *config["imports"]):
        importlib.import_module(name)
    module, _, attribute = config["language"].partition(":")
    language: Language = getattr(importlib.import_module(module), attribute)
    if config["library"]:
        importlib.import_module("pegboard_sandbox_process.shelf").install()
    sys.meta_path.remove(importlib.machinery.PathFinder)
    sys.path[:] = []
    sys.path_hooks[:] = []
    sys.path_importer_cache.clear()
    sys.argv[:] = [""]
    os.environ.clear()
    return language


def _arrange_descriptors(control: _socket.socket) -> _socket.socket:
    """Control is 3, the signals are 4, standard streams lead nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    taken = os.dup2(control.detach(), 63)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    signals = os.dup2(signal_descriptor(signal.SIGCHLD), 62)
    for standard in (0, 1, 2):
        os.dup2(nowhere, standard)
    os.closerange(CONTROL, 62)
    os.dup2(taken, CONTROL)
    os.dup2(signals, SIGNALS)
    os.close(taken)
    os.close(signals)
    return _socket.socket(fileno=CONTROL)


def _stream(descriptor: int, errors: str) -> io.TextIOWrapper:
    """Buffered by line: what a program printed before it was killed must have arrived."""
    raw = io.FileIO(descriptor, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8", errors=errors, line_buffering=True)


def _shut_in(layers: list[str], *, root: bool) -> None:
    os.closerange(FIRST_FREE, resource.getrlimit(resource.RLIMIT_NOFILE)[0])  # whatever the imports opened
    if "namespaces" in layers:
        isolation.leave_root()
    else:
        isolation.adopt_orphans()
    isolation.leave_privileges(root=root, namespaced="namespaces" in layers)
    isolation.die_with_parent()  # again: a change of user cancels it
    if "landlock" in layers:
        isolation.deny_files_and_network()
    # Inherited by every child; lowering them for good costs nothing here, and four system calls there.
    most = {"FSIZE": 0, "CORE": 0, "STACK": STACK, "NOFILE": OPEN_FILES}
    for limit, value in most.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{limit}"), (value, value))
    if "seccomp" in layers:
        with isolation.step("seccomp"):
            seccomp.zygote_filter().load()
