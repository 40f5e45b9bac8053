"""Upload products to a shop: those that are there are changed, the others made, and none is made twice.

What was uploaded is kept in `upload.state.json`, product by product, so that a run that was stopped goes on, and a
run with a new catalogue sends only what is new in it.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import islice
from pathlib import Path

from .admin import Admin, open_admin
from .failures import Stopped
from .products import Look, Product, read_products
from .program import Job, Outcome, run_program
from .sending import Metafields, Sent, read_metafields, send_product
from .sifting import announce, open_catalogue
from .writing import Lines, read_json, write_json

STATE = Path("upload.state.json")


def run(job: Job) -> Outcome:
    options, counts = job.options, Counter[str]()
    location = _gid("Location", options.location_id)
    look = Look(options.status.upper(), location, options.skip_images)
    metafields = read_metafields(options.metafields_file)
    admin = None if options.dry_run else open_admin(job)
    state = {} if options.force else read_state(job)
    job.report.stage("checking" if admin is None else "uploading")
    with (
        open_catalogue(job, options.input_file) as catalogue,
        Lines(Path(options.failed_file), ("line", "handle", "reason")) as failed,
    ):
        if catalogue.columns.has("quantity") and location is None:
            job.report.log("quantities are left as they are; --location-id says where they would be counted")
        for batch in _batches(read_products(catalogue, look), options.batch_size):
            job.check()
            upload(job, admin, _changed(batch, metafields, state, counts), metafields, state, counts, failed)
            job.report.progress(catalogue.table.share)
        if admin is not None:
            announce(job, failed.save())
    return _outcome(job, counts, catalogue.rejects.count)


def read_state(job: Job) -> dict[str, str]:
    """Handle → digest of what was sent last, for this shop."""
    document = read_json(STATE) or {}
    return dict(document["sent"]) if document.get("shop") == shop_name(job) else {}


def shop_name(job: Job) -> str:
    return str(job.environ.get("SHOPIFY_ADMIN_URL") or job.options.shop)


def upload(
    job: Job,
    admin: Admin | None,
    changed: Sequence[tuple[Product, str]],
    metafields: Metafields,
    state: dict[str, str],
    counts: Counter[str],
    failed: Lines,
) -> None:
    """One batch, by several connections at a time. What was done is kept even when the batch is stopped."""
    if admin is None:
        counts["would_upload"] += len(changed)
        return
    if not changed:
        return

    def send(entry: tuple[Product, str]) -> Sent | None:
        product, digest = entry
        try:
            job.check()
            return send_product(admin, product, digest, metafields.get(product.handle, ()))
        except Stopped:
            return None

    try:
        with ThreadPoolExecutor(job.options.workers) as pool:
            for sent in pool.map(send, changed):
                if sent is not None:
                    _note(job, sent, state, counts, failed)
    finally:
        write_json(STATE, {"shop": shop_name(job), "sent": state})
    job.check()


def _changed(
    batch: Sequence[Product], metafields: Metafields, state: Mapping[str, str], counts: Counter[str]
) -> list[tuple[Product, str]]:
    found = []
    for product in batch:
        document = [product.input, product.images, metafields.get(product.handle, ())]
        digest = sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()
        if state.get(product.handle) == digest:
            counts["unchanged"] += 1
        else:
            found.append((product, digest))
    return found


def _note(job: Job, sent: Sent, state: dict[str, str], counts: Counter[str], failed: Lines) -> None:
    counts[sent.what] += 1
    if sent.error:
        failed.add(sent.product.line, sent.product.handle, sent.error)
        job.report.log(f"the shop refused {sent.product.handle!r}: {sent.error}")
        return
    state[sent.product.handle] = sent.digest
    job.report.debug(f"{sent.what} {sent.product.handle!r}")


def _batches(products: Iterator[Product], size: int) -> Iterator[list[Product]]:
    while batch := list(islice(products, size)):
        yield batch


def _gid(kind: str, text: str | None) -> str | None:
    return f"gid://shopify/{kind}/{text}" if text and text.isdigit() else text


def _outcome(job: Job, counts: Counter[str], rejected: int) -> Outcome:
    done = {name: counts[name] for name in ("created", "updated", "unchanged", "failed")}
    if job.options.dry_run:
        done["would_upload"] = counts["would_upload"]
    job.report.log(", ".join(f"{count} {name.replace('_', ' ')}" for name, count in done.items()))
    return {**done, "rejected": rejected, "dry_run": job.options.dry_run}


if __name__ == "__main__":
    sys.exit(run_program("shopify_upload", run))
