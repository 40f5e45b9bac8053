"""Make metafields of a catalogue's columns: their definitions, and each product's values.

[[metafield]]
column = "Material"
key = "material"
type = "single_line_text_field"
"""

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from .admin import open_admin, user_errors
from .columns import Columns
from .documents import DEFINE_METAFIELD
from .failures import ScriptError
from .metafields import Mapped, read_mapping
from .products import find_handle
from .program import Job, Outcome, run_program
from .sifting import Catalogue, open_catalogue
from .tables import Row
from .writing import whole, write_json

THERE_ALREADY = "TAKEN"


def run(job: Job) -> Outcome:
    options, mapping = job.options, read_mapping(job.options.mapping_file)
    definitions = [mapped.definition for mapped in mapping]
    job.report.stage("reading values")
    with open_catalogue(job, options.input_file) as catalogue:
        for mapped in mapping:
            catalogue.columns.require(catalogue.table.name, mapped.column)
        products, values = _write_values(job, catalogue, mapping)
    if not options.dry_run:
        path = Path(options.definitions_file)
        write_json(path, definitions)
        job.report.artifact(path)
    defined = define(job, definitions) if options.create_definitions and not options.dry_run else 0
    job.report.log(f"{values} metafields of {products} products")
    outcome = {"products": products, "metafields": values, "definitions": len(definitions), "defined": defined}
    return {**outcome, "rejected": catalogue.rejects.count, "dry_run": options.dry_run}


def define(job: Job, definitions: Sequence[Mapping[str, str]]) -> int:
    """Make the definitions in the shop that are not there yet; how many those were."""
    admin, made = open_admin(job), 0
    job.report.stage("defining")
    for definition in definitions:
        job.check()
        answer = admin.ask("defineMetafield", DEFINE_METAFIELD, {"definition": definition})
        errors = answer["metafieldDefinitionCreate"]["userErrors"]
        name = f"{definition['namespace']}.{definition['key']}"
        if any(error["code"] != THERE_ALREADY for error in errors):
            raise ScriptError(f"the shop refused the definition of {name}: {user_errors(errors)}")
        made += not errors
        job.report.debug(f"{name}: {'was there' if errors else 'made'}")
    return made


def _write_values(job: Job, catalogue: Catalogue, mapping: Sequence[Mapped]) -> tuple[int, int]:
    """A line of JSON per product, whose first row counts; how many products and metafields."""
    path, seen, count = Path(job.options.output_file), set[str](), 0
    with nullcontext() if job.options.dry_run else whole(path) as file:
        for row in catalogue.rows():
            handle = find_handle(catalogue.columns, row)
            try:
                found = _values(catalogue.columns, handle, row, mapping)
            except ValueError as error:
                catalogue.refuse(row, str(error))
                continue
            if handle in seen:
                continue
            seen.add(handle)
            count += len(found)
            if file is not None:
                file.write(json.dumps({"handle": handle, "metafields": found}, ensure_ascii=False) + "\n")
    if not job.options.dry_run:
        job.report.artifact(path)
    return len(seen), count


def _values(columns: Columns, handle: str, row: Row, mapping: Sequence[Mapped]) -> list[dict[str, Any]]:
    """Empty cells make no metafield. Raises ValueError with the column and the reason."""
    if not handle:
        raise ValueError("has neither a handle nor a title")
    found = []
    for mapped in mapping:
        text = columns.value(row.cells, mapped.column)
        if not text and mapped.required:
            raise ValueError(f"column {mapped.column!r}: is empty")
        if text:
            entry = {"namespace": mapped.namespace, "key": mapped.key, "type": mapped.type}
            found.append({**entry, "value": mapped.value(text)})
    return found


if __name__ == "__main__":
    sys.exit(run_program("create_metafields", run))
