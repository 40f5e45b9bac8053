"""What the commands print for people: tables, and a progress bar where standard error is a terminal."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from .results import TestResult
from .stored import StoredIntegration
from .syncs import RunDetail, RunView

COUNTS = ("pages", "recordsIn", "created", "updated", "unchanged", "skipped", "failed")


def integrations(found: Sequence[StoredIntegration]) -> None:
    table = _table("id", "name", "type", "status", "tested", "endpoints")
    for one in found:
        endpoints = ", ".join(str(endpoint["id"]) for endpoint in one.document.get("endpoints") or ())
        _row(table, one.id, one.name, one.kind, one.status, one.last_test_result or "never", endpoints)
    _print(table)


def test(result: TestResult) -> None:
    table = _table("", "")
    table.show_header = False
    _row(table, "result", "works" if result.success else "fails")
    if result.error:
        _row(table, "why", result.error)
    if result.request:
        _row(table, "request", f"{result.request.method} {result.request.url}")
    if result.response:
        _row(table, "response", f"{result.response.statusCode} in {result.response.latencyMs:g} ms")
    for one in result.expectations:
        _row(table, one.name, "as expected" if one.ok else f"expected {one.expected}, got {one.actual}")
    _print(table)


def run(detail: RunDetail) -> None:
    """What a run did, and why it ended."""
    view = detail.run
    table = _table(*COUNTS)
    _row(table, *(str(getattr(view, name)) for name in COUNTS))
    _print(table)
    stop = view.stop or {}
    _line(f"{view.status}: {stop.get('detail') or stop.get('rule') or 'no reason is known'}")
    for one in detail.failures:
        reasons = "; ".join(f"{error.get('field')}: {error.get('detail')}" for error in one.errors)
        _line(f"  page {one.page}, record {one.index}: {reasons}")


@contextmanager
def progress() -> Iterator[Callable[[RunView], None]]:
    """A function that shows how far a run is."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal, transient=True) as bar:
        task = bar.add_task("waiting", total=None)

        def show(view: RunView) -> None:
            told = f"{view.status}: {view.pages} pages, {view.recordsIn} records, {view.failed} failed"
            bar.update(task, description=told)

        yield show


def _table(*names: str) -> Table:
    table = Table(box=box.SIMPLE)
    for name in names:
        table.add_column(name, overflow="fold")
    return table


def _row(table: Table, *cells: str) -> None:
    # as Text: what an API or a user wrote is no markup of ours
    table.add_row(*(Text(cell) for cell in cells))


def _print(table: Table) -> None:
    Console(width=None if Console().is_terminal else 160).print(table)


def _line(text: str) -> None:
    Console(width=None if Console().is_terminal else 160).print(Text(text))
