"""The functions of `os` that take a name or a descriptor, for a program's folder. Standard library only.

What is not here (folders, links, owners, pipes) the kernel refuses.
"""

from __future__ import annotations

import errno
import os
import posix

from pegboard_sandbox_process.folder import HERE, name_of, refuse_bad_name
from pegboard_sandbox_process.listing import Scan, status_of

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pegboard_sandbox_process.folder import Folder
    from pegboard_sandbox_process.memory_files import Content, OpenFile

    Function = Callable[..., Any]


def by_name(ours: Function) -> Function:
    """For the folder's own paths; with all others the kernel is asked."""
    real: Function = getattr(posix, ours.__name__)

    def call(self: OsFunctions, path: Any = ".", *arguments: Any, **options: Any) -> Any:
        name = name_of(path)
        return real(path, *arguments, **options) if name is None else ours(self, name, path, *arguments, **options)

    return call


def by_descriptor(ours: Function) -> Function:
    """For the folder's own descriptors; with all others the kernel is asked."""
    real: Function = getattr(posix, ours.__name__)

    def call(self: OsFunctions, fd: int, *arguments: Any) -> Any:
        opened = self.folder.opened.get(fd)
        return real(fd, *arguments) if opened is None else ours(self, opened, *arguments)

    DESCRIPTORS.append(ours.__name__)
    return call


DESCRIPTORS: list[str] = []


class OsFunctions:
    """Each public method stands for the function of its name.

    Those that take a descriptor come at the folder's first use: the rest of the process calls them all the time, and
    each page that a child touches it has to copy.
    """

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self._all = {name: getattr(self, name) for name in dir(self) if name in vars(posix)}
        folder.at_first_use = self._install_for_descriptors

    def install(self) -> None:
        vars(os).update((name, function) for name, function in self._all.items() if name not in DESCRIPTORS)

    def _install_for_descriptors(self) -> None:
        vars(os).update((name, self._all[name]) for name in DESCRIPTORS)

    def getcwd(self) -> str:
        return HERE

    def getcwdb(self) -> bytes:
        return HERE.encode()

    def open(self, path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        opened = self.folder.enter(path, flags) if dir_fd is None else None
        return posix.open(path, flags, mode, dir_fd=dir_fd) if opened is None else opened.number

    @by_descriptor
    def close(self, opened: OpenFile) -> None:
        self.folder.release(opened)

    @by_descriptor
    def read(self, opened: OpenFile, size: int) -> bytes:
        return opened.read(size)

    @by_descriptor
    def write(self, opened: OpenFile, data: Any) -> int:
        return opened.write(data)

    @by_descriptor
    def lseek(self, opened: OpenFile, offset: int, whence: int) -> int:
        return opened.seek(offset, whence)

    @by_descriptor
    def ftruncate(self, opened: OpenFile, size: int) -> None:
        opened.truncate(size)

    @by_descriptor
    def fsync(self, opened: OpenFile) -> None:
        """There is nothing behind the memory."""

    @by_descriptor
    def fstat(self, opened: OpenFile) -> os.stat_result:
        return status_of(opened.content)

    @by_name
    def stat(self, name: str, path: Any, **_: Any) -> os.stat_result:
        return status_of(self._content(name, path) if name else None)

    @by_name
    def lstat(self, name: str, path: Any, **_: Any) -> os.stat_result:
        return status_of(self._content(name, path) if name else None)

    @by_name
    def access(self, name: str, path: Any, mode: int, **_: Any) -> bool:
        return not name or (name in self.folder.contents and not mode & os.X_OK)

    @by_name
    def chmod(self, name: str, path: Any, *_: Any, **__: Any) -> None:
        self._content(name, path)  # whatever is there belongs to the program

    @by_name
    def utime(self, name: str, path: Any, *_: Any, **__: Any) -> None:
        self._content(name, path)

    @by_name
    def listxattr(self, name: str, path: Any, **_: Any) -> list[str]:
        self._content(name, path)
        return []

    @by_name
    def truncate(self, name: str, path: Any, size: int) -> None:
        if size < 0:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL), path)
        opened = self.folder.enter(path, os.O_WRONLY)
        assert opened is not None
        try:
            opened.truncate(size)
        finally:
            self.folder.release(opened)

    @by_name
    def remove(self, name: str, path: Any, **_: Any) -> None:
        self._content(name, path)
        del self.folder.contents[name]

    @by_name
    def unlink(self, name: str, path: Any, **_: Any) -> None:
        self._content(name, path)
        del self.folder.contents[name]

    def rename(self, src: Any, dst: Any, **options: Any) -> None:
        """Also over a file that is there."""
        old, new = name_of(src), name_of(dst)
        if old is None or new is None:
            posix.rename(src, dst, **options)
            return
        content = self._content(old, src)
        if not new:
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), dst)
        refuse_bad_name(new)
        del self.folder.contents[old]
        self.folder.contents[new] = content

    replace = rename

    @by_name
    def listdir(self, name: str, path: Any) -> list[Any]:
        self._must_be_folder(name, path)
        encode = os.fsencode if isinstance(path, bytes) else str
        return [encode(each) for each in self.folder.contents]

    @by_name
    def scandir(self, name: str, path: Any) -> Scan:
        self._must_be_folder(name, path)
        return Scan(os.fsdecode(path), dict(self.folder.contents))

    def _content(self, name: str, path: Any) -> Content:
        if not name:
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        if name not in self.folder.contents:
            raise OSError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return self.folder.contents[name]

    def _must_be_folder(self, name: str, path: Any) -> None:
        if name:
            self._content(name, path)
            raise OSError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)
