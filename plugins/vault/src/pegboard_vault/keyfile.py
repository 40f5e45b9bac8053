"""The key file of an app that is given no keys. Whoever reads it reads every secret; whoever loses it loses them."""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from pegboard import StartupError

from .keys import Key, Keyring

log = structlog.get_logger(__name__)

NAME = "vault.keys"
HEAD = """\
# Keys of the vault: the first seals, all open. Whoever has this file can read every stored secret;
# without it they are lost. Keep a copy apart from that of the database.
"""

Stamp = tuple[int, int, int, int]


class KeyFile:
    """The keys in a file. A key that another process adds counts from the next look on."""

    def __init__(self, path: Path) -> None:
        """Raises StartupError for a file that others may read, that is damaged, or that cannot be read."""
        self._path = path
        self._stamp = _stamp(path)
        self._ring = _read(path)

    @property
    def place(self) -> str:
        return str(self._path)

    def ring(self) -> Keyring:
        try:
            stamp = _stamp(self._path)
            if stamp != self._stamp:
                self._stamp, self._ring = stamp, _read(self._path)
        except StartupError as error:
            # what was sealed must still open; whoever starts anew is refused
            log.error("vault.key-file-unreadable", reason=str(error))
        return self._ring


def make(path: Path) -> Key | None:
    """Write the file with a first key, unless it is there. Raises StartupError."""
    with _alone(path):
        if path.exists():
            return None
        key = Key.new()
        _write(path, Keyring((key,)))
    return key


def add(path: Path) -> Key:
    """Put a new key before those that are there. Raises StartupError."""
    with _alone(path):
        key = Key.new()
        known = _read(path).keys if path.exists() else ()
        _write(path, Keyring((key, *known)))
    return key


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One writer at a time, over all processes of a machine."""
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise StartupError(f"vault: cannot use the folder {path.parent}: {error.strerror}") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise StartupError(f"vault: cannot write {path}: {error.strerror}") from None
    finally:
        os.close(folder)


def _write(path: Path, ring: Keyring) -> None:
    """Whole or not at all, on disk before anything is sealed under it, and never readable for others."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    text = HEAD + "".join(f"{key.text.reveal()}\n" for key in ring.keys)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _read(path: Path) -> Keyring:
    try:
        with path.open(encoding="ascii") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if mode & 0o077:
                raise StartupError(
                    f"vault: {path} can be read or written by others (mode {mode:04o}): run chmod 600 {path}, "
                    "and if others have an account here, change the key: pegboard vault new-key, then rotate"
                )
            return Keyring.read(file.read())
    except OSError as error:
        raise StartupError(f"vault: cannot read {path}: {error.strerror}") from None
    except ValueError as error:
        reason = "it is not text" if isinstance(error, UnicodeDecodeError) else error
        raise StartupError(f"vault: {path} is damaged: {reason}: restore it from a copy") from None


def _stamp(path: Path) -> Stamp:
    try:
        found = path.stat()
    except OSError as error:
        raise StartupError(f"vault: cannot read {path}: {error.strerror}") from None
    return found.st_ino, found.st_mtime_ns, found.st_size, found.st_mode
