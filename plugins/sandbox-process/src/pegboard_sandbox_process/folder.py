"""The folder that a program works in. Standard library only.

The jail has no file system, and its filter refuses whatever would open a file. The names of one folder stand for files
in the program's own memory; every other path goes to the kernel, which refuses it.
"""

from __future__ import annotations

import builtins
import errno
import io
import itertools
import os
import sys
from _weakref import ref
from posixpath import normpath

from pegboard_sandbox_process.memory_files import Content, OpenFile, RawFile

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from pegboard_sandbox_process.memory_files import Bytes

HERE = "/files"
"""What ``os.getcwd()`` says. For the kernel there is no such folder."""

LONGEST = 255
"""Bytes of a name, as on most file systems."""

FIRST = 1000
"""The number of the first open file: the kernel never gives one so high here."""

BUFFER = 64 * 1024

KINDS = {"r": 0, "w": os.O_CREAT | os.O_TRUNC, "a": os.O_CREAT | os.O_APPEND, "x": os.O_CREAT | os.O_EXCL}

_open = io.open


class Folder:
    """The files of one program, and those of them that are open. `used` tells that it ever had any."""

    def __init__(self) -> None:
        self.used = False
        self.at_first_use: Callable[[], None] = _nothing
        self.contents: dict[str, Content] = {}
        self.opened: dict[int, OpenFile] = {0: OpenFile(Content(), os.O_RDONLY, 0)}
        self._given: dict[str, Content] = {}
        self._numbers = itertools.count(FIRST)

    def fill(self, files: Mapping[str, Bytes], stdin: Bytes = b"") -> None:
        """Have these files and no others; descriptor 0 reads `stdin`."""
        self._use()
        self._given = {name: Content(data) for name, data in files.items()}
        self.contents = dict(self._given)
        self.opened = {0: OpenFile(Content(stdin), os.O_RDONLY, 0)}

    def install(self) -> None:
        """Be what `open` opens and `sys.stdin` reads, for good."""
        builtins.open = io.open = self.open  # type: ignore[assignment]
        sys.stdin = sys.__stdin__ = self.open(0)

    def _use(self) -> None:
        if not self.used:
            self.used = True
            self.at_first_use()

    def changed(self) -> dict[str, Bytes]:
        """The files that were not given, or were written to. What is still open is written out first."""
        if not self.contents:
            return {}
        for opened in list(self.opened.values()):
            if opened.writes:
                _write_out(opened)
        return {
            name: content.data
            for name, content in self.contents.items()
            if content.written or self._given.get(name) is not content
        }

    def open(
        self,
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        closefd: bool = True,
        opener: Callable[[Any, int], int] | None = None,
    ) -> Any:
        """`io.open` for names of this folder and its descriptors, and for all else. Text is UTF-8 by default."""
        flags = flags_of(mode)
        found = file if opener is None else opener(file, flags)
        opened = self.opened.get(found) if isinstance(found, int) else self.enter(found, flags)
        if opened is None:
            return _open(found, mode, buffering, encoding, errors, newline, closefd)
        raw = RawFile(opened, file, _raw_mode(mode), self.release if closefd else _keep)
        if "a" in mode:
            raw.seek(0, os.SEEK_END)
        try:
            stream = _layers(raw, mode, buffering, encoding, errors, newline)
        except BaseException:
            raw.close()
            raise
        opened.stream = ref(stream)
        return stream

    def enter(self, path: Any, flags: int) -> OpenFile | None:
        """Open by name, as open(2) does; None for what is not in this folder."""
        name = name_of(path)
        if name is None:
            return None
        self._use()
        content = self._content(name, path, flags)
        number = next(self._numbers)
        opened = self.opened[number] = OpenFile(content, flags, number)
        if flags & os.O_TRUNC:
            opened.truncate(0)
        return opened

    def release(self, opened: OpenFile) -> None:
        if self.opened.get(opened.number) is opened:
            del self.opened[opened.number]

    def _content(self, name: str, path: Any, flags: int) -> Content:
        if not name:
            raise _error(errno.EISDIR, path)
        content = self.contents.get(name)
        if content is None:
            if not flags & os.O_CREAT:
                raise _error(errno.ENOENT, path)
            refuse_bad_name(name)
            content = self.contents[name] = Content()
        elif flags & os.O_CREAT and flags & os.O_EXCL:
            raise _error(errno.EEXIST, path)
        return content


def name_of(path: Any) -> str | None:
    """The name in this folder that a path leads to, "" for the folder itself, None if it leads elsewhere."""
    text = "" if isinstance(path, int) else os.fsdecode(path)
    if not text or "\0" in text:
        return None
    full = normpath(text if text.startswith("/") else f"{HERE}/{text}")
    folder, _, name = full.rpartition("/")
    return "" if full == HERE else name if folder == HERE else None


def refuse_bad_name(name: str) -> None:
    """Raises OSError for what could not be told to the caller."""
    try:
        if len(name.encode()) > LONGEST:
            raise _error(errno.ENAMETOOLONG, name)
    except UnicodeEncodeError:
        raise _error(errno.EILSEQ, name) from None


def flags_of(mode: str) -> int:
    """Of open(2). Raises ValueError as `io.open` does."""
    letters = set(mode)
    kinds = letters & KINDS.keys()
    if len(kinds) != 1 or letters - set("rwaxbt+") or len(letters) < len(mode) or letters >= {"b", "t"}:
        raise ValueError(f"invalid mode: {mode!r}")
    (kind,) = kinds
    access = os.O_RDWR if "+" in letters else os.O_RDONLY if kind == "r" else os.O_WRONLY
    return access | KINDS[kind]


def _raw_mode(mode: str) -> str:
    """What `io.FileIO.mode` says."""
    kind, both = (set(mode) & KINDS.keys()).pop(), "+" in mode
    return ("r" if both and kind == "w" else kind) + ("b+" if both else "b")


def _layers(
    raw: RawFile, mode: str, buffering: int, encoding: str | None, errors: str | None, newline: str | None
) -> Any:
    """What `io.open` puts above a raw file."""
    text = "b" not in mode
    if not text and (encoding, errors, newline) != (None, None, None):
        raise ValueError("binary mode doesn't take an encoding, errors or newline argument")
    if buffering == 0:
        if text:
            raise ValueError("can't have unbuffered text I/O")
        return raw
    kind = io.BufferedRandom if "+" in mode else io.BufferedReader if "r" in mode else io.BufferedWriter
    buffered = kind(raw, buffering if buffering > 1 else BUFFER)
    if not text:
        return buffered
    stream: Any = io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline, line_buffering=buffering == 1)
    stream.mode = mode
    return stream


def _write_out(opened: OpenFile) -> None:
    stream = opened.stream and opened.stream()
    try:
        if stream is not None:
            stream.flush()
    except MemoryError:
        raise
    except BaseException:  # a file that the program broke has nothing more to say
        return


def _keep(opened: OpenFile) -> None:
    """For who borrows a descriptor."""


def _nothing() -> None:
    """For who has nothing to do."""


def _error(number: int, path: Any) -> OSError:
    return OSError(number, os.strerror(number), path)
