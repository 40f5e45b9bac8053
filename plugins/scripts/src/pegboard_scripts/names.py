"""Names of files that callers may give, and opening them without being led elsewhere."""

import os
import re
import stat
from contextlib import suppress
from pathlib import Path

import attrs

UPLOAD = re.compile(r"file_[a-z0-9]{20}")
LONGEST = 255  # bytes of one name, on every file system that matters


@attrs.frozen
class FileName:
    """The id of an upload, or a name below the folder that the operator opened."""

    text: str

    @property
    def upload(self) -> bool:
        return UPLOAD.fullmatch(self.text) is not None

    @property
    def base(self) -> str:
        return self.text.rpartition("/")[2]


def file_name(text: str) -> FileName:
    """Raises ValueError with the reason for a name that could lead out of a folder."""
    parts = text.split("/")
    if "\0" in text:
        raise ValueError("has a NUL character")
    if "\\" in text or any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("has a backslash or a control character in it")
    if text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise ValueError("must be relative: the id of an upload, or a name below the folder of files")
    if any(part in ("", ".", "..") for part in parts):
        raise ValueError('must not have ".", ".." or an empty part in it')
    try:
        too_long = any(len(part.encode()) > LONGEST for part in parts) or len(parts) > 32
    except UnicodeEncodeError:
        raise ValueError("has half a surrogate pair in it") from None
    if too_long:
        raise ValueError(f"is too long: {LONGEST} bytes a part, 32 parts")
    return FileName(text)


def safe_base(text: str) -> str:
    """The last part of a name that a browser sent, with what a path or a shell could mean taken out."""
    base = re.split(r"[/\\]", text)[-1]
    cleaned = re.sub(r"[^\w. -]", "_", base).strip(". ")[:120]
    return cleaned or "upload"


def open_beneath(root: Path, name: FileName) -> int:
    """A descriptor of a regular file below `root`, open for reading.

    Every step is opened by itself and no step may be a link, so that nothing leads out, whoever changes the
    folder meanwhile. Raises FileNotFoundError, PermissionError or ValueError.
    """
    *folders, last = name.text.split("/")
    at = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            step = _open(folder, os.O_DIRECTORY, at)
            os.close(at)
            at = step
        found = _open(last, os.O_NONBLOCK, at)  # a pipe without a writer would wait for one
    finally:
        os.close(at)
    if not stat.S_ISREG(os.fstat(found).st_mode):
        os.close(found)
        raise ValueError("is not a file")
    return found


def _open(name: str, flags: int, at: int) -> int:
    try:
        return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=at)
    except NotADirectoryError:
        raise ValueError("leads through a link or a file") from None
    except OSError as error:
        with suppress(OSError):
            if stat.S_ISLNK(os.stat(name, dir_fd=at, follow_symlinks=False).st_mode):
                raise ValueError("leads through a link") from error
        raise
