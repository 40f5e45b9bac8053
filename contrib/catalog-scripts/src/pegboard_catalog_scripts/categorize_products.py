"""Give products a category, a product type and tags by keywords. The rule with the highest priority wins.

[[category]]
name = "Footwear"
priority = 10
keywords = ["boot*", "running shoe"]    # any of these; a star ends the beginning of a word
exclude = ["shoe rack"]
fields = ["title", "tags"]              # title and description unless said
product_type = "Shoes"
tags = ["footwear"]
"""

import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs

from .columns import Columns, plain_text, tags
from .failures import InputError
from .program import Job, Outcome, run_program
from .rules import check_keys, read_tables
from .sifting import Catalogue, announce, open_catalogue, open_output
from .tables import Row
from .writing import Lines

KEYS = {"name", "priority", "keywords", "exclude", "fields", "product_type", "tags"}


@attrs.frozen
class Category:
    """One rule: `wanted` and `unwanted` are looked for in the fields' plain text."""

    name: str
    wanted: re.Pattern[str]
    unwanted: re.Pattern[str] | None
    fields: tuple[str, ...]
    product_type: str
    tags: tuple[str, ...]
    priority: int

    def matches(self, text: str) -> bool:
        return bool(self.wanted.search(text)) and not (self.unwanted and self.unwanted.search(text))


def read_categories(path: Path) -> list[Category]:
    """By falling priority; equal ones in the order of the file. Raises InputError with rule and key."""
    tables = read_tables(path, "category")
    found = [_category(table, f"{path.name}: category {number}") for number, table in enumerate(tables, 1)]
    return sorted(found, key=lambda category: -category.priority)


def run(job: Job) -> Outcome:
    categories, counts = read_categories(job.options.categories_file), Counter[str]()
    job.report.stage("categorising")
    with (
        open_catalogue(job, job.options.input_file) as catalogue,
        Lines(Path(job.options.unmatched_file), ("line", *catalogue.table.header)) as unmatched,
    ):
        _require_fields(catalogue, categories)
        names = _added_columns(catalogue)
        header = [*catalogue.table.header, *(name for name in names.values() if name not in catalogue.table.header)]
        with open_output(job, job.options.output_file, header) as write:
            for row in catalogue.rows():
                category = find_category(categories, catalogue.columns, row.cells)
                counts[category.name if category else ""] += 1
                if category is None:
                    unmatched.add(row.line, *row.cells.values())
                cells = _categorised(row, category, names, job.options)
                write([cells.get(name, "") for name in header])
        if not job.options.dry_run:
            announce(job, unmatched.save())
    return _outcome(job, counts, catalogue.rejects.count)


def find_category(categories: Sequence[Category], columns: Columns, cells: Mapping[str, str]) -> Category | None:
    texts: dict[tuple[str, ...], str] = {}
    for category in categories:
        text = texts.get(category.fields)
        if text is None:
            text = " \n ".join(plain_text(columns.value(cells, field)) for field in category.fields)
            texts[category.fields] = text
        if category.matches(text):
            return category
    return None


def _category(table: Mapping[str, Any], place: str) -> Category:
    check_keys(table, {"name", "keywords"}, KEYS, place)
    for key in ("keywords", "exclude", "fields", "tags"):
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(entry, str) and entry.strip() for entry in value):
            raise InputError(f"{place}: {key} must be a list of texts")
    if not table["keywords"]:
        raise InputError(f"{place}: keywords is empty")
    if type(table.get("priority", 0)) is not int:
        raise InputError(f"{place}: priority must be a whole number")
    return Category(
        str(table["name"]),
        _pattern(table["keywords"], f"{place}: keywords"),
        _pattern(table["exclude"], f"{place}: exclude") if table.get("exclude") else None,
        tuple(table.get("fields", ("title", "description"))),
        str(table.get("product_type", "")),
        tuple(table.get("tags", ())),
        table.get("priority", 0),
    )


def _pattern(keywords: Sequence[str], place: str) -> re.Pattern[str]:
    """Whole words, escaped: a keyword is a text and never a pattern."""
    found = []
    for keyword in keywords:
        plain = plain_text(keyword)
        if not plain:
            raise InputError(f"{place}: {keyword!r} has no letter or digit")
        found.append(re.escape(plain) + ("" if keyword.rstrip().endswith("*") else r"(?!\w)"))
    return re.compile(rf"(?<!\w)(?:{'|'.join(found)})")


def _require_fields(catalogue: Catalogue, categories: Sequence[Category]) -> None:
    """Each rule must be able to see something; a file without descriptions is fine."""
    for category in categories:
        if not any(map(catalogue.columns.has, category.fields)):
            catalogue.columns.require(catalogue.table.name, *category.fields)


def _added_columns(catalogue: Catalogue) -> dict[str, str]:
    """The columns that are filled in: the file's own where it has them."""
    found = catalogue.columns.found
    return {"category": "category", "type": found.get("type", "product_type"), "tags": found.get("tags", "tags")}


def _categorised(row: Row, category: Category | None, names: Mapping[str, str], options: Any) -> dict[str, str]:
    cells = dict(row.cells)
    if category is None:
        return cells
    given = {"category": category.name, "type": category.product_type}
    for key, value in given.items():
        if value and (options.overwrite or not cells.get(names[key], "").strip()):
            cells[names[key]] = value
    cells[names["tags"]] = ", ".join(dict.fromkeys([*tags(cells.get(names["tags"], "")), *category.tags]))
    return cells


def _outcome(job: Job, counts: Counter[str], rejected: int) -> Outcome:
    unmatched = counts.pop("", 0)
    job.report.log(f"{counts.total()} products have a category, {unmatched} match no rule")
    return {
        "read": counts.total() + unmatched,
        "categories": dict(sorted(counts.items())),
        "unmatched": unmatched,
        "rejected": rejected,
        "dry_run": job.options.dry_run,
    }


if __name__ == "__main__":
    sys.exit(run_program("categorize_products", run))
