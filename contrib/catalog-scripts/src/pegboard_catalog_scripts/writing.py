"""Files that are there whole or not at all: written beside their place, and renamed."""

import csv
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path
from typing import Any, TextIO

from .failures import InputError


@contextmanager
def whole(path: Path) -> Iterator[TextIO]:
    """A text file (UTF-8) that takes `path`'s place when the block ends well, and is gone when it does not."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with open(handle, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_json(path: Path, document: Any) -> None:
    with whole(path) as file:
        json.dump(document, file, ensure_ascii=False, sort_keys=True)


def read_json(path: Path) -> Any:
    """The document, or None where there is no such file. Raises InputError for what is no JSON."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise InputError(f"{path.name}: is not JSON ({error}); --force starts afresh") from None


def digest(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


class Lines:
    """A CSV file of findings that exists only if there is one; `count` says how many."""

    def __init__(self, path: Path, header: Sequence[str]) -> None:
        self.path, self.count = path, 0
        self._header = header
        self._spool = tempfile.TemporaryFile("w+", encoding="utf-8", newline="")  # noqa: SIM115 - closed in __exit__
        self._writer = csv.writer(self._spool)

    def add(self, *cells: object) -> None:
        self.count += 1
        self._writer.writerow([str(cell).encode("utf-8", "backslashreplace").decode() for cell in cells])

    def save(self) -> Path | None:
        """Write the file; where there is nothing to write, one of an earlier run goes."""
        if not self.count:
            self.path.unlink(missing_ok=True)
            return None
        self._spool.seek(0)
        with whole(self.path) as file:
            csv.writer(file).writerow(self._header)
            while block := self._spool.read(1 << 16):
                file.write(block)
        return self.path

    def __enter__(self) -> "Lines":
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()
