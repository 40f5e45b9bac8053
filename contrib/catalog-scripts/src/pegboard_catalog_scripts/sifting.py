"""Reading a catalogue in batches and writing one of its rows: what the scripts that go from file to file share."""

import csv
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import attrs

from .columns import Columns, find_columns
from .program import Job
from .tables import REJECTS, Row, Table, open_table
from .writing import Lines, whole


@attrs.frozen
class Catalogue:
    """An open catalogue. `rejects` are the rows that could not be used so far."""

    table: Table
    columns: Columns
    rejects: Lines
    job: Job

    def rows(self) -> Iterator[Row]:
        """The rows; between batches a signal takes effect and progress is told."""
        for number, row in enumerate(self.table.rows(), 1):
            yield row
            if number % self.job.options.batch_size == 0:
                self.job.check()
                self.job.report.progress(self.table.share)

    def refuse(self, row: Row, reason: str) -> None:
        self.table.refuse(row, reason)
        self.job.report.debug(f"line {row.line}: {reason}")


@contextmanager
def open_catalogue(job: Job, path: Path, *, again: bool = False) -> Iterator[Catalogue]:
    """`path` with the encoding and delimiter of the job's options.

    Rejected rows are saved when the block ends well, unless the file is to be read `again`.
    """
    options = job.options
    with Lines(Path(options.rejects_file), REJECTS) as rejects:
        with open_table(path, rejects, options.encoding, options.delimiter) as table:
            yield Catalogue(table, find_columns(table.header), rejects, job)
        if again:
            return
        if not options.dry_run:
            announce(job, rejects.save())
        if rejects.count:
            job.report.log(f"{rejects.count} rows could not be used; {options.rejects_file} says why")


@contextmanager
def open_output(job: Job, name: str, header: Sequence[str]) -> Iterator[Callable[[Sequence[str]], object]]:
    """Writes the rows of a new CSV file, which is there when the block ends well; none in a dry run."""
    with ExitStack() as stack:
        if job.options.dry_run:
            yield lambda cells: None
            return
        file: TextIO = stack.enter_context(whole(Path(name)))
        writer = csv.writer(file)
        writer.writerow(header)
        yield writer.writerow
    job.report.artifact(Path(name))


def announce(job: Job, path: Path | None) -> None:
    if path is not None:
        job.report.artifact(path)
