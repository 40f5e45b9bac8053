"""Figures, and the table and the file that they end in."""

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import attrs


@attrs.frozen
class Figure:
    """One measured number. `limit` is what it has to keep: at least, or at most where `at_most`."""

    name: str
    value: float | None
    unit: str
    limit: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def kept(self) -> bool | None:
        if self.value is None or self.limit is None:
            return None
        return self.value <= self.limit if self.at_most else self.value >= self.limit


def in_turn(one: Callable[[], float], other: Callable[[], float], rounds: int = 3) -> tuple[float, float, float]:
    """Measure two things in turn; the medians of both, and the median of their ratios, pair by pair."""
    pairs = [(one(), other()) for _ in range(rounds)]
    ratio = statistics.median(a / b for a, b in pairs)
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs), ratio


def show(figures: Sequence[Figure]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("measure", "value", "limit", "kept", "note")
    for figure in figures:
        sign = "≤" if figure.at_most else "≥"
        value = "not measured" if figure.value is None else f"{_rounded(figure.value)} {figure.unit}"
        limit = "" if figure.limit is None else f"{sign} {figure.limit:g}"
        kept = {True: "yes", False: "NO", None: ""}[figure.kept]
        table.add_row(figure.name, value, limit, kept, figure.note)
    Console(width=160).print(table)


def _rounded(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def write(figures: Sequence[Figure], path: Path) -> None:
    rows = [attrs.asdict(figure) | {"kept": figure.kept} for figure in figures]
    path.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
