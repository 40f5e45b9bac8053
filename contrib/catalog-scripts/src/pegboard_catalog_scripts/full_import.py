"""The whole import: fetch, remove doubles, filter, categorise, describe, upload.

`full_import.state.json` keeps what each step was given and made. A run after one that failed goes on from the step
that failed, as long as nothing before it has changed; after a run that came to its end, the next one starts afresh.
"""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import attrs

from . import categorize_products, cleanup_duplicates, create_metafields, filter_products, ftp_download, shopify_upload
from .arguments import defaults
from .failures import InputError
from .manifest import scripts
from .program import Job, Outcome, Run, run_program
from .writing import digest, read_json, write_json

STATE = Path("full_import.state.json")
STATES = (STATE, ftp_download.STATE, shopify_upload.STATE)


@attrs.frozen
class Step:
    """One step: the flag that leaves it out, the parameter without which there is nothing to do, its share."""

    name: str
    run: Run
    skip: str
    needs: str | None
    weight: float


STEPS = (
    Step("ftp_download", ftp_download.run, "skip_download", "host", 15),
    Step("cleanup_duplicates", cleanup_duplicates.run, "skip_duplicates", None, 5),
    Step("filter_products", filter_products.run, "skip_filter", None, 5),
    Step("categorize_products", categorize_products.run, "skip_categories", "categories_file", 5),
    Step("create_metafields", create_metafields.run, "skip_metafields", "mapping_file", 5),
    Step("shopify_upload", shopify_upload.run, "skip_upload", None, 65),
)


def run(job: Job) -> Outcome:
    steps = list(_chosen(job))
    with _work_folder(job) as state:
        results = _run_all(job, steps, state)
        failed = results.get("shopify_upload", {}).get("failed", 0)
        if not failed and not job.options.dry_run:
            STATE.unlink(missing_ok=True)
    return {"steps": results, "failed": failed, "dry_run": job.options.dry_run}


def _chosen(job: Job) -> Iterator[Step]:
    """The steps that there is something to do for. Raises InputError where there would be no catalogue."""
    options = job.options
    if options.input_file is None and (options.skip_download or not options.host):
        raise InputError("there is no catalogue: give --host to fetch one, or --input-file")
    for step in STEPS:
        given = step.needs is None or getattr(options, step.needs)
        fetched = step.name == "ftp_download" and options.input_file is not None
        if not getattr(options, step.skip) and given and not fetched:
            yield step
        else:
            job.report.log(f"without the step {step.name}")


def _run_all(job: Job, steps: Sequence[Step], state: dict[str, Any]) -> dict[str, Any]:
    total, results = sum(step.weight for step in steps), {}
    ends = list(accumulate(step.weight / total for step in steps))
    flow = {"input_file": job.options.input_file, "encoding": job.options.encoding, "delimiter": job.options.delimiter}
    for step, high in zip(steps, ends, strict=True):
        job.check()
        low = high - step.weight / total
        entry = _run_step(job, step, step_options(step, job.options, flow), (low, high), state)
        results[step.name] = entry["result"]
        flow |= _handed_on(step, entry)
    return results


def step_options(step: Step, options: Namespace, flow: Mapping[str, Any]) -> Namespace:
    """The step's own defaults, under them the workflow's parameters of the same names, and the files of the flow."""
    script = scripts()[step.name]
    given = {name: value for name, value in vars(options).items() if script.parameter(name)}
    found = {**defaults(script), **given, **{name: value for name, value in flow.items() if script.parameter(name)}}
    for name in ("rejects_file", "report_file"):
        if script.parameter(name):
            found[name] = f"{step.name}_{name.removesuffix('_file')}.csv"
    if step.name == "ftp_download":
        found["max_files"] = 1
    if step.name != "shopify_upload":
        found["dry_run"] = False  # a dry run has a folder of its own, which is gone afterwards
    if step.name == "create_metafields" and options.dry_run:
        found["create_definitions"] = False
    return Namespace(**found)


def _run_step(
    job: Job, step: Step, options: Namespace, share: tuple[float, float], state: dict[str, Any]
) -> Mapping[str, Any]:
    """The step's entry in the state: the one of an earlier run if that stands, or that of running it now."""
    given, entry = _digest_of(options, job), state.get(step.name)
    if entry and _stands(entry, given):
        job.report.log(f"the step {step.name} was done before")
        job.report.part(*share).progress(1.0)
        for name in entry["made"]:
            job.report.artifact(Path(name))
        return dict(entry)
    report = attrs.evolve(job.report.part(*share, step=step.name), passing=job.options.dry_run)
    result = step.run(Job(options, report, job.stop, job.environ))
    report.progress(1.0)
    entry = {"given": given, "made": {str(path): digest(path) for path in report.artifacts}, "result": result}
    if not result.get("failed") and not job.options.dry_run:
        state[step.name] = entry
        write_json(STATE, state)
    return entry


def _handed_on(step: Step, entry: Mapping[str, Any]) -> dict[str, Any]:
    """What the next steps read: files of ours are UTF-8 with commas."""
    if step.name == "ftp_download":
        return {"input_file": Path(entry["result"]["files"][0])}
    if step.name == "create_metafields":
        return {"metafields_file": Path(defaults(scripts()[step.name])["output_file"])}
    if step.name == "shopify_upload":
        return {}
    output = Path(defaults(scripts()[step.name])["output_file"])
    return {"input_file": output, "encoding": "utf-8", "delimiter": "comma"}


def _digest_of(options: Namespace, job: Job) -> str:
    """Of a step's parameters and of what its files hold."""
    parts = []
    for name, value in sorted(vars(options).items()):
        if name not in ("debug", "force"):
            parts.append(f"{name}={digest(value) if isinstance(value, Path) else value!r}")
    parts.append(f"shop={job.environ.get('SHOPIFY_ADMIN_URL', '')}")
    return sha256("\n".join(parts).encode()).hexdigest()


def _stands(entry: Mapping[str, Any], given: str) -> bool:
    made = entry["made"].items()
    return entry["given"] == given and all(Path(name).is_file() and digest(Path(name)) == sha for name, sha in made)


@contextmanager
def _work_folder(job: Job) -> Iterator[dict[str, Any]]:
    """The state of an earlier run. A dry run works in a folder that is removed, and knows of no earlier one."""
    options = job.options
    with ExitStack() as stack:
        for name, value in vars(options).items():
            if isinstance(value, Path):
                setattr(options, name, value.resolve())
        if options.dry_run:
            folder = stack.enter_context(TemporaryDirectory(prefix=".dry-run.", dir=Path.cwd()))
            stack.callback(os.chdir, Path.cwd())
            os.chdir(folder)
        elif options.force:
            for path in STATES:
                path.unlink(missing_ok=True)
        yield {} if options.dry_run else dict(read_json(STATE) or {})


if __name__ == "__main__":
    sys.exit(run_program("full_import", run))
