"""The log as files: ``app.log`` for people, ``app.json.log`` for programs, ``errors.log`` for whoever is on duty.

Several processes write to one file and rotate it, which the standard library's handlers cannot.
"""

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from .problems import StartupError

if TYPE_CHECKING:
    from concurrent_log_handler import ConcurrentRotatingFileHandler

LARGEST = 10 * 1024 * 1024
KEPT = 5


def file_handlers(folder: Path, people: logging.Formatter, programs: logging.Formatter) -> Iterator[logging.Handler]:
    """The handlers of a folder, which is made where it is not there. Raises StartupError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        yield _handler(folder / "app.log", people, logging.NOTSET)
        yield _handler(folder / "app.json.log", programs, logging.NOTSET)
        yield _handler(folder / "errors.log", people, logging.ERROR)
    except OSError as error:
        raise StartupError(f"[log] folder: {folder} cannot be written to: {error.strerror}") from None


def _handler(path: Path, formatter: logging.Formatter, level: int) -> "ConcurrentRotatingFileHandler":
    from concurrent_log_handler import ConcurrentRotatingFileHandler  # 20 ms that only those pay who want files

    handler = ConcurrentRotatingFileHandler(str(path), maxBytes=LARGEST, backupCount=KEPT, encoding="utf-8")
    handler.setFormatter(formatter)
    handler.setLevel(level)
    return handler
