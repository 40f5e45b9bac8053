"""Files that are bytes of the process that has them. Standard library only.

A name stands for a `Content`, a descriptor for an `OpenFile`; the layers of `io` stand on a `RawFile`.
"""

from __future__ import annotations

import errno
import io
import os
import time

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Bytes = bytes | bytearray | memoryview

ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR


class Content:
    """The bytes of a file. Given ones are copied when they are first changed; `written` tells that they were."""

    __slots__ = ("data", "modified", "written")

    def __init__(self, data: Bytes = b"") -> None:
        self.data = data
        self.modified = time.time()
        self.written = False

    def change(self) -> bytearray:
        """The bytes, to be changed in place."""
        if not isinstance(self.data, bytearray):
            self.data = bytearray(self.data)
        self.written = True
        self.modified = time.time()
        return self.data


class OpenFile:
    """A position in a file, as read(2), write(2), lseek(2) and ftruncate(2) see it. Raises OSError as they do."""

    __slots__ = ("_appends", "_at", "content", "number", "reads", "stream", "writes")

    def __init__(self, content: Content, flags: int, number: int) -> None:
        self.content = content
        self.number = number
        self.reads = flags & ACCESS != os.O_WRONLY
        self.writes = flags & ACCESS != os.O_RDONLY
        self.stream: Callable[[], Any] | None = None
        """A weak reference to the outermost layer above, which may hold what is not written yet."""
        self._appends = bool(flags & os.O_APPEND)
        self._at = 0

    def read(self, size: int) -> bytes:
        _refuse(not self.reads, errno.EBADF)
        _refuse(size < 0, errno.EINVAL)
        data = bytes(memoryview(self.content.data)[self._at : self._at + size])
        self._at += len(data)
        return data

    def read_rest(self) -> bytes:
        return self.read(max(len(self.content.data) - self._at, 0))

    def write(self, data: Any) -> int:
        _refuse(not self.writes, errno.EBADF)
        piece = memoryview(data).cast("B")
        content = self.content.change()
        if self._appends:
            self._at = len(content)
        elif piece and self._at > len(content):
            content.extend(bytes(self._at - len(content)))
        content[self._at : self._at + len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        starts = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: len(self.content.data)}
        _refuse(whence not in starts or starts[whence] + offset < 0, errno.EINVAL)
        self._at = starts[whence] + offset
        return self._at

    def truncate(self, size: int) -> None:
        _refuse(not self.writes or size < 0, errno.EINVAL)
        content = self.content.change()
        if size < len(content):
            del content[size:]
        else:
            content.extend(bytes(size - len(content)))


def _refuse(wrong: bool, number: int) -> None:
    if wrong:
        raise OSError(number, os.strerror(number))


class RawFile(io.RawIOBase):
    """An open file as `io.FileIO` is one; `release` is called when it is closed."""

    def __init__(self, opened: OpenFile, name: Any, mode: str, release: Callable[[OpenFile], object]) -> None:
        self._opened = opened
        self._release = release
        self.name = name
        self.mode = mode

    def readable(self) -> bool:
        return self._alive().reads

    def writable(self) -> bool:
        return self._alive().writes

    def seekable(self) -> bool:
        return bool(self._alive())

    def fileno(self) -> int:
        """A number that the functions of `os` know, and the kernel does not."""
        return self._alive().number

    def readinto(self, buffer: Any) -> int:
        room = memoryview(buffer).cast("B")
        data = self._may("readable").read(len(room))
        room[: len(data)] = data
        return len(data)

    def readall(self) -> bytes:
        return self._may("readable").read_rest()

    def write(self, data: Any) -> int:
        return self._may("writable").write(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._alive().seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        size = self.tell() if size is None else size
        self._may("writable").truncate(size)
        return size

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._release(self._opened)

    def _alive(self) -> OpenFile:
        if self.closed:
            raise ValueError("I/O operation on closed file")
        return self._opened

    def _may(self, what: str) -> OpenFile:
        if not getattr(self, what)():
            raise io.UnsupportedOperation(f"File not open: not {what}")
        return self._opened
