"""CSV files, read row by row: encodings, delimiters, and rows that are none.

A row that cannot be used is never left out in silence: it goes into `rejects` with its line and the reason.
"""

import codecs
import csv
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import BinaryIO

import attrs

from .failures import InputError
from .writing import Lines

REJECTS = ("line", "reason", "row")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
BLOCK = 1 << 16
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


@attrs.frozen
class Row:
    """A row with the number of the line on which it begins (the header is line 1)."""

    line: int
    cells: dict[str, str]


@attrs.define
class Table:
    """An open CSV file: its header, and its rows once."""

    name: str
    header: list[str]
    rejects: Lines
    _reader: Iterator[list[str]]
    _binary: BinaryIO
    _size: int

    @property
    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return min(self._binary.tell() / self._size, 1.0) if self._size else 1.0

    def rows(self) -> Iterator[Row]:
        while True:
            line = self._reader.line_num + 1  # type: ignore[attr-defined]
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except UnicodeDecodeError as error:  # UTF-16 cannot be read on after a mistake
                raise InputError(f"{self.name}: line {line}: is not {error.encoding}: {error.reason}") from None
            except csv.Error as error:
                self.rejects.add(line, f"is not CSV: {error}", "")
                continue
            if cells and (reason := self._fault(cells)):
                self.reject(line, reason, cells)
            elif cells:
                yield Row(line, dict(zip(self.header, cells, strict=True)))

    def reject(self, line: int, reason: str, cells: Sequence[str]) -> None:
        self.rejects.add(line, reason, json.dumps(list(cells), ensure_ascii=False))

    def refuse(self, row: Row, reason: str) -> None:
        """A row whose values cannot be used."""
        self.reject(row.line, reason, list(row.cells.values()))

    def _fault(self, cells: Sequence[str]) -> str:
        if len(cells) != len(self.header):
            return f"has {len(cells)} cells; the header has {len(self.header)}"
        for name, cell in zip(self.header, cells, strict=True):
            if any("\udc80" <= char <= "\udcff" for char in cell):
                return f"column {name!r} has bytes that are not in the file's encoding"
            if "\0" in cell:
                return f"column {name!r} has a NUL character"
        return ""


@contextmanager
def open_table(path: Path, rejects: Lines, encoding: str = "auto", delimiter: str = "auto") -> Iterator[Table]:
    """A CSV file with a header. Raises InputError for one that is empty or whose header is unfit."""
    encoding = find_encoding(path) if encoding == "auto" else encoding
    with path.open("rb") as binary, _decoded(binary, encoding) as text:
        mark = find_delimiter(text.readline(BLOCK)) if delimiter == "auto" else DELIMITERS[delimiter]
        text.seek(0)
        reader = csv.reader(text, delimiter=mark, strict=True)
        header = _header(path.name, reader)
        yield Table(path.name, header, rejects, reader, binary, os.fstat(binary.fileno()).st_size)


def _decoded(binary: BinaryIO, encoding: str) -> TextIOWrapper:
    """Bytes that are not of the encoding stay recognisable, so that only their rows are rejected."""
    name = "utf-8-sig" if encoding == "utf-8" else encoding
    return TextIOWrapper(binary, encoding=name, errors="surrogateescape", newline="")


def find_encoding(path: Path) -> str:
    """By its byte order mark; without one UTF-8 if all of the file is that, and else cp1252."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in BOMS:
            if start.startswith(mark):
                return name
        file.seek(0)
        try:
            while block := file.read(BLOCK):
                decoder.decode(block)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def find_delimiter(header: str) -> str:
    """The one that the header has most of; a comma where it has none."""
    return max(DELIMITERS.values(), key=header.count)


def _header(name: str, reader: Iterator[list[str]]) -> list[str]:
    try:
        header = [cell.strip() for cell in next(reader)]
    except StopIteration:
        raise InputError(f"{name}: is empty; its first line must name the columns") from None
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError(f"{name}: the first line is not CSV: {error}") from None
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    if twice or not all(header):
        found = f"has the column {twice[0]!r} twice" if twice else "has a column without a name"
        raise InputError(f"{name}: the first line {found}")
    return header
