"""Keep the products of a catalogue that pass: price, stock, brand, date, rules, and a list of reference data."""

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import attrs

from .columns import Columns, find_columns, plain_text
from .failures import InputError
from .program import Job, Outcome, run_program
from .rules import Rule, read_rules
from .sifting import Catalogue, open_catalogue, open_output
from .tables import REJECTS, open_table
from .writing import Lines


@attrs.frozen
class Reference:
    """Rows whose `field` is in the list are kept (`keep`), or all others are."""

    field: str
    listed: frozenset[str]
    keep: bool

    reason = "reference file"

    def keeps(self, columns: Columns, cells: Mapping[str, str]) -> bool:
        return (plain_text(columns.value(cells, self.field)) in self.listed) is self.keep


@attrs.frozen
class Since:
    """Rows that were changed on that day or later."""

    day: date

    reason = "updated_since"

    def keeps(self, columns: Columns, cells: Mapping[str, str]) -> bool:
        text = columns.value(cells, "updated_at")
        try:
            return date.fromisoformat(text[:10]) >= self.day
        except ValueError:
            raise ValueError(f"column 'updated_at': {text!r} is not a date like 2026-03-31") from None


@attrs.frozen
class Excluded:
    """Rows whose title or description has none of the words."""

    words: tuple[str, ...]

    reason = "exclude_keywords"

    def keeps(self, columns: Columns, cells: Mapping[str, str]) -> bool:
        text = f" {plain_text(columns.value(cells, 'title'))} {plain_text(columns.value(cells, 'description'))} "
        return not any(f" {word} " in text for word in self.words)


def run(job: Job) -> Outcome:
    tests = list(make_tests(job))
    counts: Counter[str] = Counter()
    job.report.stage("filtering")
    with open_catalogue(job, job.options.input_file) as catalogue:
        _require_columns(catalogue, tests)
        with open_output(job, job.options.output_file, catalogue.table.header) as write:
            for row in catalogue.rows():
                counts["read"] += 1
                try:
                    fails = next((test for test in tests if not test.keeps(catalogue.columns, row.cells)), None)
                except ValueError as error:
                    catalogue.refuse(row, str(error))
                    continue
                counts["kept" if fails is None else f"not {fails.reason}"] += 1
                if fails is None:
                    write(list(row.cells.values()))
    return _outcome(job, counts, catalogue.rejects.count)


def make_tests(job: Job) -> Iterator[Any]:
    options = job.options
    if options.min_price is not None and options.max_price is not None and options.min_price > options.max_price:
        raise InputError(f"--min-price {options.min_price} is above --max-price {options.max_price}")
    if options.min_price is not None:
        yield Rule("price", "greater_or_equal", options.min_price)
    if options.max_price is not None:
        yield Rule("price", "less_or_equal", options.max_price)
    if options.in_stock:
        yield Rule("quantity", "greater", 0)
    if options.brands:
        yield Rule("brand", "in", words(options.brands))
    if options.exclude_brands:
        yield Rule("brand", "not_in", words(options.exclude_brands))
    if options.exclude_keywords:
        yield Excluded(tuple(map(plain_text, words(options.exclude_keywords))))
    if options.updated_since:
        yield Since(options.updated_since)
    if options.reference_file:
        yield _reference(job)
    if options.rules_file:
        yield from read_rules(options.rules_file)


def words(text: str) -> list[str]:
    return [word for part in text.split(",") if (word := part.strip())]


def _reference(job: Job) -> Reference:
    options, path = job.options, Path(job.options.reference_file)
    with Lines(Path("reference_rejects.csv"), REJECTS) as rejects:
        with open_table(path, rejects, options.encoding, options.delimiter) as table:
            columns = find_columns(table.header)
            columns.require(path.name, options.reference_field)
            found = {plain_text(columns.value(row.cells, options.reference_field)) for row in table.rows()}
        if rejects.count:  # a list that is read in part would keep or drop the wrong products
            raise InputError(f"{path.name}: {rejects.count} rows are malformed; repair the reference file first")
    return Reference(options.reference_field, frozenset(found - {""}), options.reference_mode == "keep")


def _require_columns(catalogue: Catalogue, tests: list[Any]) -> None:
    for test in tests:
        name = {Since: "updated_at", Excluded: "title"}.get(type(test)) or test.field
        catalogue.columns.require(catalogue.table.name, name)


def _outcome(job: Job, counts: Counter[str], rejected: int) -> Outcome:
    dropped = {name.removeprefix("not "): count for name, count in sorted(counts.items()) if name.startswith("not ")}
    job.report.log(f"kept {counts['kept']} of {counts['read']} products")
    return {
        "read": counts["read"],
        "kept": counts["kept"],
        "dropped": dropped,
        "rejected": rejected,
        "dry_run": job.options.dry_run,
    }


if __name__ == "__main__":
    sys.exit(run_program("filter_products", run))
