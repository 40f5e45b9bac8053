"""What `os.stat` and `os.scandir` tell of a program's folder. Standard library only."""

from __future__ import annotations

import os
import stat

TYPE_CHECKING = False  # typing itself would add half a megabyte to every fork
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from pegboard_sandbox_process.memory_files import Content

NOBODY = 65534


def status_of(content: Content | None) -> os.stat_result:
    """Of a file, or of the folder."""
    mode, size, seconds = (
        (stat.S_IFDIR | 0o755, 0, 0.0)
        if content is None
        else (stat.S_IFREG | 0o644, len(content.data), content.modified)
    )
    times = [int(seconds)] * 3 + [seconds] * 3 + [int(seconds * 1e9)] * 3
    return os.stat_result((mode, id(content), 0, 1, NOBODY, NOBODY, size, *times))


class Scan:
    """What ``os.scandir()`` gives."""

    def __init__(self, path: str, contents: dict[str, Content]) -> None:
        self._entries = iter([Entry(path, name, content) for name, content in contents.items()])

    def __iter__(self) -> Iterator[Entry]:
        return self

    def __next__(self) -> Entry:
        return next(self._entries)

    def __enter__(self) -> Scan:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._entries = iter([])


class Entry:
    """As `os.DirEntry`: a file."""

    def __init__(self, path: str, name: str, content: Content) -> None:
        self.name = name
        self.path = os.path.join(path, name)
        self._content = content

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"<DirEntry {self.name!r}>"

    def inode(self) -> int:
        return id(self._content)

    def is_file(self, **_: Any) -> bool:
        return True

    def is_dir(self, **_: Any) -> bool:
        return False

    is_symlink = is_dir

    def stat(self, **_: Any) -> os.stat_result:
        return status_of(self._content)
