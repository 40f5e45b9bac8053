"""The whole workflow against an FTP server and a shop, broken at each step and gone on with."""

import json
import signal
from threading import Event

import pytest

CATEGORIES = '[[category]]\nname = "Footwear"\nkeywords = ["boot", "shoe"]\nproduct_type = "Shoes"\n'
MAPPING = '[[metafield]]\ncolumn = "Material"\nkey = "material"\ntype = "single_line_text_field"\n'
STEPS = ["cleanup_duplicates", "filter_products", "categorize_products", "create_metafields", "shopify_upload"]


@pytest.fixture
def argv(make_catalogue, work):
    (work / "categories.toml").write_text(CATEGORIES)
    (work / "mapping.toml").write_text(MAPPING)
    source = make_catalogue(90)
    files = (f"--categories-file={work / 'categories.toml'}", f"--mapping-file={work / 'mapping.toml'}")
    return ("--input", source, "--in-stock", *files)


def test_all_steps_in_order_as_one(program, argv, shop, shop_environ, work):
    done = program("full_import", *argv, "--create-definitions", "--no-dry-run", **shop_environ)
    assert (done.code, done.errors) == (0, "")
    assert list(done.result["steps"]) == sorted(STEPS)
    assert [name.partition(":")[0] for name in done.said("stage")] == [
        "cleanup_duplicates",
        "cleanup_duplicates",
        *STEPS[1:4],
        "create_metafields",
        "shopify_upload",
    ]
    said = [int(text) for text in done.said("progress")]
    assert said == sorted(said)
    assert said[-1] == 100
    assert len(shop.products) == done.result["steps"]["shopify_upload"]["created"] == 60
    assert shop.products["product-1"].input["productType"] == "Shoes"
    assert shop.products["product-1"].metafields == {"custom.material": "leather"}
    assert list(shop.definitions) == ["custom.material"]
    assert not (work / "full_import.state.json").exists()


def test_a_run_goes_on_from_the_step_that_failed(call, argv, shop, shop_environ, work):
    shop.failures = [(404, {})]
    failed = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert failed.code == 1
    state = json.loads((work / "full_import.state.json").read_text())
    assert list(state) == sorted(STEPS[:4])
    made = (work / "categorized.csv").stat().st_mtime_ns
    done = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert (done.code, len(shop.products)) == (0, 60)
    assert all(f"the step {name} was done before" in done.output for name in STEPS[:4])
    assert (work / "categorized.csv").stat().st_mtime_ns == made
    assert set(done.said("artifact")) >= {"filtered.csv", "categorized.csv", "metafields.jsonl"}


def test_a_step_whose_input_changed_is_done_again_and_those_before_it_are_not(call, argv, shop, shop_environ, work):
    shop.failures = [(404, {})]
    call("full_import", *argv, "--no-dry-run", **shop_environ)
    (work / "categories.toml").write_text(CATEGORIES.replace("Shoes", "Boots"))
    done = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert "the step filter_products was done before" in done.output
    assert "the step categorize_products was done before" not in done.output
    assert shop.products["product-1"].input["productType"] == "Boots"


def test_a_file_that_was_lost_is_made_again(call, argv, shop, shop_environ, work):
    shop.failures = [(404, {})]
    call("full_import", *argv, "--no-dry-run", **shop_environ)
    (work / "filtered.csv").write_text("tampered\n")
    done = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert "the step filter_products was done before" not in done.output
    assert (done.code, len(shop.products)) == (0, 60)


def test_force_starts_afresh(call, argv, shop, shop_environ):
    call("full_import", *argv, "--no-dry-run", **shop_environ)
    again = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert "was done before" not in again.output
    assert again.result["steps"]["shopify_upload"]["unchanged"] == 60
    shop.refused = {"product-1"}
    call("full_import", *argv, "--no-dry-run", "--min-price=1", **shop_environ)
    shop.refused = set()
    done = call("full_import", *argv, "--no-dry-run", "--force", **shop_environ)
    assert "was done before" not in done.output
    assert done.result["steps"]["shopify_upload"]["updated"] == 60


def test_refused_products_are_the_upload_s_to_try_again(call, argv, shop, shop_environ):
    shop.refused = {"product-1"}
    done = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert (done.code, done.result["failed"]) == (3, 1)
    shop.refused = set()
    done = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert (done.code, done.result["steps"]["shopify_upload"]["created"]) == (0, 1)
    assert "the step create_metafields was done before" in done.output


def test_a_stopped_import_goes_on(started, call, argv, shop, shop_environ, work):
    five, gate = Event(), Event()

    def before(name: str) -> None:
        if shop.asked["setProduct"] >= 5:
            five.set()
            gate.wait(20)

    shop.before = before
    process = started("full_import", *argv, "--no-dry-run", **shop_environ)
    assert five.wait(20)
    process.send_signal(signal.SIGTERM)
    gate.set()
    process.communicate(timeout=20)
    assert process.returncode == 143
    done = call("full_import", *argv, "--no-dry-run", **shop_environ)
    assert "the step create_metafields was done before" in done.output
    assert (done.code, shop.asked["setProduct"], len(shop.products)) == (0, 60, 60)


def test_a_dry_run_leaves_nothing_and_changes_nothing(call, argv, shop, shop_environ, work):
    before = {path: path.read_bytes() for path in work.iterdir()}
    done = call("full_import", *argv, "--create-definitions", **shop_environ)
    assert (done.code, done.result["steps"]["shopify_upload"]["would_upload"]) == (0, 60)
    assert (shop.asked, done.said("artifact")) == ({}, [])
    assert {path: path.read_bytes() for path in work.iterdir()} == before


def test_steps_are_left_out(call, argv, shop, shop_environ):
    skipped = ("--skip-duplicates", "--skip-categories", "--skip-metafields", "--skip-images", "--no-dry-run")
    done = call("full_import", *argv, *skipped, **shop_environ)
    assert list(done.result["steps"]) == ["filter_products", "shopify_upload"]
    assert shop.files == {}
    assert "without the step categorize_products" in done.output


def test_the_catalogue_is_fetched_once_even_when_the_upload_fails(
    call, catalogue, shop, shop_environ, work, tmp_path, ftp_server, password
):
    remote = tmp_path / "remote"
    remote.mkdir()
    lines = catalogue.read_text().splitlines(keepends=True)
    (remote / "products.csv").write_text("".join(lines[:31]))
    environ = {**shop_environ, "FTP_PASSWORD": password}
    shop.failures = [(404, {})]
    with ftp_server(remote) as server:
        argv = ("--host=127.0.0.1", f"--port={server.address[1]}", "--username=ann", "--no-dry-run")
        assert call("full_import", *argv, **environ).code == 1
        assert call("full_import", *argv, **environ).code == 0
        assert server.commands.count("RETR products.csv") == 1
        (remote / "products.csv").write_text("".join(lines[:41]))
        assert call("full_import", *argv, **environ).result["steps"]["shopify_upload"]["created"] == 10
    assert len(shop.products) == 40
    assert sorted(path.name for path in work.iterdir()) == [
        "deduplicated.csv",
        "download.state.json",
        "filtered.csv",
        "products.csv",
        "upload.state.json",
    ]


def test_without_a_catalogue_there_is_nothing_to_import(call):
    done = call("full_import")
    assert done.code == 2
    assert "give --host to fetch one, or --input" in done.errors
    assert "--input" in call("full_import", "--host=ftp.example.com", "--skip-download").errors
