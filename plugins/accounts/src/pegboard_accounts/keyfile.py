"""The key file of an app that is given no key to sign with. Whoever reads it can sign in as anybody."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from pegboard import StartupError


def read(path: Path) -> str | None:
    """The key, or None where there is no file. Raises StartupError for one that others may read."""
    try:
        with path.open(encoding="ascii") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read().strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise StartupError(f"accounts: cannot read {path}: {reason}") from None
    if mode & 0o077:
        raise StartupError(
            f"accounts: {path} can be read or written by others (mode {mode:04o}): run chmod 600 {path}, "
            "and if others have an account here, remove it: a new one is made, and all sign in again"
        )
    return text


def make(path: Path, text: str) -> None:
    """Write the file, unless another process was first: whole or not at all, and never readable for others.

    Raises StartupError.
    """
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    try:
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(fresh)
    except OSError as error:
        raise StartupError(f"accounts: cannot write {path}: {error.strerror}") from None
    finally:
        fresh.unlink(missing_ok=True)
