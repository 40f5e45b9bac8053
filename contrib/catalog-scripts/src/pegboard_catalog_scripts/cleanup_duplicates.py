"""Remove what is there twice: products and images of a catalogue, or images of a shop's products."""

import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from .admin import open_admin
from .columns import images
from .duplicates import Twin, each_once, find_twins, look_at
from .failures import InputError
from .program import Job, Outcome, run_program
from .shop_images import Double, detach, find_doubles, list_products
from .sifting import Catalogue, announce, open_catalogue, open_output
from .writing import Lines


def run(job: Job) -> Outcome:
    if job.options.target == "shop":
        return clean_shop(job)
    if job.options.input_file is None:
        raise InputError("--input-file is missing: --target file cleans a catalogue")
    return clean_file(job)


def clean_file(job: Job) -> Outcome:
    """Read twice: once to compare, once to write what stays. A dry run writes nothing, and says what would go."""
    job.report.stage("comparing")
    first = job.report.part(0.0, 0.5)
    twins = {twin.line: twin for twin in _compare(Job(job.options, first, job.stop, job.environ))}
    job.report.stage("writing")
    second = Job(job.options, job.report.part(0.5, 1.0), job.stop, job.environ)
    with (
        open_catalogue(second, job.options.input_file) as catalogue,
        Lines(Path(job.options.report_file), ("line", "kept_line", "key", "what")) as report,
        open_output(second, job.options.output_file, catalogue.table.header) as write,
    ):
        read, pictures = 0, 0
        for row in catalogue.rows():
            read += 1
            if twin := twins.get(row.line):
                report.add(twin.line, twin.kept, twin.key, "product")
                job.report.debug(f"line {twin.line} has the {twin.key} of line {twin.kept}")
                continue
            cells, gone = _without_doubles(catalogue, row.cells)
            pictures += gone
            if gone:
                report.add(row.line, row.line, "images", f"{gone} images")
            write(list(cells.values()))
        if not job.options.dry_run:
            announce(job, report.save())
    job.report.log(f"{len(twins)} of {read} products and {pictures} images are there twice")
    outcome = {"read": read, "kept": read - len(twins), "products": len(twins), "images": pictures}
    return {**outcome, "rejected": catalogue.rejects.count, "dry_run": job.options.dry_run}


def clean_shop(job: Job) -> Outcome:
    """Page by page: a run that was stopped finds what is left when it runs again."""
    admin, seen, found = open_admin(job), 0, 0
    job.report.stage("comparing images")
    with (
        httpx.Client(timeout=60.0, follow_redirects=True) as client,  # without the shop's token
        Lines(Path(job.options.report_file), ("product", "handle", "image", "kept_image")) as report,
    ):
        for page in list_products(job, admin):
            job.check()
            for product in page:
                seen += 1
                if product["media"]["pageInfo"]["hasNextPage"]:
                    job.report.log(f"{product['handle']!r} has more than 100 images; only these are compared")
                doubles = find_doubles(product, client)
                _note(job, report, doubles)
                if doubles and not job.options.dry_run:
                    detach(admin, doubles)
                found += len(doubles)
            job.report.log(f"{seen} products seen, {found} images are there twice")
        if not job.options.dry_run:
            announce(job, report.save())
    return {"products": seen, "images": found, "dry_run": job.options.dry_run}


def _compare(job: Job) -> list[Twin]:
    keys, keep = job.options.keys, job.options.keep
    with open_catalogue(job, job.options.input_file, again=True) as catalogue:
        if not any(map(catalogue.columns.has, keys)):
            catalogue.columns.require(catalogue.table.name, keys[0])
        if keep == "newest":
            catalogue.columns.require(catalogue.table.name, "updated_at")
        return find_twins([look_at(catalogue.columns, row, keys, keep) for row in catalogue.rows()])


def _without_doubles(catalogue: Catalogue, cells: dict[str, str]) -> tuple[Mapping[str, str], int]:
    """The cells, with each image once; how many went."""
    name = catalogue.columns.found.get("images")
    if name is None:
        return cells, 0
    found = images(cells[name])
    once = each_once(found)
    return (cells, 0) if len(once) == len(found) else ({**cells, name: " ".join(once)}, len(found) - len(once))


def _note(job: Job, report: Lines, doubles: list[Double]) -> None:
    for double in doubles:
        report.add(double.product, double.handle, double.id, double.kept)
        job.report.debug(f"{double.handle!r}: {double.id} is {double.kept} again")


if __name__ == "__main__":
    sys.exit(run_program("cleanup_duplicates", run))
