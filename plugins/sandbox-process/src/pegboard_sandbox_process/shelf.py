"""The standard library where there is no file system: modules kept in memory, made when a program imports them.

Importing them all beforehand would make every fork copy the page tables of fifty megabytes; the shelf is one
shared mapping, which a fork does not copy. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import marshal
import mmap
import os
import sys
from importlib.machinery import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import CodeType, ModuleType

LEFT_OUT = frozenset(
    (  # noqa: SIM905
        "__pycache__ antigravity cgi cgitb config curses dbm distutils ensurepip ftplib idlelib imaplib lib2to3 "
        "lib-dynload mailbox msilib multiprocessing nntplib pip poplib pydoc pydoc_data site-packages smtpd "
        "smtplib socketserver sqlite3 ssl telnetlib test tests this tkinter turtle turtledemo venv webbrowser "
        "wsgiref xmlrpc"
    ).split()
)
"""What needs a network, a terminal, files or further processes, or is not for programs."""

EXTENSIONS = (  # noqa: SIM905
    "_bisect _blake2 _contextvars _csv _heapq _md5 _opcode _pickle _posixsubprocess _queue _random _sha1 _sha2 "
    "_sha256 _sha3 _sha512 _socket _statistics _struct array binascii cmath fcntl math pyexpat select unicodedata "
    "zlib"
).split()
"""Compiled modules that those on the shelf need; they cannot be loaded later. Not _asyncio, which would import five
megabytes, and those that a module can do without. Which there are depends on the build."""

PYC_HEAD = 16
SEALS = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE


class Shelf:
    """A finder and loader (PEP 451) of the pure-Python modules below `folder`."""

    def __init__(self, folder: str) -> None:
        self._places: dict[str, tuple[int, int, bool, bool]] = {}
        with open(os.memfd_create("library", os.MFD_ALLOW_SEALING), "wb") as file:
            for name, path, package in _modules(folder, ""):
                data, compiled = _read(path)
                self._places[name] = (file.tell(), len(data), package, compiled)
                file.write(data)
            file.flush()
            # Sealed and private: no child can change what the next one will import.
            fcntl.fcntl(file.fileno(), fcntl.F_ADD_SEALS, SEALS)
            self._data = mmap.mmap(file.fileno(), 0, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ)

    def find_spec(self, name: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        place = self._places.get(name)
        if place is None:
            return None
        return ModuleSpec(name, self, origin="library", is_package=place[2])  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(self._code(module.__name__), module.__dict__)

    def _code(self, name: str) -> CodeType:
        at, size, _, compiled = self._places[name]
        data = self._data[at : at + size]
        code: CodeType = (
            marshal.loads(data) if compiled else compile(data, f"<library {name}>", "exec", dont_inherit=True)
        )
        return code


def _modules(folder: str, prefix: str) -> Iterator[tuple[str, str, bool]]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        stem, extension = os.path.splitext(entry.name)
        if stem in LEFT_OUT or (entry.is_dir() and "-" in stem):
            continue
        init = os.path.join(entry.path, "__init__.py")
        if entry.is_dir() and os.path.exists(init):
            yield prefix + stem, init, True
            yield from _modules(entry.path, f"{prefix}{stem}.")
        elif extension == ".py" and stem not in ("__init__", "__main__"):
            yield prefix + stem, entry.path, False


def _read(path: str) -> tuple[bytes, bool]:
    """A module's marshalled code where the interpreter's cache has it for this very source, else its source."""
    with open(path, "rb") as file:
        stat = os.fstat(file.fileno())
        try:
            with open(importlib.util.cache_from_source(path), "rb") as cache:
                data = cache.read()
        except OSError:
            data = b""
        stamp = (int(stat.st_mtime) & 0xFFFFFFFF, stat.st_size & 0xFFFFFFFF)
        fresh = b"".join(number.to_bytes(4, "little") for number in (0, *stamp))
        if data[:4] == importlib.util.MAGIC_NUMBER and data[4:PYC_HEAD] == fresh:
            return data[PYC_HEAD:], True
        return file.read(), False


def install() -> None:
    """Let programs import the standard library, and nothing from files."""
    for name in EXTENSIONS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    sys.meta_path.append(Shelf(os.path.dirname(os.__file__)))
