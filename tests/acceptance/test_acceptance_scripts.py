"""An import of a catalogue as a job: uploads, a run that fails in its last step, and one that goes on from there."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import pegboard_jobs
import pegboard_runner_local
import pegboard_scripts
import pegboard_store
import pegboard_vault
from pegboard import Principal, create_app
from pegboard.testing import caller, callers, client
from pegboard_catalog_scripts.testing import ShopStandIn
from pegboard_jobs import Jobs
from pegboard_store.testing import store_section

pytestmark = pytest.mark.anyio

PLUGINS = {
    "callers": callers,
    "jobs": pegboard_jobs,
    "runner-local": pegboard_runner_local,
    "scripts": pegboard_scripts,
    "store": pegboard_store,
    "vault": pegboard_vault,
}
ADA = caller("scripts:write", "jobs:write", id="ada", tenant="acme")
COUNT = 300
CATEGORIES = '[[category]]\nname = "Footwear"\nkeywords = ["boot"]\nproduct_type = "Shoes"\n'
MAPPING = '[[metafield]]\ncolumn = "Material"\nkey = "material"\ntype = "single_line_text_field"\n'


def catalogue() -> str:
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(("Handle", "SKU", "Title", "Vendor", "Price", "Stock", "Material"))
    for n in range(COUNT):
        rows.writerow((f"product-{n}", f"SKU-{n}", f"Boot {n}", "Acme", "9.90", 5, "leather"))
    return text.getvalue()


@pytest.fixture
async def shop_and_app(database_url: str, tmp_path: Path) -> AsyncIterator[Any]:
    with ShopStandIn.open() as shop:
        secrets = {"SHOPIFY_ADMIN_URL": shop.url, "SHOPIFY_ACCESS_TOKEN": shop.token}
        sections = {"store": store_section(database_url), "scripts": {"secrets": secrets}, "jobs": {"drain": 0.0}}
        settings = {"data": str(tmp_path), "plugins": sections}
        app = create_app(settings=settings, plugins=PLUGINS, installed=False, environ={})
        async with client(app, headers=ADA) as http:
            yield shop, http


async def sent(http: Any, name: str, text: str) -> str:
    answer = await http.post("/api/files", files={"file": (name, text.encode())})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def ended(http: Any, job: str) -> Any:
    await http.app.state.board.services.get(Jobs).wait(Principal("ada", "acme"), job, 60)
    return (await http.get(f"/api/jobs/{job}")).json()


async def test_an_import_that_failed_in_its_last_step_goes_on_from_there(shop_and_app: Any) -> None:
    shop, http = shop_and_app
    values = {
        "input_file": await sent(http, "catalogue.csv", catalogue()),
        "categories_file": await sent(http, "categories.toml", CATEGORIES),
        "mapping_file": await sent(http, "mapping.toml", MAPPING),
        "dry_run": False,
    }
    parameters = [{"name": name, "value": value} for name, value in values.items()]
    shop.failures = [(404, {})]
    made = await http.post("/api/scripts/execute", json={"script_name": "full_import", "parameters": parameters})
    assert made.status_code == 201, made.text
    job = made.json()["job_id"]
    failed = await ended(http, job)
    assert (failed["status"], failed["current_stage"].partition(":")[0]) == ("failed", "shopify_upload")
    assert len(shop.products) < COUNT
    assert (await http.post(f"/api/jobs/{job}/retry")).status_code == 200
    done = await ended(http, job)
    log = (await http.get(f"/api/jobs/{job}/logs")).text
    assert (done["status"], done["attempts"], done["progress"]) == ("completed", 2, 100.0), log
    assert len(shop.products) == COUNT
    assert log.count("was done before") == 4, log
    assert shop.token not in log
    artifacts = {one["name"] for one in (await http.get(f"/api/jobs/{job}/artifacts")).json()}
    assert artifacts >= {"filtered.csv", "categorized.csv", "metafields.jsonl"}
    assert done["result"]["steps"]["shopify_upload"]["created"] <= COUNT
